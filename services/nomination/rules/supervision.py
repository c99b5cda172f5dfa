"""Supervision: who looks after which units, what a visit found, and how a unit answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.nomination.rules import FieldRefusal, Refusal
from shared.wording import say


class Met(StrEnum):
    """How a point of the checklist was found."""

    GOOD = "good"
    LACKING = "lacking"
    UNSEEN = "unseen"
    """Nobody looked at it this time."""


class FindingState(StrEnum):
    """Who a finding waits for."""

    WAITING = "waiting"
    """For its unit to answer."""
    ANSWERED = "answered"
    """For the supervisor to close it or to ask again."""
    CLOSED = "closed"


class WordKind(StrEnum):
    """What was said about a finding."""

    ANSWER = "answer"
    AGAIN = "again"
    CLOSE = "close"


FROM: Mapping[WordKind, frozenset[FindingState]] = {
    WordKind.ANSWER: frozenset({FindingState.WAITING}),
    WordKind.AGAIN: frozenset({FindingState.ANSWERED}),
    WordKind.CLOSE: frozenset({FindingState.WAITING, FindingState.ANSWERED}),
}
LEADS: Mapping[WordKind, FindingState] = {
    WordKind.ANSWER: FindingState.ANSWERED,
    WordKind.AGAIN: FindingState.WAITING,
    WordKind.CLOSE: FindingState.CLOSED,
}
"""What may be said of a finding in which state, and where it leads."""

LONGEST = {
    "person": 200,
    "what": 1000,
    "party": 1000,
    "summary": 3000,
    "text": 2000,
    "to_do": 1000,
    "note": 300,
    "caption": 200,
}
"""How many characters a field may have; of a point of the checklist: its text and its note."""
MOST_POINTS = 40
"""Of one checklist."""
MOST_FILES = 20
"""Of one visit."""


class BadVisit(FieldRefusal):
    """Something typed about a duty, a visit or a finding cannot be; `field` names it."""

    problem = "bad-visit"


class FindingMoved(Refusal):
    """The finding is not where the act needs it: somebody else was quicker."""

    problem = "finding-moved"


@dataclass(frozen=True)
class Point:
    """A point of a checklist: what was looked at, how it was found, and a word on it."""

    text: str
    met: Met = Met.UNSEEN
    note: str = ""


def check_span(since: date, until: date | None) -> None:
    """Raises BadVisit when a duty would end before it begins."""
    if until is not None and until < since:
        raise BadVisit("until", "Ngày cuối phải từ ngày bắt đầu trở đi.")


def check_day(day: date, today: date) -> None:
    """Raises BadVisit for a visit that is still to come."""
    if day > today:
        raise BadVisit("when", "Hãy ghi chuyến kiểm tra sau khi đã đi: ngày này chưa tới.")


def check_due(due_on: date, since: date) -> None:
    """Raises BadVisit when an answer would be due before it was asked for."""
    if due_on < since:
        raise BadVisit("due_on", "Hạn trả lời phải từ ngày nêu trở đi.")


def check_points(points: Sequence[Point]) -> None:
    """Raises BadVisit for a checklist that is too long, or a point that is."""
    if len(points) > MOST_POINTS:
        raise BadVisit("check", say("Nhiều nhất {most} mục. Hãy gộp bớt lại.", most=MOST_POINTS))
    if any(max(len(one.text), len(one.note)) > LONGEST["note"] for one in points):
        raise BadVisit("check", say("Có mục dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST["note"]))


def check_files(kept: int) -> None:
    """Raises BadVisit when a visit that has so many files takes no other."""
    if kept >= MOST_FILES:
        raise BadVisit("file", say("Biên bản đã có {most} tệp, không thêm được nữa.", most=MOST_FILES))


def check_word(state: FindingState, kind: WordKind) -> None:
    """Raises FindingMoved."""
    if state not in FROM[kind]:
        raise FindingMoved("Điều này vừa được chuyển sang bước khác. Hãy xem lại trang.")


def check_fields(fields: Mapping[str, str], *, needed: Mapping[str, str]) -> None:
    """Raises BadVisit for a field that is too long, or needed and empty (`needed` says what to write)."""
    for field, told in needed.items():
        if not fields[field]:
            raise BadVisit(field, told)
    for field, text in fields.items():
        if len(text) > LONGEST[field]:
            raise BadVisit(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))


def reasons(*, visited: date | None, late_plans: int, nominated: bool) -> list[str]:
    """Why a unit may be visited next, in words."""
    told = [] if visited else ["Chưa được kiểm tra lần nào"]
    if late_plans:
        told.append(say("Chậm phổ biến kế hoạch: {count}", count=late_plans))
    return told if nominated else [*told, "Năm nay chưa giới thiệu ai"]
