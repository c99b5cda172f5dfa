"""Kinds of evidence with fields of their own: what each asks for, what cannot be, and how it reads in one line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.nomination.rules import Refusal
from services.nomination.rules.criteria import EvidenceKind
from shared.wording import say


@dataclass(frozen=True)
class Field:
    """One field of a kind of evidence."""

    name: str
    label: str
    hint: str = ""
    longest: int = 200
    needed: bool = True


FIELDS: Mapping[EvidenceKind, tuple[Field, ...]] = {
    EvidenceKind.LINK: (
        Field("about", "Ở đó có gì"),
        Field("link", "Đường liên kết", "Ví dụ: https://thcs-hoa-mai.edu.vn/tin-tuc/du-an-doc-sach", 500),
    ),
    EvidenceKind.NUMBER: (
        Field("what", "Số liệu về việc gì", "Ví dụ: tỷ lệ học sinh mượn sách"),
        Field("before", "Trước đó", "Ví dụ: 31", 30),
        Field("after", "Sau đó", "Ví dụ: 78", 30),
        Field("measure", "Tính bằng", "Ví dụ: %, học sinh, tiết dạy", 40),
    ),
    EvidenceKind.DECISION: (
        Field("about", "Văn bản về việc gì"),
        Field("number", "Số ký hiệu", "Ví dụ: 125/QĐ-THCSHM", 60),
        Field("date", "Ngày ban hành", "Ví dụ: 25/05/2024", 10),
        Field("issuer", "Cơ quan ban hành"),
    ),
    EvidenceKind.PERSON: (
        Field("role", "Ai xác nhận", "Ghi vai trò, không ghi số điện thoại hay địa chỉ. Ví dụ: tổ trưởng tổ Ngữ văn"),
        Field("about", "Người đó xác nhận điều gì", "", 1000),
    ),
}
"""Kinds that are typed field by field; words and files are written with the claim itself."""

_LINK = re.compile(r"https?://[^\s/?#.]+(\.[^\s/?#.]+)+([/?#]\S*)?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)?|[-+]?\d+([.,]\d+)?")
_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_CONTACT = re.compile(r"@|\d(?:[ .-]?\d){7}")


class BadEvidence(Refusal):
    """A piece of evidence lacks something or cannot be; `errors` says per field what."""

    problem = "bad-evidence"

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(next(iter(errors.values())))
        self.errors = dict(errors)


def check_fields(kind: EvidenceKind, given: Mapping[str, str], today: date) -> dict[str, str]:
    """The fields of a piece of evidence, without what its kind does not ask for. Raises BadEvidence."""
    fields = {one.name: given.get(one.name, "").strip() for one in FIELDS[kind]}
    errors: dict[str, str] = {}
    for one in FIELDS[kind]:
        value = fields[one.name]
        if one.needed and not value:
            errors[one.name] = "Hãy ghi mục này."
        elif len(value) > one.longest:
            errors[one.name] = say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=one.longest)
        elif value and (wrong := _wrong(kind, one.name, value, today)):
            errors[one.name] = wrong
    if errors:
        raise BadEvidence(errors)
    return fields


def _wrong(kind: EvidenceKind, name: str, value: str, today: date) -> str:
    """What cannot be about a field's value; empty: nothing."""
    if name == "link" and not _LINK.fullmatch(value):
        return "Đường liên kết phải bắt đầu bằng https:// hoặc http://."
    if name in ("before", "after") and not _NUMBER.fullmatch(value):
        return "Hãy ghi một con số, ví dụ: 31 hoặc 1.250 hoặc 66,7."
    if kind is EvidenceKind.PERSON and name == "role" and is_contact(value):
        return "Chỉ ghi vai trò; không ghi số điện thoại hay địa chỉ thư."
    if name == "date":
        day = _day(value)
        if day is None:
            return "Hãy ghi ngày theo kiểu 25/05/2024."
        if day > today:
            return "Ngày này chưa tới."
    return ""


def is_contact(text: str) -> bool:
    """Whether a text tells how somebody is reached: an e-mail address or a telephone number."""
    return _CONTACT.search(text) is not None


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[3]), int(found[2]), int(found[1])) if found else None
    except ValueError:
        return None


def in_one_line(kind: EvidenceKind, fields: Mapping[str, str]) -> str:
    """How a piece of evidence reads where its fields are not shown apart."""
    match kind:
        case EvidenceKind.LINK:
            return f"{fields['about']}: {fields['link']}"
        case EvidenceKind.NUMBER:
            return f"{fields['what']}: {fields['before']} → {fields['after']} {fields['measure']}"
        case EvidenceKind.DECISION:
            return f"{fields['number']}, {fields['date']}, {fields['issuer']}: {fields['about']}"
        case EvidenceKind.PERSON:
            return f"{fields['role']}: {fields['about']}"
        case _:
            raise ValueError(f"{kind} has no fields")
