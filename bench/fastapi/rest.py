"""FastAPI with SQLModel: the same answers over REST."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, FastAPI
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.orm import selectinload
from sqlalchemy.sql.base import ExecutableOption
from sqlmodel import select

from tables import Task, Viewer, add, session, turn, viewer

T = TypeVar("T")
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


class SubtaskPublic(Model):
    id: UUID
    title: str
    completed: bool


class TaskDetails(TaskPublic):
    tags: list[str]
    subtasks: list[SubtaskPublic]


class PageInfo(Model):
    has_next_page: bool


class Page(Model, Generic[T]):
    nodes: list[T]
    page_info: PageInfo


class Tasks(Model, Generic[T]):
    tasks: Page[T]


class One(Model):
    task: TaskPublic | None


class Created(Model):
    create_task: One


class Toggled(Model):
    toggle_task: One


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


def details(task: Task) -> TaskDetails:
    subtasks = [SubtaskPublic(id=it.id, title=it.title, completed=it.completed_at is not None) for it in task.subtasks]
    return TaskDetails(**dict(public(task)), tags=[it.tag for it in task.tags], subtasks=subtasks)


async def due(viewer: Viewer, first: int, *options: ExecutableOption) -> tuple[list[Task], PageInfo]:
    pending = select(Task).where(Task.user_id == viewer.id, Task.list == 0, Task.due_date.is_not(None))
    wanted = pending.order_by(Task.due_date, Task.id).limit(first + 1).options(*options)
    async with session() as reading:
        found = (await reading.exec(wanted)).all()
    return found[:first], PageInfo(has_next_page=len(found) > first)


@app.get("/tasks")
async def page(viewer: Asking, first: int) -> Data[Tasks[TaskPublic]]:
    found, page_info = await due(viewer, first)
    return Data(data=Tasks(tasks=Page(nodes=[public(task) for task in found], page_info=page_info)))


@app.get("/details")
async def page_with_details(viewer: Asking, first: int) -> Data[Tasks[TaskDetails]]:
    subtasks = Task.subtasks.and_(Task.deleted_at.is_(None))
    found, page_info = await due(viewer, first, selectinload(Task.tags), selectinload(subtasks))
    return Data(data=Tasks(tasks=Page(nodes=[details(task) for task in found], page_info=page_info)))


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
