"""How far a plan has got: each unit with what it acknowledged and what came from it, and the agencies below."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Text, Uuid, and_, case, column, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import State
from services.nomination.rules.carrying_out import Carried, Given, Reported, carried_below, last_due
from services.nomination.rules.plan_content import Duty, day_of, year_of
from services.nomination.rules.targets import Bound, Counted, Per
from services.nomination.tables import (
    Acknowledgement,
    DueReport,
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
REPORTED_FILTER = Filter("bao-cao", "Báo cáo", tuple((one.value, STATES["reported"][one].label) for one in Reported))
FILTERS = (CARRIED_FILTER, GIVEN_FILTER, REPORTED_FILTER)


@dataclass(frozen=True)
class Placed:
    """A unit on the map of a plan."""

    unit: Unit
    carried: Carried
    given: Given
    reported: Reported
    handed_in: int
    told_on: date | None
    people: int | None


@dataclass(frozen=True)
class Map:
    """The query behind the map: `rows` finds units, the columns beside it say how each stands.

    `by_…`: how many units stand how, by what they acknowledged, by what came, and by their reports.
    """

    rows: Any
    carried: Any
    given: Any
    reported: Any
    by_carried: Mapping[Carried, int]
    by_given: Mapping[Given, int]
    by_reported: Mapping[Reported, int]

    @property
    def orders(self) -> Mapping[str, Order]:
        """Those who are furthest behind come first."""
        ranks = [(self.carried, Carried), (self.given, Given), (self.reported, Reported)]
        places = [case({one.value: str(place) for place, one in enumerate(words)}, value=of) for of, words in ranks]
        return {
            "cham": Order(places[0] + places[1] + places[2] + col(Unit.name), False, "Chậm nhất trước"),
            "ten": Order(col(Unit.name), False, "Tên, từ A"),
            "ten-nguoc": Order(col(Unit.name), True, "Tên, từ Y"),
        }


async def map_of(
    session: AsyncSession,
    plan: Plan,
    targets: Sequence[Target],
    newest: Round | None,
    *,
    units: Collection[UUID] | None,
    today: date,
) -> Map:
    """The map of a plan for these units (None: for all); `newest`: its round that opened last.

    How the units stand is asked once, of the first few files of each, and put beside the units again: the order, the
    choices and the counts all need it. The files are all counted only where the count is shown.
    """
    stands = [tuple(row) for row in await session.execute(_standing(plan, targets, newest, units, today))]
    ids, *states = [list(column) for column in zip(*stands, strict=True)] or ([], [], [], [])
    carried, given, reported = states
    standing = (
        func.unnest(literal(ids, ARRAY(Uuid)), *(literal(of, ARRAY(Text)) for of in states))
        .table_valued(column("unit_id", Uuid), *(column(name, Text) for name in ("carried", "given", "reported")))
        .render_derived("standing")
    )
    said, of = UnitAcknowledgement, standing.c
    handed_in = select(func.count()).where(*_of_unit(plan)).correlate(Unit).scalar_subquery()
    rows = (
        select(
            Unit, col(said.told_on), col(said.people), handed_in.label("handed_in"), of.carried, of.given, of.reported
        )
        .join(standing, of.unit_id == col(Unit.id))
        .outerjoin(said, and_(col(said.unit_id) == col(Unit.id), col(said.plan_id) == plan.id))
    )
    return Map(
        rows,
        of.carried,
        of.given,
        of.reported,
        {one: carried.count(one) for one in Carried},
        {one: given.count(one) for one in Given},
        {one: reported.count(one) for one in Reported},
    )


def _standing(
    plan: Plan, targets: Sequence[Target], newest: Round | None, units: Collection[UUID] | None, today: date
) -> Select[tuple[UUID, str, str, str]]:
    """The units of a day, each with how it stands."""
    said = UnitAcknowledgement
    day = last_due(plan.deadlines, Duty.ACKNOWLEDGE, today, plan.issued_on)
    carried = case(
        (col(said.version) >= plan.version, Carried.DONE.value),
        (col(said.version).is_not(None), Carried.OUTDATED.value),
        (literal(False) if day is None else col(Unit.valid_from) <= day, Carried.LATE.value),
        else_=Carried.WAITING.value,
    )
    called = _called(plan, today)
    reported = case(
        (called.c.late, Reported.LATE.value),
        (called.c.waits, Reported.WAITING.value),
        (called.c.unit_id.is_not(None), Reported.SENT.value),
        else_=Reported.NONE.value,
    )
    query = (
        select(col(Unit.id), carried, _given(plan, targets, newest, today), reported)
        .outerjoin(called, called.c.unit_id == col(Unit.id))
        .outerjoin(said, and_(col(said.unit_id) == col(Unit.id), col(said.plan_id) == plan.id))
        .where(
            col(Unit.agency) == plan.agency,
            col(Unit.valid_from) <= today,
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
        )
    )
    return query if units is None else query.where(col(Unit.id).in_(units))


def _called(plan: Plan, today: date) -> Any:
    """The units of which the plan called for a report: whether one is late, and whether one is still to come."""
    mine = DueReport
    waits = func.bool_or(col(mine.open))
    late = func.bool_or(and_(col(mine.open), col(mine.due_on) < today))
    return (
        select(col(mine.unit_id), late.label("late"), waits.label("waits"))
        .where(col(mine.agency) == plan.agency, col(mine.plan_id) == plan.id, col(mine.unit_id).is_not(None))
        .group_by(col(mine.unit_id))
        .subquery("called")
    )


def _given(plan: Plan, targets: Sequence[Target], newest: Round | None, today: date) -> Any:
    """What came from the unit of the row. Who has enough for a target has one: nothing more is asked of it."""
    binding = [one for one in targets if one.bound is Bound.AT_LEAST and one.counted is Counted.NOMINATIONS]
    asked = [one for one in binding if one.per is Per.YEAR or newest is not None]
    meant = [_is_meant(one) for one in asked]
    enough = [_has(plan, one.number, *_when(plan, one, newest, today)) for one in asked]
    below = [and_(of_unit, ~met) for of_unit, met in zip(meant, enough, strict=True)]
    none, some = (~_has(plan, 1), Given.NONE.value), Given.MET.value
    return case(
        (or_(literal(False), *below), case(none, else_=Given.BELOW.value)),
        (or_(literal(False), *meant), some),
        none,
        else_=some,
    )


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


def _is_meant(target: Target) -> Any:
    """Whether a target is one of the unit of the row."""
    return col(Unit.kind) == target.unit_kind if target.unit_kind else literal(True)


def _when(plan: Plan, target: Target, newest: Round | None, today: date) -> list[Any]:
    """What makes a file one that a target counts now."""
    if target.per is Per.ROUND and newest is not None:
        return [col(Nomination.round_id) == newest.id, col(Nomination.handed_in_on) >= newest.opens_on]
    year, begins = year_of(today, plan.cycle_begins), plan.cycle_begins or "01-01"
    first, following = day_of(begins, year), day_of(begins, year + 1)
    return [col(Nomination.handed_in_on) >= first, col(Nomination.handed_in_on) < following]


async def newest_round(session: AsyncSession, plan: Plan, today: date) -> Round | None:
    """The round of a plan that opened last."""
    opened = select(Round).where(col(Round.plan_id) == plan.id, col(Round.opens_on) <= today)
    found: Round | None = await session.scalar(
        opened.order_by(col(Round.opens_on).desc(), col(Round.id).desc()).limit(1)
    )
    return found


async def page_of_units(session: AsyncSession, shown: Map, asked: Asked) -> Rows:
    """One page of the units of a map: rows of (Unit, told on, people, handed in, carried, given, reported)."""
    of = {"trien-khai": shown.carried, "gioi-thieu": shown.given, "bao-cao": shown.reported}
    query = chosen(shown.rows, asked, of)
    return await page_of(session, query, asked, shown.orders, col(Unit.id))


def placed(row: Any) -> Placed:
    """A row of `page_of_units`."""
    unit, told_on, people, handed_in, carried, given, reported = row
    return Placed(unit, Carried(carried), Given(given), Reported(reported), handed_in, told_on, people)


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
