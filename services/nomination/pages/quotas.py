"""How targets read: what is asked, and what of it a unit handed in."""

from collections.abc import Sequence
from itertools import groupby

from services.nomination.pages.unit_kinds import kind_name
from services.nomination.rules.targets import Bound, Counted, Per, Quota
from shared.language import translate


def lines(quotas: Sequence[Quota]) -> list[str]:
    """A line for each time in which is counted: «Đơn vị đã gửi 1 hồ sơ trong đợt này: ít nhất 1, nhiều nhất 3»."""
    found = []
    for per, group in groupby(sorted(quotas, key=lambda one: one.per), key=lambda one: one.per):
        members = list(group)
        said = (
            "Đơn vị đã gửi {count} hồ sơ trong đợt này" if per is Per.ROUND else "Đơn vị đã gửi {count} hồ sơ năm nay"
        )
        bounds = ", ".join(_bound(one) for one in members)
        found.append(f"{translate(said, count=members[0].count)}: {bounds}")
    return found


def _bound(one: Quota) -> str:
    if one.bound is Bound.AT_LEAST:
        return translate("ít nhất {number}", number=one.number)
    return translate("nhiều nhất {number}", number=one.number)


def target_text(bound: str, number: int, counted: str, unit_kind: str | None) -> str:
    """What a target asks for."""
    kind = kind_name(unit_kind)
    if counted == Counted.UNITS:
        return translate("Ít nhất {number} {kind} có hồ sơ", number=number, kind=kind)
    if counted == Counted.REFERRED:
        return translate("Ít nhất {number} hồ sơ trình cấp trên", number=number)
    if counted == Counted.REPLICATED:
        return translate("Mỗi {kind} ít nhất {number} điển hình được nhân rộng", number=number, kind=kind)
    if bound == Bound.AT_LEAST:
        return translate("Mỗi {kind} ít nhất {number} hồ sơ", number=number, kind=kind)
    return translate("Mỗi {kind} nhiều nhất {number} hồ sơ", number=number, kind=kind)


def full(quotas: Sequence[Quota]) -> bool:
    """Whether one more would be too many for the plan."""
    return any(one.full for one in quotas)
