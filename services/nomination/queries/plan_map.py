"""How far a plan has got: each unit with what it acknowledged and what came from it, and the agencies below."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, and_, case, cast, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import State
from services.nomination.rules.carrying_out import Carried, Given, carried_below, is_late
from services.nomination.rules.plan_content import Duty
from services.nomination.rules.targets import Bound, Counted, Per
from services.nomination.tables import (
    Acknowledgement,
    Nomination,
    Plan,
    Round,
    Target,
    Unit,
    UnitAcknowledgement,
    plan_year,
)
from shared.listing import Asked, Filter, Order, Rows, chosen, page_of
from shared.looks import STATES

CARRIED_FILTER = Filter("trien-khai", "Triển khai", tuple((one.value, STATES["carried"][one].label) for one in Carried))
GIVEN_FILTER = Filter("gioi-thieu", "Giới thiệu", tuple((one.value, STATES["given"][one].label) for one in Given))
FILTERS = (CARRIED_FILTER, GIVEN_FILTER)


@dataclass(frozen=True)
class Placed:
    """A unit on the map of a plan."""

    unit: Unit
    carried: Carried
    given: Given
    handed_in: int
    told_on: date | None
    people: int | None


@dataclass(frozen=True)
class Map:
    """The query behind the map: `rows` finds units, the columns beside it say how each stands."""

    rows: Any
    carried: Any
    given: Any

    @property
    def orders(self) -> Mapping[str, Order]:
        """Those who are furthest behind come first."""
        ranks = [(self.carried, Carried), (self.given, Given)]
        places = [case({one.value: str(place) for place, one in enumerate(words)}, value=of) for of, words in ranks]
        return {
            "cham": Order(places[0] + places[1] + col(Unit.name), False, "Chậm nhất trước"),
            "ten": Order(col(Unit.name), False, "Tên, từ A"),
            "ten-nguoc": Order(col(Unit.name), True, "Tên, từ Y"),
        }


def map_of(
    plan: Plan, targets: Sequence[Target], newest: UUID | None, *, units: Collection[UUID] | None, today: date
) -> Map:
    """The map of a plan for these units (None: for all); `newest`: its round that opened last."""
    came = _came(plan, newest, today)
    said = UnitAcknowledgement
    joined = (
        select(Unit, col(said.told_on), col(said.people), func.coalesce(came.c.all, 0).label("handed_in"))
        .outerjoin(said, and_(col(said.unit_id) == col(Unit.id), col(said.plan_id) == plan.id))
        .outerjoin(came, came.c.unit_id == col(Unit.id))
        .where(
            col(Unit.agency) == plan.agency,
            col(Unit.valid_from) <= today,
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
        )
    )
    if units is not None:
        joined = joined.where(col(Unit.id).in_(units))
    silent = Carried.LATE if is_late(plan.deadlines, Duty.ACKNOWLEDGE, today) else Carried.WAITING
    carried = case(
        (col(said.version) >= plan.version, Carried.DONE.value),
        (col(said.version).is_not(None), Carried.OUTDATED.value),
        else_=silent.value,
    )
    below = [_is_below(one, came) for one in targets if one.counted is Counted.NOMINATIONS and _binds(one, newest)]
    given = case(
        (func.coalesce(came.c.all, 0) == 0, Given.NONE.value),
        (or_(literal(False), *below), Given.BELOW.value),
        else_=Given.MET.value,
    )
    return Map(joined.add_columns(carried.label("carried"), given.label("given")), carried, given)


def _came(plan: Plan, newest: UUID | None, today: date) -> Any:
    """What units handed in under a plan: in all, in its year, in its newest round."""
    in_year = plan_year(col(Nomination.handed_in_on)) == plan_year(cast(today, Date))
    return (
        select(
            col(Nomination.unit_id).label("unit_id"),
            func.count().label("all"),
            func.count().filter(in_year).label("year"),
            func.count().filter(col(Nomination.round_id) == newest).label("round"),
        )
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .where(
            col(Nomination.agency) == plan.agency,
            col(Nomination.plan_id) == plan.id,
            col(Nomination.handed_in_on).is_not(None),
            col(Nomination.state) != State.WITHDRAWN,
        )
        .group_by(col(Nomination.unit_id))
        .subquery("came")
    )


def _binds(target: Target, newest: UUID | None) -> bool:
    return target.bound is Bound.AT_LEAST and (target.per is Per.YEAR or newest is not None)


def _is_below(target: Target, came: Any) -> Any:
    count = func.coalesce(came.c.year if target.per is Per.YEAR else came.c.round, 0)
    meant = col(Unit.kind) == target.unit_kind if target.unit_kind else literal(True)
    return and_(meant, count < target.number)


async def newest_round(session: AsyncSession, plan: Plan, today: date) -> UUID | None:
    """The round of a plan that opened last."""
    opened = select(col(Round.id)).where(col(Round.plan_id) == plan.id, col(Round.opens_on) <= today)
    found: UUID | None = await session.scalar(
        opened.order_by(col(Round.opens_on).desc(), col(Round.id).desc()).limit(1)
    )
    return found


async def page_of_units(session: AsyncSession, shown: Map, asked: Asked) -> Rows:
    """One page of the units of a map: rows of (Unit, told on, people, handed in, carried, given)."""
    query = chosen(shown.rows, asked, {"trien-khai": shown.carried, "gioi-thieu": shown.given})
    return await page_of(session, query, asked, shown.orders, col(Unit.id))


def placed(row: Any) -> Placed:
    """A row of `page_of_units`."""
    unit, told_on, people, handed_in, carried, given = row
    return Placed(unit, Carried(carried), Given(given), handed_in, told_on, people)


async def count_units(session: AsyncSession, shown: Map) -> tuple[dict[Carried, int], dict[Given, int]]:
    """How many units stand how, by what they acknowledged and by what came."""
    found = shown.rows.subquery()
    query = select(found.c.carried, found.c.given, func.count()).group_by(found.c.carried, found.c.given)
    carried, given = dict.fromkeys(Carried, 0), dict.fromkeys(Given, 0)
    for one, other, count in await session.execute(query):
        carried[Carried(one)] += count
        given[Given(other)] += count
    return carried, given


def carried_by(
    plan: Plan, children: Sequence[str], read: Mapping[str, Acknowledgement], today: date
) -> dict[str, Carried]:
    """How far a plan has got with each agency below."""
    late = {duty: is_late(plan.deadlines, duty, today) for duty in (Duty.ACKNOWLEDGE, Duty.PLAN)}
    return {
        child: carried_below(
            said.version if (said := read.get(child)) else None,
            bool(said and said.planned),
            plan.version,
            late_reading=late[Duty.ACKNOWLEDGE],
            late_plan=late[Duty.PLAN],
        )
        for child in children
    }
