"""What a plan may say, what keeps it from being issued, and that one under another is never looser: as tables."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from services.nomination.rules import plan_checks, tightening
from services.nomination.rules.carrying_out import Carried, carried_below, check_carried_out, last_due
from services.nomination.rules.plan_checks import Known
from services.nomination.rules.plan_content import BadPart, Duty, complete, content, cycles, due, year_of
from services.nomination.rules.rounds import Kind, SharedDays, windows_of
from services.nomination.rules.tightening import Above

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


ABOVE = Above(
    "Sở",
    of(
        ROUND,
        {"name": "đột xuất", "kind": "standing", "opens_on": "2024-01-01"},
        {"name": "chưa chắc", "opens_on": "2024-01-01", "closes_on": "2024-02-01", "confirmed": False},
        targets=(LEAST, MOST | {"unit_kind": "primary"}, MOST | {"number": 1, "per": "year", "confirmed": False}),
        subjects=["giáo viên"],
        movements=[{"name": "Dạy tốt – Học tốt"}],
        deadlines=[REPORT, {"what": "Sơ kết", "confirmed": False}],
    ),
)
EMPTY = of()
TAKEN = tightening.inherited(EMPTY, ABOVE.content)
RESTED = "theo kế hoạch của Sở"


def tightened(**changed: Any) -> dict[str, Any]:
    plan = TAKEN["plan"] | changed.pop("plan", {})
    return {**TAKEN, **changed, "plan": plan}


def test_what_is_taken_over_is_as_strict_and_taking_over_again_changes_nothing() -> None:
    assert [one["name"] for one in TAKEN["rounds"]] == ["đợt thu", "đột xuất", "chưa chắc"]
    assert tightening.inherited(TAKEN, ABOVE.content) == TAKEN
    assert tightening.loosened(TAKEN, ABOVE) == []


@pytest.mark.parametrize(
    "stricter",
    [
        tightened(rounds=[ROUND | {"closes_on": "2024-11-01"}, ABOVE.content["rounds"][1]]),
        tightened(targets=[LEAST | {"number": 5}, MOST | {"number": 1}]),  # of all units, so of primary schools too
        tightened(plan={"deadlines": [REPORT | {"each": "10-01", "on": "", "who": "", "confirmed": True}]}),
        tightened(plan={"subjects": ["GIÁO  VIÊN", "học sinh"]}),
    ],
)
def test_a_plan_under_another_may_be_stricter_and_say_more(stricter: dict[str, Any]) -> None:
    assert tightening.loosened(stricter, ABOVE) == []


@pytest.mark.parametrize(
    ("looser", "part", "said"),
    [
        (
            tightened(rounds=[ROUND | {"closes_on": "2024-11-21"}, ABOVE.content["rounds"][1]]),
            "dot",
            f"Đợt «đợt thu» chỉ được đóng muộn nhất ngày 20/11/2024, {RESTED}.",
        ),
        (
            tightened(rounds=[{**ROUND, "closes_on": None}, ABOVE.content["rounds"][1]]),
            "dot",
            f"Đợt «đợt thu» chỉ được đóng muộn nhất ngày 20/11/2024, {RESTED}.",
        ),
        (
            tightened(rounds=[ROUND]),
            "dot",
            "Đợt «đột xuất» có trong kế hoạch của Sở, ở đây không có. Hãy thêm lại.",
        ),
        (
            tightened(targets=[LEAST | {"number": 1}, MOST]),
            "chi-tieu",
            "Kế hoạch của Sở đặt số ít nhất là 2; ở đây phải có chỉ tiêu ấy, và không được thấp hơn.",
        ),
        (
            tightened(targets=[LEAST, MOST | {"number": 4}]),
            "chi-tieu",
            "Kế hoạch của Sở đặt số nhiều nhất là 3; ở đây phải có chỉ tiêu ấy, và không được cao hơn.",
        ),
        (
            tightened(targets=[LEAST, MOST | {"warns_only": True}]),
            "chi-tieu",
            "Kế hoạch của Sở đặt số nhiều nhất là 3; ở đây phải có chỉ tiêu ấy, và không được cao hơn.",
        ),
        (
            tightened(targets=[LEAST, MOST | {"unit_kind": "kindergarten"}]),
            "chi-tieu",
            "Kế hoạch của Sở đặt số nhiều nhất là 3; ở đây phải có chỉ tiêu ấy, và không được cao hơn.",
        ),
        (
            tightened(plan={"deadlines": [REPORT | {"each": "10-31", "on": ""}]}),
            "han",
            f"Hạn «Báo cáo năm» muộn nhất là 30/10, {RESTED}.",
        ),
        (
            tightened(plan={"deadlines": [REPORT | {"each": "", "on": "2024-10-31"}]}),
            "han",
            f"Hạn «Báo cáo năm» muộn nhất là 30/10, {RESTED}.",
        ),
        (
            tightened(plan={"deadlines": [REPORT | {"each": "", "on": ""}]}),
            "han",
            f"Hạn «Báo cáo năm» muộn nhất là 30/10, {RESTED}.",
        ),
        (
            tightened(plan={"deadlines": []}),
            "han",
            "Hạn «Báo cáo năm» có trong kế hoạch của Sở, ở đây không có. Hãy thêm lại.",
        ),
        (
            tightened(plan={"subjects": ["học sinh"]}),
            "noi-dung",
            "Đối tượng «giáo viên» có trong kế hoạch của Sở, ở đây không có. Hãy thêm lại.",
        ),
        (
            tightened(plan={"movements": []}),
            "noi-dung",
            "Phong trào «Dạy tốt – Học tốt» có trong kế hoạch của Sở, ở đây không có. Hãy thêm lại.",
        ),
    ],
)
def test_a_plan_under_another_is_never_looser(looser: dict[str, Any], part: str, said: str) -> None:
    assert [(one.part, one.text) for one in tightening.loosened(looser, ABOVE)] == [(part, said)]


def test_what_a_newer_build_says_is_understood_as_far_as_it_goes() -> None:
    told = PAPER | {
        "rounds": [{"name": "đợt", "opens_on": "2024-05-01", "closes_on": None, "kind": "hourly", "confirmed": None}],
        "targets": [LEAST | {"bound": "exactly"}, LEAST],
        "deadlines": [REPORT | {"duty": "celebrate", "on": None}],
    }
    found = tightening.as_content(told)
    assert (found["rounds"], found["targets"]) == (
        [{"name": "đợt", "opens_on": "2024-05-01", "kind": "window", "confirmed": True}],
        [LEAST],
    )
    assert [one["duty"] for one in found["plan"]["deadlines"]] == ["other"]


LATE = {"duty": "acknowledge", "each": "", "on": "2024-10-14", "confirmed": True}
YEARLY = LATE | {"each": "05-31", "on": ""}


def test_nobody_is_late_by_a_day_that_nobody_confirmed_or_for_another_duty() -> None:
    today = date(2024, 10, 15)
    others = (LATE | {"confirmed": False}, LATE | {"on": "2024-10-15"}, LATE | {"on": ""}, LATE | {"duty": "plan"})
    found = [
        last_due(told, Duty.ACKNOWLEDGE, today, None) for told in ([LATE], [YEARLY, LATE], *([one] for one in others))
    ]
    assert found == [date(2024, 10, 14), date(2024, 10, 14), None, None, None, None]


@pytest.mark.parametrize(
    ("issued_on", "today", "day"),
    [
        (date(2024, 6, 1), date(2024, 10, 15), None),
        (date(2024, 6, 1), date(2025, 5, 31), None),
        (date(2024, 6, 1), date(2025, 6, 1), date(2025, 5, 31)),
        (date(2024, 5, 31), date(2024, 6, 1), date(2024, 5, 31)),
        (None, date(2024, 6, 1), date(2024, 5, 31)),
    ],
)
def test_a_day_of_every_year_counts_from_when_the_plan_was_issued(
    issued_on: date | None, today: date, day: date | None
) -> None:
    assert last_due([YEARLY], Duty.ACKNOWLEDGE, today, issued_on) == day


@pytest.mark.parametrize(
    ("acknowledged", "planned", "reading", "plan", "carried"),
    [
        (None, False, False, False, Carried.WAITING),
        (None, False, True, False, Carried.LATE),
        (1, True, True, True, Carried.OUTDATED),
        (2, False, True, False, Carried.DONE),
        (2, False, False, True, Carried.LATE),
        (2, True, True, True, Carried.PLANNED),
    ],
)
def test_how_far_a_plan_got_with_an_agency(
    acknowledged: int | None, planned: bool, reading: bool, plan: bool, carried: Carried
) -> None:
    assert carried_below(acknowledged, planned, 2, late_reading=reading, late_plan=plan) is carried


@pytest.mark.parametrize(
    ("told_on", "people", "field"),
    [
        (None, 5, "told_on"),
        (date(2024, 10, 16), 5, "told_on"),
        (date(2024, 9, 30), 5, "told_on"),
        (date(2024, 10, 15), None, "people"),
        (date(2024, 10, 15), 0, "people"),
    ],
)
def test_who_says_that_a_plan_was_carried_out_says_when_and_to_how_many(
    told_on: date | None, people: int | None, field: str
) -> None:
    issued, today = date(2024, 10, 1), date(2024, 10, 15)
    with pytest.raises(BadPart) as refused:
        check_carried_out(told_on, people, issued, today)
    assert refused.value.field == field
    check_carried_out(issued, 1, issued, today)
    check_carried_out(today, 1, None, today)
