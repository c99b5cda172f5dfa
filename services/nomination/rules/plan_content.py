"""What a plan says, in the one shape in which it is entered, drafted, kept by version and compared.

`{"plan": {…}, "rounds": […], "targets": […]}` with plain values only: a day is «2024-11-20», a day of every year
«11-20», an hour «17:00». Rounds and targets are as `rounds.windows_of` and `targets.check_target` know them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Any

from services.nomination.rules import FieldRefusal

Content = Mapping[str, Any]

WORDS = ("title", "issuer", "number", "period", "signer_post", "help_contact", "report_template", "criteria_pack")
"""What is one line of text."""
DAYS = ("issued_on", "starts_on", "ends_on")
LISTS = ("subjects", "channels", "priorities")
"""What is a list of lines."""
ENTRIES: dict[str, dict[str, Any]] = {
    "grounds": {
        "number": "",
        "date": "",
        "issuer": "",
        "title": "",
        "confirmed": False,
        "note": "",
        "agency": "",
        "plan_id": "",
        "line": "",
    },
    "movements": {"name": "", "issuer": ""},
    "distribution": {"who": "", "purpose": "", "note": ""},
    "deadlines": {"what": "", "who": "", "duty": "other", "each": "", "on": "", "confirmed": True, "note": ""},
}
"""What is a list of entries, with what an entry says when its data does not. `agency` and `plan_id` of a ground: the
plan from above that it is. `each`: the day of every year, or `on`: the day; or its plan says none."""


class Purpose(StrEnum):
    """What for somebody is sent a plan."""

    REPORT = "report"
    CARRY_OUT = "carry_out"
    COORDINATE = "coordinate"
    DIRECT = "direct"
    FILE = "file"


class Authority(StrEnum):
    """The line of authority in which a ground comes down."""

    ADMINISTRATIVE = "administrative"
    PROFESSIONAL = "professional"
    UNION = "union"
    CLUSTER = "cluster"
    PARTY = "party"


class Duty(StrEnum):
    """What a deadline is for, as far as the system follows it."""

    ACKNOWLEDGE = "acknowledge"
    """Whoever is below says that the plan has reached its people."""
    PLAN = "plan"
    """Whoever is below has a plan of its own."""
    REPORT = "report"
    OTHER = "other"


class BadPart(FieldRefusal):
    """A part of a plan cannot stand as it was typed; `field` names it."""

    problem = "bad-plan-part"


def plain(value: Any) -> Any:
    """A value of a plan's data as it is kept: days and hours as text."""
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def complete(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's own part with everything it may say. Raises ValueError for what nobody knows, or no day."""
    known = {*WORDS, *DAYS, *LISTS, *ENTRIES, "cycle_begins"}
    _check_known("plan", set(plan) - known)
    told = plain(plan)
    whole: dict[str, Any] = {name: told.get(name) or "" for name in (*WORDS, "cycle_begins")}
    for name in DAYS:
        whole[name] = date.fromisoformat(told[name]).isoformat() if told.get(name) else ""
    if whole["cycle_begins"]:
        day_of(whole["cycle_begins"], 2024)
    whole |= {name: list(told.get(name) or ()) for name in LISTS}
    whole |= {name: [_entry(name, one) for one in told.get(name) or ()] for name in ENTRIES}
    return whole


def _entry(kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of one of the lists of `ENTRIES` with everything it may say. Raises ValueError."""
    usual = ENTRIES[kind]
    _check_known(kind, set(told) - set(usual))
    whole = usual | {name: value for name, value in told.items() if value is not None}
    if kind == "distribution":
        Purpose(whole["purpose"])
    if kind == "grounds" and whole["line"]:
        Authority(whole["line"])
    if kind == "deadlines":
        Duty(whole["duty"])
        if whole["each"] and whole["on"]:
            raise ValueError(f"deadline {whole['what']}: it has either `each` or `on`")
        due(whole, date(2024, 1, 1))
    return whole


def _check_known(what: str, unknown: set[str]) -> None:
    if unknown:
        raise ValueError(f"{what}: nothing is known of {', '.join(sorted(unknown))}")


def content(plan: Mapping[str, Any], rounds: Sequence[Content], targets: Sequence[Content]) -> dict[str, Any]:
    """The whole of a plan, as it is kept. Raises ValueError."""
    return {"plan": complete(plan), "rounds": plain(list(rounds)), "targets": plain(list(targets))}


def day_of(month_day: str, year: int) -> date:
    """«11-20» in that year; the 29th of February is the 28th where there is none. Raises ValueError."""
    month, _, day = month_day.partition("-")
    try:
        return date(year, int(month), int(day))
    except ValueError:
        if month_day != "02-29":
            raise
        return date(year, 2, 28)


def due(deadline: Content, today: date) -> date | None:
    """The day of a deadline; of one that comes back each year, that of this year; none where its plan says no day.

    Raises ValueError.
    """
    if deadline["each"]:
        return day_of(deadline["each"], today.year)
    return date.fromisoformat(deadline["on"]) if deadline["on"] else None


def coming(deadline: Content, today: date, ahead: timedelta) -> date | None:
    """The day of a confirmed deadline when it is today or within that time, also where that is next year's."""
    days = [due(deadline, today), due(deadline, today + ahead)] if deadline["confirmed"] else []
    return next((day for day in days if day is not None and today <= day <= today + ahead), None)


def year_of(day: date, cycle_begins: str) -> int:
    """The year of a plan's cycle that a day lies in, named by the year in which it begins."""
    return day.year - (f"{day:%m-%d}" < cycle_begins)


def cycles(plan: Content) -> list[tuple[date, date]]:
    """The years that a plan is carried out in, first and last day, if it has cycles and says from when until when."""
    if not (plan["cycle_begins"] and plan["starts_on"] and plan["ends_on"]):
        return []
    first, last = date.fromisoformat(plan["starts_on"]), date.fromisoformat(plan["ends_on"])
    begins = [day_of(plan["cycle_begins"], year) for year in range(first.year, last.year + 1)]
    turns = [first, *(day for day in begins if first < day <= last)]
    ends = [date.fromordinal(day.toordinal() - 1) for day in turns[1:]]
    return list(zip(turns, [*ends, last], strict=True))
