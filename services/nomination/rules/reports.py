"""Reports up the line: what they count, how they move, how they are summed.

Plans ask for them once a year or in between (mission 1.3.28, 1.4.26, 1.5.25). No figure is about a person; nobody is
ranked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from services.nomination.rules import FieldRefusal, Refusal
from shared.wording import say

FEWEST = 5
"""A smaller number than this is not told where anybody could tell who it is."""
LEAST = 20
"""Letters that the parts which a report must have take at least."""
CALLED_AHEAD = timedelta(days=14)
"""How long before its day a report is called for."""
LONGEST = 6000
"""Letters of one part of a report's words."""


class ReportKind(StrEnum):
    """How often a report is asked for."""

    YEARLY = "yearly"
    INTERIM = "interim"


class ReportState(StrEnum):
    """How far a report is."""

    DRAFT = "draft"
    """Its figures are those of the moment."""
    SENDING = "sending"
    """On its way to an agency above: its words are brought first."""
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"


class ReportAct(StrEnum):
    """What is done to a report."""

    SEND = "send"
    SEND_UP = "send_up"
    BROUGHT = "brought"
    """Its words lie at the door of the agency above."""
    FAIL = "fail"
    RECEIVE = "receive"
    RETURN = "return"


MOVES: Mapping[tuple[ReportState, ReportAct], ReportState] = {
    (ReportState.DRAFT, ReportAct.SEND): ReportState.SENT,
    (ReportState.RETURNED, ReportAct.SEND): ReportState.SENT,
    (ReportState.DRAFT, ReportAct.SEND_UP): ReportState.SENDING,
    (ReportState.RETURNED, ReportAct.SEND_UP): ReportState.SENDING,
    (ReportState.SENDING, ReportAct.BROUGHT): ReportState.SENT,
    (ReportState.SENDING, ReportAct.FAIL): ReportState.DRAFT,
    (ReportState.SENT, ReportAct.RECEIVE): ReportState.RECEIVED,
    (ReportState.SENT, ReportAct.RETURN): ReportState.RETURNED,
}
OPEN = (ReportState.DRAFT, ReportState.RETURNED)
"""While a report is so, its words may be changed and its figures follow the data."""


class Part(StrEnum):
    """The parts of a report's words."""

    DONE = "done"
    LESSONS = "lessons"
    ASKS = "asks"


class Group(StrEnum):
    """Who is counted apart, being easily missed (mission 1.3.7): told of a subject by whoever writes about it."""

    WOMEN = "women"
    SMALL = "small"
    FRONT_LINE = "front_line"


class Area(StrEnum):
    """Where a unit lies, as papers of its place say it, from a day to a day."""

    REMOTE = "remote"
    BORDER = "border"
    ISLAND = "island"


class Stage(StrEnum):
    """How far those who were handed in got; in the order of the way."""

    SPOTTED = "spotted"
    """Leads of the time, whether they were handed in or not."""
    HANDED_IN = "handed_in"
    TAKEN = "taken"
    HONOURED = "honoured"
    REFERRED = "referred"
    HONOURED_ABOVE = "honoured_above"
    PUBLISHED = "published"


Figures = Mapping[str, Any]
"""`stages`: number by stage; `categories`, `groups`, `areas`: by each, {"handed_in", "honoured"}; `units`: {"all",
"giving"}; `agencies`: how many agencies' figures are in it; `targets`: the own plans' targets with what became of them,
never summed. All are numbers of the report's time, both days included."""
COUNTED_BY = ("categories", "groups", "areas")
TARGET = frozenset({"plan", "bound", "number", "per", "counted", "value", "goal"})
"""What is told of a target."""


class BadReport(FieldRefusal):
    """A report cannot stand as it was typed; `field` names it."""

    problem = "bad-report"


class WrongStep(Refusal):
    """A report has gone on meanwhile."""

    problem = "report-moved"


def after(state: ReportState, act: ReportAct) -> ReportState:
    """What an act makes of a report. Raises WrongStep."""
    following = MOVES.get((state, act))
    if following is None:
        raise WrongStep("Báo cáo đã sang bước khác. Hãy tải lại trang.")
    return following


def check_time(from_on: date | None, until_on: date | None, today: date) -> None:
    """Whether a report can be of that time. Raises BadReport."""
    if from_on is None:
        raise BadReport("from_on", "Ngày chưa đúng. Ví dụ: 01/11/2025.")
    if until_on is None:
        raise BadReport("until_on", "Ngày chưa đúng. Ví dụ: 31/10/2026.")
    if until_on < from_on:
        raise BadReport("until_on", "Ngày cuối phải sau ngày đầu.")
    if from_on > today:
        raise BadReport("from_on", "Khoảng thời gian này chưa bắt đầu.")


def check_words(words: Mapping[str, str]) -> None:
    """Whether these may be the words of a report, by part. Raises BadReport."""
    for part, text in words.items():
        if len(text) > LONGEST:
            raise BadReport(part, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST))


def check_reason(reason: str) -> None:
    """Whether this may be why a report is given back. Raises BadReport."""
    if len(reason) < LEAST:
        raise BadReport("reason", "Hãy ghi rõ cần sửa gì, ít nhất 20 chữ cái.")
    check_words({"reason": reason})


def check_sendable(words: Mapping[str, str]) -> None:
    """Whether a report says what the plans ask it to say: what was done, and what was learned. Raises BadReport."""
    for part, told in (
        (Part.DONE, "Hãy viết vài câu về việc đã làm."),
        (Part.LESSONS, "Hãy viết bài học kinh nghiệm, dù ngắn."),
    ):
        if len(words.get(part, "")) < LEAST:
            raise BadReport(part, told)


def empty() -> dict[str, Any]:
    """Figures of nothing."""
    return {
        "stages": dict.fromkeys(Stage, 0),
        **{by: {} for by in COUNTED_BY},
        "units": {"all": 0, "giving": 0},
        "agencies": 0,
        "targets": [],
    }


@dataclass(frozen=True)
class Told:
    """What was told of a time by somebody below, and when that came."""

    by: str
    from_on: date
    until_on: date
    at: datetime

    def overlaps(self, other: "Told") -> bool:
        """Whether both tell of some same day of the same agency."""
        return self.by == other.by and self.from_on <= other.until_on and other.from_on <= self.until_on


def counted_once(all_of_them: Sequence[Told]) -> list[bool]:
    """Which of these count in a sum: of those that tell of a same day the one that came last, the others not at all."""
    counted: list[Told] = []
    for one in sorted(all_of_them, key=lambda one: one.at, reverse=True):
        if not any(one.overlaps(other) for other in counted):
            counted.append(one)
    return [any(one is other for other in counted) for one in all_of_them]


def summed(all_of_them: Iterable[Figures]) -> dict[str, Any]:
    """Figures of several agencies together. What a newer build counts beside is left out; targets are each agency's."""
    total = empty()
    for one in all_of_them:
        _add(total["stages"], {stage: one["stages"].get(stage, 0) for stage in Stage})
        _add(total["units"], {name: one["units"].get(name, 0) for name in total["units"]})
        for by in COUNTED_BY:
            for name, counts in one[by].items():
                _add(total[by].setdefault(name, {"handed_in": 0, "honoured": 0}), counts)
        total["agencies"] += one["agencies"]
    return total


def understood(told: Figures) -> dict[str, Any]:
    """Figures as they came from another agency, in the form that pages know: what is missing is nought, what is not
    known here is left out."""
    figures = summed([told])
    for by in COUNTED_BY:
        figures[by] = {
            name: {what: counts[what] for what in ("handed_in", "honoured")} for name, counts in figures[by].items()
        }
    figures["targets"] = [one for one in told["targets"] if one.keys() >= TARGET]
    return figures


def _add(total: dict[Any, int], more: Mapping[Any, int]) -> None:
    for name, count in more.items():
        total[name] = total.get(name, 0) + count
