"""When a round takes dossiers: open, late but still taken, or closed; and how its end may be moved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from services.nomination.rules import FieldRefusal, RoundNotOpen
from shared.wording import say

MOST_GRACE = 60
"""Working days: more is another round, or a mistyped number."""
SHORTEST_REASON, LONGEST_REASON = 10, 500


class Kind(StrEnum):
    """What a round is there for."""

    WINDOW = "window"
    """From a day to a day."""
    STANDING = "standing"
    """Open as long as its plan, for sudden deeds."""
    SEMESTER = "semester"
    """One of the windows that come back each semester."""


class Standing(StrEnum):
    """How a round stands at an instant."""

    UPCOMING = "upcoming"
    OPEN = "open"
    GRACE = "grace"
    """Over, but what comes is still taken and marked as late."""
    CLOSED = "closed"


class BadExtension(FieldRefusal):
    """A round's end cannot be moved so; `field` names what is wrong."""

    problem = "bad-extension"


class SharedDays(ValueError):
    """Two windows of one round are open on the same day."""


@dataclass(frozen=True)
class Window:
    """A round's time: days as people read them, and the instants (exclusive) that decide."""

    opens_on: date
    opens_at: datetime
    closes_on: date | None
    """Its last day, an extension counted in; None: it has none."""
    hour: time | None
    """Until when it takes dossiers on its last day; None: until the day ends."""
    closes_at: datetime | None
    late_on: date | None
    """The last day of its grace; None: it has no grace, or nobody knows where that ends."""
    late_until: datetime | None
    unknown: bool = False
    """The grace reaches into a year whose working days are not known."""

    @classmethod
    def of(
        cls,
        opens_on: date,
        closes_on: date | None,
        hour: time | None,
        grace_days: int,
        *,
        zone: tzinfo,
        add: Callable[[date, int], date],
    ) -> "Window":
        """The window of a round; `add` counts working days on and raises LookupError beyond what is known."""
        late_on, unknown = None, False
        if closes_on is not None and grace_days:
            try:
                late_on = add(closes_on, grace_days)
            except LookupError:
                unknown = True
        opens_at = datetime.combine(opens_on, time(), zone)
        return cls(
            opens_on,
            opens_at,
            closes_on,
            hour,
            _end(closes_on, hour, zone) if closes_on else None,
            late_on,
            _end(late_on, hour, zone) if late_on else None,
            unknown,
        )

    def standing(self, at: datetime) -> Standing:
        """How the round stands at that instant."""
        if at < self.opens_at:
            return Standing.UPCOMING
        if self.closes_at is None or at < self.closes_at:
            return Standing.OPEN
        return Standing.GRACE if self.late_until is not None and at < self.late_until else Standing.CLOSED


def _end(day: date, hour: time | None, zone: tzinfo) -> datetime:
    """The first instant after a day, or after its hour."""
    return datetime.combine(day, hour, zone) if hour else datetime.combine(day + timedelta(days=1), time(), zone)


def check_takes(window: Window, at: datetime) -> bool:
    """Whether what comes now is late. Raises RoundNotOpen, saying why and what to do."""
    standing = window.standing(at)
    if standing is Standing.UPCOMING:
        raise RoundNotOpen(
            say("Đợt này chưa mở. Ngày mở: {day:%d/%m/%Y}. Bản nháp của bạn vẫn còn.", day=window.opens_on)
        )
    if standing is Standing.CLOSED:
        raise RoundNotOpen(_closed(window))
    return standing is Standing.GRACE


def lasts(plan_ends: date | None, today: date) -> bool:
    """Whether a plan is good on a day: its last day is one of its days."""
    return plan_ends is None or today <= plan_ends


def check_begins(plan_ends: date | None, today: date) -> None:
    """Nothing new begins once its plan has ended, though its round is open. Raises RoundNotOpen."""
    if plan_ends is not None and not lasts(plan_ends, today):
        raise RoundNotOpen(
            say(
                "Kế hoạch hết hiệu lực ngày {day:%d/%m/%Y}, nên không bắt đầu hồ sơ mới được nữa. Hồ sơ đã bắt đầu vẫn"
                " gửi được đến khi đợt đóng. Hãy chọn đợt của kế hoạch khác.",
                day=plan_ends,
            )
        )


def _closed(window: Window) -> str:
    day, hour, late = window.closes_on, window.hour, window.late_on
    if window.unknown:
        return say(
            "Đợt này đã đóng ngày {day:%d/%m/%Y}. Chưa có lịch ngày làm việc của năm này nên không biết nhận muộn đến"
            " khi nào. Bản nháp của bạn vẫn còn: hãy hỏi cán bộ phụ trách.",
            day=day,
        )
    if late and hour:
        return say(
            "Đợt này đã đóng lúc {hour:%H:%M} ngày {day:%d/%m/%Y} và chỉ nhận muộn đến {hour:%H:%M} ngày"
            " {late:%d/%m/%Y}. Bản nháp của bạn vẫn còn: hãy đề nghị cán bộ phụ trách gia hạn, hoặc bắt đầu lại ở đợt"
            " đang mở.",
            day=day,
            hour=hour,
            late=late,
        )
    if late:
        return say(
            "Đợt này đã đóng ngày {day:%d/%m/%Y} và chỉ nhận muộn đến hết ngày {late:%d/%m/%Y}. Bản nháp của bạn vẫn"
            " còn: hãy đề nghị cán bộ phụ trách gia hạn, hoặc bắt đầu lại ở đợt đang mở.",
            day=day,
            late=late,
        )
    if hour:
        return say(
            "Đợt này đã đóng lúc {hour:%H:%M} ngày {day:%d/%m/%Y}. Bản nháp của bạn vẫn còn: hãy đề nghị cán bộ phụ"
            " trách gia hạn, hoặc bắt đầu lại ở đợt đang mở.",
            day=day,
            hour=hour,
        )
    return say(
        "Đợt này đã đóng ngày {day:%d/%m/%Y}. Bản nháp của bạn vẫn còn: hãy đề nghị cán bộ phụ trách gia hạn, hoặc"
        " bắt đầu lại ở đợt đang mở.",
        day=day,
    )


def check_extension(
    closes_on: date | None, until: date | None, reason: str, today: date, plan_ends: date | None = None
) -> tuple[date, date]:
    """A round's last day before and after. Units are told the reason, and an end is only ever moved away.

    No round outlasts its plan. Raises BadExtension.
    """
    if closes_on is None:
        raise BadExtension("until", "Đợt này không có ngày đóng nên không cần gia hạn.")
    if until is None:
        raise BadExtension("until", "Ngày đóng mới chưa đúng. Ví dụ: 20/11/2026.")
    if until <= closes_on:
        raise BadExtension("until", say("Ngày đóng mới phải sau ngày {day:%d/%m/%Y}.", day=closes_on))
    if until < today:
        raise BadExtension("until", "Ngày đóng mới phải từ hôm nay trở đi.")
    if plan_ends is not None and until > plan_ends:
        said = "Kế hoạch hết hiệu lực ngày {day:%d/%m/%Y}: đợt không gia hạn quá ngày ấy được."
        raise BadExtension("until", say(said, day=plan_ends))
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise BadExtension(
            "reason",
            say(
                "Hãy ghi lý do, từ {least} đến {most} chữ cái: các đơn vị sẽ đọc lý do này.",
                least=SHORTEST_REASON,
                most=LONGEST_REASON,
            ),
        )
    return closes_on, until


def windows_of(
    name: str, kind: Kind, opens_on: date, closes_on: date | None, each: Sequence[Mapping[str, str]]
) -> list[tuple[str, date, date | None]]:
    """The windows that a plan's round stands for: itself, or one per semester within its days, named by their month.

    `each` says where a semester's windows begin and end, as month and day: `{opens = "05-01", closes = "05-31"}`.
    Raises ValueError when the plan's data contradicts itself.
    """
    if closes_on is not None and closes_on < opens_on:
        raise ValueError(f"round {name}: it closes on {closes_on}, before it opens on {opens_on}")
    if (kind is Kind.SEMESTER) != bool(each):
        raise ValueError(f"round {name}: `each` belongs to the kind {Kind.SEMESTER}, and that kind needs it")
    if kind is not Kind.SEMESTER:
        return [(name, opens_on, closes_on)]
    if closes_on is None:
        raise ValueError(f"round {name}: of the kind {kind} it needs `closes_on`, the last day of the last window")
    years = range(opens_on.year, closes_on.year + 1)
    days = sorted(_days_of(name, one, year) for year in years for one in each)
    if any(begins <= ends for (_, ends), (begins, _) in pairwise(days)):
        raise SharedDays(f"round {name}: two of its windows are open on the same day")
    found = [(first, last) for first, last in days if opens_on <= first and last <= closes_on]
    if not found:
        raise ValueError(f"round {name}: no window lies between {opens_on} and {closes_on}")
    return [(f"{name} ({first:%m/%Y})", first, last) for first, last in found]


def _days_of(name: str, told: Mapping[str, str], year: int) -> tuple[date, date]:
    """The first and last day of a semester's window in that year. Raises ValueError."""
    first = date.fromisoformat(f"{year}-{told['opens']}")
    last = date.fromisoformat(f"{year}-{told['closes']}")
    if last < first:
        raise ValueError(f"round {name}: a window closes on {told['closes']}, before it opens on {told['opens']}")
    return first, last
