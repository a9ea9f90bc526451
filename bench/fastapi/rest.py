"""FastAPI with SQLModel: the same answers over REST."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlmodel import select

from tables import Task, Viewer, add, session, turn, viewer

app = FastAPI()
Asking = Annotated[Viewer, Depends(viewer)]


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Priority(StrEnum):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class TaskPublic(Model):
    id: UUID
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    priority: Priority | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    version: int


class PageInfo(Model):
    has_next_page: bool


class Page(Model):
    nodes: list[TaskPublic]
    page_info: PageInfo


class Tasks(Model):
    tasks: Page


class One(Model):
    task: TaskPublic | None


class Created(Model):
    create_task: One


class Toggled(Model):
    toggle_task: One


T = TypeVar("T")


class Data(Model, Generic[T]):
    data: T


class NewTask(Model):
    title: str
    due_date: date | None = None


PRIORITIES = {1: Priority.LOW, 2: Priority.MEDIUM, 3: Priority.HIGH}


def public(task: Task) -> TaskPublic:
    return TaskPublic(
        id=task.id,
        title=task.title,
        description=task.description,
        completed=task.completed_at is not None,
        completed_at=task.completed_at,
        priority=PRIORITIES.get(task.priority),
        due_date=task.due_date,
        created_at=task.created_at,
        updated_at=task.updated_at,
        version=task.version,
    )


@app.get("/tasks")
async def page(viewer: Asking, first: int) -> Data[Tasks]:
    pending = select(Task).where(Task.user_id == viewer.id, Task.list == 0, Task.due_date.is_not(None))
    async with session() as reading:
        found = (await reading.exec(pending.order_by(Task.due_date, Task.id).limit(first + 1))).all()
    nodes = [public(task) for task in found[:first]]
    return Data(data=Tasks(tasks=Page(nodes=nodes, page_info=PageInfo(has_next_page=len(found) > first))))


@app.get("/tasks/{id}")
async def one(viewer: Asking, id: UUID) -> Data[One]:
    async with session() as reading:
        task = await reading.get(Task, (viewer.id, id))
    return Data(data=One(task=task and public(task)))


@app.post("/tasks")
async def create(viewer: Asking, new: NewTask) -> Data[Created]:
    task = await add(viewer, new.title, new.due_date)
    return Data(data=Created(create_task=One(task=public(task))))


@app.post("/tasks/{id}/toggle")
async def toggle(viewer: Asking, id: UUID) -> Data[Toggled]:
    task = await turn(viewer, id)
    return Data(data=Toggled(toggle_task=One(task=task and public(task))))
