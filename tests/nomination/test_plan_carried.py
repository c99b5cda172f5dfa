"""How far a plan has got below, and who is late."""

from datetime import date

import pytest

from services.nomination.rules.carrying_out import Carried, carried_below, check_carried_out, last_due
from services.nomination.rules.plan_content import BadPart, Duty

pytestmark = pytest.mark.unit

LATE = {"duty": "acknowledge", "each": "", "on": "2024-10-14", "confirmed": True}
YEARLY = LATE | {"each": "05-31", "on": ""}


def test_nobody_is_late_by_a_day_that_nobody_confirmed_or_for_another_duty() -> None:
    today = date(2024, 10, 15)
    others = (LATE | {"confirmed": False}, LATE | {"on": "2024-10-15"}, LATE | {"on": ""}, LATE | {"duty": "plan"})
    found = [
        last_due(told, Duty.ACKNOWLEDGE, today, None) for told in ([LATE], [YEARLY, LATE], *([one] for one in others))
    ]
    assert found == [date(2024, 10, 14), date(2024, 10, 14), None, None, None, None]


@pytest.mark.parametrize(
    ("issued_on", "today", "day"),
    [
        (date(2024, 6, 1), date(2024, 10, 15), None),
        (date(2024, 6, 1), date(2025, 5, 31), None),
        (date(2024, 6, 1), date(2025, 6, 1), date(2025, 5, 31)),
        (date(2024, 5, 31), date(2024, 6, 1), date(2024, 5, 31)),
        (None, date(2024, 6, 1), date(2024, 5, 31)),
    ],
)
def test_a_day_of_every_year_counts_from_when_the_plan_was_issued(
    issued_on: date | None, today: date, day: date | None
) -> None:
    assert last_due([YEARLY], Duty.ACKNOWLEDGE, today, issued_on) == day


@pytest.mark.parametrize(
    ("acknowledged", "planned", "reading", "plan", "carried"),
    [
        (None, False, False, False, Carried.WAITING),
        (None, False, True, False, Carried.LATE),
        (1, True, True, True, Carried.OUTDATED),
        (2, False, True, False, Carried.DONE),
        (2, False, False, True, Carried.LATE),
        (2, True, True, True, Carried.PLANNED),
    ],
)
def test_how_far_a_plan_got_with_an_agency(
    acknowledged: int | None, planned: bool, reading: bool, plan: bool, carried: Carried
) -> None:
    assert carried_below(acknowledged, planned, 2, late_reading=reading, late_plan=plan) is carried


@pytest.mark.parametrize(
    ("told_on", "people", "field"),
    [
        (None, 5, "told_on"),
        (date(2024, 10, 16), 5, "told_on"),
        (date(2024, 9, 30), 5, "told_on"),
        (date(2024, 10, 15), None, "people"),
        (date(2024, 10, 15), 0, "people"),
    ],
)
def test_who_says_that_a_plan_was_carried_out_says_when_and_to_how_many(
    told_on: date | None, people: int | None, field: str
) -> None:
    issued, today = date(2024, 10, 1), date(2024, 10, 15)
    with pytest.raises(BadPart) as refused:
        check_carried_out(told_on, people, issued, today)
    assert refused.value.field == field
    check_carried_out(issued, 1, issued, today)
    check_carried_out(today, 1, None, today)
