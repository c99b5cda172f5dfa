"""What happens to units: they are opened, put under one another, and called otherwise from a day on."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination.actions.plans import Agency
from services.nomination.rules.units import CODE_TAKEN, BadEdge, BadUnit, NameTold, check_edge, check_name, check_unit
from services.nomination.tables import Unit, UnitEdge, UnitName, below
from shared import audit, outbox
from shared.audit import Actor
from shared.events import UnitChanged, UnitOpened
from shared.names import normal
from shared.outbox.recording import agency_of


async def open_unit(
    session: AsyncSession,
    agency: Agency,
    *,
    code: str,
    name: str,
    kind: str,
    since: date,
    at: datetime,
    by: Actor,
    id: UUID | str | None = None,
) -> Unit:
    """Let a unit exist from a day on, and announce it. A unit with that code, now or ever, is returned as it is."""
    await alone(session, agency.id)
    found = await session.scalar(select(Unit).where(col(Unit.id).in_(_with_code(agency.id, code))))
    if found is not None:
        return found
    unit = Unit(
        id=UUID(str(id)) if id else uuid7(), agency=agency.id, code=code, name=normal(name), kind=kind, valid_from=since
    )
    session.add(unit)
    await session.flush()
    called = UnitName(
        agency=agency.id, unit_id=unit.id, code=code, name=unit.name, kind=kind, valid_from=since, told=True
    )
    session.add(called)
    outbox.record(session, UnitOpened(unit_id=unit.id, name=unit.name, kind=kind, valid_from=since, occurred_at=at))
    await audit.record(session, by, "unit.opened", unit.id)
    return unit


async def put_under(
    session: AsyncSession, *, child: UUID, parent: UUID, line: str, since: date, until: date | None = None, by: Actor
) -> UnitEdge:
    """Let a unit stand under another in a line, from a day on until (exclusive) another.

    Raises NoResultFound for an unknown unit, BadEdge for one that would stand under itself.
    """
    lower, upper = await session.get_one(Unit, child), await session.get_one(Unit, parent)
    await alone(session, lower.agency)
    under = await session.execute(below(lower.agency, [child], since, and_later=True))
    check_edge(child, parent, line, below={unit for _, unit in under})
    standing = select(UnitEdge).where(
        col(UnitEdge.child_id) == child, col(UnitEdge.parent_id) == parent, col(UnitEdge.line) == line
    )
    for one in await session.scalars(standing):
        if (one.valid_to is None or one.valid_to > since) and (until is None or one.valid_from < until):
            raise BadEdge("parent", "Đơn vị đã thuộc đơn vị này theo hệ này.")
    edge = UnitEdge(
        agency=lower.agency, child_id=lower.id, parent_id=upper.id, line=line, valid_from=since, valid_to=until
    )
    session.add(edge)
    await session.flush()
    await audit.record(session, by, "unit.put_under", child)
    return edge


async def take_from(session: AsyncSession, *, edge_id: UUID, unit_id: UUID, until: date, by: Actor) -> None:
    """Let a unit stand there no more from a day on; from its first day on: it never did. Raises BadEdge."""
    edge = await session.get(UnitEdge, edge_id, with_for_update=True)
    if edge is None or edge.child_id != unit_id or edge.valid_to is not None:
        raise BadEdge("edge", "Đơn vị đã thôi thuộc nơi này. Hãy tải lại trang.")
    if until < edge.valid_from:
        raise BadEdge("until", "Ngày thôi không thể trước ngày bắt đầu.")
    if until == edge.valid_from:
        await session.delete(edge)
    else:
        edge.valid_to = until
    await audit.record(session, by, "unit.taken_from", unit_id)


async def enter_unit(
    session: AsyncSession,
    agency: Agency,
    *,
    id: UUID,
    code: str,
    name: str,
    kind: str,
    since: date,
    at: datetime,
    by: Actor,
) -> Unit:
    """A unit that a person enters; `id` is that of the form, so that one sent twice is one unit. Raises BadUnit."""
    name, kind = normal(name), normal(kind)
    check_unit(code, name, kind)
    made = await open_unit(session, agency, id=id, code=code, name=name, kind=kind, since=since, at=at, by=by)
    if made.id != id:
        raise BadUnit("code", CODE_TAKEN)
    return made


def _with_code(agency: str, code: str) -> Select[Any]:
    """Asks for the unit that has that code, had it or will have it."""
    return select(col(UnitName.unit_id)).where(col(UnitName.agency) == agency, col(UnitName.code) == code)


async def alone(session: AsyncSession, agency: str) -> None:
    """One change of the graph at a time: of two that cross, the second sees the first."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"units of {agency}", 0))))


async def rename(
    session: AsyncSession,
    *,
    unit_id: UUID,
    code: str,
    name: str,
    kind: str,
    since: date,
    paper: str,
    at: datetime,
    today: date,
    by: Actor,
) -> UnitName:
    """Let a unit have another code, name or kind from a day on; what was called so before keeps its old name.

    Without a code it keeps the one that it has on that day. A day that has come takes effect at once, a later one when
    it comes (`tell_names`). Raises BadName.
    """
    # Of two units that want one code, the second sees the first.
    await alone(session, agency_of(session))
    unit = await lock(session, unit_id)
    history = select(UnitName).where(col(UnitName.unit_id) == unit_id).order_by(col(UnitName.valid_from))
    names = list(await session.scalars(history))
    last = max((one.valid_from for one in names if one.told), default=unit.valid_from)
    taken = {one.valid_from for one in names}
    code, name, kind, paper = code.strip(), normal(name), normal(kind), normal(paper)
    code_taken = bool(set(await session.scalars(_with_code(unit.agency, code))) - {unit_id})
    now = (unit.code, unit.name, unit.kind)
    check_name(code, name, kind, paper, since, now=now, last=last, taken=taken, code_taken=code_taken)
    code = code or next((one.code for one in reversed(names) if one.valid_from < since), unit.code)
    row = UnitName(agency=unit.agency, unit_id=unit_id, code=code, name=name, kind=kind, valid_from=since, paper=paper)
    session.add(row)
    await session.flush()
    await audit.record(session, by, "unit.renamed", unit_id)
    await _tell_due(session, unit, at, today)
    return row


async def take_back(session: AsyncSession, *, unit_id: UUID, name_id: UUID, by: Actor) -> None:
    """A name whose day has not come will not be. Raises NameTold for another; LookupError for none."""
    await lock(session, unit_id)
    row = await session.get(UnitName, name_id)
    if row is None or row.unit_id != unit_id:
        raise LookupError("no such name of this unit")
    if row.told:
        raise NameTold("Tên này đã có hiệu lực, không bỏ được nữa. Hãy đổi tên từ một ngày sau đó.")
    await session.delete(row)
    await audit.record(session, by, "unit.rename_taken_back", unit_id)


async def tell_names(session: AsyncSession, *, at: datetime, today: date) -> int:
    """Let every name whose day has come be the unit's, in the order of the days; how many."""
    due = select(col(UnitName.unit_id)).where(~col(UnitName.told), col(UnitName.valid_from) <= today)
    found = sorted(set(await session.scalars(due)))
    return sum([await _tell_due(session, await lock(session, unit_id), at, today) for unit_id in found])


async def _tell_due(session: AsyncSession, unit: Unit, at: datetime, today: date) -> int:
    """The names of a locked unit whose day has come; a name is changed by whoever has locked its unit."""
    due = select(UnitName).where(
        col(UnitName.unit_id) == unit.id, ~col(UnitName.told), col(UnitName.valid_from) <= today
    )
    rows = list(await session.scalars(due.order_by(col(UnitName.valid_from))))
    for row in rows:
        unit.code, unit.name, unit.kind, row.told = row.code, row.name, row.kind, True
        about = {"unit_id": unit.id, "name": row.name, "kind": row.kind, "valid_from": row.valid_from}
        outbox.record(session, UnitChanged.model_validate(about | {"occurred_at": at}))
    await session.flush()
    return len(rows)


async def lock(session: AsyncSession, unit_id: UUID) -> Unit:
    """The unit, locked until the transaction ends."""
    found = await session.execute(select(Unit).where(col(Unit.id) == unit_id).with_for_update())
    return found.scalar_one()
