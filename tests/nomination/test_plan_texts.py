"""Plans are read as a person reads them: what is found, what is missed, what is found that is not there."""

import tomllib
import unicodedata
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from services.nomination.rules.plan_texts import Finding, Known, Text, What, read
from services.nomination.rules.plan_texts.text import skeleton

pytestmark = pytest.mark.unit

HERE = Path(__file__).parent / "plan_texts"
OURS = sorted((HERE / "texts").glob("*.txt"))
GIVEN = Path(__file__).parents[3] / "shared" / "plans"
"""Where the plans lie that this product was made for; elsewhere only our own texts are read."""
PACK = [
    Known(one["code"], one.get("category"), one["text"])
    for one in tomllib.loads(Path("deploy/criteria/dien-hinh-tien-tien-2023.toml").read_text())["criterion"]
]
RECALL, FALSE = 0.9, 0.1
"""At least so much of what is there, at most so much of what is found that is not there."""
NEARLY = 0.8

FIELDS: dict[str, tuple[Callable[[dict[str, Any]], list[Any]], Callable[[list[Finding]], list[Any]]]] = {
    "kind": (lambda told: [told["kind"]], lambda found: [one.word for one in _of(found, What.KIND)]),
    "number": (
        lambda told: [told["number"]] if "number" in told else [],
        lambda found: [one.value for one in _of(found, What.NUMBER) if one.word != "unreadable"],
    ),
    "issued on": (
        lambda told: [told["issued_on"]] if "issued_on" in told else [],
        lambda found: [str(one.day) for one in _of(found, What.ISSUED_ON)],
    ),
    "title": (lambda told: [skeleton(told["title"])], lambda found: _skeletons(found, What.TITLE)),
    "issuer": (lambda told: [skeleton(told["issuer"])], lambda found: _skeletons(found, What.ISSUER)),
    "period": (lambda told: [tuple(told["period"])], lambda found: [one.more for one in _of(found, What.PERIOD)]),
    "grounds": (
        lambda told: [tuple(one) for one in told["grounds"]],
        lambda found: [(one.value, str(one.day)) for one in _of(found, What.GROUND)],
    ),
    "days": (lambda told: told["days"], lambda found: [one.value for one in _of(found, What.DAY)]),
    "months": (lambda told: told["months"], lambda found: [one.number for one in _of(found, What.MONTH)]),
    "targets": (
        lambda told: [tuple(one) for one in told["targets"]],
        lambda found: [(one.word, str(one.number), *one.more) for one in _of(found, What.TARGET)],
    ),
    "movements": (
        lambda told: [skeleton(one) for one in told["movements"]],
        lambda found: _skeletons(found, What.MOVEMENT),
    ),
    "categories": (lambda told: told["categories"], lambda found: [one.word for one in _of(found, What.CATEGORY)]),
    "criteria": (lambda told: told["criteria"], lambda found: [one.word for one in _of(found, What.CRITERION)]),
    "recipients": (
        lambda told: [(skeleton(name), purpose) for name, purpose in told["recipients"]],
        lambda found: [(skeleton(one.value), one.word) for one in _of(found, What.RECIPIENT)],
    ),
    "warnings": (lambda told: told["warnings"], lambda found: [one.word for one in _of(found, What.ODD)]),
}
"""Of each field, how it is expected and how it was found."""


def _of(found: list[Finding], what: What) -> list[Finding]:
    return [one for one in found if one.what is what]


def _skeletons(found: list[Finding], what: What) -> list[str]:
    return [skeleton(one.value) for one in _of(found, what)]


def expected(path: Path) -> dict[str, Any]:
    """What a person reads in that text."""
    return tomllib.loads((HERE / "expected" / f"{path.stem}.toml").read_text(encoding="utf-8"))


def told(field: str, path: Path) -> tuple[int, list[Any], list[Any]]:
    """How much of a field there is, what of it was missed, and what was found that is not there.

    Of a bad scan a wording counts as found when it is nearly the same: a person has it before their eyes.
    """
    wanted, seen = FIELDS[field]
    text, found = _read(path)
    there, left = wanted(expected(path)), seen(found)
    missed = []
    for one in there:
        match = next((other for other in left if _same(one, other, scanned=text.damaged)), None)
        if match is None:
            missed.append(one)
        else:
            left.remove(match)
    return len(there), missed, left


@cache
def _read(path: Path) -> tuple[Text, list[Finding]]:
    text = Text.of(path.read_text(encoding="utf-8"))
    return text, read(text, PACK)


def _same(wanted: Any, found: Any, *, scanned: bool) -> bool:
    if isinstance(wanted, tuple) and isinstance(found, tuple):
        return len(wanted) == len(found) and all(
            _same(a, b, scanned=scanned) for a, b in zip(wanted, found, strict=True)
        )
    if scanned and isinstance(wanted, str) and wanted.count(" "):
        return SequenceMatcher(None, wanted, found).ratio() >= NEARLY
    return bool(wanted == found)


def _report(paths: list[Path]) -> tuple[str, dict[str, tuple[float, float]]]:
    """Recall and the share of false finds per field, as lines to read and as figures."""
    lines, figures = [], {}
    for field in FIELDS:
        all_, missed, false = 0, 0, 0
        for path in paths:
            there, lost, wrong = told(field, path)
            all_, missed, false = all_ + there, missed + len(lost), false + len(wrong)
            lines += [f"  {field} of {path.stem}: missed {lost}, false {wrong}"] if lost or wrong else []
        found = all_ - missed + false
        figures[field] = ((all_ - missed) / all_ if all_ else 1.0, false / found if found else 0.0)
        lines.append(f"{field:12} recall {figures[field][0]:.2f}, false {figures[field][1]:.2f} of {all_}")
    return "\n".join(lines), figures


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_our_own_texts_is_read(field: str, path: Path) -> None:
    assert told(field, path)[1:] == ([], [])


def test_the_plans_that_were_given_are_read() -> None:
    paths = sorted(GIVEN.glob("*.txt"))
    if not paths:
        pytest.skip("the given plans are not here")
    lines, figures = _report(paths + OURS)
    assert {field: told for field, told in figures.items() if told[0] < RECALL or told[1] > FALSE} == {}, lines


def test_each_find_is_where_it_says_it_is() -> None:
    for path in OURS:
        text = Text.of(path.read_text(encoding="utf-8"))
        for one in read(text, PACK):
            assert 0 <= one.start < one.end <= len(text.raw), one
            if one.what in (What.TITLE, What.CRITERION, What.OWN_CRITERION, What.CATEGORY):
                assert text.part(one.start, one.end) == one.value


def test_a_text_s_own_criteria_are_those_of_its_list_alone() -> None:
    _, found = _read(HERE / "texts" / "commune.txt")
    assert [(one.word, one.value) for one in found if one.what is What.OWN_CRITERION] == [
        ("collective", "Có phòng đọc mở cửa cho phụ huynh và người dân ít nhất hai buổi mỗi tuần.")
    ]


def test_what_a_bad_scan_says_is_never_certain() -> None:
    text = Text.of((HERE / "texts" / "scanned-school.txt").read_text(encoding="utf-8"))
    certain = {one.what for one in read(text, PACK) if one.sure}
    assert certain == {What.KIND, What.PERIOD, What.MOVEMENT, What.ODD}


@pytest.mark.parametrize("text", ["", " ", "\n\n", "KẾ HOẠCH", "Số: /KH-", "ngày 31/02/2024", "1" * 5000, "“" * 500])
def test_a_text_that_is_no_plan_gives_little_and_breaks_nothing(text: str) -> None:
    assert [one.what for one in read(Text.of(text), PACK)] in ([], [What.KIND])


def test_marks_apart_from_their_letters_are_read_the_same() -> None:
    raw = (HERE / "texts" / "commune.txt").read_text(encoding="utf-8")
    apart = unicodedata.normalize("NFD", raw)
    assert apart != raw
    assert read(Text.of(apart), PACK) == read(Text.of(raw), PACK)


@pytest.mark.parametrize(
    ("text", "grounds"),
    [
        (
            "Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và\nĐào tạo triển khai thực hiện Đề án"
            " “Tuyên truyền gương” của ngành Giáo dục, Sở Giáo dục và Đào tạo ban hành Kế hoạch như sau:",
            [
                (
                    "595/KH-BGDĐT",
                    ("Bộ Giáo dục và Đào tạo", "triển khai thực hiện Đề án “Tuyên truyền gương” của ngành Giáo dục"),
                )
            ],
        ),
        (
            "Quyết định số 1526/QĐ-TTg ngày 09/12/2022 của Thủ tướng Chính phủ phê duyệt Đề án; Kế hoạch số"
            " 43/KH-UBND ngày 24/02/2023 hướng dẫn tuyên truyền.",
            [
                ("1526/QĐ-TTg", ("Thủ tướng Chính phủ", "phê duyệt Đề án")),
                ("43/KH-UBND", ("", "hướng dẫn tuyên truyền")),
            ],
        ),
        (
            "Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo về triển khai Đề án của ngành Giáo dục"
            " và Kế hoạch số 3776/KH-SGDĐT ngày 11/12/2023 của Sở Giáo dục và Đào tạo về tuyên truyền gương.",
            [
                ("595/KH-BGDĐT", ("Bộ Giáo dục và Đào tạo", "triển khai Đề án của ngành Giáo dục")),
                ("3776/KH-SGDĐT", ("Sở Giáo dục và Đào tạo", "tuyên truyền gương")),
            ],
        ),
        (
            "Hướng dẫn số 07/HD-CĐN ngày 07/6/2023 của Công đoàn ngành Giáo dục và Kế hoạch số 2/KH-UBND.",
            [("07/HD-CĐN", ("Công đoàn ngành Giáo dục", "")), ("2/KH-UBND", ("", ""))],
        ),
        (
            "Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo, triển khai nhiệm vụ năm học.",
            [("595/KH-BGDĐT", ("Bộ Giáo dục và Đào tạo", ""))],
        ),
    ],
)
def test_a_ground_s_issuer_and_matter_end_where_the_next_thing_begins(
    text: str, grounds: list[tuple[str, tuple[str, str]]]
) -> None:
    found = read(Text.of(f"KẾ HOẠCH\nNêu gương\n\nCăn cứ {text}\n"), PACK)
    assert [(one.value, one.more) for one in found if one.what is What.GROUND] == grounds


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("Các tổ giới thiệu gương mới mỗi học kỳ 1 lần vào tháng 5 và tháng 11", ("at_least", 1, "semester", True)),
        ("Mỗi học kỳ 02 lần, các tổ đề cử gương mới", ("at_least", 2, "semester", True)),
        ("Mỗi tổ giới thiệu tối đa 2 gương mỗi học kỳ", ("at_most", 2, "semester", True)),
        ("Hội đồng họp mỗi học kỳ 1 lần để nghe các tổ báo cáo", ("times", 1, "semester", True)),
        ("Các tổ giới thiệu gương tại hội nghị 01 lần/năm", ("times", 1, "year", True)),
        ("Các tổ giới thiệu gương 1 lần", ("times", 1, "", False)),
    ],
)
def test_who_is_to_nominate_so_often_a_semester_has_a_target(words: str, target: tuple[str, int, str, bool]) -> None:
    found = read(Text.of(f"KẾ HOẠCH\nNêu gương\n\n1. {words}.\n"), PACK)
    told = [one for one in found if one.what is What.TARGET]
    assert [(one.word, one.number, *one.more, one.sure) for one in told] == [target]


@pytest.mark.parametrize(
    ("words", "issuer"),
    [
        ("Thực hiện kế hoạch năm học, Công đoàn Giáo dục\nViệt Nam ban hành Kế hoạch", "Công đoàn Giáo dục Việt Nam"),
        ("Thực hiện nhiệm vụ năm học, Phòng Giáo dục và\nĐào tạo xây dựng Kế hoạch", "Phòng Giáo dục và Đào tạo"),
        ("Thực hiện nhiệm vụ năm học\nTrường THCS Hoa Mai ban hành kế hoạch", "Trường THCS Hoa Mai"),
        ("Phòng Giáo dục và Đào tạo\nTrường THCS Hoa Mai ban hành kế hoạch", "Trường THCS Hoa Mai"),
        ("Thực hiện nhiệm vụ năm học\nHoa Mai ban hành kế hoạch", "Hoa Mai"),
    ],
)
def test_an_issuer_is_read_over_the_end_of_a_line(words: str, issuer: str) -> None:
    found = read(Text.of(f"KẾ HOẠCH\nNêu gương\n\n{words} như sau:\n"), PACK)
    assert [one.value for one in found if one.what is What.ISSUER] == [issuer]
