"""When a round takes dossiers, and how its end may be moved: as tables."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from services.nomination.rules import RoundNotOpen
from services.nomination.rules.rounds import (
    BadExtension,
    Kind,
    Standing,
    Window,
    check_extension,
    check_takes,
    windows_of,
)
from shared.clock import VIETNAM

pytestmark = pytest.mark.unit

OPENS, CLOSES = date(2024, 10, 1), date(2024, 10, 15)
SECOND = timedelta(seconds=1)


def add(day: date, count: int) -> date:
    """Every day is worked; of 2025 nothing is known."""
    found = day + timedelta(days=count)
    if found.year > 2024:
        raise LookupError(found.year)
    return found


def window(closes: date | None = CLOSES, hour: time | None = None, grace: int = 0) -> Window:
    return Window.of(OPENS, closes, hour, grace, zone=VIETNAM, add=add)


def at(day: int, hour: int = 0, *, month: int = 10) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=VIETNAM)


SOON, OPEN, GRACE, OVER = Standing.UPCOMING, Standing.OPEN, Standing.GRACE, Standing.CLOSED


@pytest.mark.parametrize(
    ("seen", "instant", "before", "then"),
    [
        (window(), at(1), SOON, OPEN),
        (window(), at(16), OPEN, OVER),
        (window(hour=time(17)), at(15, 17), OPEN, OVER),
        (window(grace=3), at(16), OPEN, GRACE),
        (window(grace=3), at(19), GRACE, OVER),
        (window(hour=time(17), grace=3), at(18, 17), GRACE, OVER),
        (window(closes=None, grace=3), at(31, month=12), OPEN, OPEN),
        (window(closes=date(2024, 12, 31), grace=3), datetime(2025, 1, 1, tzinfo=VIETNAM), OPEN, OVER),
    ],
)
def test_a_round_turns_at_one_instant(seen: Window, instant: datetime, before: Standing, then: Standing) -> None:
    assert (seen.standing(instant - SECOND), seen.standing(instant)) == (before, then)


@pytest.mark.parametrize(
    ("seen", "instant", "late"),
    [(window(grace=2), at(15, 23), False), (window(grace=2), at(16), True), (window(closes=None), at(31), False)],
)
def test_what_comes_within_the_grace_is_late(seen: Window, instant: datetime, late: bool) -> None:
    assert check_takes(seen, instant) is late


KEPT = "Bản nháp của bạn vẫn còn: hãy đề nghị cán bộ phụ trách gia hạn, hoặc bắt đầu lại ở đợt đang mở."


@pytest.mark.parametrize(
    ("seen", "instant", "said"),
    [
        (window(), at(1) - SECOND, "Đợt này chưa mở. Ngày mở: 01/10/2024. Bản nháp của bạn vẫn còn."),
        (window(), at(16), f"Đợt này đã đóng ngày 15/10/2024. {KEPT}"),
        (window(hour=time(17)), at(15, 17), f"Đợt này đã đóng lúc 17:00 ngày 15/10/2024. {KEPT}"),
        (
            window(grace=3),
            at(19),
            f"Đợt này đã đóng ngày 15/10/2024 và chỉ nhận muộn đến hết ngày 18/10/2024. {KEPT}",
        ),
        (
            window(hour=time(16, 30), grace=3),
            at(18, 17),
            f"Đợt này đã đóng lúc 16:30 ngày 15/10/2024 và chỉ nhận muộn đến 16:30 ngày 18/10/2024. {KEPT}",
        ),
        (
            window(closes=date(2024, 12, 30), grace=3),
            at(31, month=12),
            "Đợt này đã đóng ngày 30/12/2024. Chưa có lịch ngày làm việc của năm này nên không biết nhận muộn đến khi"
            " nào. Bản nháp của bạn vẫn còn: hãy hỏi cán bộ phụ trách.",
        ),
    ],
)
def test_a_round_that_takes_nothing_says_why_and_what_to_do(seen: Window, instant: datetime, said: str) -> None:
    with pytest.raises(RoundNotOpen) as error:
        check_takes(seen, instant)
    assert str(error.value) == said


REASON = "Bão số 6, nhiều trường nghỉ học."


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"closes_on": None}, "until", "Đợt này không có ngày đóng nên không cần gia hạn."),
        ({"until": None}, "until", "Ngày đóng mới chưa đúng. Ví dụ: 20/11/2026."),
        ({"until": CLOSES}, "until", "Ngày đóng mới phải sau ngày 15/10/2024."),
        ({"today": date(2024, 11, 1)}, "until", "Ngày đóng mới phải từ hôm nay trở đi."),
        ({"reason": "Vì thế."}, "reason", "Hãy ghi lý do, từ 10 đến 500 chữ cái: các đơn vị sẽ đọc lý do này."),
        ({"reason": "a" * 501}, "reason", "Hãy ghi lý do, từ 10 đến 500 chữ cái: các đơn vị sẽ đọc lý do này."),
    ],
)
def test_an_end_is_only_moved_away_and_with_a_reason(change: dict[str, Any], field: str, said: str) -> None:
    given: dict[str, Any] = {
        "closes_on": CLOSES,
        "until": date(2024, 10, 25),
        "reason": REASON,
        "today": date(2024, 10, 15),
    }
    assert check_extension(**given) == (CLOSES, date(2024, 10, 25))
    with pytest.raises(BadExtension) as error:
        check_extension(**given | change)
    assert (error.value.field, str(error.value)) == (field, said)


EACH = [{"opens": "05-01", "closes": "05-31"}, {"opens": "11-01", "closes": "11-30"}]


def test_a_semesters_round_is_one_window_per_semester_of_its_plan() -> None:
    assert windows_of("Mỗi học kỳ", Kind.SEMESTER, date(2023, 6, 1), date(2025, 1, 31), EACH) == [
        ("Mỗi học kỳ (11/2023)", date(2023, 11, 1), date(2023, 11, 30)),
        ("Mỗi học kỳ (05/2024)", date(2024, 5, 1), date(2024, 5, 31)),
        ("Mỗi học kỳ (11/2024)", date(2024, 11, 1), date(2024, 11, 30)),
    ]
    assert windows_of("Đột xuất", Kind.STANDING, OPENS, None, []) == [("Đột xuất", OPENS, None)]


@pytest.mark.parametrize(
    ("kind", "closes", "each", "said"),
    [
        (Kind.WINDOW, date(2024, 9, 30), [], "it closes on 2024-09-30, before it opens on 2024-10-01"),
        (Kind.WINDOW, CLOSES, EACH, "`each` belongs to the kind semester, and that kind needs it"),
        (Kind.SEMESTER, CLOSES, [], "`each` belongs to the kind semester, and that kind needs it"),
        (Kind.SEMESTER, None, EACH, "of the kind semester it needs `closes_on`, the last day of the last window"),
        (Kind.SEMESTER, CLOSES, EACH, "no window lies between 2024-10-01 and 2024-10-15"),
        (
            Kind.SEMESTER,
            date(2025, 12, 31),
            [{"opens": "05-31", "closes": "05-01"}],
            "a window closes on 05-01, before it opens on 05-31",
        ),
    ],
)
def test_a_round_that_contradicts_itself_is_refused(
    kind: Kind, closes: date | None, each: list[dict[str, str]], said: str
) -> None:
    with pytest.raises(ValueError, match="round A: ") as error:
        windows_of("A", kind, OPENS, closes, each)
    assert str(error.value) == f"round A: {said}"
