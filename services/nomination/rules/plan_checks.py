"""What keeps a plan from being issued, and what a person should look at before."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.nomination.rules import Refusal, rounds
from services.nomination.rules.plan_content import Content
from services.nomination.rules.rounds import Kind
from shared.wording import say


@dataclass(frozen=True)
class Trouble:
    """Something wrong, and the part of the plan where it is put right."""

    part: str
    text: str


class PlanNotReady(Refusal):
    """A plan cannot be issued as it is drafted."""

    problem = "plan-not-ready"

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__("Kế hoạch chưa ban hành được: còn chỗ cần sửa.")
        self.troubles = list(troubles)


@dataclass(frozen=True)
class Known:
    """What stands around a plan: the kinds of units and the packs there are, other plans' grounds by their number."""

    kinds: Collection[str]
    grounds: Mapping[str, Collection[str]]
    packs: Collection[str] = ()


Window = tuple[str, Kind, date, date | None]


def windows(content: Content) -> list[Window]:
    """Every window of a plan's rounds: name, kind, first and last day. Raises ValueError."""
    found: list[Window] = []
    for told in content["rounds"]:
        kind = Kind(told.get("kind", Kind.WINDOW))
        first = date.fromisoformat(told["opens_on"])
        last = date.fromisoformat(told["closes_on"]) if told.get("closes_on") else None
        each = told.get("each", ())
        # What was issued before stands as the windows it became.
        as_kind = kind if each or kind is not Kind.SEMESTER else Kind.WINDOW
        each_window = rounds.windows_of(told["name"], as_kind, first, last, each)
        found += [(name, kind, opens, closes) for name, opens, closes in each_window]
    return found


def troubles(content: Content, known: Known) -> list[Trouble]:
    """What has to be put right before the plan can be issued."""
    plan, found = content["plan"], []
    for name, text in (
        ("title", "Hãy ghi tên kế hoạch."),
        ("issuer", "Hãy ghi nơi ban hành."),
        ("period", "Hãy ghi giai đoạn."),
    ):
        if not plan[name]:
            found.append(Trouble("van-ban", text))
    if plan["starts_on"] and plan["ends_on"] and plan["ends_on"] < plan["starts_on"]:
        found.append(Trouble("van-ban", "Ngày hết hiệu lực phải sau ngày bắt đầu."))
    path = circle(plan["number"], [one["number"] for one in plan["grounds"]], known.grounds)
    if path:
        way = " → ".join(path)
        found.append(Trouble("can-cu", say("Kế hoạch này dựa vào chính nó: {way}. Hãy bỏ căn cứ sai.", way=way)))
    if plan["criteria_pack"] and plan["criteria_pack"] not in known.packs:
        said = "Bộ tiêu chí «{pack}» chưa được nhập. Hãy chọn bộ khác."
        found.append(Trouble("noi-dung", say(said, pack=plan["criteria_pack"])))
    return found + _round_troubles(content) + _target_troubles(content, known.kinds)


def _round_troubles(content: Content) -> list[Trouble]:
    ends = content["plan"]["ends_on"]
    try:
        all_windows = windows(content)
    except (ValueError, KeyError):
        return [Trouble("dot", "Có đợt ghi chưa đúng ngày. Hãy xem lại từng đợt.")]
    names = [name for name, *_ in all_windows]
    found = [
        Trouble("dot", say("Có hai đợt cùng tên «{name}». Hãy đổi tên một đợt.", name=name))
        for name in dict.fromkeys(one for one in names if names.count(one) > 1)
    ]
    for name, _, first, last in all_windows:
        if ends and max(first, last or first) > date.fromisoformat(ends):
            text = say(
                "Đợt «{name}» kéo dài quá ngày kế hoạch hết hiệu lực ({day:%d/%m/%Y}). Hãy cho đợt đóng sớm hơn, hoặc"
                " lùi ngày hết hiệu lực.",
                name=name,
                day=date.fromisoformat(ends),
            )
            found.append(Trouble("dot", text))
    return found


def _target_troubles(content: Content, kinds: Collection[str]) -> list[Trouble]:
    strange = {one["unit_kind"] for one in content["targets"] if one.get("unit_kind")} - set(kinds)
    return [
        Trouble("chi-tieu", say("Chỉ tiêu dành cho loại «{kind}», nhưng chưa có đơn vị nào loại ấy.", kind=kind))
        for kind in sorted(strange)
    ]


def circle(number: str, grounds: Collection[str], known: Mapping[str, Collection[str]]) -> list[str]:
    """The way by which a plan rests on itself, from its number to its number; nothing if it does not.

    `known`: what other plans rest on, by their number.
    """
    if not number:
        return []
    seen: set[str] = set()
    ways = [[number, one] for one in grounds]
    while ways:
        way = ways.pop(0)
        if way[-1] == number:
            return way
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, one] for one in known.get(way[-1], ())]
    return []


def overlapping(content: Content) -> list[tuple[str, str]]:
    """Rounds that are open on the same days, two by two; one that is always open overlaps nothing."""
    try:
        found = [one for one in windows(content) if one[1] is not Kind.STANDING]
    except (ValueError, KeyError):
        return []
    return overlaps([(name, first, last) for name, _, first, last in found])


def overlaps(days: Sequence[tuple[str, date, date | None]]) -> list[tuple[str, str]]:
    """Of windows by name, first and last day (None: it has none), those that share a day."""
    return [
        (name, other)
        for place, (name, first, last) in enumerate(days)
        for other, begins, ends in days[place + 1 :]
        if begins <= (last or date.max) and first <= (ends or date.max)
    ]


def check_ready(found: Sequence[Trouble]) -> None:
    """Raises PlanNotReady."""
    if found:
        raise PlanNotReady(found)


def warnings(content: Content) -> list[Trouble]:
    """What may be so and deserves a look."""
    plan: Mapping[str, Any] = content["plan"]
    found = []
    if not plan["number"]:
        found.append(Trouble("van-ban", "Chưa có số ký hiệu: kế hoạch hiện là chưa xác nhận số."))
    if not plan["issued_on"]:
        found.append(Trouble("van-ban", "Chưa có ngày ban hành."))
    if not plan["grounds"]:
        found.append(Trouble("can-cu", "Chưa có căn cứ nào."))
    if not content["rounds"]:
        found.append(Trouble("dot", "Chưa có đợt nào: đơn vị chưa gửi được hồ sơ theo kế hoạch này."))
    for one, other in overlapping(content):
        text = say("Đợt «{one}» và đợt «{other}» cùng mở một lúc.", one=one, other=other)
        found.append(Trouble("dot", text))
    return found
