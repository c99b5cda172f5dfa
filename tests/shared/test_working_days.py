"""Working days by the calendar that ships: real years, whole results."""

import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.working_days import BadCalendar, BeyondCalendar, Calendar, read_year

pytestmark = pytest.mark.unit

FILE = Path("deploy/calendars/viet-nam.toml")


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    read = [read_year(one) for one in tomllib.loads(FILE.read_text())["calendar"]]
    return Calendar.of({year: marked for year, _source, marked in read})


def weekdays_off(calendar: Calendar, year: int) -> list[str]:
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    free = [one for one in days if one.year == year and one.weekday() < 5 and not calendar.is_working_day(one)]
    return [f"{one:%d/%m}" for one in free]


def weekends_worked(calendar: Calendar, year: int) -> list[str]:
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    worked = [one for one in days if one.year == year and one.weekday() > 4 and calendar.is_working_day(one)]
    return [f"{one:%d/%m}" for one in worked]


@pytest.mark.parametrize(
    ("year", "off", "worked", "working"),
    [
        (2023, "02/01 20/01 23/01 24/01 25/01 26/01 01/05 02/05 03/05 01/09 04/09", "", 249),
        (2024, "01/01 08/02 09/02 12/02 13/02 14/02 18/04 29/04 30/04 01/05 02/09 03/09", "04/05", 251),
        (2025, "01/01 27/01 28/01 29/01 30/01 31/01 07/04 30/04 01/05 02/05 01/09 02/09", "26/04", 250),
        (
            2026,
            "01/01 02/01 16/02 17/02 18/02 19/02 20/02 27/04 30/04 01/05 31/08 01/09 02/09 24/11",
            "10/01 22/08",
            249,
        ),
    ],
)
def test_a_year_has_its_free_days_and_its_worked_saturdays(
    calendar: Calendar, year: int, off: str, worked: str, working: int
) -> None:
    assert weekdays_off(calendar, year) == off.split()
    assert weekends_worked(calendar, year) == worked.split()
    assert calendar.between(date(year, 1, 1), date(year, 12, 31)) == working


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2024, 2, 7), 0, date(2024, 2, 7)),
        (date(2024, 2, 7), 1, date(2024, 2, 15)),  # over Tết
        (date(2024, 2, 10), 1, date(2024, 2, 15)),  # from within it
        (date(2024, 4, 26), 1, date(2024, 5, 2)),
        (date(2024, 5, 3), 1, date(2024, 5, 4)),  # a Saturday that is worked
        (date(2024, 5, 3), 2, date(2024, 5, 6)),
        (date(2024, 5, 31), 3, date(2024, 6, 5)),
        (date(2023, 12, 29), 1, date(2024, 1, 2)),  # over a year's border
        (date(2025, 4, 25), 4, date(2025, 5, 5)),  # a worked Saturday first, then the swapped Friday
    ],
)
def test_working_days_are_added(calendar: Calendar, day: date, count: int, expected: date) -> None:
    assert calendar.add(day, count) == expected
    assert calendar.between(day, expected) == count


def test_between_counts_the_last_day_and_never_below_nothing(calendar: Calendar) -> None:
    friday, saturday, monday = date(2024, 10, 11), date(2024, 10, 12), date(2024, 10, 14)
    spans = [(friday, friday), (friday, saturday), (friday, monday), (saturday, monday), (monday, friday)]
    assert [calendar.between(*span) for span in spans] == [0, 0, 1, 1, 0]


def test_what_lies_beyond_the_known_years_is_said_and_never_guessed(calendar: Calendar) -> None:
    asked: list[Callable[[], object]] = [
        lambda: calendar.is_working_day(date(2027, 1, 1)),
        lambda: calendar.is_working_day(date(2022, 12, 31)),
        lambda: calendar.add(date(2026, 12, 31), 1),
        lambda: calendar.between(date(2026, 12, 30), date(2027, 1, 1)),
    ]
    years = []
    for ask in asked:
        with pytest.raises(BeyondCalendar) as error:
            ask()
        years.append(error.value.year)
    assert years == [2027, 2022, 2027, 2027]
    with pytest.raises(ValueError, match="added, not taken away"):
        calendar.add(date(2024, 10, 15), -1)


def test_days_that_nobody_confirmed_are_known_as_such(calendar: Calendar) -> None:
    found = calendar.unconfirmed(date(2026, 8, 1), date(2026, 11, 30))
    assert [(one.day, one.works) for one in found] == [
        (date(2026, 8, 22), True),
        (date(2026, 8, 31), False),
        (date(2026, 11, 24), False),
    ]
    assert calendar.unconfirmed(date(2023, 1, 1), date(2025, 12, 31)) == []


OFF = {"first": date(2024, 4, 29), "name": "Nghỉ"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"off": []}, "calendar 2024: off: List should have at least 1 item"),
        ({"source": " "}, "calendar 2024: source: String should have at least 1 character"),
        ({"days": 3}, "calendar 2024: days: Extra inputs are not permitted"),
        ({"off": [OFF | {"first": "hôm qua"}]}, "calendar 2024: off.0.first: Input should be a valid date"),
        ({"off": [OFF, OFF]}, "calendar 2024: 2024-04-29 stands there twice"),
        ({"off": [OFF | {"first": date(2025, 4, 29)}]}, "calendar 2024: 2025-04-29 lies in another year"),
        (
            {"off": [OFF | {"last": date(2024, 4, 28)}]},
            "calendar 2024: Nghỉ lasts from 2024-04-29 to 2024-04-28: is a day mistyped",
        ),
        (
            {"work": [{"day": date(2024, 5, 6), "instead_of": date(2024, 4, 29)}]},
            "calendar 2024: 2024-05-06 is worked anyway, it is no Saturday or Sunday",
        ),
        (
            {"work": [{"day": date(2024, 5, 4), "instead_of": date(2024, 4, 30)}]},
            "calendar 2024: 2024-05-04 is worked instead of 2024-04-30, which is not off",
        ),
    ],
)
def test_data_that_contradicts_itself_is_refused_and_says_where(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BadCalendar) as error:
        read_year({"year": 2024, "source": "x", "off": [OFF]} | changes)
    assert str(error.value).startswith(said)


def test_a_calendar_without_a_year_says_so() -> None:
    with pytest.raises(BadCalendar, match=r"calendar \(without a year\): year: Field required"):
        read_year({"source": "x", "off": [OFF]})
