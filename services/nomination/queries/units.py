"""The reads of the unit graph."""

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import UnitEdge


async def units_below(
    session: AsyncSession, *, agency: str, units: Collection[UUID], on: date
) -> Mapping[UUID, frozenset[UUID]]:
    """All units below each of these on that day, in whatever line; none is below itself, even in a circle."""
    edges = select(UnitEdge).where(
        col(UnitEdge.agency) == agency,
        col(UnitEdge.valid_from) <= on,
        or_(col(UnitEdge.valid_to).is_(None), col(UnitEdge.valid_to) > on),
    )
    in_force = edges.subquery()
    below = (
        select(in_force.c.parent_id.label("top"), in_force.c.child_id.label("unit"))
        .where(in_force.c.parent_id.in_(units))
        .cte("below", recursive=True)
    )
    # A union without ALL drops what is known, so a circle ends.
    deeper = select(below.c.top, in_force.c.child_id).join(in_force, in_force.c.parent_id == below.c.unit)
    rows = await session.execute(select(below.union(deeper)))
    found: dict[UUID, set[UUID]] = {}
    for top, unit in rows:
        if unit != top:
            found.setdefault(top, set()).add(unit)
    return {top: frozenset(members) for top, members in found.items()}
