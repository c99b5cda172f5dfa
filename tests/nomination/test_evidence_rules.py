"""Kinds of evidence: the fields of each, what cannot be, and how each reads in one line."""

from datetime import date

import pytest

from services.nomination.rules import ClaimState, State
from services.nomination.rules.criteria import EvidenceKind
from services.nomination.rules.evidence import FIELDS, BadEvidence, check_fields, in_one_line
from services.nomination.rules.papers import BadCheck, OwnFile, check_check, check_not_own

pytestmark = pytest.mark.unit

TODAY = date(2024, 10, 15)
LINK, NUMBER = EvidenceKind.LINK, EvidenceKind.NUMBER
DECISION, PERSON = EvidenceKind.DECISION, EvidenceKind.PERSON
GOOD = {
    LINK: {"about": "Bài trên trang trường", "link": "https://thcs-hoa-mai.edu.vn/tin?so=1"},
    NUMBER: {"what": "Tỷ lệ mượn sách", "before": "31", "after": "78,5", "measure": "%"},
    DECISION: {"about": "Xếp loại năm", "number": "125/QĐ", "date": "25/05/2024", "issuer": "Trường Hoa Mai"},
    PERSON: {"role": "Tổ trưởng tổ Ngữ văn", "about": "Đã dự giờ ba tiết."},
}
LINES = {
    LINK: "Bài trên trang trường: https://thcs-hoa-mai.edu.vn/tin?so=1",
    NUMBER: "Tỷ lệ mượn sách: 31 → 78,5 %",
    DECISION: "125/QĐ, 25/05/2024, Trường Hoa Mai: Xếp loại năm",
    PERSON: "Tổ trưởng tổ Ngữ văn: Đã dự giờ ba tiết.",
}


@pytest.mark.parametrize("kind", FIELDS)
def test_each_kind_keeps_its_own_fields_and_reads_in_one_line(kind: EvidenceKind) -> None:
    given = {name: f" {value} " for name, value in GOOD[kind].items()}
    told = check_fields(kind, given | {"elsewhere": "của loại khác"}, TODAY)
    assert (told, in_one_line(kind, told)) == (GOOD[kind], LINES[kind])


@pytest.mark.parametrize("kind", FIELDS)
def test_a_field_that_is_missing_or_too_long_is_named(kind: EvidenceKind) -> None:
    with pytest.raises(BadEvidence) as refused:
        check_fields(kind, {}, TODAY)
    assert refused.value.errors == {one.name: "Hãy ghi mục này." for one in FIELDS[kind]}
    long = {one.name: "1" * (one.longest + 1) for one in FIELDS[kind]}
    with pytest.raises(BadEvidence) as refused:
        check_fields(kind, long, TODAY)
    assert set(refused.value.errors) == set(long)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (LINK, "link", "javascript:alert(1)"),
        (LINK, "link", "ftp://a.vn/b"),
        (LINK, "link", "https://a.vn/b c"),
        (LINK, "link", "https://localhost"),
        (NUMBER, "before", "ba mươi"),
        (NUMBER, "after", "1.2.3"),
        (DECISION, "date", "2024-05-25"),
        (DECISION, "date", "31/02/2024"),
        (DECISION, "date", "16/10/2024"),
        (PERSON, "role", "Cô Lan 0903 123 456"),
        (PERSON, "role", "lan@truong.example"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(kind: EvidenceKind, field: str, value: str) -> None:
    with pytest.raises(BadEvidence) as refused:
        check_fields(kind, GOOD[kind] | {field: value}, TODAY)
    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("value", ["31", "0", "-2", "1.250", "1.234,5", "66,7", "66.7", "+3"])
def test_figures_are_read_as_they_are_written_here(value: str) -> None:
    assert check_fields(NUMBER, GOOD[NUMBER] | {"before": value}, TODAY)["before"] == value


def test_nobody_checks_what_they_wrote_themselves() -> None:
    check_not_own("https://id|co-hanh", "https://id|hieu-truong")
    with pytest.raises(OwnFile):
        check_not_own("https://id|co-hanh", "https://id|co-hanh")


@pytest.mark.parametrize(
    ("state", "found", "how", "field"),
    [
        (State.DRAFT, ClaimState.VERIFIED, "Đã xem sổ thư viện.", None),
        (State.REVIEWED, ClaimState.DISPUTED, "Tổ không dự buổi nào.", None),
        (State.DRAFT, ClaimState.UNVERIFIED, "Đã xem sổ thư viện.", "found"),
        (State.DRAFT, ClaimState.VERIFIED, "Đúng.", "how"),
        (State.DRAFT, ClaimState.VERIFIED, "a" * 1001, "how"),
        (State.WITHDRAWN, ClaimState.VERIFIED, "Đã xem sổ thư viện.", "found"),
    ],
)
def test_a_check_says_what_was_found_and_how(state: State, found: ClaimState, how: str, field: str | None) -> None:
    if field is None:
        check_check(state, found, how)
        return
    with pytest.raises(BadCheck) as refused:
        check_check(state, found, how)
    assert refused.value.field == field
