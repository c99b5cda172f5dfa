"""Lists of units that come in as files: how they are judged, written at once and announced, and taken back."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.actions.intakes import Read, Way, new_rows
from services.nomination.actions.units import alone
from services.nomination.rules.intakes import IntakeKind, Judged, KnownUnit, UnitRow, judge_units
from services.nomination.tables import Unit, UnitEdge, UnitName
from shared import outbox
from shared.events import UnitEnded, UnitOpened

# What is written of the rows that are new: the unit, its first name and its place, each with the row's id.
_OPEN = """insert into units (agency, id, code, name, kind, valid_from, external_ref)
select agency, thing_id, found->>'code', found->>'name', found->>'kind', (found->>'since')::date, found->>'external_ref'
from intake_rows where intake_id = :intake and outcome = 'new'"""
_NAME = """insert into unit_names (agency, id, unit_id, code, name, kind, valid_from, paper, told)
select agency, thing_id, thing_id, found->>'code', found->>'name', found->>'kind', (found->>'since')::date, '', true
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


def told_of(row: UnitRow) -> Read:
    """A row as it is kept."""
    found = {
        "code": row.code,
        "name": row.name,
        "kind": row.kind,
        "since": row.since.isoformat() if row.since else None,
        "parent": row.parent,
        "line": row.line,
        "external_ref": row.external_ref,
    }
    return Read(found, dict(row.errors))


async def _judge(session: AsyncSession, agency: str, rows: Sequence[Read]) -> list[Judged]:
    known = await _known(session, agency)
    codes = set(await session.scalars(select(col(UnitName.code)).where(col(UnitName.agency) == agency).distinct()))
    return judge_units([_understood(row.found, row.unread) for row in rows], known, codes - known.keys())


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


async def _write(session: AsyncSession, intake_id: UUID, at: datetime) -> None:
    for statement in (_OPEN, _NAME, _PLACE, _CHANGED + _NOTE, _CHANGED + _REFER):
        await session.execute(text(statement), {"intake": intake_id})
    for unit_id, found in await new_rows(session, intake_id):
        about = {"unit_id": unit_id, "name": found["name"], "kind": found["kind"], "valid_from": found["since"]}
        outbox.record(session, UnitOpened.model_validate(about | {"occurred_at": at}))


async def _close(session: AsyncSession, intake_id: UUID) -> None:
    for table in ("unit_edges", "unit_names", "units"):
        await session.execute(text(_CLOSE.format(table=table)), {"intake": intake_id})


async def _take_back(session: AsyncSession, intake_id: UUID, at: datetime) -> None:
    await session.execute(text(_CHANGED + _REFER_BACK), {"intake": intake_id})
    for unit_id, found in await new_rows(session, intake_id):
        outbox.record(session, UnitEnded(unit_id=unit_id, valid_to=found["since"], occurred_at=at))


UNITS = Way(
    IntakeKind.UNITS,
    alone,
    _judge,
    _write,
    _close,
    _take_back,
    moved="Danh sách đơn vị đã thay đổi từ lúc đọc tệp. Hãy xem lại từng dòng rồi ghi.",
    in_use="Có đơn vị trong danh sách đã được dùng (hồ sơ, nhân tố, tên mới, đơn vị dưới…), nên không hoàn tác được.",
)
