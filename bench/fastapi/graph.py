"""FastAPI with Strawberry: the same answers over GraphQL, with a loader for each request."""

from collections import defaultdict
from datetime import date, datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from fastapi import Depends, FastAPI
from sqlmodel import select
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.fastapi import BaseContext, GraphQLRouter

import tables
from tables import Viewer, session, viewer


@strawberry.enum
class TaskStatus(Enum):
    PENDING = 0


@strawberry.enum
class TaskSort(Enum):
    DUE_DATE = "due_date"


@strawberry.enum
class TaskPriority(Enum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Context(BaseContext):
    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.task_by_id = DataLoader(load_fn=self.load_tasks)
        self.tags_by_task = DataLoader(load_fn=self.load_tags)
        self.subtasks_by_task = DataLoader(load_fn=self.load_subtasks)

    async def load_tasks(self, ids: list[str]) -> list[tables.Task | None]:
        wanted = [UUID(id) for id in ids]
        query = select(tables.Task).where(tables.Task.user_id == self.viewer.id, tables.Task.id.in_(wanted))
        async with session() as reading:
            found = {task.id: task for task in await reading.exec(query)}
        return [found.get(id) for id in wanted]

    async def load_tags(self, ids: list[str]) -> list[list[str]]:
        tag = tables.TaskTag
        query = select(tag).where(tag.user_id == self.viewer.id, tag.task_id.in_([UUID(id) for id in ids]))
        found = defaultdict(list)
        async with session() as reading:
            for row in await reading.exec(query.order_by(tag.tag_key)):
                found[str(row.task_id)].append(row.tag)
        return [found[id] for id in ids]

    async def load_subtasks(self, ids: list[str]) -> list[list[tables.Task]]:
        task = tables.Task
        query = select(task).where(
            task.user_id == self.viewer.id, task.parent_id.in_([UUID(id) for id in ids]), task.deleted_at.is_(None)
        )
        found = defaultdict(list)
        async with session() as reading:
            for row in await reading.exec(query.order_by(task.created_at, task.id)):
                found[str(row.parent_id)].append(row)
        return [found[id] for id in ids]


Info = strawberry.Info[Context, None]


@strawberry.type
class Task:
    id: strawberry.ID
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    priority: TaskPriority | None
    due_date: date | None
    created_at: datetime
    updated_at: datetime
    version: int

    @strawberry.field
    async def tags(self, info: Info) -> list[str]:
        return await info.context.tags_by_task.load(self.id)

    @strawberry.field
    async def subtasks(self, info: Info) -> list["Task"]:
        return [shown(task) for task in await info.context.subtasks_by_task.load(self.id)]


@strawberry.type
class PageInfo:
    has_next_page: bool


@strawberry.type
class TaskConnection:
    nodes: list[Task]
    page_info: PageInfo


@strawberry.input
class CreateTaskInput:
    title: str
    due_date: date | None = None


@strawberry.type
class CreateTaskPayload:
    task: Task


@strawberry.type
class ToggleTaskPayload:
    task: Task


def shown(task: tables.Task) -> Task:
    return Task(
        id=strawberry.ID(str(task.id)),
        title=task.title,
        description=task.description,
        completed=task.completed_at is not None,
        completed_at=task.completed_at,
        priority=task.priority and TaskPriority(task.priority),
        due_date=task.due_date,
        created_at=task.created_at,
        updated_at=task.updated_at,
        version=task.version,
    )


@strawberry.type
class Query:
    @strawberry.field
    async def tasks(self, info: Info, status: TaskStatus, sort: TaskSort, first: int) -> TaskConnection:
        task = tables.Task
        mine = select(task).where(
            task.user_id == info.context.viewer.id, task.list == status.value, task.due_date.is_not(None)
        )
        async with session() as reading:
            found = (await reading.exec(mine.order_by(task.due_date, task.id).limit(first + 1))).all()
        nodes = [shown(task) for task in found[:first]]
        return TaskConnection(nodes=nodes, page_info=PageInfo(has_next_page=len(found) > first))

    @strawberry.field
    async def task(self, info: Info, id: strawberry.ID) -> Task | None:
        task = await info.context.task_by_id.load(id)
        return task and shown(task)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def create_task(self, info: Info, input: CreateTaskInput) -> CreateTaskPayload | None:
        return CreateTaskPayload(task=shown(await tables.add(info.context.viewer, input.title, input.due_date)))

    @strawberry.mutation
    async def toggle_task(self, info: Info, id: strawberry.ID) -> ToggleTaskPayload | None:
        task = await tables.turn(info.context.viewer, UUID(id))
        return task and ToggleTaskPayload(task=shown(task))


async def context(viewer: Annotated[Viewer, Depends(viewer)]) -> Context:
    return Context(viewer)


app = FastAPI()
schema = strawberry.Schema(Query, Mutation, extensions=[ParserCache(maxsize=100), ValidationCache(maxsize=100)])
app.include_router(GraphQLRouter(schema, context_getter=context), prefix="/graphql")
