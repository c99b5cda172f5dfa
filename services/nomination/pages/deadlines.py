"""How a round's end reads: until when, and how many working days are left."""

from collections.abc import Sequence
from uuid import UUID

from services.nomination.queries.rounds import Seen
from services.nomination.rules.rounds import Standing
from shared.language import translate


def until(seen: Seen) -> str:
    """Until when a round takes dossiers, or since when it does not."""
    window = seen.window
    day, hour, late = window.closes_on, window.hour, window.late_on
    if seen.standing is Standing.UPCOMING:
        return translate("Chưa mở; mở ngày {day:%d/%m/%Y}", day=window.opens_on)
    if day is None:
        return translate("Nhận suốt thời gian của kế hoạch")
    if seen.standing is Standing.GRACE and hour:
        said = "Quá hạn ngày {day:%d/%m/%Y}; còn nhận muộn đến {hour:%H:%M} ngày {late:%d/%m/%Y}"
        return translate(said, day=day, hour=hour, late=late)
    if seen.standing is Standing.GRACE:
        said = "Quá hạn ngày {day:%d/%m/%Y}; còn nhận muộn đến hết ngày {late:%d/%m/%Y}"
        return translate(said, day=day, late=late)
    if seen.standing is Standing.CLOSED:
        return translate("Đã đóng ngày {day:%d/%m/%Y}", day=day)
    if hour:
        return translate("Nhận đến {hour:%H:%M} ngày {day:%d/%m/%Y}", hour=hour, day=day)
    return translate("Nhận đến hết ngày {day:%d/%m/%Y}", day=day)


def left(seen: Seen) -> str:
    """How many working days are left; nothing where none are counted."""
    if seen.beyond:
        return translate("chưa có lịch ngày làm việc để đếm")
    if seen.left is None:
        return ""
    return translate("còn {count} ngày làm việc", count=seen.left) if seen.left else translate("hôm nay là ngày cuối")


def told(seen: Seen) -> str:
    """Both in one line."""
    return "; ".join(part for part in (until(seen), left(seen)) if part)


def choices(found: Sequence[Seen]) -> list[tuple[UUID, str]]:
    """The rounds in which a dossier may begin now, to be chosen from; those of several plans name theirs."""
    taking = [one for one in found if one.begins]
    several = len({one.plan.id for one in taking}) > 1
    return [
        (one.round.id, f"{one.round.name} ({told(one)})" + (f" · {one.plan.title}" if several else ""))
        for one in taking
    ]
