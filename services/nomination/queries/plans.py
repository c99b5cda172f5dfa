"""The reads of what everybody works by: plans, rounds, criteria."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Acknowledgement, Criterion, Plan, PlanFromAbove, Round


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


async def list_from_above(session: AsyncSession, *, agency: str) -> Sequence[PlanFromAbove]:
    """Plans of the agencies above, those in force first, the newest first."""
    found = select(PlanFromAbove).where(col(PlanFromAbove.agency) == agency)
    return list(await session.scalars(found.order_by(col(PlanFromAbove.state), col(PlanFromAbove.heard_at).desc())))


async def get_from_above(
    session: AsyncSession, *, agency: str, issuer_agency: str, plan_id: UUID
) -> PlanFromAbove | None:
    """One plan of an agency above."""
    found = await session.get(PlanFromAbove, (issuer_agency, plan_id))
    return found if found is not None and found.agency == agency else None


async def list_acknowledgements(session: AsyncSession, *, plan_id: UUID) -> dict[str, Acknowledgement]:
    """How far each child agency has read a plan, by agency."""
    rows = await session.scalars(select(Acknowledgement).where(col(Acknowledgement.plan_id) == plan_id))
    return {row.child: row for row in rows}


async def newest_criteria(session: AsyncSession, *, agency: str) -> Sequence[Criterion]:
    """The criteria of the newest pack, in its order; those for everybody first."""
    query = select(Criterion).where(col(Criterion.agency) == agency)
    found = list(await session.scalars(query.order_by(col(Criterion.pack).desc(), col(Criterion.position))))
    return [one for one in found if one.pack == found[0].pack]
