"""Movements: launched for a time, carried by activities, joined of one's own will, and told of in results."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from services.nomination.rules import FieldRefusal, Refusal
from shared.wording import say


class Standing(StrEnum):
    """Where a movement is on a day."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    OVER = "over"


class Taker(StrEnum):
    """Who takes part by a registration."""

    PERSON = "person"
    """Somebody signed in, for themselves."""
    UNIT = "unit"
    TEAM = "team"
    """A part of a unit that is no unit of its own: a group of teachers, a class."""


LONGEST = {
    "name": 200,
    "issuer": 200,
    "task": 300,
    "paper": 200,
    "what": 500,
    "manner": 200,
    "team": 200,
    "result": 3000,
}
"""How many characters a field may have."""
MOST = 1_000_000
"""No number of a movement is larger."""


NO_MOVEMENT = "Hãy chọn phong trào trong danh sách."


class BadMovement(FieldRefusal):
    """Something typed about a movement cannot be; `field` names it."""

    problem = "bad-movement"


class MovementOver(Refusal):
    """The movement has ended: nobody joins it or leaves it any more."""

    problem = "movement-over"


def standing(starts_on: date, ends_on: date | None, ended_on: date | None, today: date) -> Standing:
    """Where a movement is: over after its last day, or from the day on which it was ended."""
    if ended_on is not None or (ends_on is not None and ends_on < today):
        return Standing.OVER
    return Standing.UPCOMING if today < starts_on else Standing.RUNNING


def check_open(now: Standing) -> None:
    """Raises MovementOver."""
    if now is Standing.OVER:
        raise MovementOver("Phong trào đã kết thúc nên không đăng ký hay rút đăng ký được nữa.")


def check_span(starts_on: date, ends_on: date | None) -> None:
    """Raises BadMovement when the last day lies before the first."""
    if ends_on is not None and ends_on < starts_on:
        raise BadMovement("ends_on", "Ngày kết thúc phải từ ngày bắt đầu trở đi.")


def last_day_anew(starts_on: date, ends_on: date | None, until: date | None, today: date) -> date | None:
    """Until when a movement goes that is opened again: the day that is told now, else the one it had.

    Raises BadMovement when that day is over, or lies before the first.
    """
    last = until or ends_on
    if last is not None and last < today:
        raise BadMovement("until", "Hãy ghi ngày kết thúc mới, từ hôm nay trở đi.")
    if last is not None and last < starts_on:
        raise BadMovement("until", "Ngày kết thúc phải từ ngày bắt đầu trở đi.")
    return last


def check_held(day: date, starts_on: date, today: date) -> None:
    """Raises BadMovement for an activity before the movement began, or on a day to come."""
    if day < starts_on:
        raise BadMovement("when", "Ngày này trước ngày phong trào bắt đầu.")
    if day > today:
        raise BadMovement("when", "Hãy ghi hoạt động sau khi đã làm: ngày này chưa tới.")


def check_begun(now: Standing) -> None:
    """Raises BadMovement for a result before the movement began."""
    if now is Standing.UPCOMING:
        raise BadMovement("result", "Phong trào chưa bắt đầu nên chưa có kết quả.")


def read_count(field: str, typed: str) -> int | None:
    """How many, if somebody says so. Raises BadMovement for what is no number."""
    plain = typed.strip().replace(".", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and int(plain) <= MOST):
        raise BadMovement(field, "Hãy ghi một số, hoặc bỏ trống. Ví dụ: 40.")
    return int(plain)


def check_fields(fields: Mapping[str, str], *, needed: Mapping[str, str]) -> None:
    """Raises BadMovement for a field that is too long, or needed and empty (`needed` says what to write)."""
    for field, told in needed.items():
        if not fields[field]:
            raise BadMovement(field, told)
    for field, text in fields.items():
        if len(text) > LONGEST[field]:
            raise BadMovement(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))
