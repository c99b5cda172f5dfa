"""The reads of the unit graph, and of units by their days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Unit, UnitEdge, UnitName, below
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


async def units_below(
    session: AsyncSession, *, agency: str, units: Collection[UUID], on: date
) -> Mapping[UUID, frozenset[UUID]]:
    """All units below each of these on that day, in whatever line; none is below itself, even in a circle."""
    found: dict[UUID, set[UUID]] = {}
    for top, unit in await session.execute(below(agency, units, on)):
        if unit != top:
            found.setdefault(top, set()).add(unit)
    return {top: frozenset(members) for top, members in found.items()}


async def page_of_units(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of the agency's units: rows of (Unit,)."""
    return await page_of(session, select(Unit).where(col(Unit.agency) == agency), asked, ORDERS, col(Unit.id))


async def get_unit(session: AsyncSession, *, agency: str, unit_id: UUID, on: date) -> Known | None:
    """One unit of the agency, with what stands above and below it on that day or will."""
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != agency:
        return None
    names = select(UnitName).where(col(UnitName.unit_id) == unit_id).order_by(col(UnitName.valid_from).desc())
    standing = (
        select(UnitEdge, Unit)
        .where(or_(col(UnitEdge.valid_to).is_(None), col(UnitEdge.valid_to) > on))
        .order_by(col(UnitEdge.line), col(Unit.name))
    )
    over = standing.join(Unit, col(Unit.id) == col(UnitEdge.parent_id)).where(col(UnitEdge.child_id) == unit_id)
    under = standing.join(Unit, col(Unit.id) == col(UnitEdge.child_id)).where(col(UnitEdge.parent_id) == unit_id)
    return Known(
        unit,
        list(await session.scalars(names)),
        [(edge, other) for edge, other in await session.execute(over)],
        [(edge, other) for edge, other in await session.execute(under)],
    )


async def name_on(session: AsyncSession, unit: Unit, day: date) -> str:
    """How a unit was called on a day; before its first name, as it was called first."""
    names = select(col(UnitName.name)).where(col(UnitName.unit_id) == unit.id, col(UnitName.told))
    then = names.where(col(UnitName.valid_from) <= day).order_by(col(UnitName.valid_from).desc()).limit(1)
    first = names.order_by(col(UnitName.valid_from)).limit(1)
    return await session.scalar(then) or await session.scalar(first) or unit.name
