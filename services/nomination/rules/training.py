"""Courses: when, on what, how long; and who took part."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.nomination.rules import ChangedMeanwhile, FieldRefusal, Refusal
from shared.wording import say

LONGEST = {"name": 200, "audience": 300, "organiser": 200, "role": 200}
"""How many characters a field may have."""
MOST_NAMES = 200
"""How many people one form may tell of."""
MOST_HOURS = 999


class BadCourse(FieldRefusal):
    """Something typed about a course cannot be; `field` names it."""

    problem = "bad-course"


class CourseShared(Refusal):
    """People are written down in the course of whom whoever takes it off has not been told."""

    problem = "course-shared"


def check_course(fields: Mapping[str, str], held_on: date, today: date) -> None:
    """Raises BadCourse."""
    if not fields["name"]:
        raise BadCourse("name", "Hãy ghi tên lớp tập huấn.")
    _check_lengths(fields)
    if held_on > today:
        raise BadCourse("when", "Hãy ghi lớp tập huấn sau khi đã học: ngày này chưa tới.")


def check_seen(here: int, seen: int) -> None:
    """Raises ChangedMeanwhile when somebody else saved what the person saw."""
    if here != seen:
        raise ChangedMeanwhile("", here)


def check_people(names: Sequence[str], role: str) -> None:
    """Raises BadCourse."""
    if not names:
        raise BadCourse("names", "Hãy ghi họ và tên, mỗi người một dòng.")
    if len(names) > MOST_NAMES:
        raise BadCourse("names", say("Nhiều nhất {most} người một lần.", most=MOST_NAMES))
    if any(len(name) > LONGEST["name"] for name in names):
        raise BadCourse("names", say("Có dòng dài quá {most} chữ cái.", most=LONGEST["name"]))
    _check_lengths({"role": role})


def read_hours(typed: str) -> int | None:
    """How many hours, if somebody says so. Raises BadCourse for what is no number."""
    plain = typed.strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and 0 < int(plain) <= MOST_HOURS):
        raise BadCourse("hours", "Hãy ghi số giờ, hoặc bỏ trống. Ví dụ: 8.")
    return int(plain)


def _check_lengths(fields: Mapping[str, str]) -> None:
    for field, text in fields.items():
        if len(text) > LONGEST[field]:
            raise BadCourse(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))
