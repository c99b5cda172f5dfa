"""What a plan may say, and what keeps it from being issued: as tables."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.nomination.rules import plan_checks
from services.nomination.rules.plan_checks import Known
from services.nomination.rules.plan_content import complete, content, cycles, due, year_of
from services.nomination.rules.rounds import Kind, SharedDays, windows_of

pytestmark = pytest.mark.unit

PAPER = {"title": "Kế hoạch", "issuer": "Phòng", "period": "2024"}
ROUND = {"name": "đợt thu", "opens_on": "2024-09-01", "closes_on": "2024-11-20"}
LEAST = {"bound": "at_least", "number": 2, "per": "year", "counted": "nominations"}
MOST = {"bound": "at_most", "number": 3, "per": "round", "counted": "nominations"}
REPORT = {"what": "Báo cáo năm", "duty": "report", "each": "10-30"}
NOBODY = Known((), {})


def of(*rounds: Mapping[str, Any], targets: tuple[Mapping[str, Any], ...] = (), **plan: Any) -> dict[str, Any]:
    return content(PAPER | plan, rounds, targets)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"signer": "Trưởng phòng"}, "plan: nothing is known of signer"),
        ({"grounds": [{"nummer": "1"}]}, "grounds: nothing is known of nummer"),
        ({"distribution": [{"who": "Các trường", "purpose": "read"}]}, "'read' is not a valid Purpose"),
        ({"deadlines": [REPORT | {"on": "2024-10-30"}]}, "deadline Báo cáo năm: it has either `each` or `on`"),
        ({"deadlines": [REPORT | {"each": "13-40"}]}, "month must be in 1..12"),
        ({"cycle_begins": "31-31"}, "month must be in 1..12"),
        ({"ends_on": "hôm qua"}, "Invalid isoformat string: 'hôm qua'"),
    ],
)
def test_what_no_plan_can_say_is_refused(told: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        complete(PAPER | told)


def test_what_a_plan_does_not_say_is_empty_and_days_are_text() -> None:
    whole = complete(PAPER | {"issued_on": date(2024, 9, 1), "deadlines": [{"what": "Sơ kết"}]})
    assert whole == {
        "title": "Kế hoạch",
        "issuer": "Phòng",
        "number": "",
        "period": "2024",
        "signer_post": "",
        "help_contact": "",
        "report_template": "",
        "criteria_pack": "",
        "cycle_begins": "",
        "issued_on": "2024-09-01",
        "starts_on": "",
        "ends_on": "",
        "subjects": [],
        "channels": [],
        "priorities": [],
        "grounds": [],
        "movements": [],
        "distribution": [],
        "deadlines": [
            {"what": "Sơ kết", "who": "", "duty": "other", "each": "", "on": "", "confirmed": True, "note": ""}
        ],
    }


def test_a_plan_is_carried_out_in_years_that_begin_when_it_says() -> None:
    days = {"starts_on": "2023-04-10", "ends_on": "2025-12-31", "cycle_begins": "09-01"}
    assert cycles(complete(PAPER | days)) == [
        (date(2023, 4, 10), date(2023, 8, 31)),
        (date(2023, 9, 1), date(2024, 8, 31)),
        (date(2024, 9, 1), date(2025, 8, 31)),
        (date(2025, 9, 1), date(2025, 12, 31)),
    ]
    assert cycles(complete(PAPER | days | {"ends_on": ""})) == []
    assert [year_of(date(2024, 8, 31), "09-01"), year_of(date(2024, 9, 1), "09-01"), year_of(date(2024, 1, 1), "")] == [
        2023,
        2024,
        2024,
    ]


def test_a_deadline_of_every_year_falls_on_the_28th_where_there_is_no_29th() -> None:
    told = complete(PAPER | {"deadlines": [REPORT | {"each": "02-29"}, {"what": "Sơ kết"}]})["deadlines"]
    assert [due(told[0], date(2024, 1, 1)), due(told[0], date(2025, 1, 1)), due(told[1], date(2025, 1, 1))] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        None,
    ]


def test_what_lacks_or_contradicts_itself_is_said_with_its_step() -> None:
    wrong = of(
        ROUND,
        ROUND,
        {"name": "đợt xuân", "opens_on": "2025-03-01", "closes_on": "2025-05-31"},
        targets=(LEAST | {"unit_kind": "kindergarten"},),
        title="",
        criteria_pack="la/1",
        starts_on="2024-12-31",
        ends_on="2024-11-01",
    )
    assert [(one.part, one.text) for one in plan_checks.troubles(wrong, Known({"primary"}, {}))] == [
        ("van-ban", "Hãy ghi tên kế hoạch."),
        ("van-ban", "Ngày hết hiệu lực phải sau ngày bắt đầu."),
        ("noi-dung", "Bộ tiêu chí «la/1» chưa được nhập. Hãy chọn bộ khác."),
        ("dot", "Có hai đợt cùng tên «đợt thu». Hãy đổi tên một đợt."),
        *[
            (
                "dot",
                f"Đợt «{name}» kéo dài quá ngày kế hoạch hết hiệu lực (01/11/2024). Hãy cho đợt đóng sớm hơn, hoặc lùi"
                " ngày hết hiệu lực.",
            )
            for name in ("đợt thu", "đợt thu", "đợt xuân")
        ],
        ("chi-tieu", "Chỉ tiêu dành cho loại «kindergarten», nhưng chưa có đơn vị nào loại ấy."),
    ]
    assert plan_checks.troubles(of(ROUND), NOBODY) == []


@pytest.mark.parametrize(
    ("number", "grounds", "path"),
    [
        ("1/KH", ["595/KH"], ["1/KH", "595/KH", "2/KH", "1/KH"]),
        ("1/KH", ["1/KH"], ["1/KH", "1/KH"]),
        ("3/KH", ["595/KH"], []),
        ("", ["595/KH"], []),
    ],
)
def test_a_plan_that_rests_on_itself_is_told_by_which_way(number: str, grounds: list[str], path: list[str]) -> None:
    # 595 and 7 rest on each other: a circle of others ends the search all the same.
    known = {"595/KH": ["7/KH", "2/KH"], "7/KH": ["595/KH"], "2/KH": ["1/KH"]}
    assert plan_checks.circle(number, grounds, known) == path
    cited = [{"number": one, "title": "Kế hoạch"} for one in grounds]
    found = plan_checks.troubles(of(number=number, grounds=cited), Known((), known))
    said = f"Kế hoạch này dựa vào chính nó: {' → '.join(path)}. Hãy bỏ căn cứ sai."
    assert [(one.part, one.text) for one in found] == ([("can-cu", said)] if path else [])


def test_rounds_that_share_a_day_are_named_and_one_that_is_always_open_is_not() -> None:
    touching = {"name": "đợt kế", "opens_on": "2024-11-20", "closes_on": "2024-12-01"}
    after = {"name": "đợt sau", "opens_on": "2024-12-02"}
    always = {"name": "đột xuất", "kind": "standing", "opens_on": "2024-01-01"}
    assert plan_checks.overlapping(of(ROUND, touching, after, always)) == [("đợt thu", "đợt kế")]
    assert [one.text for one in plan_checks.warnings(of(ROUND, touching, number="1/KH", issued_on="2024-09-01"))] == [
        "Chưa có căn cứ nào.",
        "Đợt «đợt thu» và đợt «đợt kế» cùng mở một lúc.",
    ]


@pytest.mark.parametrize("closes", ["06-01", "06-15"])
def test_windows_of_one_round_that_share_a_day_are_refused(closes: str) -> None:
    each = [{"opens": "05-01", "closes": closes}, {"opens": "06-01", "closes": "06-30"}]
    with pytest.raises(SharedDays, match="round đợt: two of its windows are open on the same day"):
        windows_of("đợt", Kind.SEMESTER, date(2024, 1, 1), date(2024, 12, 31), each)
