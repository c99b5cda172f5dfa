"""What a council goes by: marks, ballots, quorum and threshold, by the rule set in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from services.review.rules.refusals import BadInput, NotReady
from shared.wording import say


class Choice(StrEnum):
    """What stands on a ballot paper."""

    AGREE = "agree"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"


LONGEST = {"number": 60, "form": 120, "level": 120, "note": 2000, "reason": 2000}
"""How many characters a field may have."""


@dataclass(frozen=True)
class RuleSet:
    """What an agency's council goes by; `confirmed` says whether anybody answers for it."""

    code: str
    seats: int
    quorum: Fraction
    threshold: Fraction
    sheets: int
    highest_mark: int
    secret_from: int
    shortest_reason: int
    confirmed: bool

    @property
    def present_needed(self) -> int:
        """How many of the seats make a quorum."""
        return -(-self.quorum.numerator * self.seats // self.quorum.denominator)

    @property
    def secret(self) -> bool:
        """Whether ballots are secret: below so many voters a secret ballot would hide nothing."""
        return self.seats >= self.secret_from


def check_marks(marks: Mapping[str, int], criteria: Mapping[str, str], rule_set: RuleSet) -> None:
    """Raises BadInput for a criterion without mark, a mark outside 0 to the highest, or one for nothing claimed."""
    for code in marks:
        if code not in criteria:
            raise BadInput("note", say("Hồ sơ không có tiêu chí {code}. Hãy tải lại trang.", code=code))
    for code in criteria:
        if code not in marks:
            raise BadInput(f"mark-{code}", say("Hãy chấm tiêu chí {code}.", code=code))
        if not 0 <= marks[code] <= rule_set.highest_mark:
            raise BadInput(
                f"mark-{code}", say("Điểm tiêu chí {code} phải từ 0 đến {most}.", code=code, most=rule_set.highest_mark)
            )


def check_reason(reason: str, rule_set: RuleSet) -> None:
    """Raises BadInput for a reason too short to be of use, or too long."""
    check_length("reason", reason)
    if len(reason.strip()) < rule_set.shortest_reason:
        raise BadInput(
            "reason", say("Hãy ghi rõ cần bổ sung gì (ít nhất {least} chữ cái).", least=rule_set.shortest_reason)
        )


def check_length(field: str, text: str) -> None:
    """Raises BadInput."""
    if len(text) > LONGEST[field]:
        raise BadInput(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))


def check_seat(taken: int, rule_set: RuleSet) -> None:
    """Raises NotReady when as many papers are in the box as the council has seats."""
    if taken >= rule_set.seats:
        raise NotReady(say("Hội đồng có {seats} ghế và đã đủ {taken} phiếu.", seats=rule_set.seats, taken=taken))


def check_votable(sheets: int, rule_set: RuleSet) -> None:
    """Raises NotReady while sheets are missing."""
    if sheets < rule_set.sheets:
        raise NotReady(
            say(
                "Mới có {count}/{needed} phiếu chấm. Chờ đủ phiếu chấm rồi mở phiếu bầu.",
                count=sheets,
                needed=rule_set.sheets,
            )
        )


def check_closable(cast: int, rule_set: RuleSet) -> None:
    """Raises NotReady below the quorum."""
    if cast < rule_set.present_needed:
        raise NotReady(
            say(
                "Mới có {cast} người bỏ phiếu, cần ít nhất {needed}/{seats}.",
                cast=cast,
                needed=rule_set.present_needed,
                seats=rule_set.seats,
            )
        )


def carried(tally: Mapping[Choice, int], rule_set: RuleSet) -> bool:
    """Whether those who agree reach the threshold, counted against all seats."""
    return Fraction(tally.get(Choice.AGREE, 0), rule_set.seats) >= rule_set.threshold
