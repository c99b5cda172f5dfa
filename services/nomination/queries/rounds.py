"""Rounds as people see them: how they stand, and how many working days are left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries.working_days import get_calendar
from services.nomination.rules import PlanState
from services.nomination.rules.plan_checks import overlaps
from services.nomination.rules.rounds import Kind, Standing, Window, lasts
from services.nomination.tables import Plan, Round, RoundExtension
from shared.clock import local_date
from shared.working_days import BeyondCalendar, Calendar

SOON = 5
"""Working days before its end from which a round is shown as closing soon: a matter of show, nothing hangs on it."""


@dataclass(frozen=True)
class Seen:
    """A round at an instant. `left`: working days until its end, or that of its grace; None: it has none, it does not
    run, or (`beyond`) that year's working days are not known."""

    round: Round
    plan: Plan
    window: Window
    standing: Standing
    left: int | None
    beyond: bool
    unconfirmed: int
    """How many of the days on the way nobody has confirmed."""
    lasts: bool
    """Whether its plan is good on the day."""

    @property
    def takes(self) -> bool:
        """Whether it takes dossiers now, be it late."""
        return self.standing in (Standing.OPEN, Standing.GRACE)

    @property
    def begins(self) -> bool:
        """Whether a dossier may begin in it now."""
        return self.takes and self.lasts

    @property
    def look(self) -> str:
        """Its name among the states of `shared.looks`."""
        soon = self.standing is Standing.OPEN and self.left is not None and self.left <= SOON
        return "closing" if soon else self.standing.value


def seen(chosen: Round, plan: Plan, calendar: Calendar, at: datetime) -> Seen:
    """A round at that instant, counted by that calendar."""
    window = chosen.window(calendar, plan)
    standing = window.standing(at)
    last = {Standing.OPEN: window.closes_on, Standing.GRACE: window.late_on}.get(standing)
    left, beyond, unconfirmed = None, False, 0
    if last is not None:
        try:
            left = calendar.between(local_date(at), last)
            unconfirmed = len(calendar.unconfirmed(local_date(at), last))
        except BeyondCalendar:
            beyond = True
    good = lasts(plan.ends_on, local_date(at))
    return Seen(chosen, plan, window, standing, left, beyond, unconfirmed, good)


async def list_seen(session: AsyncSession, *, agency: str, at: datetime) -> list[Seen]:
    """The rounds of the plans in force, those that open last first."""
    calendar = await get_calendar(session, agency=agency)
    rows = await session.execute(
        select(Round, Plan)
        .join(Plan, col(Plan.id) == col(Round.plan_id))
        .where(col(Round.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
        .order_by(col(Round.opens_on).desc(), col(Round.name))
    )
    return [seen(chosen, plan, calendar, at) for chosen, plan in rows]


async def get_seen(session: AsyncSession, *, agency: str, round_id: UUID, at: datetime) -> Seen | None:
    """One round of the agency, also of a plan that was withdrawn."""
    row = await session.execute(
        select(Round, Plan)
        .join(Plan, col(Plan.id) == col(Round.plan_id))
        .where(col(Round.agency) == agency, col(Round.id) == round_id)
    )
    found = row.one_or_none()
    return seen(*found, await get_calendar(session, agency=agency), at) if found else None


async def list_overlapping(session: AsyncSession, *, chosen: Round) -> Sequence[Round]:
    """The other rounds of its plan that are open on the same days; one that is always open overlaps nothing."""
    if chosen.kind is Kind.STANDING:
        return []
    others = select(Round).where(
        col(Round.plan_id) == chosen.plan_id, col(Round.id) != chosen.id, col(Round.kind) != Kind.STANDING
    )
    found = await session.scalars(others.order_by(col(Round.opens_on), col(Round.name)))
    window = (chosen.name, chosen.opens_on, chosen.last_day)
    return [one for one in found if overlaps([window, (one.name, one.opens_on, one.last_day)])]


async def list_extensions(session: AsyncSession, *, round_id: UUID) -> Sequence[RoundExtension]:
    """How a round's end was moved, newest first."""
    found = select(RoundExtension).where(col(RoundExtension.round_id) == round_id)
    return list(await session.scalars(found.order_by(col(RoundExtension.at).desc(), col(RoundExtension.id).desc())))
