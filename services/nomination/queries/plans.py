"""The reads of what everybody works by: plans, rounds, criteria."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Criterion, Plan, Round


async def list_plans(session: AsyncSession, *, agency: str) -> Sequence[Plan]:
    """The agency's plans."""
    return list(await session.scalars(select(Plan).where(col(Plan.agency) == agency).order_by(col(Plan.code))))


async def get_plan(session: AsyncSession, *, agency: str, code: str) -> tuple[Plan, Sequence[Round]] | None:
    """A plan with its rounds."""
    plan = await session.scalar(select(Plan).where(col(Plan.agency) == agency, col(Plan.code) == code))
    if plan is None:
        return None
    rounds = await session.scalars(select(Round).where(col(Round.plan_id) == plan.id).order_by(col(Round.opens_on)))
    return plan, list(rounds)


async def newest_criteria(session: AsyncSession, *, agency: str) -> Sequence[Criterion]:
    """The criteria of the newest pack, in its order; those for everybody first."""
    query = select(Criterion).where(col(Criterion.agency) == agency)
    found = list(await session.scalars(query.order_by(col(Criterion.pack).desc(), col(Criterion.position))))
    return [one for one in found if one.pack == found[0].pack]
