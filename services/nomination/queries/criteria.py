"""The reads of criteria packs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Criterion, Pack, Unit


@dataclass(frozen=True)
class Kept:
    """A pack, and the unit whose own it is."""

    pack: Pack
    unit: Unit | None


async def list_packs(session: AsyncSession, *, agency: str) -> Sequence[Kept]:
    """Every pack of the agency, newest first."""
    query = select(Pack, Unit).outerjoin(Unit, col(Unit.id) == col(Pack.unit_id)).where(col(Pack.agency) == agency)
    rows = await session.execute(query.order_by(col(Pack.since).desc(), col(Pack.id).desc()))
    return [Kept(pack, unit) for pack, unit in rows]


async def criteria_of(session: AsyncSession, *, agency: str, pack: str) -> Sequence[Criterion]:
    """The criteria of a pack, in its order: what is inherited first."""
    query = select(Criterion).where(col(Criterion.agency) == agency, col(Criterion.pack) == pack)
    return list(await session.scalars(query.order_by(col(Criterion.position))))
