"""What was read, line by line as a person confirms it; and the plan that the confirmed lines make."""

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from services.nomination.pages.plan_forms import month_day
from services.nomination.pages.plan_lines import DUTIES, PURPOSES
from services.nomination.pages.plan_step import BOUNDS, COUNTED, PERIODS
from services.nomination.rules import Refusal
from services.nomination.rules.plan_content import Duty, Purpose
from services.nomination.rules.plan_texts import Finding, What
from services.nomination.rules.plan_texts.text import skeleton
from services.nomination.rules.targets import Bound, Counted, Per, check_target
from shared.events import Category
from shared.formats import day as day_shown
from shared.formats import read_day
from shared.looks import CATEGORIES
from shared.wording import say

LONGEST = 500
"""So many letters a field takes."""
UPWARD, SPREAD = ("cap khen thu", "cap tren"), ("nhan r", "pho bi")
"""What a target's sentence says when it counts what goes up, or what others follow; as far as a bad scan keeps it."""


class Kind(StrEnum):
    """What a field takes."""

    TEXT = "text"
    DAY = "day"
    MONTH_DAY = "month_day"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True)
class Field:
    """One field of a line: its label, and what was read. `options`: what can be chosen, value and label."""

    name: str
    label: str
    value: str
    kind: Kind = Kind.TEXT
    options: tuple[tuple[str, str], ...] = ()
    needed: bool = True


@dataclass(frozen=True)
class Line:
    """One thing that was read. `place` is its number among the findings."""

    place: int
    what: What
    fields: tuple[Field, ...]
    sure: bool

    def key(self, field: Field) -> str:
        """The name under which a form sends a field."""
        return f"{self.place}.{field.name}"


class BadLines(Refusal):
    """Confirmed lines cannot stand as they are; `errors` says by field what is wrong."""

    problem = "bad-lines"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


def lines(findings: Sequence[Finding]) -> list[Line]:
    """The findings that can be taken over; criteria, what only says how often, and what is odd are just shown."""
    years = next((one.more for one in findings if one.what is What.PERIOD), ("", ""))
    found = []
    for place, one in enumerate(findings):
        fields = _fields(one, (years[0], years[-1]))
        if fields:
            found.append(Line(place, one.what, fields, one.sure))
    return found


def _choice(name: str, label: str, value: str, options: Mapping[Any, str]) -> Field:
    return Field(name, label, value, Kind.CHOICE, tuple(options.items()))


def _fields(one: Finding, years: tuple[str, str]) -> tuple[Field, ...]:
    if one.what in ONE_FIELD:
        name, label, kind = ONE_FIELD[one.what]
        return (Field(name, label, "" if one.word == "unreadable" else one.value, kind),)
    if one.what is What.CATEGORY:
        return (Field("subject", "Đối tượng", CATEGORIES[Category(one.word)].lower()),)
    if one.what is What.MONTH:
        return _month_fields(one, years)
    return SEVERAL[one.what](one) if one.what in SEVERAL else ()


def _ground_fields(one: Finding) -> tuple[Field, ...]:
    return (
        Field("number", "Số ký hiệu", one.value),
        Field("day", "Ngày", day_shown(one.day) if one.day else "", Kind.DAY, needed=False),
        Field("issuer", "Nơi ban hành", one.more[0], needed=False),
        Field("title", "Về việc", one.more[1], needed=False),
    )


def _target_fields(one: Finding) -> tuple[Field, ...]:
    if one.word not in list(Bound):
        return ()  # how often something is done is counted nowhere
    plain = skeleton(one.value)
    counted = (
        Counted.REFERRED
        if any(word in plain for word in UPWARD)
        else Counted.REPLICATED
        if any(word in plain for word in SPREAD)
        else Counted.NOMINATIONS
    )
    per = {"year": Per.YEAR, "semester": Per.ROUND}.get(one.more[0], "")
    return (
        _choice("bound", "Ít nhất hay nhiều nhất", one.word, BOUNDS),
        Field("number", "Con số", str(one.number), Kind.NUMBER),
        _choice("counted", "Đếm gì", counted, COUNTED),
        _choice("per", "Tính trong", per, PERIODS),
        Field("note", "Câu trong văn bản", one.value[:LONGEST], needed=False),
    )


def _deadline_fields(one: Finding) -> tuple[Field, ...]:
    return (
        Field("what", "Việc phải làm", one.more[1][:LONGEST]),
        Field("each", "Hằng năm, trước hoặc vào ngày", one.value, Kind.MONTH_DAY),
        _choice("duty", "Đó là việc gì", Duty.REPORT if "bao cao" in skeleton(one.more[1]) else Duty.OTHER, DUTIES),
    )


def _month_fields(one: Finding, years: tuple[str, str]) -> tuple[Field, ...]:
    return (
        Field("name", "Tên đợt", say("Đợt tháng {month}", month=one.number)),
        Field("month", "Tháng", one.value, Kind.NUMBER),
        Field("first", "Từ năm", years[0], Kind.NUMBER),
        Field("last", "Đến năm", years[1], Kind.NUMBER),
    )


def _recipient_fields(one: Finding) -> tuple[Field, ...]:
    return (
        Field("who", "Nơi nhận", one.value),
        _choice("purpose", "Để làm gì", one.word or Purpose.CARRY_OUT, PURPOSES),
    )


ONE_FIELD = {
    What.NUMBER: ("number", "Số ký hiệu", Kind.TEXT),
    What.ISSUED_ON: ("day", "Ngày ban hành", Kind.DAY),
    What.TITLE: ("title", "Tên kế hoạch", Kind.TEXT),
    What.ISSUER: ("issuer", "Nơi ban hành", Kind.TEXT),
    What.PERIOD: ("period", "Giai đoạn", Kind.TEXT),
    What.MOVEMENT: ("name", "Phong trào", Kind.TEXT),
}
SEVERAL: Mapping[What, Callable[[Finding], tuple[Field, ...]]] = {
    What.GROUND: _ground_fields,
    What.TARGET: _target_fields,
    What.DAY: _deadline_fields,
    What.RECIPIENT: _recipient_fields,
}


def taken(
    all_: Iterable[Line], confirmed: Collection[int], typed: Mapping[str, str]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """The plan, rounds and targets that the confirmed lines make, as `plan_content` knows them. Raises BadLines."""
    plan: dict[str, Any] = {"subjects": [], "grounds": [], "movements": [], "distribution": [], "deadlines": []}
    rounds: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for line in all_:
        if line.place not in confirmed:
            continue
        said = {field.name: typed.get(line.key(field), "").strip() for field in line.fields}
        wrong = {line.key(field): told for field in line.fields if (told := _wrong(field, said[field.name]))}
        if not wrong:
            wrong = {
                f"{line.place}.{name}": told for name, told in _put(line.what, said, plan, rounds, targets).items()
            }
        errors |= wrong
    for name, told in (("title", "Hãy xác nhận tên kế hoạch."), ("issuer", "Hãy xác nhận nơi ban hành.")):
        if not plan.get(name) and not errors:
            errors[name] = told
    if errors:
        raise BadLines(errors)
    return plan, rounds, targets


def _wrong(field: Field, value: str) -> str:
    """What cannot be about a field of a confirmed line; empty: nothing."""
    if not value:
        told = say("«{label}» còn trống. Hãy ghi, hoặc bỏ đánh dấu dòng.", label=say(field.label))
        return told if field.needed else ""
    if len(value) > LONGEST:
        return say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST)
    match field.kind:
        case Kind.DAY if read_day(value) is None:
            return "Ngày chưa đúng. Ví dụ: 20/11/2026."
        case Kind.MONTH_DAY if not _is_month_day(value):
            return "Ngày chưa đúng. Ví dụ: 30/11."
        case Kind.NUMBER if not (value.isdecimal() and 0 < int(value[:6]) < 10_000):
            return "Hãy ghi một số."
        case Kind.CHOICE if value not in dict(field.options):
            return "Hãy chọn một mục."
    return ""


def _put(
    what: What,
    said: Mapping[str, str],
    plan: dict[str, Any],
    rounds: list[dict[str, Any]],
    targets: list[dict[str, Any]],
) -> dict[str, str]:
    """Put a confirmed line into the plan; by field what is wrong, if it cannot be."""
    match what:
        case What.NUMBER | What.TITLE | What.ISSUER | What.PERIOD:
            plan |= said
        case What.ISSUED_ON:
            plan["issued_on"] = read_day(said["day"])
        case What.CATEGORY:
            plan["subjects"].append(said["subject"])
        case What.GROUND:
            signed = read_day(said["day"])
            ground = {"number": said["number"], "issuer": said["issuer"], "title": said["title"], "confirmed": True}
            plan["grounds"].append(ground | {"date": signed.isoformat() if signed else ""})
        case What.MOVEMENT:
            plan["movements"].append({"name": said["name"]})
        case What.RECIPIENT:
            plan["distribution"].append(dict(said))
        case What.DAY:
            plan["deadlines"].append({**said, "each": month_day(said["each"])})
        case What.TARGET:
            return _put_target(said, targets)
        case What.MONTH:
            return _put_months(said, rounds)
    return {}


def _put_months(said: Mapping[str, str], rounds: list[dict[str, Any]]) -> dict[str, str]:
    """A round for that month of each year."""
    month, first, last = (int(said[name]) for name in ("month", "first", "last"))
    if not 1 <= month <= 12:
        return {"month": "Tháng từ 1 đến 12."}
    if not 2000 <= first <= last <= first + 20:
        return {"last": "Năm cuối phải sau năm đầu, cách không quá 20 năm."}
    for year in range(first, last + 1):
        window = {"opens_on": date(year, month, 1), "closes_on": date(year, month, monthrange(year, month)[1])}
        rounds.append({"name": f"{said['name']}/{year}", **window, "confirmed": True})
    return {}


def _put_target(said: Mapping[str, str], targets: list[dict[str, Any]]) -> dict[str, str]:
    number = int(said["number"])
    try:
        check_target(Bound(said["bound"]), number, Counted(said["counted"]))
    except ValueError:
        return {"counted": "«Nhiều nhất» chỉ đếm hồ sơ của từng đơn vị."}
    targets.append({**said, "number": number})
    return {}


def _is_month_day(text: str) -> bool:
    try:
        month_day(text)
    except ValueError:
        return False
    return True
