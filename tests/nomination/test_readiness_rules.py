"""Readiness as a table: per criterion fulfilled, lacking or not needed, why, and what would cure it."""

from dataclasses import replace

import pytest

from services.nomination.rules import NotComplete, check_complete
from services.nomination.rules.criteria import Criterion, EvidenceKind, Papers, Threshold
from services.nomination.rules.readiness import (
    NO_LINK,
    NO_WORDS,
    NOTHING,
    UNWRITTEN,
    Agreement,
    Beside,
    Claimed,
    Linked,
    Problem,
    Readiness,
    Standing,
    Status,
    readiness,
)
from services.nomination.rules.superlatives import Superlative, find
from shared.language import speaking, translate

pytestmark = pytest.mark.unit

FULFILLED, LACKING, NOT_NEEDED = Status.FULFILLED, Status.LACKING, Status.NOT_NEEDED
FILE, NUMBER, PERSON, WORDS = EvidenceKind.FILE, EvidenceKind.NUMBER, EvidenceKind.PERSON, EvidenceKind.WORDS
PLAIN = Criterion("A", "Làm tốt.")
NEEDED = replace(PLAIN, compulsory=True)
PROVEN = replace(PLAIN, kinds=frozenset({FILE, NUMBER}))
PICKED = replace(PLAIN, options=("một", "hai", "ba"), choose=1)
RATED = replace(PLAIN, threshold=Threshold(("Kém", "Tốt", "Xuất sắc"), "Tốt"))
DERIVED = Criterion("A", "Tập thể phải đạt.", derived_from="collective", compulsory=True)
GENERAL = Criterion("G", "Trên hết.", overall=True)
NO_PROOF = "Có lời nhưng chưa có minh chứng."
OTHER_PROOF = "Minh chứng chưa thuộc loại mà tiêu chí này cần."
ANY, ONE_OF = "Hãy thêm ít nhất một minh chứng.", "Hãy thêm: Ảnh hoặc tệp hoặc Số liệu trước và sau."
PICK = Problem("Chưa đánh dấu đủ: cần 1 trong 3 ý.", "Hãy đánh dấu ý mà thành tích thuộc về.")
RATE = Problem("Chưa ghi mức xếp loại.", "Hãy chọn mức đã được xếp, từ «Tốt» trở lên.")
LOW = Problem("Mức «Kém» chưa đạt: cần từ «Tốt» trở lên.", "Nếu ghi nhầm, hãy chọn lại mức theo quyết định xếp loại.")
POOR = Problem(
    "Hồ sơ TB-24-0002 chưa đạt các tiêu chí của chính nó.", "Hãy hoàn thành hồ sơ TB-24-0002, hoặc chọn hồ sơ khác."
)
SAID = Claimed("A", "dạy giỏi", (WORDS,))


@pytest.mark.parametrize(
    ("criterion", "claim", "status", "problems"),
    [
        (PLAIN, Claimed("A"), NOT_NEEDED, []),
        (PLAIN, Claimed("A", "  "), NOT_NEEDED, []),
        (PLAIN, SAID, FULFILLED, []),
        (PLAIN, Claimed("A", "dạy giỏi"), LACKING, [Problem(NO_PROOF, ANY)]),
        (PLAIN, Claimed("A", "", (WORDS,)), LACKING, [NO_WORDS]),
        (NEEDED, Claimed("A"), LACKING, [UNWRITTEN]),
        (NEEDED, SAID, FULFILLED, []),
        (PROVEN, Claimed("A", "dạy giỏi"), LACKING, [Problem(NO_PROOF, ONE_OF)]),
        (PROVEN, SAID, LACKING, [Problem(OTHER_PROOF, ONE_OF)]),
        (PROVEN, Claimed("A", "dạy giỏi", (WORDS, NUMBER)), FULFILLED, []),
        (PICKED, SAID, LACKING, [PICK]),
        (PICKED, replace(SAID, options=("b",)), FULFILLED, []),
        (PICKED, Claimed("A", "", (), ("b",)), LACKING, [NO_WORDS, Problem(NO_PROOF, ANY)]),
        (RATED, SAID, LACKING, [RATE]),
        (RATED, replace(SAID, level="Giỏi"), LACKING, [RATE]),
        (RATED, replace(SAID, level="Kém"), LACKING, [LOW]),
        (RATED, replace(SAID, level="Xuất sắc"), FULFILLED, []),
        (DERIVED, Claimed("A"), LACKING, [NO_LINK]),
        (DERIVED, SAID, LACKING, [NO_LINK]),
        (DERIVED, Claimed("A", linked=Linked("TB-24-0002", qualifies=False)), LACKING, [POOR]),
        (DERIVED, Claimed("A", linked=Linked("TB-24-0002", qualifies=True)), FULFILLED, []),
    ],
)
def test_each_criterion_says_how_it_stands_and_what_would_cure_it(
    criterion: Criterion, claim: Claimed, status: Status, problems: list[Problem]
) -> None:
    beside = Criterion("B", "Cũng vậy.")
    found = readiness([criterion, beside], [claim, Claimed("B", "có lời", (WORDS,)), Claimed("Z", "của bộ cũ")])
    assert found.criteria == (Standing("A", status, tuple(problems)), Standing("B", FULFILLED))
    assert found.lacking == ({"A": problems[0].reason} if problems else {})


@pytest.mark.parametrize(
    ("criteria", "claims", "lacking"),
    [
        ([PLAIN], [], {"": NOTHING.reason}),
        ([PLAIN], [Claimed("A", "", (FILE,))], {"A": NO_WORDS.reason, "": NOTHING.reason}),
        ([PLAIN], [SAID], {}),
        ([GENERAL, PLAIN], [], {"G": NOTHING.reason}),
        ([GENERAL, PLAIN], [SAID], {}),
        ([GENERAL, PLAIN], [Claimed("A", "dạy giỏi")], {"G": NOTHING.reason, "A": NO_PROOF}),
        ([GENERAL], [Claimed("G", "nhặt được của rơi", (PERSON,))], {}),
        ([GENERAL], [Claimed("G", "nhặt được của rơi")], {"G": NO_PROOF}),
        ([DERIVED], [Claimed("A", linked=Linked("TB-24-0002", qualifies=True))], {}),
    ],
)
def test_above_all_something_must_stand(
    criteria: list[Criterion], claims: list[Claimed], lacking: dict[str, str]
) -> None:
    assert readiness(criteria, claims).lacking == lacking


ALL = Papers(opinions=2, agreement=True, confirmation=True)
WHOLE = Beside(opinions=2, agreement=Agreement.AGREED, confirmed=True)


@pytest.mark.parametrize(
    ("papers", "beside", "lacking"),
    [
        (ALL, WHOLE, {}),
        (ALL, replace(WHOLE, opinions=1), {"opinions": "Có 1/2 ý kiến."}),
        (ALL, replace(WHOLE, agreement=None), {"agreement": "Chưa hỏi ý kiến người được giới thiệu."}),
        (ALL, replace(WHOLE, agreement=Agreement.ASKED), {"agreement": "Đang chờ người được giới thiệu trả lời."}),
        (ALL, replace(WHOLE, confirmed=False), {"confirmation": "Thủ trưởng đơn vị chưa xác nhận."}),
        (
            ALL,
            replace(WHOLE, confirmed=False, changed_since=True),
            {"confirmation": "Hồ sơ đã sửa sau khi thủ trưởng xác nhận."},
        ),
        (Papers(), Beside(), {}),
        (Papers(), Beside(agreement=Agreement.ASKED), {}),
        (
            Papers(),
            Beside(agreement=Agreement.DECLINED),
            {"agreement": "Người được giới thiệu xin không được giới thiệu."},
        ),
        (
            Papers(),
            Beside(reachable=False),
            {"contacts": "Hãy ghi ngày sinh của học sinh và cách liên hệ với cha, mẹ hoặc người giám hộ."},
        ),
    ],
)
def test_papers_are_asked_for_as_the_pack_says(papers: Papers, beside: Beside, lacking: dict[str, str]) -> None:
    found = readiness([PLAIN], [SAID], papers, beside)
    assert found.lacking == lacking
    assert found.claims_stand


def test_a_paper_that_is_not_asked_for_is_not_needed() -> None:
    found = readiness([PLAIN], [SAID], Papers(opinions=1), Beside(opinions=1))
    assert {name: one.status for name, one in found.papers.items()} == {
        "opinions": FULFILLED,
        "agreement": NOT_NEEDED,
        "confirmation": NOT_NEEDED,
        "contacts": FULFILLED,
    }


NHAT = Superlative("nhất", ("thống nhất", "ít nhất", "thứ nhất"))
BOASTS = [NHAT, Superlative("duy nhất"), Superlative("đầu tiên")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Giỏi NHẤT trường.", ["nhất"]),
        ("Cả tổ thống  nhất, ít nhất một lần.", []),
        ("Người đầu tiên và duy nhất.", ["nhất", "duy nhất", "đầu tiên"]),
        ("Gio\u0309i nha\u0302\u0301t.", ["nhất"]),
        ("Nhất thống nhất.", ["nhất"]),
        ("", []),
    ],
)
def test_superlatives_are_found_as_words(text: str, found: list[str]) -> None:
    assert list(find(text, BOASTS)) == found


@pytest.mark.parametrize(("kind", "pointed_out"), [(WORDS, True), (PERSON, True), (FILE, False), (NUMBER, False)])
def test_a_superlative_is_pointed_out_and_stands_in_nobodys_way(kind: EvidenceKind, pointed_out: bool) -> None:
    boasting = Claimed("A", "giỏi nhất", (kind,), boasts=("nhất",))
    hint = "Có chữ «nhất»: nên kèm số liệu, văn bản, tệp hoặc đường liên kết chứng tỏ."
    assert readiness([PLAIN], [boasting]).of("A") == Standing("A", FULFILLED, (), (hint,) if pointed_out else ())


def test_what_cures_is_said_in_both_languages() -> None:
    cure = readiness([PROVEN], [SAID]).of("A").problems[0].cure
    with speaking("en"):
        assert translate(cure) == "Add: Picture or file or Figures before and after."


def test_what_is_not_complete_says_what_is_missing() -> None:
    check_complete(Readiness(()).lacking)
    with pytest.raises(NotComplete) as error:
        check_complete({"A": NO_PROOF})
    assert error.value.missing == {"A": NO_PROOF}
