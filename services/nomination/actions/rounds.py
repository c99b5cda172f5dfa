"""Rounds: as a plan's data says them, whether they take what comes, and how their end is moved."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.rules import rounds
from services.nomination.tables import CalendarYear, Plan, Round, RoundExtension
from shared import audit
from shared.audit import Actor
from shared.clock import local_date
from shared.names import lines
from shared.working_days import Calendar


def rounds_of(plan: Plan, told: Mapping[str, Any]) -> list[Round]:
    """The rounds that a plan's data means by one entry: itself, or one for each semester. Raises ValueError."""
    more = dict(told)
    name, kind = more.pop("name"), rounds.Kind(more.pop("kind", rounds.Kind.WINDOW))
    opens_on, closes_on, each = more.pop("opens_on"), more.pop("closes_on", None), more.pop("each", ())
    hour = more.get("closes_at")
    if hour is not None and not isinstance(hour, time):
        raise ValueError(f"round {name}: `closes_at` is a time of day, such as 17:00:00")
    if not 0 <= more.get("grace_days", 0) <= rounds.MOST_GRACE:
        raise ValueError(f"round {name}: `grace_days` are working days, from 0 to {rounds.MOST_GRACE}")
    unknown = set(more) - {"closes_at", "grace_days", "confirmed", "note"}
    if unknown:
        raise ValueError(f"round {name}: nothing is known of {', '.join(sorted(unknown))}")
    return [
        Round(agency=plan.agency, plan_id=plan.id, name=one, kind=kind, opens_on=first, closes_on=last, **more)
        for one, first, last in rounds.windows_of(name, kind, opens_on, closes_on, each)
    ]


async def check_takes(session: AsyncSession, chosen: Round, plan: Plan, at: datetime) -> bool:
    """Whether what comes at that instant is late for a round of a plan. Raises RoundNotOpen."""
    calendar = await _calendar(session, chosen.agency) if chosen.grace_days else Calendar({})
    return rounds.check_takes(chosen.window(calendar, plan), at)


async def extend(
    session: AsyncSession, *, round_id: UUID, until: date | None, reason: str, at: datetime, by: Actor
) -> Round:
    """Move a round's end, with a reason that units read. It may have passed: the round then opens again.

    The same asked twice, by a double click, is one extension. Raises PlanNotInForce, BadExtension.
    """
    locked = select(Round).where(col(Round.id) == round_id).with_for_update()
    found = (await session.execute(locked, execution_options={"populate_existing": True})).scalar_one()
    plan = await session.get_one(Plan, found.plan_id)
    rules.check_in_force(plan.state)
    reason = lines(reason)
    if until is not None and until == found.extended_to:
        same = select(col(RoundExtension.id)).where(
            col(RoundExtension.round_id) == round_id,
            col(RoundExtension.until) == until,
            col(RoundExtension.reason) == reason,
        )
        if await session.scalar(same):
            return found
    before, until = rounds.check_extension(found.last_day, until, reason, local_date(at), plan.ends_on)
    found.extended_to = until
    session.add(
        RoundExtension(agency=found.agency, round_id=round_id, before=before, until=until, reason=reason, at=at)
    )
    await audit.record(session, by, "round.extended", round_id)
    return found


async def _calendar(session: AsyncSession, agency: str) -> Calendar:
    years = await session.scalars(select(CalendarYear).where(col(CalendarYear.agency) == agency))
    return Calendar.of({one.year: one.marked for one in years})
