"""The reads of the unit graph, and of units by their days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    String,
    Uuid,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.rules import ENDED
from services.nomination.rules.leads import LeadState
from services.nomination.rules.reports import OPEN
from services.nomination.rules.supervision import FindingState
from services.nomination.tables import (
    Lead,
    Movement,
    MovementRegistration,
    Nomination,
    Report,
    Unit,
    UnitEdge,
    UnitEnd,
    UnitName,
    UnitShare,
    VisitFinding,
    below,
)
from shared.listing import Asked, Order, Rows, page_of

ORDERS = {
    "ma": Order(col(Unit.code), False, "Mã đơn vị"),
    "ten": Order(col(Unit.name), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Unit.name), True, "Tên, từ Y"),
}


@dataclass(frozen=True)
class Known:
    """A unit with its names, the newest first, and what stands above and below it on a day or later."""

    unit: Unit
    names: Sequence[UnitName]
    above: Sequence[tuple[UnitEdge, Unit]]
    below: Sequence[tuple[UnitEdge, Unit]]
    end: UnitEnd | None
    successor: Unit | None


@dataclass(frozen=True)
class Moving:
    """How much of a unit goes on elsewhere when it ends: what is open of its work, and units below it."""

    files: int
    leads: int
    below: int
    findings: int
    reports: int
    movements: int
    joined: int
    """Registrations in movements that go on: they all go with the most."""


@dataclass(frozen=True)
class Thing:
    """One thing that goes on elsewhere; `kind`: file, lead, finding, report, movement or unit; `to`: who takes it.

    `name`: a file's code, the name of the others; a lead has its category, and like a finding when it was noted.
    """

    id: UUID
    kind: str
    name: str
    category: str | None
    spotted_at: datetime | None
    to: str | None


async def units_below(
    session: AsyncSession, *, agency: str, units: Collection[UUID], on: date
) -> Mapping[UUID, frozenset[UUID]]:
    """All units below each of these on that day, in whatever line; none is below itself, even in a circle."""
    found: dict[UUID, set[UUID]] = {}
    for top, unit in await session.execute(below(agency, units, on)):
        if unit != top:
            found.setdefault(top, set()).add(unit)
    return {top: frozenset(members) for top, members in found.items()}


async def kinds_of(session: AsyncSession, *, agency: str) -> Sequence[str]:
    """The kinds that the agency's units have."""
    return list(await session.scalars(select(col(Unit.kind)).where(col(Unit.agency) == agency).distinct()))


async def page_of_units(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of the agency's units: rows of (Unit,)."""
    return await page_of(session, select(Unit).where(col(Unit.agency) == agency), asked, ORDERS, col(Unit.id))


async def get_unit(
    session: AsyncSession, *, agency: str, unit_id: UUID, on: date, only_then: bool = False
) -> Known | None:
    """One unit of the agency, with what stands above and below it on that day or will; `only_then`: on that day."""
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != agency:
        return None
    names = select(UnitName).where(col(UnitName.unit_id) == unit_id).order_by(col(UnitName.valid_from).desc())
    standing = (
        select(UnitEdge, Unit)
        .where(or_(col(UnitEdge.valid_to).is_(None), col(UnitEdge.valid_to) > on))
        .order_by(col(UnitEdge.line), col(Unit.name))
    )
    if only_then:
        standing = standing.where(col(UnitEdge.valid_from) <= on)
    over = standing.join(Unit, col(Unit.id) == col(UnitEdge.parent_id)).where(col(UnitEdge.child_id) == unit_id)
    under = standing.join(Unit, col(Unit.id) == col(UnitEdge.child_id)).where(col(UnitEdge.parent_id) == unit_id)
    return Known(
        unit,
        list(await session.scalars(names)),
        [(edge, other) for edge, other in await session.execute(over)],
        [(edge, other) for edge, other in await session.execute(under)],
        end := await session.get(UnitEnd, unit_id),
        await session.get(Unit, end.successor_id) if end and end.successor_id else None,
    )


async def count_moving(session: AsyncSession, unit_id: UUID, on: date) -> Moving:
    """What of a unit would go on elsewhere, were it to end on that day."""
    things = _moving(unit_id, on).subquery()
    counted = select(things.c.kind, func.count()).group_by(things.c.kind)
    found = {row.kind: row[1] for row in await session.execute(counted)}
    joined = select(func.count()).where(
        col(MovementRegistration.unit_id) == unit_id,
        col(MovementRegistration.movement_id).in_(select(col(Movement.id)).where(_goes_on(on))),
    )
    return Moving(
        files=found.get("file", 0),
        leads=found.get("lead", 0),
        below=found.get("unit", 0),
        findings=found.get("finding", 0),
        reports=found.get("report", 0),
        movements=found.get("movement", 0),
        joined=await session.scalar(joined) or 0,
    )


def _goes_on(on: date) -> ColumnElement[bool]:
    """The movements that are not over on that day."""
    return col(Movement.ended_on).is_(None) & or_(col(Movement.ends_on).is_(None), col(Movement.ends_on) >= on)


async def list_moving(session: AsyncSession, end: UnitEnd, *, begin: int, limit: int) -> Sequence[Thing]:
    """What of a unit goes on elsewhere when it ends, and where: its open work, units below; from the `begin`-th on."""
    things, taker = _moving(end.unit_id, end.day).subquery(), aliased(Unit)
    goes_to = func.coalesce(col(UnitShare.successor_id), literal(end.successor_id, Uuid()))
    query = (
        select(things, col(taker.name))
        .outerjoin(UnitShare, (col(UnitShare.unit_id) == end.unit_id) & (col(UnitShare.thing_id) == things.c.id))
        .outerjoin(taker, col(taker.id) == goes_to)
        .order_by(things.c.kind, things.c.name, things.c.spotted_at, things.c.id)
        .offset(begin)
        .limit(limit)
    )
    return [Thing(*row) for row in await session.execute(query)]


def _moving(unit_id: UUID, on: date) -> CompoundSelect[Any]:
    """Asks for (id, kind, name, category, spotted_at) of each thing that would go on elsewhere.

    Who it is about stays with those who may read it: a file shows its code, a lead its category and when it was noted,
    a finding when it was noted.
    A unit below in two lines is one thing.
    """
    files: Any = select(  # of what type a literal is, is not known
        col(Nomination.id).label("id"),
        literal("file").label("kind"),
        col(Nomination.code).label("name"),
        null().cast(String).label("category"),
        null().cast(DateTime(timezone=True)).label("spotted_at"),
    ).where(col(Nomination.unit_id) == unit_id, col(Nomination.state).not_in(ENDED))
    leads = select(
        col(Lead.id), literal("lead"), literal(""), cast(col(Lead.category), String), col(Lead.spotted_at)
    ).where(col(Lead.unit_id) == unit_id, col(Lead.state) != LeadState.NOMINATED)
    found = select(col(VisitFinding.id), literal("finding"), literal(""), null(), col(VisitFinding.at)).where(
        col(VisitFinding.unit_id) == unit_id, col(VisitFinding.state) != FindingState.CLOSED
    )
    drafts = select(col(Report.id), literal("report"), col(Report.title), null(), null()).where(
        col(Report.unit_id) == unit_id, col(Report.state).in_(OPEN)
    )
    launched = select(col(Movement.id), literal("movement"), col(Movement.name), null(), null()).where(
        col(Movement.unit_id) == unit_id, _goes_on(on)
    )
    under = (
        select(col(Unit.id), literal("unit"), col(Unit.name), null(), null())
        .join(UnitEdge, col(UnitEdge.child_id) == col(Unit.id))
        .where(col(UnitEdge.parent_id) == unit_id, col(UnitEdge.valid_to).is_(None))
    )
    return union(files, leads, found, drafts, launched, under)


async def names_of(session: AsyncSession, units: Mapping[UUID, Unit]) -> dict[UUID, list[tuple[date, str]]]:
    """How each of these units was called from which day on, the oldest first; at least as it is called now."""
    query = select(UnitName).where(col(UnitName.unit_id).in_(units), col(UnitName.told))
    found: dict[UUID, list[tuple[date, str]]] = {}
    for one in await session.scalars(query.order_by(col(UnitName.valid_from))):
        found.setdefault(one.unit_id, []).append((one.valid_from, one.name))
    return {id: found.get(id) or [(unit.valid_from, unit.name)] for id, unit in units.items()}


def name_in(names: Sequence[tuple[date, str]], day: date) -> str:
    """Which of these names was in use on a day; before the first, that one."""
    return next((name for since, name in reversed(names) if since <= day), names[0][1])


async def name_on(session: AsyncSession, unit: Unit, day: date) -> str:
    """How a unit was called on a day; before its first name, as it was called first."""
    names = select(col(UnitName.name)).where(col(UnitName.unit_id) == unit.id, col(UnitName.told))
    then = names.where(col(UnitName.valid_from) <= day).order_by(col(UnitName.valid_from).desc()).limit(1)
    first = names.order_by(col(UnitName.valid_from)).limit(1)
    return await session.scalar(then) or await session.scalar(first) or unit.name
