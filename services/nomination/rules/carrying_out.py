"""How far a plan has got below: who has brought it to their people, who has a plan of their own, who is late, also with
reports."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from services.nomination.rules.plan_content import BadPart, Duty, due
from shared.wording import say

MOST_PEOPLE = 100_000


class Carried(StrEnum):
    """How far a plan has got with a unit, or with an agency below; the worst first."""

    LATE = "late"
    WAITING = "waiting"
    OUTDATED = "outdated"
    """An older version was acknowledged."""
    DONE = "done"
    PLANNED = "planned"
    """An agency below has a plan of its own that rests on it."""


class Given(StrEnum):
    """What came from a unit; the worst first."""

    NONE = "none"
    BELOW = "below"
    MET = "met"


class Reported(StrEnum):
    """Whether a unit has sent the reports that a plan asks of it; the worst first."""

    LATE = "late"
    WAITING = "waiting"
    SENT = "sent"
    NONE = "none"
    """No report is called for yet."""


def last_due(deadlines: Sequence[Mapping[str, Any]], duty: Duty, today: date, issued_on: date | None) -> date | None:
    """The last day for that duty that has passed: whoever has been there since is late. What nobody has confirmed makes
    nobody late, nor does a day before the plan was issued; one of every year comes back in the next."""
    days = [due(one, today) for one in deadlines if one["duty"] == duty and one["confirmed"]]
    return max((day for day in days if day is not None and (issued_on or day) <= day < today), default=None)


def carried_below(
    acknowledged: int | None, planned: bool, version: int, *, late_reading: bool, late_plan: bool
) -> Carried:
    """How far a plan has got with an agency below; `acknowledged`: the version that it has read, if any."""
    if acknowledged is None:
        return Carried.LATE if late_reading or late_plan else Carried.WAITING
    if acknowledged < version:
        return Carried.OUTDATED
    if planned:
        return Carried.PLANNED
    return Carried.LATE if late_plan else Carried.DONE


def check_carried_out(told_on: date | None, people: int | None, issued_on: date | None, today: date) -> None:
    """Raises BadPart."""
    if told_on is None:
        raise BadPart("told_on", "Ngày phổ biến chưa đúng. Ví dụ: 05/10/2024.")
    if told_on > today:
        raise BadPart("told_on", "Ngày phổ biến phải từ hôm nay trở về trước.")
    if issued_on is not None and told_on < issued_on:
        raise BadPart(
            "told_on", say("Kế hoạch ban hành ngày {day:%d/%m/%Y}: ngày phổ biến không sớm hơn.", day=issued_on)
        )
    if people is None or not 1 <= people <= MOST_PEOPLE:
        raise BadPart("people", say("Hãy ghi số người đã được phổ biến, từ 1 đến {most}.", most=MOST_PEOPLE))
