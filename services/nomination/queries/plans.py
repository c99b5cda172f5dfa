"""The reads of what everybody works by: plans and rounds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import PlanState
from services.nomination.rules.tightening import is_cited
from services.nomination.tables import (
    Acknowledgement,
    Criterion,
    Plan,
    PlanFromAbove,
    PlanVersion,
    Round,
    Target,
    Unit,
    UnitAcknowledgement,
)
from services.nomination.tables.plan_content import of_rows


@dataclass(frozen=True)
class Document:
    """A plan with its rounds and targets."""

    plan: Plan
    rounds: Sequence[Round]
    targets: Sequence[Target]

    @property
    def content(self) -> dict[str, Any]:
        """What the plan says, in the shape of `rules.plan_content`."""
        return of_rows(self.plan, self.rounds, self.targets)


async def list_plans(session: AsyncSession, *, agency: str, drafts: bool = False) -> Sequence[Plan]:
    """The agency's plans; with `drafts` also those that were never issued, first."""
    found = select(Plan).where(col(Plan.agency) == agency)
    if not drafts:
        found = found.where(col(Plan.state) != PlanState.DRAFT)
    return list(await session.scalars(found.order_by(col(Plan.state) != PlanState.DRAFT, col(Plan.code))))


async def get_plan(session: AsyncSession, *, agency: str, code: str) -> Document | None:
    """A plan that was issued, with its rounds and targets."""
    issued = select(Plan).where(col(Plan.agency) == agency, col(Plan.code) == code, col(Plan.state) != PlanState.DRAFT)
    plan = await session.scalar(issued)
    if plan is None:
        return None
    rounds = select(Round).where(col(Round.plan_id) == plan.id).order_by(col(Round.opens_on), col(Round.name))
    targets = select(Target).where(col(Target.plan_id) == plan.id).order_by(col(Target.id))
    return Document(plan, list(await session.scalars(rounds)), list(await session.scalars(targets)))


async def get_draft(session: AsyncSession, *, agency: str, code: str) -> Plan | None:
    """A plan of which something is being written."""
    drafted = select(Plan).where(col(Plan.agency) == agency, col(Plan.code) == code, col(Plan.draft).is_not(None))
    found: Plan | None = await session.scalar(drafted)
    return found


async def list_versions(session: AsyncSession, *, plan_id: UUID) -> Sequence[PlanVersion]:
    """What each version of a plan said, the newest first."""
    found = select(PlanVersion).where(col(PlanVersion.plan_id) == plan_id)
    return list(await session.scalars(found.order_by(col(PlanVersion.version).desc())))


def cited(plan: Plan, heard: Sequence[PlanFromAbove]) -> list[PlanFromAbove]:
    """Of the plans from above those in force that a plan rests on: named as such, or cited by their number."""
    in_force = [one for one in heard if one.state is PlanState.IN_FORCE]
    return [one for one in in_force if is_cited(plan.grounds, str(one.plan_id), one.number)]


async def list_carried(
    session: AsyncSession, *, agency: str, plan_id: UUID, units: Collection[UUID] | None
) -> Sequence[tuple[Unit, UnitAcknowledgement | None]]:
    """Of these units (None: no list, for it is those of all) how far each has brought a plan to its people."""
    if not units:
        return []
    rows = await session.execute(
        select(Unit, UnitAcknowledgement)
        .outerjoin(
            UnitAcknowledgement,
            (col(UnitAcknowledgement.unit_id) == col(Unit.id)) & (col(UnitAcknowledgement.plan_id) == plan_id),
        )
        .where(col(Unit.agency) == agency, col(Unit.id).in_(units))
        .order_by(col(Unit.name))
    )
    return [(unit, carried) for unit, carried in rows]


async def list_unit_kinds(session: AsyncSession, *, agency: str) -> Sequence[str]:
    """The kinds of units that there are."""
    return list(await session.scalars(select(col(Unit.kind)).where(col(Unit.agency) == agency).distinct()))


async def list_packs(session: AsyncSession, *, agency: str) -> Sequence[str]:
    """The criteria packs that were entered."""
    found = select(col(Criterion.pack)).where(col(Criterion.agency) == agency).distinct()
    return sorted(await session.scalars(found))


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
