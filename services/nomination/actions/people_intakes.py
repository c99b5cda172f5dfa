"""Lists of people and teams that come in as files: subjects that no dossier has yet."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.intakes import Read, Way
from services.nomination.actions.subjects import alone
from services.nomination.rules.intakes import IntakeKind, Judged
from services.nomination.rules.people import KnownPerson, PersonRow, judge_people
from services.nomination.tables import Subject, Unit
from shared.names import folded, sort_key

# Codes are taken out of the rows first: below row-level security only what cannot leak may look into an index.
_OPEN = """with r as materialized (
select agency, thing_id, found->>'unit' as unit, found->>'category' as category, found->>'name' as name,
found->>'position' as position, (found->>'born')::int as born, found->>'external_ref' as reference,
found->>'search_text' as words, found->>'sort_key' as place, found->>'key' as key
from intake_rows where intake_id = :intake and outcome = 'new')
insert into subjects (agency, id, unit_id, category, form, name, position, born_in, external_ref, search_text, sort_key,
same_key, looked, groups)
select r.agency, r.thing_id, u.id, r.category, 'exemplar', r.name, r.position, r.born, r.reference, r.words, r.place,
r.key, false, '[]' from r join units u on u.agency = r.agency and u.code = r.unit"""
# What somebody has said of them, and any dossier, holds them.
_CLOSE = (
    """with n as (select thing_id from intake_rows where intake_id = :intake and outcome = 'new')
delete from subject_pairs where verdict = 'asked' and (one_id in (select * from n) or other_id in (select * from n))""",
    "delete from subjects where id in (select thing_id from intake_rows where intake_id = :intake and outcome = 'new')",
)
_KEPT_TOO = ("position", "search_text", "sort_key")


def told_of(row: PersonRow, position: str) -> Read:
    """A row as it is kept."""
    found = {name: value for name, value in asdict(row).items() if name != "errors"}
    words = {"position": position, "search_text": folded(row.name), "sort_key": sort_key(row.name)}
    return Read(found | words, dict(row.errors))


def _understood(found: Mapping[str, Any], unread: Mapping[str, str]) -> PersonRow:
    """A kept row as it was read."""
    return PersonRow(**{name: value for name, value in found.items() if name not in _KEPT_TOO}, errors=unread)


async def _judge(session: AsyncSession, agency: str, rows: Sequence[Read]) -> list[Judged]:
    told = [_understood(row.found, row.unread) for row in rows]
    units = await session.execute(select(col(Unit.code), col(Unit.valid_to)).where(col(Unit.agency) == agency))
    keys, references = {row.key for row in told}, {row.external_ref for row in told} - {""}
    born = func.coalesce(func.extract("year", col(Subject.born_on)), col(Subject.born_in))
    same_reference = col(Subject.external_ref) == func.any(list(references))
    query = (
        select(col(Subject.name), col(Unit.code), col(Subject.same_key), born, col(Subject.external_ref))
        .join(Unit, col(Unit.id) == col(Subject.unit_id))
        .where(col(Subject.agency) == agency)
        .where(
            or_(col(Subject.same_key) == func.any(list(keys)), and_(col(Subject.external_ref) != "", same_reference))
        )
    )
    known = [
        KnownPerson(name, unit, key, int(year) if year else None, reference)
        for name, unit, key, year, reference in await session.execute(query)
    ]
    return judge_people(told, {code: until is not None for code, until in units}, known)


async def _write(session: AsyncSession, intake_id: UUID, _at: datetime) -> None:
    await session.execute(text(_OPEN), {"intake": intake_id})


async def _close(session: AsyncSession, intake_id: UUID) -> None:
    for statement in _CLOSE:
        await session.execute(text(statement), {"intake": intake_id})


async def _take_back(_session: AsyncSession, _intake_id: UUID, _at: datetime) -> None:
    """Nobody was told of them."""


PEOPLE = Way(
    IntakeKind.PEOPLE,
    alone,
    _judge,
    _write,
    _close,
    _take_back,
    moved="Danh sách người và đơn vị đã thay đổi từ lúc đọc tệp. Hãy xem lại từng dòng rồi ghi.",
    in_use="Có người trong danh sách đã có hồ sơ hoặc đã được gộp, nên không hoàn tác được.",
)
