"""Handing a case to an agency above: where that stands on either side, and what moves it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from services.review.rules.refusals import AlreadyDone, Refusal, WrongState
from services.review.rules.states import State, check_state


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


class Frozen(Refusal):
    """A parent has the case."""

    problem = "frozen"


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
