"""States and decisions of nominating: pure, with clock and ids as arguments."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a nomination is."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"


class ClaimState(StrEnum):
    """How far a claim was checked."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    DISPUTED = "disputed"


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"


class NotADraft(Refusal):
    """Only a draft can be changed or handed in."""

    problem = "not-a-draft"


class RoundNotOpen(Refusal):
    """The round takes no nominations on this day."""

    problem = "round-not-open"


class NotComplete(Refusal):
    """Claims or evidence are missing; `missing` says per criterion code what."""

    problem = "not-complete"

    def __init__(self, missing: Mapping[str, str]) -> None:
        super().__init__("Hồ sơ chưa đủ để gửi.")
        self.missing = dict(missing)


class ChangedMeanwhile(Refusal):
    """Somebody else saved the same thing in between; `theirs` is what stands there now."""

    problem = "changed-meanwhile"

    def __init__(self, theirs: str) -> None:
        super().__init__("Có người vừa lưu nội dung khác. Chữ bạn gõ vẫn còn ở dưới.")
        self.theirs = theirs


@dataclass(frozen=True)
class Claimed:
    """What readiness looks at: the criterion, the claim's text, and how many pieces of evidence stand behind it."""

    criterion: str
    text: str
    evidence: int


def check_editable(state: State) -> None:
    """Raises NotADraft."""
    if state is not State.DRAFT:
        raise NotADraft("Hồ sơ đã gửi nên không sửa được nữa.")


def check_round_open(opens: date, closes: date | None, today: date) -> None:
    """Raises RoundNotOpen; the last day counts whole."""
    if today < opens:
        raise RoundNotOpen(f"Đợt này chưa mở. Ngày mở: {opens:%d/%m/%Y}. Bản nháp của bạn vẫn còn.")
    if closes is not None and today > closes:
        raise RoundNotOpen(f"Đợt này đã đóng ngày {closes:%d/%m/%Y}. Bản nháp của bạn vẫn còn.")


def missing(criteria: Collection[str], claims: Collection[Claimed]) -> dict[str, str]:
    """What keeps a dossier from being handed in, per criterion code; the key "" stands for the dossier as a whole.

    Each claim that says something needs evidence; one claim at least has to say something.
    """
    found = {c.criterion: "Có lời nhưng chưa có minh chứng." for c in claims if c.text.strip() and not c.evidence}
    found |= {
        c.criterion: "Có minh chứng nhưng chưa viết thành tích." for c in claims if c.evidence and not c.text.strip()
    }
    found = {code: text for code, text in found.items() if code in criteria}
    if not any(c.text.strip() for c in claims):
        found[""] = "Chưa có thành tích nào. Hãy viết ít nhất một tiêu chí, kèm minh chứng."
    return found


def check_submittable(
    state: State, opens: date, closes: date | None, today: date, criteria: Collection[str], claims: Collection[Claimed]
) -> None:
    """Raises NotADraft, RoundNotOpen or NotComplete."""
    check_editable(state)
    check_round_open(opens, closes, today)
    lacking = missing(criteria, claims)
    if lacking:
        raise NotComplete(lacking)


def code(mark: str, year: int, number: int) -> str:
    """The one code that a nomination keeps for life: `TB-24-0001`."""
    return f"{mark}-{year % 100:02}-{number:04}"
