"""The calendar of working days in the database: entered once, corrected later, refused whole when it is wrong."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from services.nomination.actions import working_days
from services.nomination.queries.working_days import get_calendar
from shared.database import Database
from shared.working_days import BadCalendar, Calendar, read_year
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db

YEARS = tomllib.loads(Path("deploy/calendars/viet-nam.toml").read_text())["calendar"]


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("nomination")


async def enter(database: Database, years: list[dict[str, object]]) -> list[int]:
    async with database.transaction() as session:
        return await working_days.enter_calendar(session, make.AGENCY, years=years, by=make.CLERK)


async def known(database: Database) -> Calendar:
    async with database.reading() as session:
        return await get_calendar(session, agency="tan-binh")


async def audited(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        rows = await session.execute(
            text("select verb, object from audit where verb = 'calendar.entered' order by object")
        )
        return [tuple(row) for row in rows]


async def test_a_calendar_is_read_as_its_file_says_and_entered_once(database: Database) -> None:
    assert await known(database) == Calendar({})
    assert [await enter(database, YEARS) for _ in range(2)] == [[2023, 2024, 2025, 2026], []]
    assert await known(database) == Calendar.of({year: marked for year, _, marked in map(read_year, YEARS)})
    assert await audited(database) == [("calendar.entered", str(year)) for year in (2023, 2024, 2025, 2026)]


async def test_a_year_that_is_entered_anew_replaces_what_stood_there(database: Database) -> None:
    await enter(database, YEARS)
    swapped = [{"year": 2024, "source": "sửa", "off": [{"first": date(2024, 10, 16), "name": "Nghỉ đột xuất"}]}]
    assert await enter(database, swapped) == [2024]
    calendar = await known(database)
    days = [date(2024, 10, 15), date(2024, 10, 16), date(2024, 9, 2), date(2025, 9, 2)]
    assert [calendar.is_working_day(day) for day in days] == [True, False, True, False]


async def test_a_wrong_year_enters_none(database: Database) -> None:
    wrong = [*YEARS, {"year": 2027, "source": "x", "off": [{"first": date(2026, 1, 1), "name": "Tết"}]}]
    with pytest.raises(BadCalendar, match="calendar 2027: 2026-01-01 lies in another year"):
        await enter(database, wrong)
    assert await known(database) == Calendar({})
