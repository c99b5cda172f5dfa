"""A plan under another is as strict or stricter, never looser."""

from typing import Any

import pytest

from services.nomination.rules import tightening
from services.nomination.rules.tightening import Above
from tests.nomination.test_plan_rules import LEAST, MOST, PAPER, REPORT, ROUND, of

pytestmark = pytest.mark.unit

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
