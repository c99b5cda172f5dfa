"""Rounds as lists: each with what came in it, and one of them by state and with what came late."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries import Listed
from services.nomination.queries.rounds import Seen, seen
from services.nomination.queries.working_days import get_calendar
from services.nomination.rules import PlanState, State
from services.nomination.tables import Nomination, Plan, Round, Subject, Unit
from shared.listing import Asked, Order, Rows, page_of

MOST_LATE = 100
"""How many late dossiers a round's page names; the list of files has them all."""

ORDERS = {
    "moi": Order(col(Round.opens_on), True, "Mở sau trước"),
    "cu": Order(col(Round.opens_on), False, "Mở trước trước"),
    "ten": Order(col(Round.name), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Round.name), True, "Tên, từ Y"),
}


@dataclass(frozen=True)
class Counted:
    """A round with how many dossiers of the units one may see were handed in, and how many of them late."""

    seen: Seen
    handed_in: int
    late: int


async def page_of_rounds(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked, at: datetime
) -> Rows:
    """One page of the rounds of the plans in force: rows of Counted.

    `units`: those whose dossiers are counted (None: all).
    """
    came: Any = (
        select(
            col(Nomination.round_id).label("round_id"),
            func.count(col(Nomination.handed_in_on)).label("handed_in"),
            func.count().filter(col(Nomination.late)).label("late"),
        )
        .where(col(Nomination.agency) == agency, col(Nomination.state) != State.WITHDRAWN)
        .group_by(col(Nomination.round_id))
    )
    if units is not None:
        came = came.where(col(Nomination.unit_id).in_(units))
    counts = came.subquery()
    query = (
        select(Round, Plan, counts.c.handed_in, counts.c.late)
        .join(Plan, col(Plan.id) == col(Round.plan_id))
        .outerjoin(counts, counts.c.round_id == col(Round.id))
        .where(col(Round.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
    )
    calendar = await get_calendar(session, agency=agency)
    rows = await page_of(session, query, asked, ORDERS, col(Round.id))
    found = [Counted(seen(chosen, plan, calendar, at), came or 0, late or 0) for chosen, plan, came, late in rows.found]
    return replace(rows, found=found)


async def count_by_state(
    session: AsyncSession, *, agency: str, round_id: UUID, units: Collection[UUID] | None
) -> Mapping[State, int]:
    """How many dossiers of a round are in each state, those in none left out."""
    query = (
        select(col(Nomination.state), func.count())
        .where(col(Nomination.agency) == agency, col(Nomination.round_id) == round_id)
        .group_by(col(Nomination.state))
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    rows = await session.execute(query)
    found: dict[State, int] = {row[0]: row[1] for row in rows}
    return {state: found[state] for state in State if state in found}


async def list_late(
    session: AsyncSession, *, agency: str, round_id: UUID, units: Collection[UUID] | None
) -> Sequence[Listed]:
    """The dossiers of a round that came within its grace, by code; the first `MOST_LATE`."""
    query = (
        select(Nomination, Subject, Unit)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.agency) == agency, col(Nomination.round_id) == round_id, col(Nomination.late))
        .order_by(col(Nomination.code))
        .limit(MOST_LATE)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    return [Listed(*row) for row in await session.execute(query)]
