"""Tasks: what waits for somebody, kept as events tell it. A task has no act of its own: it goes when its duty is done.

Services are heard without an order between them, so a task keeps the version of the thing that it is about: what was
said of an older version opens nothing anew.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.rules import Kind
from services.notification.tables import Task

FOR_GOOD = 2**31 - 1
"""A version that nothing comes after."""


async def open_task(
    session: AsyncSession,
    *,
    agency: str,
    kind: Kind,
    thing_id: UUID,
    code: str,
    unit_id: UUID | None,
    path: str,
    since: datetime,
    version: int,
    due_on: date | None = None,
    done_by: Sequence[str] = (),
) -> None:
    """Something waits from now on, unless a newer version of it is known."""
    told: dict[str, Any] = {
        "agency": agency,
        "code": code,
        "unit_id": unit_id,
        "path": path,
        "since": since,
        "due_on": due_on,
        "done_by": list(done_by),
        "version": version,
        "open": True,
    }
    row = insert(Task).values(kind=kind, thing_id=thing_id, **told)
    newer = {name: value for name, value in told.items() if name != "agency"}
    # Of what waits already it stays known since when.
    newer["since"] = case((col(Task.open), col(Task.since)), else_=row.excluded.since)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["thing_id", "kind"], set_=newer, where=col(Task.version) < row.excluded.version
        )
    )


async def close_task(session: AsyncSession, *, agency: str, kind: Kind, thing_id: UUID, version: int) -> None:
    """Nothing waits any more; also when the word that it waits comes later than this one."""
    row = insert(Task).values(
        kind=kind, thing_id=thing_id, agency=agency, version=version, open=False, code="", path=""
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["thing_id", "kind"],
            set_={"version": version, "open": False},
            where=col(Task.version) <= row.excluded.version,
        )
    )


async def replace_tasks(
    session: AsyncSession,
    *,
    wanted: Mapping[Kind, Sequence[str]],
    among: Sequence[Kind],
    thing_id: UUID,
    **about: Any,
) -> None:
    """A thing waits for these kinds from now on, `among` those that its service tells of, and for no other.

    `wanted` gives by kind who did their part; `about` is what `open_task` takes. What one service says of one thing
    comes in order, so each word counts for more than the one before.
    """
    gone = [kind for kind in among if kind not in wanted]
    await session.execute(
        update(Task).where(col(Task.thing_id) == thing_id, col(Task.kind).in_(gone)).values(open=False)
    )
    for kind, done_by in wanted.items():
        found = await session.get(Task, (thing_id, kind))
        version = found.version + 1 if found else 1
        await open_task(session, kind=kind, thing_id=thing_id, version=version, done_by=done_by, **about)
