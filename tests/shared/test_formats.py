"""Dates, numbers and sizes, as they are written in Vietnam."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from shared.formats import day, day_in_words, file_size, moment, number, percent, time_of_day

pytestmark = pytest.mark.unit

AFTERNOON = datetime(2026, 11, 20, 7, 5, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (day(date(2026, 11, 20)), "20/11/2026"),
        (day(date(2026, 2, 5)), "05/02/2026"),
        (day(NEW_YEAR), "01/01/2027"),
        (day_in_words(date(2026, 11, 20)), "ngày 20 tháng 11 năm 2026"),
        (day_in_words(date(2026, 2, 5)), "ngày 05 tháng 02 năm 2026"),
        (day_in_words(date(2026, 9, 5)), "ngày 05 tháng 9 năm 2026"),
        (day_in_words(NEW_YEAR), "ngày 01 tháng 01 năm 2027"),
        (moment(AFTERNOON), "14:05 20/11/2026"),
        (moment(NEW_YEAR), "00:30 01/01/2027"),
        (time_of_day(AFTERNOON), "14:05"),
        (number(1234.5), "1.234,5"),
        (number(1234567), "1.234.567"),
        (percent(0.6667), "66,7%"),
        (percent(1), "100%"),
        (file_size(1_400_000), "1,4 MB"),
        (file_size(15_000_000), "15 MB"),
        (file_size(2_000), "2 kB"),
        (file_size(999), "999 B"),
    ],
)
def test_dates_and_numbers_read_as_in_vietnam(said: str, meant: str) -> None:
    assert said == meant


@pytest.mark.parametrize("show", [day, day_in_words, moment, time_of_day])
def test_instant_without_a_zone_is_not_shown(show: Callable[[datetime], str]) -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        show(datetime(2026, 11, 20, 7, 5))  # noqa: DTZ001
