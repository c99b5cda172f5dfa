"""Lists that come in as files: kept as they were read, written at once, undone while nobody uses what they brought.

What a list is of says its `Way`: units here, people there.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.intakes import IntakeKind, IntakeState, InUse, Judged, NotReady, Outcome
from services.nomination.tables import Intake, IntakeRow
from shared import audit
from shared.audit import Actor

KEPT = timedelta(days=30)
"""For so long a list can be looked at, and undone."""
PIECE = 1000
"""So many rows are kept at a time."""


class Moved(NotReady):
    """Something else was entered since a list was judged: a row of it comes out otherwise now."""


@dataclass(frozen=True)
class Read:
    """What was understood of a row, by column, as it will be written; and what could not be, and why."""

    found: Mapping[str, Any]
    unread: Mapping[str, str]


@dataclass(frozen=True)
class Line:
    """A row of a file: its number there, what stood in it, what it tells."""

    number: int
    cells: Mapping[str, str]
    row: Read


@dataclass(frozen=True)
class Way:
    """How lists of one kind are judged, written and taken back; one at a time of an agency has its `turn`."""

    kind: IntakeKind
    turn: Callable[[AsyncSession, str], Awaitable[None]]
    judge: Callable[[AsyncSession, str, Sequence[Read]], Awaitable[list[Judged]]]
    write: Callable[[AsyncSession, UUID, datetime], Awaitable[None]]
    close: Callable[[AsyncSession, UUID], Awaitable[None]]
    """Delete what is new of it. Raises IntegrityError where something points at it."""
    take_back: Callable[[AsyncSession, UUID, datetime], Awaitable[None]]
    """What else is undone once that is deleted."""
    moved: str
    in_use: str


async def keep(
    session: AsyncSession,
    agency: Agency,
    way: Way,
    *,
    id: UUID,
    file_name: str,
    lines: Sequence[Line],
    unused: Sequence[str],
    at: datetime,
    by: Actor,
) -> None:
    """Keep a list as it was read, each row judged; nothing of it is written yet. `id` is the form's: once is once."""
    row = {"agency": agency.id, "id": id, "kind": way.kind, "file_name": file_name, "entered_by": by.identity, "at": at}
    entered = insert_once(Intake).values(**row, unused=list(unused), state=IntakeState.READY)
    if await session.scalar(entered.on_conflict_do_nothing().returning(col(Intake.id))) is None:
        return
    judged = await way.judge(session, agency.id, [line.row for line in lines])
    for begin in range(0, len(lines), PIECE):
        piece = zip(lines[begin : begin + PIECE], judged[begin : begin + PIECE], strict=True)
        await session.execute(insert(IntakeRow), [_row(agency.id, id, line, verdict) for line, verdict in piece])
    await audit.record(session, by, "intake.read", id)


def _row(agency: str, intake_id: UUID, line: Line, judged: Judged) -> dict[str, Any]:
    return {
        "agency": agency,
        "intake_id": intake_id,
        "number": line.number,
        "cells": dict(line.cells),
        "found": dict(line.row.found),
        "unread": dict(line.row.unread),
        "errors": dict(judged.errors),
        "outcome": judged.outcome,
    }


async def write(session: AsyncSession, agency: Agency, way: Way, *, intake_id: UUID, at: datetime, by: Actor) -> None:
    """Write what is good of a list, all at once, and announce it.

    Raises NotReady when it was written, Moved when something else was entered since that a row meets.
    """
    await _lock(session, way, intake_id, IntakeState.READY, "Danh sách này đã được ghi.")
    await way.turn(session, agency.id)
    if await _turned(session, agency.id, way, intake_id):
        raise Moved(way.moved)
    await way.write(session, intake_id, at)
    await _move(session, intake_id, IntakeState.WRITTEN)
    await audit.record(session, by, "intake.written", intake_id)


async def undo(session: AsyncSession, way: Way, *, intake_id: UUID, at: datetime, by: Actor) -> None:
    """As if it had never been written. Raises InUse when anything rests on what came in; NotReady."""
    intake = await _lock(session, way, intake_id, IntakeState.WRITTEN, "Danh sách này chưa ghi hoặc đã hoàn tác.")
    await way.turn(session, intake.agency)
    try:
        async with session.begin_nested():
            await way.close(session, intake_id)
    except IntegrityError:
        # Whatever points at what came in holds it.
        raise InUse(way.in_use) from None
    await way.take_back(session, intake_id, at)
    await _move(session, intake_id, IntakeState.UNDONE)
    await audit.record(session, by, "intake.undone", intake_id)


async def tidy(session: AsyncSession, before: datetime) -> int:
    """Forget lists that came in before a moment; what was written of them stays. How many."""
    found = await session.execute(delete(Intake).where(col(Intake.at) < before).returning(col(Intake.id)))
    return len(found.all())


async def judge_again(session: AsyncSession, agency: Agency, way: Way, *, intake_id: UUID) -> None:
    """Judge a list anew by what is there now, so that it can be seen, and written, as it is. Raises NotReady."""
    await _lock(session, way, intake_id, IntakeState.READY, "Danh sách này đã được ghi.")
    for number, verdict in await _turned(session, agency.id, way, intake_id):
        row = update(IntakeRow).where(col(IntakeRow.intake_id) == intake_id, col(IntakeRow.number) == number)
        await session.execute(row.values(outcome=verdict.outcome, errors=dict(verdict.errors)))


async def _turned(session: AsyncSession, agency: str, way: Way, intake_id: UUID) -> list[tuple[int, Judged]]:
    """The rows, by number, that come out otherwise than they were judged before, by what is there now."""
    kept = select(
        col(IntakeRow.number),
        col(IntakeRow.found),
        col(IntakeRow.unread),
        col(IntakeRow.errors),
        col(IntakeRow.outcome),
    ).where(col(IntakeRow.intake_id) == intake_id)
    rows = (await session.execute(kept.order_by(col(IntakeRow.number)))).all()
    judged = await way.judge(session, agency, [Read(found, unread) for _, found, unread, _, _ in rows])
    return [
        (number, verdict)
        for (number, _, _, errors, outcome), verdict in zip(rows, judged, strict=True)
        if (outcome, errors) != (verdict.outcome, dict(verdict.errors))
    ]


async def new_rows(session: AsyncSession, intake_id: UUID) -> Sequence[tuple[UUID, Mapping[str, Any]]]:
    """What the new rows of a list are: id, and what was understood."""
    new = (col(IntakeRow.intake_id) == intake_id, col(IntakeRow.outcome) == Outcome.NEW)
    rows = select(col(IntakeRow.thing_id), col(IntakeRow.found)).where(*new).order_by(col(IntakeRow.number))
    return [(thing_id, found) for thing_id, found in await session.execute(rows)]


async def _lock(session: AsyncSession, way: Way, intake_id: UUID, state: IntakeState, otherwise: str) -> Intake:
    """The intake of that kind, locked until the transaction ends. Raises NotReady unless it is in that state."""
    here = col(Intake.id) == intake_id, col(Intake.kind) == way.kind
    found = await session.execute(select(Intake).where(*here).with_for_update())
    intake = found.scalar_one()
    if intake.state is not state:
        raise NotReady(otherwise)
    return intake


async def _move(session: AsyncSession, intake_id: UUID, state: IntakeState) -> None:
    await session.execute(update(Intake).where(col(Intake.id) == intake_id).values(state=state))
