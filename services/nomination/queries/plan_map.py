"""How far a plan has got: each unit with what it acknowledged and what came from it, and the agencies below."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import State
from services.nomination.rules.carrying_out import Carried, Given, carried_below, last_due
from services.nomination.rules.plan_content import Duty, day_of, year_of
from services.nomination.rules.targets import Bound, Counted, Per
from services.nomination.tables import (
    Acknowledgement,
    Nomination,
    Plan,
    Round,
    Target,
    Unit,
    UnitAcknowledgement,
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
    plan: Plan, targets: Sequence[Target], newest: Round | None, *, units: Collection[UUID] | None, today: date
) -> Map:
    """The map of a plan for these units (None: for all); `newest`: its round that opened last.

    How a unit stands is asked of the first few of its files, so the map costs as much with a million of them as with
    a thousand; they are all counted only where the count is shown.
    """
    said = UnitAcknowledgement
    handed_in = select(func.count()).where(*_of_unit(plan)).correlate(Unit).scalar_subquery()
    joined = (
        select(Unit, col(said.told_on), col(said.people), handed_in.label("handed_in"))
        .outerjoin(said, and_(col(said.unit_id) == col(Unit.id), col(said.plan_id) == plan.id))
        .where(
            col(Unit.agency) == plan.agency,
            col(Unit.valid_from) <= today,
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
        )
    )
    if units is not None:
        joined = joined.where(col(Unit.id).in_(units))
    day = last_due(plan.deadlines, Duty.ACKNOWLEDGE, today, plan.issued_on)
    carried = case(
        (col(said.version) >= plan.version, Carried.DONE.value),
        (col(said.version).is_not(None), Carried.OUTDATED.value),
        (literal(False) if day is None else col(Unit.valid_from) <= day, Carried.LATE.value),
        else_=Carried.WAITING.value,
    )
    binding = [one for one in targets if one.bound is Bound.AT_LEAST and one.counted is Counted.NOMINATIONS]
    below = [_is_below(plan, one, newest, today) for one in binding if one.per is Per.YEAR or newest is not None]
    given = case(
        (~_has(plan, 1), Given.NONE.value), (or_(literal(False), *below), Given.BELOW.value), else_=Given.MET.value
    )
    return Map(joined.add_columns(carried.label("carried"), given.label("given")), carried, given)


def _of_unit(plan: Plan) -> list[Any]:
    """What makes a file one that the unit of the row handed in under a plan."""
    return [
        col(Nomination.agency) == plan.agency,
        col(Nomination.plan_id) == plan.id,
        col(Nomination.unit_id) == col(Unit.id),
        col(Nomination.handed_in_on).is_not(None),
        col(Nomination.state) != State.WITHDRAWN,
    ]


def _has(plan: Plan, number: int, *when: Any) -> Any:
    """Whether the unit of the row handed in as many at least."""
    return select(literal(1)).where(*_of_unit(plan), *when).correlate(Unit).offset(number - 1).limit(1).exists()


def _is_below(plan: Plan, target: Target, newest: Round | None, today: date) -> Any:
    """Whether the unit of the row is meant by a target and has less than it asks for."""
    meant = col(Unit.kind) == target.unit_kind if target.unit_kind else literal(True)
    if target.per is Per.ROUND and newest is not None:
        when = [col(Nomination.round_id) == newest.id, col(Nomination.handed_in_on) >= newest.opens_on]
    else:
        year, begins = year_of(today, plan.cycle_begins), plan.cycle_begins or "01-01"
        first, following = day_of(begins, year), day_of(begins, year + 1)
        when = [col(Nomination.handed_in_on) >= first, col(Nomination.handed_in_on) < following]
    return and_(meant, ~_has(plan, target.number, *when))


async def newest_round(session: AsyncSession, plan: Plan, today: date) -> Round | None:
    """The round of a plan that opened last."""
    opened = select(Round).where(col(Round.plan_id) == plan.id, col(Round.opens_on) <= today)
    found: Round | None = await session.scalar(
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
    found = shown.rows.with_only_columns(shown.carried.label("carried"), shown.given.label("given")).subquery()
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
    duties = (Duty.ACKNOWLEDGE, Duty.PLAN)
    late = {duty: last_due(plan.deadlines, duty, today, plan.issued_on) is not None for duty in duties}
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
