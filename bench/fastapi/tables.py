"""The tables, the pool and the viewer: what both applications share."""

import os
import secrets
import time
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Computed
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import relationship
from sqlmodel import Column, DateTime, Field, Relationship, SmallInteger, SQLModel, case, null, update
from sqlmodel.ext.asyncio.session import AsyncSession

SECRET = os.environ["JWT_SECRET"]
# Four for each of the two workers: eight, as everyone has.
engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgres://", "postgresql+asyncpg://"), pool_size=4, max_overflow=0
)
session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def instant(*, nullable: bool = False) -> Column:
    return Column(DateTime(timezone=True), nullable=nullable)


class User(SQLModel, table=True):
    __tablename__ = "users"
    id: UUID = Field(primary_key=True)
    issuer: str
    subject: str
    last_version: int
    created_at: datetime = Field(sa_column=instant())


class TaskTag(SQLModel, table=True):
    __tablename__ = "task_tags"
    user_id: UUID = Field(primary_key=True)
    task_id: UUID = Field(primary_key=True)
    tag_key: str = Field(primary_key=True)
    tag: str


class Task(SQLModel, table=True):
    __tablename__ = "tasks"
    user_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    title: str
    title_key: str
    description: str | None = None
    completed_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    priority: int | None = Field(default=None, sa_type=SmallInteger)
    due_date: date | None = None
    parent_id: UUID | None = None
    created_at: datetime = Field(sa_column=instant())
    updated_at: datetime = Field(sa_column=instant())
    deleted_at: datetime | None = Field(default=None, sa_column=instant(nullable=True))
    version: int
    tags: list[TaskTag] = Relationship(
        sa_relationship=relationship(
            primaryjoin="and_(Task.user_id == foreign(TaskTag.user_id), Task.id == foreign(TaskTag.task_id))",
            order_by="TaskTag.tag_key",
            viewonly=True,
        )
    )
    subtasks: list["Task"] = Relationship(
        sa_relationship=relationship(
            primaryjoin="and_(Task.user_id == foreign(remote(Task.user_id)), "
            "Task.id == foreign(remote(Task.parent_id)))",
            order_by="(Task.created_at, Task.id)",
            viewonly=True,
        )
    )
    list: int = Field(default=None, sa_column=Column(SmallInteger, Computed("0")))


class Viewer(SQLModel):
    id: UUID
    subject: str


def viewer(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Viewer:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(status_code=401) from None
    return Viewer(id=claims["uid"], subject=claims["sub"])


def uuid7() -> UUID:
    value = int(time.time() * 1000) << 80 | secrets.randbits(80)
    return UUID(int=value & ~(0xF << 76) & ~(3 << 62) | 7 << 76 | 2 << 62)


def now() -> datetime:
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


async def next_version(writing: AsyncSession, viewer: Viewer, at: datetime) -> int:
    """The user's next version, under the lock of the user's row."""
    first = insert(User).values(id=viewer.id, issuer="", subject=viewer.subject, last_version=1, created_at=at)
    again = first.on_conflict_do_update(index_elements=[User.id], set_={"last_version": User.last_version + 1})
    return (await writing.execute(again.returning(User.last_version))).scalar_one()


async def add(viewer: Viewer, title: str, due_date: date | None) -> Task:
    at = now()
    async with session() as writing, writing.begin():
        version = await next_version(writing, viewer, at)
        task = Task(
            user_id=viewer.id, id=uuid7(), title=title, title_key=title.lower(), due_date=due_date,
            created_at=at, updated_at=at, version=version,
        )  # fmt: skip
        writing.add(task)
    return task


async def turn(viewer: Viewer, id: UUID) -> Task | None:
    at = now()
    async with session() as writing, writing.begin():
        version = await next_version(writing, viewer, at)
        turned = (
            update(Task)
            .where(Task.user_id == viewer.id, Task.id == id, Task.deleted_at.is_(None))
            .values(completed_at=case((Task.completed_at.is_(None), at), else_=null()), updated_at=at, version=version)
            .returning(Task)
        )
        return (await writing.execute(turned)).scalar_one_or_none()
