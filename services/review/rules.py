"""States and decisions of reviewing: pure, with clock and ids as arguments. Numbers come from the rule set in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from shared.wording import say


class State(StrEnum):
    """Where a case is."""

    OFFERED = "offered"  # an agency below referred it; nobody here has taken it over yet
    NEW = "new"  # its dossier is still on the way
    SCORING = "scoring"
    VOTING = "voting"
    VOTED = "voted"
    RETURNED = "returned"
    DECIDED = "decided"  # to be honoured; number and date of the decision are missing
    DECLINED = "declined"
    HONOURED = "honoured"
    WITHDRAWN = "withdrawn"  # by its unit, or recalled by the agency that referred it


OPEN = (State.OFFERED, State.NEW, State.SCORING, State.VOTING, State.VOTED, State.DECIDED)
"""The council still has work with it."""
CONCLUDED = (State.DECIDED, State.DECLINED, State.HONOURED)


def name_to_find(name: str, *, child: bool) -> str:
    """By which name a case is found and shown among others: a child's stays in the dossier."""
    return "" if child else name


class Side(StrEnum):
    """Which of the two agencies of a referral somebody is."""

    LOWER = "lower"
    UPPER = "upper"


class Referral(StrEnum):
    """Where a referral is, as one of its two sides knows."""

    SENDING = "sending"  # its parcel is on the way to the parent's door
    FAILED = "failed"  # the parent's door refused the parcel
    SENT = "sent"
    RECALLING = "recalling"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    RECALLED = "recalled"
    RULED = "ruled"


class Act(StrEnum):
    """What moves a referral: done on one side, heard on the other."""

    STORE = "store"
    GIVE_UP = "give_up"
    SEND_AGAIN = "send_again"
    RECALL = "recall"
    ACCEPT = "accept"
    RETURN = "return"
    GRANT = "grant"
    RULE = "rule"


_R = Referral
MOVES: Mapping[Side, Mapping[Act, Mapping[Referral, Referral]]] = {
    Side.LOWER: {
        Act.STORE: {_R.SENDING: _R.SENT},
        Act.GIVE_UP: {_R.SENDING: _R.FAILED},
        Act.SEND_AGAIN: {_R.FAILED: _R.SENDING},
        # What has not left is taken back at once; of what has left the parent is asked.
        Act.RECALL: {_R.SENDING: _R.RECALLED, _R.FAILED: _R.RECALLED, _R.SENT: _R.RECALLING},
        # Acceptance wins over a recall that crossed it.
        Act.ACCEPT: {_R.SENT: _R.ACCEPTED, _R.RECALLING: _R.ACCEPTED},
        Act.RETURN: {_R.SENT: _R.RETURNED, _R.RECALLING: _R.RETURNED, _R.ACCEPTED: _R.RETURNED},
        Act.GRANT: {_R.RECALLING: _R.RECALLED},
        Act.RULE: {_R.ACCEPTED: _R.RULED},
    },
    Side.UPPER: {
        Act.ACCEPT: {_R.SENT: _R.ACCEPTED},
        Act.RETURN: {_R.SENT: _R.RETURNED, _R.ACCEPTED: _R.RETURNED},
        Act.GRANT: {_R.SENT: _R.RECALLED},
        Act.RULE: {_R.ACCEPTED: _R.RULED},
    },
}
"""A referral's states on both sides. What stands in no line does not happen: an act is refused, news is dropped."""

FREEZING = (Referral.SENDING, Referral.SENT, Referral.RECALLING, Referral.ACCEPTED)
"""As long as a parent has it, or is about to, the lower case stands still."""
HOLDING = (Referral.SENT, Referral.RECALLING, Referral.ACCEPTED, Referral.RULED)
"""The other side has the case: it is told how honours stand."""


class HonourState(StrEnum):
    """Whether an honour counts."""

    IN_FORCE = "in_force"
    HELD = "held"
    REVOKED = "revoked"


class Choice(StrEnum):
    """What stands on a ballot paper."""

    AGREE = "agree"
    DISAGREE = "disagree"
    ABSTAIN = "abstain"


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"


class WrongState(Refusal):
    """The case is not where this act needs it to be."""

    problem = "wrong-state"


class Frozen(Refusal):
    """A parent has the case."""

    problem = "frozen"


class HonouredBefore(Refusal):
    """The subject has an honour here already; a person has to say that this is meant. `codes` are of those cases."""

    problem = "honoured-before"

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__(
            say(
                "Đối tượng này đã được cơ quan khen (hồ sơ {codes})."
                " Nếu vẫn khen thêm cho thành tích khác, hãy đánh dấu ô xác nhận.",
                codes=", ".join(codes),
            )
        )
        self.codes = list(codes)


class NotReady(Refusal):
    """Sheets or ballot papers are missing."""

    problem = "not-ready"


class AlreadyDone(Refusal):
    """The person has done this before, and it is done once."""

    problem = "already-done"


class BadInput(Refusal):
    """A field is missing or wrong; `field` names it."""

    problem = "bad-input"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


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


def check_state(state: State, *allowed: State) -> None:
    """Raises WrongState."""
    if state not in allowed:
        raise WrongState("Hồ sơ đã sang bước khác. Hãy tải lại trang để xem bước hiện tại.")


def awaited(state: State, *, frozen: bool, sheets: int, needed: int) -> list[str]:
    """What a case in that state waits for here, by the names of `shared.events.CaseStep`; empty: nothing of anybody.

    `sheets` of `needed` score sheets are in.
    """
    if frozen:
        return []
    steps = {
        State.OFFERED: ["take_over"],
        State.SCORING: ["score"] if sheets < needed else ["open_ballot"],
        State.VOTING: ["vote", "close_ballot"],
        State.VOTED: ["conclude"],
        State.DECIDED: ["honour"],
    }
    return steps.get(state, [])


def check_free(frozen: bool) -> None:
    """Raises Frozen while a parent has the case."""
    if frozen:
        raise Frozen("Hồ sơ đang ở cấp trên nên ở đây tạm dừng. Muốn làm tiếp, hãy xin thu về.")


def moved(side: Side, act: Act, state: Referral) -> Referral | None:
    """Where a referral is after an act; none when the act comes too late or too early and changes nothing."""
    return MOVES[side].get(act, {}).get(state)


def check_move(side: Side, act: Act, state: Referral) -> Referral:
    """Where a person's act brings a referral. Raises WrongState."""
    after = moved(side, act, state)
    if after is None:
        raise WrongState("Việc trình hồ sơ này đã sang bước khác. Hãy tải lại trang để xem bước hiện tại.")
    return after


def check_referable(state: State, earlier: Sequence[Referral]) -> None:
    """Whether a case may be referred to a parent, given its referrals to the same one before.

    Raises WrongState, AlreadyDone.
    """
    check_state(state, State.DECIDED, State.HONOURED)
    if any(one in FREEZING for one in earlier):
        raise AlreadyDone("Hồ sơ này đang được trình lên cơ quan đó.")
    if Referral.RULED in earlier:
        raise AlreadyDone("Cơ quan đó đã kết luận hồ sơ này.")


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


def check_hold(state: HonourState) -> None:
    """Raises WrongState unless the honour is in force."""
    if state is not HonourState.IN_FORCE:
        raise WrongState("Chỉ tạm dừng được khen thưởng đang có hiệu lực.")


def check_resume(state: HonourState) -> None:
    """Raises WrongState unless the honour is held."""
    if state is not HonourState.HELD:
        raise WrongState("Chỉ khôi phục được khen thưởng đang tạm dừng.")


def check_revoke(state: HonourState) -> None:
    """Raises WrongState when it was revoked before."""
    if state is HonourState.REVOKED:
        raise WrongState("Khen thưởng này đã bị thu hồi.")
