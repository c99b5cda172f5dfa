"""How far plans' targets are met, and which units are below."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Date, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.rules import PlanState, State
from services.nomination.rules.targets import Counted, Per, Quota
from services.nomination.tables import Nomination, Plan, Round, Step, Target, Unit, plan_year
from shared.clock import VIETNAM


@dataclass(frozen=True)
class Row:
    """How one unit stands to a target."""

    unit: Unit
    quota: Quota


@dataclass(frozen=True)
class Standing:
    """A target in the time that is counted now: a round, or the year (`round` None)."""

    target: Target
    plan: Plan
    round: Round | None
    rows: Sequence[Row]
    total: int = 0
    """Of a target that counts what the agency itself did: how many."""

    @property
    def counted(self) -> bool:
        """Whether it is counted here; of one that is not nobody can say that it is met, or missed."""
        return self.target.counted is not Counted.REPLICATED

    @property
    def value(self) -> int:
        """How many units meet it; of a target that counts units, those with one at least; else how many there are."""
        if self.target.counted is Counted.REFERRED:
            return self.total
        if self.target.counted is Counted.UNITS:
            return sum(row.quota.count > 0 for row in self.rows)
        return sum(row.quota.met for row in self.rows)

    @property
    def goal(self) -> int:
        """How many there should be."""
        return len(self.rows) if self.target.counted is Counted.NOMINATIONS else self.target.number

    @property
    def missed(self) -> list[Row]:
        """The units that are below, or above, those furthest away first."""
        if self.target.counted is Counted.UNITS:
            return [row for row in self.rows if not row.quota.count] if self.value < self.goal else []
        wrong = [row for row in self.rows if not row.quota.met]
        return sorted(wrong, key=lambda row: (-abs(row.quota.number - row.quota.count), row.unit.name))


async def list_standings(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, today: date
) -> list[Standing]:
    """The targets of the plans in force, each in this year or in its plan's round that opened last.

    `units`: of whom it is told (None: of all); what counts the agency's units is told to who may see them all.
    """
    asked = (
        select(Target, Plan)
        .join(Plan, col(Plan.id) == col(Target.plan_id))
        .where(col(Target.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
        .order_by(col(Plan.code), col(Target.id))
    )
    if units is not None:
        asked = asked.where(col(Target.counted).in_((Counted.NOMINATIONS, Counted.REPLICATED)))
    found = [(target, plan) for target, plan in await session.execute(asked)]
    members = select(Unit).where(
        col(Unit.agency) == agency,
        col(Unit.valid_from) <= today,
        or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
    )
    if units is not None:
        members = members.where(col(Unit.id).in_(units))
    own = list(await session.scalars(members.order_by(col(Unit.name))))
    opened = select(Round).where(col(Round.agency) == agency, col(Round.opens_on) <= today)
    newest = {one.plan_id: one for one in await session.scalars(opened.order_by(col(Round.opens_on), col(Round.id)))}
    counts = await _counts(session, agency, today)
    referred = {}
    if any(target.counted is Counted.REFERRED for target, _ in found):
        referred = await _referred(session, agency, today)
    standings = []
    for target, plan in found:
        chosen = newest.get(plan.id) if target.per is Per.ROUND else None
        if target.per is Per.ROUND and chosen is None:
            continue
        round_id = chosen.id if chosen else None
        if target.counted is Counted.REFERRED:
            standings.append(Standing(target, plan, chosen, [], referred.get((plan.id, round_id), 0)))
            continue
        if target.counted is Counted.REPLICATED:
            standings.append(Standing(target, plan, chosen, []))
            continue
        rows = [
            Row(unit, _quota(target, counts.get((plan.id, round_id, unit.id), 0)))
            for unit in own
            if target.unit_kind in (None, unit.kind)
        ]
        standings.append(Standing(target, plan, chosen, rows))
    return standings


def _quota(target: Target, count: int) -> Quota:
    return Quota(target.bound, target.number, target.per, target.warns_only, count)


async def _counts(session: AsyncSession, agency: str, today: date) -> dict[tuple[UUID, UUID | None, UUID], int]:
    """What was handed in, by plan, round and unit; without a round: in its plan's year of that day."""
    in_year = func.count().filter(plan_year(col(Nomination.handed_in_on)) == plan_year(cast(today, Date)))
    query = (
        select(col(Nomination.plan_id), col(Nomination.round_id), col(Nomination.unit_id), func.count(), in_year)
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .where(
            col(Nomination.agency) == agency,
            col(Nomination.handed_in_on).is_not(None),
            col(Nomination.state) != State.WITHDRAWN,
        )
        .group_by(col(Nomination.plan_id), col(Nomination.round_id), col(Nomination.unit_id))
    )
    found: dict[tuple[UUID, UUID | None, UUID], int] = {}
    for plan, chosen, unit, count, yearly in await session.execute(query):
        found[plan, chosen, unit] = count
        found[plan, None, unit] = found.get((plan, None, unit), 0) + yearly
    return found


async def _referred(session: AsyncSession, agency: str, today: date) -> dict[tuple[UUID, UUID | None], int]:
    """What this agency handed to one above and was not given back, by plan and round; without a round: in its plan's
    year of that day."""
    back = aliased(Step)
    day = cast(func.timezone(str(VIETNAM), col(Step.at)), Date)
    in_year = func.count(col(Nomination.id).distinct()).filter(plan_year(day) == plan_year(cast(today, Date)))
    all_of_them = func.count(col(Nomination.id).distinct())
    came_back = (
        select(col(back.id))
        .where(
            col(back.nomination_id) == col(Step.nomination_id),
            col(back.what).in_(("given_back", "recalled")),
            col(back.at) > col(Step.at),
        )
        .exists()
    )
    query = (
        select(col(Nomination.plan_id), col(Nomination.round_id), all_of_them, in_year)
        .join(Step, col(Step.nomination_id) == col(Nomination.id))
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .where(
            col(Nomination.agency) == agency,
            col(Step.what) == "referred",
            col(Step.by_agency).is_(None),
            ~came_back,
        )
        .group_by(col(Nomination.plan_id), col(Nomination.round_id))
    )
    found: dict[tuple[UUID, UUID | None], int] = {}
    for plan, chosen, count, yearly in await session.execute(query):
        found[plan, chosen] = count
        found[plan, None] = found.get((plan, None), 0) + yearly
    return found
