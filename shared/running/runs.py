"""A run's row: what it does, for whom, how far it is, how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared import audit, jobs
from shared.audit import Actor
from shared.database import Database


class RunState(StrEnum):
    """Where a run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Run:
    """One run. `done` of `total` rows, `total` unknown until it was counted; `name`: who began it, as they are called.

    `what` tells two runs of a kind apart: of the same one only one goes on at a time. `about`: what its job needs.
    """

    id: UUID
    kind: str
    began_by: str
    name: str
    what: str
    about: Mapping[str, Any]
    state: RunState
    done: int
    total: int | None
    began_at: datetime
    ended_at: datetime | None

    @property
    def going_on(self) -> bool:
        """Whether it has not ended."""
        return self.state in (RunState.WAITING, RunState.RUNNING)


TABLE = Table(
    "runs",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("agency", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("began_by", Text, nullable=False, comment="issuer|subject"),
    Column("name", Text, nullable=False, comment="of whoever began it; it stands in the file"),
    Column("what", Text, nullable=False),
    Column("about", JSONB, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
_SHOWN = [column for column in TABLE.c if column.name != "agency"]
_GOES_ON = text("state in ('waiting', 'running')")


def add_tables(metadata: MetaData) -> None:
    """Declare `runs`."""
    table = TABLE.to_metadata(metadata)
    table.append_constraint(
        CheckConstraint(f"state in ({', '.join(repr(str(one)) for one in RunState)})", name="state")
    )
    Index(
        "runs_going_on", table.c.agency, table.c.began_by, table.c.kind, table.c.what, unique=True,
        postgresql_where=_GOES_ON,
    )  # fmt: skip


async def begin(
    session: AsyncSession,
    *,
    agency: str,
    by: str,
    name: str,
    kind: str,
    what: str,
    about: Mapping[str, Any],
    at: datetime,
) -> UUID:
    """Have the job `kind` done with this run as its payload; returns the run, which may be going on already."""
    values = {"agency": agency, "kind": kind, "began_by": by, "name": name, "what": what, "about": dict(about)}
    row = insert(TABLE).values(id=uuid7(), began_at=at, **values)
    unique = ["agency", "began_by", "kind", "what"]
    new = await session.scalar(
        row.on_conflict_do_nothing(index_elements=unique, index_where=_GOES_ON).returning(TABLE.c.id)
    )
    if new is None:
        same = (TABLE.c[part] == values[part] for part in unique)
        going: UUID | None = await session.scalar(TABLE.select().with_only_columns(TABLE.c.id).where(*same, _GOES_ON))
        # It ended in this very moment: what was asked for is there.
        return going or (await of_person(session, by=by, kind=kind, what=what))[0].id
    await jobs.enqueue(session, kind, {"run_id": str(new)}, key=str(new))
    await audit.record(session, Actor(by, "person"), f"{kind}.begun", new)
    run_id: UUID = new
    return run_id


async def get(session: AsyncSession, *, agency: str, run_id: UUID) -> Run | None:
    """One run; the fence leaves only the person's own."""
    query = TABLE.select().with_only_columns(*_SHOWN).where(TABLE.c.id == run_id, TABLE.c.agency == agency)
    row = (await session.execute(query)).mappings().one_or_none()
    return _run(row) if row else None


async def of_person(session: AsyncSession, *, by: str, kind: str, what: str, most: int = 5) -> Sequence[Run]:
    """The newest runs of a person that did the same."""
    query = TABLE.select().with_only_columns(*_SHOWN)
    query = query.where(TABLE.c.began_by == by, TABLE.c.kind == kind, TABLE.c.what == what)
    return [_run(row) for row in (await session.execute(query.order_by(TABLE.c.id.desc()).limit(most))).mappings()]


async def note(database: Database, run_id: UUID, *, done: int, total: int | None) -> None:
    """How far it is."""
    async with database.transaction() as session:
        await session.execute(
            TABLE.update().where(TABLE.c.id == run_id).values(state=RunState.RUNNING, done=done, total=total)
        )


async def end(session: AsyncSession, run_id: UUID, state: RunState, *, at: datetime) -> None:
    """It has come to its end."""
    await session.execute(TABLE.update().where(TABLE.c.id == run_id).values(state=state, ended_at=at))


async def ended_before(session: AsyncSession, *, agency: str, at: datetime) -> Sequence[Run]:
    """The runs that ended before that instant."""
    query = TABLE.select().with_only_columns(*_SHOWN).where(TABLE.c.agency == agency, TABLE.c.ended_at < at)
    return [_run(row) for row in (await session.execute(query)).mappings()]


async def forget(session: AsyncSession, run_id: UUID) -> None:
    """It was never there."""
    await session.execute(TABLE.delete().where(TABLE.c.id == run_id))


def _run(row: RowMapping) -> Run:
    return Run(**{**row, "state": RunState(row["state"])})
