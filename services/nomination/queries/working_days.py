"""The calendar of working days as it was entered."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import CalendarYear
from shared.working_days import Calendar


async def get_calendar(session: AsyncSession, *, agency: str) -> Calendar:
    """The agency's calendar; of an agency that entered none it knows no year."""
    rows = await session.scalars(select(CalendarYear).where(col(CalendarYear.agency) == agency))
    return Calendar.of({row.year: row.marked for row in rows})
