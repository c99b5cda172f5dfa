"""Criteria packs: what a criterion can ask for, and that a pack only ever adds to the one it is based on."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from services.nomination.rules.criteria import (
    BadPack,
    Criterion,
    EvidenceKind,
    Form,
    PackTakesAway,
    Papers,
    Threshold,
    added,
    check_inherits,
    check_papers,
    next_code,
    next_version,
    read_criterion,
    side_by_side,
    wording,
)

pytestmark = pytest.mark.unit

SHIPPED = tomllib.loads((Path(__file__).parents[2] / "deploy/criteria/dien-hinh-tien-tien-2023.toml").read_text())
SCALES = {"nam": ["Kém", "Trung bình", "Tốt", "Xuất sắc"]}
ONE = Criterion("A", "Làm tốt.", "teacher", compulsory=True, kinds=frozenset({EvidenceKind.FILE, EvidenceKind.LINK}))
RATED = Criterion("B", "Từ mức tốt.", "teacher", threshold=Threshold(("Kém", "Tốt", "Xuất sắc"), "Tốt"))
PICKED = Criterion("C", "Một trong các ý.", "pupil", options=("a", "b", "c"), choose=1)
OVERALL = Criterion("G", "Trên hết.", None, overall=True)
BASE = [OVERALL, ONE, RATED, PICKED]


def test_a_file_tells_all_that_a_criterion_asks_for() -> None:
    told: dict[str, Any] = {"code": "B", "text": "Từ mức tốt.", "category": "teacher", "compulsory": True}
    told |= {"threshold": {"scale": "nam", "least": "Tốt"}, "kinds": ["decision"], "forms": ["exemplar", "model"]}
    told |= {"options": ["một", "hai"], "choose": 1, "derived_from": "collective", "evidence": "Quyết định"}
    assert read_criterion(told, SCALES) == Criterion(
        "B",
        "Từ mức tốt.",
        "teacher",
        compulsory=True,
        options=("một", "hai"),
        choose=1,
        threshold=Threshold(("Kém", "Trung bình", "Tốt", "Xuất sắc"), "Tốt"),
        derived_from="collective",
        kinds=frozenset({EvidenceKind.DECISION}),
        forms=frozenset({Form.EXEMPLAR, Form.MODEL}),
    )


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"threshold": {"scale": "nam", "least": "Giỏi"}}, "Tiêu chí X: mức «Giỏi» không có trong thang bậc."),
        ({"threshold": {"scale": "tháng", "least": "Tốt"}}, "Tiêu chí X: mức «Tốt» không có trong thang bậc."),
        ({"options": ["một"], "choose": 2}, "Tiêu chí X đòi chọn 2 ý mà chỉ có 1 ý."),
        ({"kinds": ["lời hứa"]}, "Tiêu chí X: 'lời hứa' is not a valid EvidenceKind."),
    ],
)
def test_a_criterion_that_contradicts_itself_is_refused(told: dict[str, Any], why: str) -> None:
    with pytest.raises(BadPack) as refused:
        read_criterion({"code": "X", "text": "Nội dung.", **told}, SCALES)
    assert str(refused.value) == why


@pytest.mark.parametrize(("level", "reached"), [("Kém", False), ("Tốt", True), ("Xuất sắc", True)])
def test_a_threshold_is_reached_from_its_least_level_on(level: str, reached: bool) -> None:
    assert RATED.threshold is not None
    assert RATED.threshold.is_reached(level) is reached


def test_a_pack_based_on_another_has_all_of_it_then_its_own() -> None:
    own = Criterion("DV1", "Của trường.", "teacher")
    stricter = replace(ONE, kinds=frozenset({EvidenceKind.FILE}))
    assert check_inherits("truong", "so", BASE, [own]) == [*BASE, own]
    assert check_inherits("truong", "so", BASE, [own, stricter]) == [OVERALL, stricter, RATED, PICKED, own]


@pytest.mark.parametrize(
    ("own", "what"),
    [
        (replace(ONE, compulsory=False), "không còn bắt buộc"),
        (replace(ONE, category="staff"), "đổi đối tượng"),
        (replace(ONE, kinds=frozenset({*ONE.kinds, EvidenceKind.WORDS})), "nhận thêm loại minh chứng"),
        (replace(ONE, kinds=frozenset()), "nhận thêm loại minh chứng"),
        (replace(ONE, overall=True), "xét lỏng hơn"),
        (replace(RATED, threshold=Threshold(("Kém", "Tốt", "Xuất sắc"), "Kém")), "hạ mức tối thiểu"),
        (replace(RATED, threshold=None), "hạ mức tối thiểu"),
        (replace(PICKED, choose=0), "chọn ít ý hơn"),
    ],
)
def test_a_pack_that_asks_for_less_than_it_inherits_is_refused(own: Criterion, what: str) -> None:
    with pytest.raises(PackTakesAway) as refused:
        check_inherits("truong", "so", BASE, [own])
    assert str(refused.value) == (
        f"Bộ «truong» nới tiêu chí {own.code} của bộ «so»: {what}. Bộ kế thừa chỉ được đòi thêm."
    )


def test_a_pack_that_removes_or_rewords_is_refused() -> None:
    with pytest.raises(PackTakesAway) as refused:
        check_inherits("truong", "so", BASE, [], removed=["B"])
    assert str(refused.value) == (
        "Bộ «truong» bỏ tiêu chí B của bộ «so». Bộ kế thừa chỉ được thêm tiêu chí, không được bỏ."
    )
    with pytest.raises(PackTakesAway) as refused:
        check_inherits("truong", "so", BASE, [replace(ONE, text="Làm khá.")])
    assert str(refused.value) == ("Bộ «truong» sửa lời của tiêu chí A. Lời kế thừa từ bộ «so» phải giữ nguyên.")


def test_papers_are_only_ever_added() -> None:
    base = {"window": Papers(opinions=1, agreement=True), "standing": Papers()}
    more = {"window": Papers(opinions=2, agreement=True, confirmation=True)}
    assert check_papers("truong", base, more) == {**more, "standing": Papers()}
    for less in (Papers(opinions=0, agreement=True), Papers(opinions=1)):
        with pytest.raises(PackTakesAway):
            check_papers("truong", base, {"window": less})


def test_a_plan_may_word_a_criterion_in_its_own_way() -> None:
    own = [{"plans": ["384/KH-THPTST"], "text": "Lời của trường."}]
    told = [wording("Lời chung.", own, number) for number in ("384/KH-THPTST", "1/KH", None)]
    assert told == ["Lời của trường.", "Lời chung.", "Lời chung."]


def test_versions_and_codes_go_on_from_what_is_there() -> None:
    assert next_version("bo@2023", ["bo@2023", "khac@2023+7"]) == "bo@2023+1"
    assert next_version("bo@2023+1", ["bo@2023", "bo@2023+1", "bo@2023+2"]) == "bo@2023+3"
    assert [next_code("DV", []), next_code("DV", ["DV1", "DV3"])] == ["DV1", "DV2"]


def test_two_versions_stand_side_by_side() -> None:
    new, stricter = added("DV1", "Của trường.", None, compulsory=True, kinds=[]), replace(ONE, compulsory=False)
    pairs = side_by_side([ONE, PICKED], [stricter, PICKED, new])
    assert [(pair.code, pair.one, pair.other, pair.same) for pair in pairs] == [
        ("A", ONE, stricter, False),
        ("C", PICKED, PICKED, True),
        ("DV1", None, new, False),
    ]


def test_what_a_unit_adds_is_asked_of_every_form() -> None:
    new = added("DV1", "Của trường.", "teacher", compulsory=False, kinds=[])
    assert [new.asks("teacher", form) for form in Form] == [True, True, True]
    assert [
        ONE.asks(*about) for about in (("teacher", Form.EXEMPLAR), ("teacher", Form.DEED), ("pupil", Form.EXEMPLAR))
    ] == [
        True,
        False,
        False,
    ]


def test_the_shipped_pack_says_what_the_papers_say() -> None:
    found = {one["code"]: read_criterion(one, SHIPPED["scales"]) for one in SHIPPED["criterion"]}
    assert len(found) == 23
    compulsory = {code for code, one in found.items() if one.compulsory}
    assert set(found) - compulsory == {"G", "TT5"}
    picked, derived, general = found["HS2"], found["QL4"], found["G"]
    assert (picked.choose, len(picked.options)) == (1, 5)
    assert (derived.derived_from, general.overall, general.category) == ("collective", True, None)
    assert {code: one.threshold.least for code, one in found.items() if one.threshold} == {
        "TT2": "Hoàn thành xuất sắc nhiệm vụ",
        **dict.fromkeys(("QL2", "GV2", "NV2"), "Hoàn thành tốt nhiệm vụ"),
    }
    assert {one.asks("teacher", Form.DEED) for one in found.values() if one is not general} == {False}
    assert general.forms == frozenset(Form)
