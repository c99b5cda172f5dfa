"""A plan under another: it takes over what that one says and may add to it or make it stricter, never looser.

What nobody has confirmed in the plan above binds nobody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.nomination.rules.plan_checks import Trouble, windows
from services.nomination.rules.plan_content import Content, Duty, content, day_of
from services.nomination.rules.rounds import Kind
from services.nomination.rules.targets import Bound, Counted, Per
from shared.wording import say

ANY_YEAR = 2024
"""For comparing days of every year: a leap year has them all."""


@dataclass(frozen=True)
class Above:
    """A plan from above with the name of whose it is."""

    whose: str
    content: Content


def key(text: str) -> str:
    """What two wordings of the same thing have in common: letters, small, with single blanks."""
    return " ".join(text.casefold().split())


def is_cited(grounds: Sequence[Content], plan_id: str, number: str | None) -> bool:
    """Whether one of a plan's grounds is that plan from above: named as such, or cited by its number."""
    cited = {key(one["number"]) for one in grounds if one["number"]}
    return any(one.get("plan_id") == plan_id for one in grounds) or key(number or "") in cited


def as_content(told: Mapping[str, Any]) -> dict[str, Any]:
    """What PlanPublished said of a plan, as the content of one: what may be taken over and made stricter."""
    plan = {
        "title": told["title"],
        "issuer": told["issuer"],
        "period": told["period"],
        "number": told.get("number"),
        "issued_on": told.get("issued_on"),
        "starts_on": told.get("starts_on"),
        "ends_on": told.get("ends_on"),
        "subjects": told.get("subjects", []),
        "movements": [{"name": name} for name in told.get("movements", [])],
        "deadlines": [_deadline(one) for one in told.get("deadlines", [])],
    }
    rounds = [{"confirmed": True} | _said(one) | {"kind": _plain_kind(one)} for one in told.get("rounds", [])]
    targets = [_said(one) for one in told.get("targets", []) if _is_understood(one)]
    return content(plan, rounds, targets)


def _said(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}


def _deadline(told: Mapping[str, Any]) -> dict[str, Any]:
    """One whose duty a newer build names is a deadline all the same."""
    duty = told.get("duty")
    return _said(told) | {"duty": duty if duty in list(Duty) else Duty.OTHER}


def _plain_kind(told: Mapping[str, Any]) -> str:
    """The windows of each semester are told one by one."""
    return Kind.STANDING if told.get("kind") == Kind.STANDING else Kind.WINDOW


def _is_understood(told: Mapping[str, Any]) -> bool:
    return told["bound"] in list(Bound) and told["per"] in list(Per) and told["counted"] in list(Counted)


def inherited(own: Content, above: Content) -> dict[str, Any]:
    """The content with what the plan above says and this one does not say yet."""
    plan, upper = own["plan"], above["plan"]
    return {
        "plan": {
            **plan,
            "subjects": _joined(plan["subjects"], upper["subjects"], key),
            "movements": _joined(plan["movements"], upper["movements"], lambda one: key(one["name"])),
            "deadlines": _joined(plan["deadlines"], upper["deadlines"], lambda one: key(one["what"])),
        },
        "rounds": _joined(own["rounds"], above["rounds"], lambda one: key(one["name"])),
        "targets": _joined(own["targets"], above["targets"], target_key),
    }


def _joined(own: list[Any], above: list[Any], key_of: Callable[[Any], object]) -> list[Any]:
    known = {key_of(one) for one in own}
    return [*own, *(one for one in above if key_of(one) not in known)]


def target_key(one: Content) -> tuple[str, str, str, str]:
    """What a target is about: all but its number."""
    return one["bound"], one.get("counted", "nominations"), one["per"], one.get("unit_kind") or ""


def loosened(own: Content, above: Above) -> list[Trouble]:
    """Where a plan drops or loosens what the plan above says, each with what to do."""
    upper = above.content["plan"]
    found = _dropped("noi-dung", own["plan"]["subjects"], upper["subjects"], "subject", above.whose)
    ours, theirs = ([one["name"] for one in plan["movements"]] for plan in (own["plan"], upper))
    found += _dropped("noi-dung", ours, theirs, "movement", above.whose)
    return found + _rounds(own, above) + _targets(own, above) + _deadlines(own, above)


MISSING = {
    "subject": "Đối tượng «{one}» có trong kế hoạch của {whose}, ở đây không có. Hãy thêm lại.",
    "movement": "Phong trào «{one}» có trong kế hoạch của {whose}, ở đây không có. Hãy thêm lại.",
    "round": "Đợt «{one}» có trong kế hoạch của {whose}, ở đây không có. Hãy thêm lại.",
    "deadline": "Hạn «{one}» có trong kế hoạch của {whose}, ở đây không có. Hãy thêm lại.",
}


def _dropped(part: str, own: list[str], above: list[str], what: str, whose: str) -> list[Trouble]:
    known = {key(one) for one in own}
    return [Trouble(part, say(MISSING[what], one=one, whose=whose)) for one in above if key(one) not in known]


def _rounds(own: Content, above: Above) -> list[Trouble]:
    confirmed = {**above.content, "rounds": [one for one in above.content["rounds"] if one.get("confirmed", True)]}
    try:
        ours = {key(name): last for name, _, _, last in windows(own)}
    except (ValueError, KeyError):
        return []  # said as a trouble of its own
    theirs = windows(confirmed)
    found = _dropped("dot", list(ours), [name for name, *_ in theirs], "round", above.whose)
    for name, _, _, limit in theirs:
        last = ours.get(key(name), limit)
        if limit is not None and (last is None or last > limit):
            text = say(
                "Đợt «{one}» chỉ được đóng muộn nhất ngày {day:%d/%m/%Y}, theo kế hoạch của {whose}.",
                one=name,
                day=limit,
                whose=above.whose,
            )
            found.append(Trouble("dot", text))
    return found


def _targets(own: Content, above: Above) -> list[Trouble]:
    found = []
    for limit in above.content["targets"]:
        if not limit.get("confirmed", True) or any(_as_strict(one, limit) for one in own["targets"]):
            continue
        told = (
            "Kế hoạch của {whose} đặt số ít nhất là {number}; ở đây phải có chỉ tiêu ấy, và không được thấp hơn."
            if limit["bound"] == Bound.AT_LEAST
            else "Kế hoạch của {whose} đặt số nhiều nhất là {number}; ở đây phải có chỉ tiêu ấy, và không được cao hơn."
        )
        found.append(Trouble("chi-tieu", say(told, whose=above.whose, number=limit["number"])))
    return found


def _as_strict(one: Content, limit: Content) -> bool:
    """Whether a target asks at least what the one above asks, of the same units or of all, and as firmly."""
    ours, theirs = target_key(one), target_key(limit)
    if (
        ours[:3] != theirs[:3]
        or ours[3] not in ("", theirs[3])
        or one.get("warns_only", False) > limit.get("warns_only", False)
    ):
        return False
    if one["bound"] == Bound.AT_LEAST:
        return bool(one["number"] >= limit["number"])
    return bool(one["number"] <= limit["number"])


def _deadlines(own: Content, above: Above) -> list[Trouble]:
    ours = {key(one["what"]): one for one in own["plan"]["deadlines"]}
    theirs = [one for one in above.content["plan"]["deadlines"] if one["confirmed"]]
    found = _dropped("han", list(ours), [one["what"] for one in theirs], "deadline", above.whose)
    for limit in theirs:
        own_one = ours.get(key(limit["what"]))
        if own_one is not None and _later(own_one, limit):
            day = _shown(limit)
            text = say(
                "Hạn «{one}» muộn nhất là {day}, theo kế hoạch của {whose}.",
                one=limit["what"],
                day=day,
                whose=above.whose,
            )
            found.append(Trouble("han", text))
    return found


def _later(one: Content, limit: Content) -> bool:
    """Whether a deadline is later than the one above; a day of every year is compared as a day of the year."""
    if not (limit["on"] or limit["each"]):
        return False
    if not (one["on"] or one["each"]):
        return True
    if one["on"] and limit["on"]:
        return bool(one["on"] > limit["on"])
    return bool((one["each"] or one["on"][5:]) > (limit["each"] or limit["on"][5:]))


def _shown(limit: Content) -> str:
    if limit["on"]:
        return f"{date.fromisoformat(limit['on']):%d/%m/%Y}"
    return f"{day_of(limit['each'], ANY_YEAR):%d/%m}"
