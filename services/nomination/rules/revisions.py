"""What changed between two revisions of a dossier, field by field: a revision is what its parcel says. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ABOUT = {
    "subject_name": "Họ và tên, hoặc tên tập thể",
    "subject_position": "Chức vụ, tổ hoặc lớp",
    "on_behalf": "Viết thay cho",
}
OF_CLAIM = {
    "text": "Thành tích",
    "options": "Ý được chọn",
    "level": "Mức đã được xếp",
    "rests_on": "Hồ sơ của tập thể",
}
EVIDENCE, OPINIONS = "Minh chứng", "Ý kiến của mọi người"


@dataclass(frozen=True)
class Change:
    """One field that reads otherwise; `criterion` is empty for what belongs to the whole dossier."""

    criterion: str
    label: str
    before: str
    after: str


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What reads otherwise in the second, in its order; what only the first had comes last."""
    old, new = dict(_fields(before)), dict(_fields(after))
    return [
        Change(criterion, label, old.get((criterion, label), ""), new.get((criterion, label), ""))
        for criterion, label in {**new, **old}
        if old.get((criterion, label), "") != new.get((criterion, label), "")
    ]


def _fields(content: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """Each field of a revision by criterion and label, as text; what is empty stands for what is not there."""
    for name, label in ABOUT.items():
        yield ("", label), _text(content.get(name))
    for claim in content.get("claims", ()):
        code = str(claim["criterion"])
        for name, label in OF_CLAIM.items():
            yield (code, label), _text(claim.get(name))
        yield (code, EVIDENCE), "\n".join(_proof(proof) for proof in claim.get("evidence", ()))
    said = (f"{one['who']}: {one['text']}" for one in content.get("opinions", ()))
    yield ("", OPINIONS), "\n".join(said)


def _proof(proof: Mapping[str, Any]) -> str:
    name = proof.get("name")
    return f"{proof['text']} ({name})" if name else str(proof["text"])


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)
