"""The calendar of working days that an agency counts by."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions.plans import Agency
from services.nomination.tables import CalendarYear
from shared import audit
from shared.audit import Actor
from shared.working_days import read_year


async def enter_calendar(
    session: AsyncSession, agency: Agency, *, years: Sequence[Mapping[str, Any]], by: Actor
) -> list[int]:
    """Enter years of the calendar as a file says them; returns those that are new or other than before.

    A year that stands here already is replaced: that a day is swapped is often announced when the year has begun.
    Raises BadCalendar.
    """
    changed = []
    for content in years:
        year, source, marked = read_year(content)
        days = [
            {
                "day": one.day.isoformat(),
                "works": one.works,
                "name": one.name,
                "source": one.source,
                "confirmed": one.confirmed,
            }
            for one in marked
        ]
        known = await session.get(CalendarYear, (agency.id, year), with_for_update=True)
        if known is not None and (known.source, known.days) == (source, days):
            continue
        if known is None:
            session.add(CalendarYear(agency=agency.id, year=year, source=source, days=days))
        else:
            known.source, known.days = source, days
        await session.flush()
        await audit.record(session, by, "calendar.entered", str(year))
        changed.append(year)
    return changed
