"""Lists of units that come in as a file: kept as they were read, written at once, undone while nobody uses them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_once
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.actions.units import alone
from services.nomination.rules.intakes import (
    IntakeState,
    InUse,
    Judged,
    KnownUnit,
    NotReady,
    Outcome,
    UnitRow,
    judge_units,
)
from services.nomination.tables import Intake, IntakeRow, Unit, UnitEdge
from shared import audit, outbox
from shared.audit import Actor
from shared.events import UnitEnded, UnitOpened

KEPT = timedelta(days=30)
"""For so long a list can be looked at, and undone."""
PIECE = 1000
"""So many rows are kept at a time."""
GONE_ON = "Danh sách đơn vị đã thay đổi từ lúc đọc tệp. Hãy xem lại từng dòng rồi ghi."

# What is written of the rows that are new: the unit, its first name and its place, each with the row's id.
_OPEN = """insert into units (agency, id, code, name, kind, valid_from, external_ref)
select agency, thing_id, found->>'code', found->>'name', found->>'kind', (found->>'since')::date, found->>'external_ref'
from intake_rows where intake_id = :intake and outcome = 'new'"""
_NAME = """insert into unit_names (agency, id, unit_id, name, kind, valid_from, paper, told)
select agency, thing_id, thing_id, found->>'name', found->>'kind', (found->>'since')::date, '', true
from intake_rows where intake_id = :intake and outcome = 'new'"""
# Codes are taken out of the rows first: below row-level security only what cannot leak may look into an index.
_PLACE = """with r as materialized (
select agency, thing_id, found->>'parent' as parent, found->>'line' as line, (found->>'since')::date as since
from intake_rows where intake_id = :intake and outcome = 'new' and found->>'parent' <> '')
insert into unit_edges (agency, id, child_id, parent_id, line, valid_from)
select r.agency, r.thing_id, r.thing_id, u.id, r.line, greatest(r.since, u.valid_from)
from r join units u on u.agency = r.agency and u.code = r.parent"""
_CHANGED = """with r as materialized (
select agency, number, found->>'code' as code, found->>'external_ref' as reference, found->>'was' as was
from intake_rows where intake_id = :intake and outcome = 'changed')
"""
_NOTE = """update intake_rows i set found = i.found || jsonb_build_object('was', u.external_ref)
from r join units u on u.agency = r.agency and u.code = r.code where i.intake_id = :intake and i.number = r.number"""
_REFER = "update units set external_ref = r.reference from r where units.agency = r.agency and units.code = r.code"
# What somebody has entered since stays.
_REFER_BACK = """update units set external_ref = r.was from r
where units.agency = r.agency and units.code = r.code and units.external_ref = r.reference"""
_CLOSE = (
    "delete from {table} where id in (select thing_id from intake_rows where intake_id = :intake and outcome = 'new')"
)


class Moved(NotReady):
    """Something else was entered since a list was judged: a row of it comes out otherwise now."""


@dataclass(frozen=True)
class Line:
    """A row of a file: its number there, what stood in it, what it tells."""

    number: int
    cells: Mapping[str, str]
    row: UnitRow


async def keep(
    session: AsyncSession,
    agency: Agency,
    *,
    id: UUID,
    file_name: str,
    lines: Sequence[Line],
    unused: Sequence[str],
    at: datetime,
    by: Actor,
) -> None:
    """Keep a list as it was read, each row judged; nothing of it is written yet. `id` is the form's: once is once."""
    row = {"agency": agency.id, "id": id, "file_name": file_name, "entered_by": by.identity, "at": at}
    entered = insert_once(Intake).values(**row, unused=list(unused), state=IntakeState.READY)
    if await session.scalar(entered.on_conflict_do_nothing().returning(col(Intake.id))) is None:
        return
    known = await _known(session, agency.id)
    judged = judge_units([line.row for line in lines], known)
    for begin in range(0, len(lines), PIECE):
        piece = zip(lines[begin : begin + PIECE], judged[begin : begin + PIECE], strict=True)
        await session.execute(insert(IntakeRow), [_row(agency.id, id, line, verdict) for line, verdict in piece])
    await audit.record(session, by, "intake.read", id)


def _row(agency: str, intake_id: UUID, line: Line, judged: Judged) -> dict[str, Any]:
    row = line.row
    found = {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "since": row.since.isoformat() if row.since else None,
        "parent": row.parent,
        "line": row.line,
        "external_ref": row.external_ref,
    }
    return {
        "agency": agency,
        "intake_id": intake_id,
        "number": line.number,
        "cells": dict(line.cells),
        "found": found,
        "unread": dict(row.errors),
        "errors": dict(judged.errors),
        "outcome": judged.outcome,
    }


async def write(session: AsyncSession, agency: Agency, *, intake_id: UUID, at: datetime, by: Actor) -> int:
    """Write what is good of a list, all at once, and announce it; how many units are new.

    Raises NotReady when it was written, Moved when something else was entered since that a row meets.
    """
    await _lock(session, intake_id, IntakeState.READY, "Danh sách này đã được ghi.")
    await alone(session, agency.id)
    if await _turned(session, agency.id, intake_id):
        raise Moved(GONE_ON)
    asked = {"intake": intake_id}
    for statement in (_OPEN, _NAME, _PLACE, _CHANGED + _NOTE, _CHANGED + _REFER):
        await session.execute(text(statement), asked)
    opened = await _new(session, intake_id)
    for unit_id, found in opened:
        about = {"unit_id": unit_id, "name": found["name"], "kind": found["kind"], "valid_from": found["since"]}
        outbox.record(session, UnitOpened.model_validate(about | {"occurred_at": at}))
    await _move(session, intake_id, IntakeState.WRITTEN)
    await audit.record(session, by, "intake.written", intake_id)
    return len(opened)


async def undo(session: AsyncSession, *, intake_id: UUID, at: datetime, by: Actor) -> None:
    """As if it had never been written. Raises InUse when anything rests on a unit that came in; NotReady."""
    intake = await _lock(session, intake_id, IntakeState.WRITTEN, "Danh sách này chưa ghi hoặc đã hoàn tác.")
    await alone(session, intake.agency)
    asked = {"intake": intake_id}
    try:
        async with session.begin_nested():
            for table in ("unit_edges", "unit_names", "units"):
                await session.execute(text(_CLOSE.format(table=table)), asked)
    except IntegrityError:
        # Whatever points at a unit holds it: files, leads, names and places that came later.
        raise InUse(
            "Có đơn vị trong danh sách đã được dùng (hồ sơ, nhân tố, tên mới, đơn vị dưới…), nên không hoàn tác được."
        ) from None
    await session.execute(text(_CHANGED + _REFER_BACK), asked)
    for unit_id, found in await _new(session, intake_id):
        outbox.record(session, UnitEnded(unit_id=unit_id, valid_to=found["since"], occurred_at=at))
    await _move(session, intake_id, IntakeState.UNDONE)
    await audit.record(session, by, "intake.undone", intake_id)


async def tidy(session: AsyncSession, before: datetime) -> int:
    """Forget lists that came in before a moment; what was written of them stays. How many."""
    found = await session.execute(delete(Intake).where(col(Intake.at) < before).returning(col(Intake.id)))
    return len(found.all())


async def judge_again(session: AsyncSession, agency: Agency, *, intake_id: UUID) -> None:
    """Judge a list anew by what is there now, so that it can be seen, and written, as it is. Raises NotReady."""
    await _lock(session, intake_id, IntakeState.READY, "Danh sách này đã được ghi.")
    for number, verdict in await _turned(session, agency.id, intake_id):
        row = update(IntakeRow).where(col(IntakeRow.intake_id) == intake_id, col(IntakeRow.number) == number)
        await session.execute(row.values(outcome=verdict.outcome, errors=dict(verdict.errors)))


async def _turned(session: AsyncSession, agency: str, intake_id: UUID) -> list[tuple[int, Judged]]:
    """The rows, by number, that come out otherwise than they were judged before, by what is there now."""
    kept = select(
        col(IntakeRow.number),
        col(IntakeRow.found),
        col(IntakeRow.unread),
        col(IntakeRow.errors),
        col(IntakeRow.outcome),
    ).where(col(IntakeRow.intake_id) == intake_id)
    rows = (await session.execute(kept.order_by(col(IntakeRow.number)))).all()
    judged = judge_units([_understood(found, unread) for _, found, unread, _, _ in rows], await _known(session, agency))
    return [
        (number, verdict)
        for (number, _, _, errors, outcome), verdict in zip(rows, judged, strict=True)
        if (outcome, errors) != (verdict.outcome, dict(verdict.errors))
    ]


def _understood(found: Mapping[str, Any], unread: Mapping[str, str]) -> UnitRow:
    """A kept row as it was read."""
    told = {name: value for name, value in found.items() if name not in ("since", "was")}
    return UnitRow(**told, since=date.fromisoformat(found["since"]) if found["since"] else None, errors=unread)


async def _known(session: AsyncSession, agency: str) -> dict[str, KnownUnit]:
    upper = aliased(Unit)
    edges = (
        select(col(Unit.code), col(upper.code))
        .join(UnitEdge, col(UnitEdge.child_id) == col(Unit.id))
        .join(upper, col(upper.id) == col(UnitEdge.parent_id))
        .where(col(Unit.agency) == agency, col(UnitEdge.valid_to).is_(None))
    )
    parents: dict[str, set[str]] = {}
    for code, parent in await session.execute(edges):
        parents.setdefault(code, set()).add(parent)
    columns = (col(Unit.code), col(Unit.name), col(Unit.kind), col(Unit.external_ref), col(Unit.valid_to))
    units = await session.execute(select(*columns).where(col(Unit.agency) == agency))
    return {
        code: KnownUnit(name, kind, reference, until is not None, frozenset(parents.get(code, ())))
        for code, name, kind, reference, until in units
    }


async def _new(session: AsyncSession, intake_id: UUID) -> Sequence[tuple[UUID, Mapping[str, Any]]]:
    """What the new rows of a list are: id, and what was understood."""
    new = (col(IntakeRow.intake_id) == intake_id, col(IntakeRow.outcome) == Outcome.NEW)
    rows = select(col(IntakeRow.thing_id), col(IntakeRow.found)).where(*new).order_by(col(IntakeRow.number))
    return [(thing_id, found) for thing_id, found in await session.execute(rows)]


async def _lock(session: AsyncSession, intake_id: UUID, state: IntakeState, otherwise: str) -> Intake:
    """The intake, locked until the transaction ends. Raises NotReady unless it is in that state."""
    found = await session.execute(select(Intake).where(col(Intake.id) == intake_id).with_for_update())
    intake = found.scalar_one()
    if intake.state is not state:
        raise NotReady(otherwise)
    return intake


async def _move(session: AsyncSession, intake_id: UUID, state: IntakeState) -> None:
    await session.execute(update(Intake).where(col(Intake.id) == intake_id).values(state=state))
