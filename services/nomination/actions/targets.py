"""What plans ask of their units: as their data says it, and whether a unit may hand in one more."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, Exists, and_, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import State, targets
from services.nomination.rules.targets import Bound, Counted, Per, Quota
from services.nomination.tables import Nomination, Plan, Round, Target, Unit, plan_year


def target_of(plan: Plan, told: Mapping[str, Any]) -> Target:
    """A target as a plan's data says it. Raises ValueError."""
    more = dict(told)
    bound, per = Bound(more.pop("bound")), Per(more.pop("per"))
    number, counted = int(more.pop("number")), Counted(more.pop("counted", Counted.NOMINATIONS))
    targets.check_target(bound, number, counted)
    unknown = set(more) - {"unit_kind", "warns_only", "confirmed", "note"}
    if unknown:
        raise ValueError(f"target: nothing is known of {', '.join(sorted(unknown))}")
    return Target(agency=plan.agency, plan_id=plan.id, bound=bound, number=number, per=per, counted=counted, **more)


async def quotas(
    session: AsyncSession, *, agency: str, units: Collection[UUID], rounds: Collection[UUID], today: date
) -> dict[tuple[UUID, UUID], list[Quota]]:
    """How these units stand to what is asked of them in these rounds, by unit and round, the least first."""
    counted = (
        select(func.count())
        .where(
            col(Nomination.agency) == agency,
            col(Nomination.plan_id) == col(Target.plan_id),
            col(Nomination.unit_id) == col(Unit.id),
            col(Nomination.handed_in_on).is_not(None),
            col(Nomination.state) != State.WITHDRAWN,
            or_(
                and_(col(Target.per) == Per.ROUND, col(Nomination.round_id) == col(Round.id)),
                and_(
                    col(Target.per) == Per.YEAR,
                    plan_year(col(Nomination.handed_in_on)) == plan_year(cast(today, Date)),
                ),
            ),
        )
        .correlate(Target, Round, Unit, Plan)
        .scalar_subquery()
    )
    query = (
        select(Target, col(Unit.id), col(Round.id), counted)
        .join(Plan, col(Plan.id) == col(Target.plan_id))
        .join(Round, col(Round.plan_id) == col(Target.plan_id))
        .join(Unit, or_(col(Target.unit_kind).is_(None), col(Target.unit_kind) == col(Unit.kind)))
        .where(
            col(Target.agency) == agency,
            col(Target.counted) == Counted.NOMINATIONS,
            col(Unit.id).in_(units),
            col(Round.id).in_(rounds),
        )
        .order_by(col(Target.per).desc(), col(Target.bound), col(Target.number))
    )
    found: dict[tuple[UUID, UUID], list[Quota]] = {}
    for target, unit_id, round_id, count in await session.execute(query):
        one = Quota(target.bound, target.number, target.per, target.warns_only, count)
        found.setdefault((unit_id, round_id), []).append(one)
    return found


def is_limited() -> Exists:
    """Whether the plan of a row limits what is handed in."""
    limits = col(Target.bound) == Bound.AT_MOST, ~col(Target.warns_only)
    return select(col(Target.id)).where(col(Target.plan_id) == col(Plan.id), *limits).correlate(Plan).exists()


async def check_room(session: AsyncSession, nomination: Nomination, today: date) -> None:
    """Whether the nomination's unit, of a plan that limits, may hand in one more. Raises QuotaReached.

    Of two at once one waits for the other, so the last place is given once.
    """
    # As others' rows point to it, only what changes it has to wait.
    await session.execute(
        select(col(Unit.id)).where(col(Unit.id) == nomination.unit_id).with_for_update(key_share=True)
    )
    place = (nomination.unit_id, nomination.round_id)
    found = await quotas(session, agency=nomination.agency, units=place[:1], rounds=place[1:], today=today)
    targets.check_room(found.get(place, ()))
