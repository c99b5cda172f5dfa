"""States and decisions of publishing: pure, with clock and ids as arguments. Who has to agree is dated data."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class State(StrEnum):
    """Where a story is. Only a live one can be read by the public."""

    AWAITED = "awaited"  # honoured, its material is still on the way
    DRAFT = "draft"
    CONSENT = "consent"  # waits for everybody's word
    LIVE = "live"
    HELD = "held"
    REFUSED = "refused"  # somebody said no, or took the word back
    REVOKED = "revoked"


class HonourState(StrEnum):
    """Whether the honour that a story rests on counts."""

    IN_FORCE = "in_force"
    HELD = "held"
    REVOKED = "revoked"


class ConsentState(StrEnum):
    """What a person said."""

    ASKED = "asked"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Purpose(StrEnum):
    """What a person may agree to, one unticked box each."""

    PORTAL = "portal"
    UPPER = "upper"
    PRESS = "press"
    SOCIAL = "social"


class DeliveryState(StrEnum):
    """How a channel was told."""

    QUEUED = "queued"
    SENT = "sent"
    SUPERSEDED = "superseded"
    FAILED = "failed"


SHOWN, WITHDRAWN = "story.published", "story.retracted"
"""What a channel is told."""


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"


class WrongState(Refusal):
    """The story or consent is not where this act needs it to be."""

    problem = "wrong-state"


class NobodyToAsk(Refusal):
    """Nobody is known whose word the rule asks for."""

    problem = "nobody-to-ask"


class ChangedMeanwhile(Refusal):
    """Somebody else saved the same story in between."""

    problem = "changed-meanwhile"


class BadText(Refusal):
    """A story's text is missing or too long; `field` names it."""

    problem = "bad-text"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


LONGEST_TITLE = 200
LONGEST_TEXT = 12_000


@dataclass(frozen=True)
class Band:
    """Up to which age (exclusive; None: any) whose word is needed."""

    below: int | None
    who: tuple[str, ...]


def age_on(born_on: date, day: date) -> int:
    """Full years on that day."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def needed(bands: Sequence[Band], born_on: date | None, day: date, *, child: bool) -> tuple[str, ...]:
    """Whose word is needed on the day of publication; an adult's where no birthday is asked for.

    A child whose birthday is not known needs everybody's, and so does whom no band fits: where in doubt, no.
    """
    everybody = tuple(sorted({who for band in bands for who in band.who}))
    if born_on is None:
        return everybody if child else next((band.who for band in bands if band.below is None), everybody)
    age = age_on(born_on, day)
    return next((band.who for band in bands if band.below is None or age < band.below), everybody)


def settled(
    state: State,
    honour: HonourState | None,
    wanted: Collection[str],
    consents: Mapping[str, ConsentState],
    *,
    portal: bool,
) -> State:
    """Where a story belongs, whatever happened to it: honour first, then everybody's word.

    `honour` is none while nobody has told of it: nothing is shown before. `consents` are by relation, `portal` says
    whether all who agreed also agreed to this agency's own page.
    """
    if honour is HonourState.REVOKED:
        return State.REVOKED
    if state in (State.AWAITED, State.DRAFT):
        return state
    if any(consents.get(who) in (ConsentState.REFUSED, ConsentState.WITHDRAWN) for who in wanted):
        return State.REFUSED
    if honour is HonourState.HELD:
        return State.HELD
    if honour and wanted and portal and all(consents.get(who) is ConsentState.GIVEN for who in wanted):
        return State.LIVE
    return State.CONSENT


def fingerprint(title: str, text: str) -> str:
    """SHA-256 of a story's words, hexadecimal."""
    return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()


def check_draft(state: State, title: str, text: str) -> None:
    """Raises WrongState, BadText."""
    if state is not State.DRAFT:
        raise WrongState("Bài đã xin đồng ý nên không sửa được nữa.")
    if not 5 <= len(title.strip()) <= LONGEST_TITLE:
        raise BadText("title", f"Hãy đặt tên bài (từ 5 đến {LONGEST_TITLE} chữ cái).")
    if not 20 <= len(text.strip()) <= LONGEST_TEXT:
        raise BadText("text", f"Hãy viết nội dung bài (từ 20 đến {LONGEST_TEXT} chữ cái).")


def check_answerable(state: ConsentState) -> None:
    """Raises WrongState when the person has answered before."""
    if state is not ConsentState.ASKED:
        raise WrongState("Liên kết này đã được dùng.")


def check_withdrawable(state: ConsentState) -> None:
    """Raises WrongState unless the person agreed."""
    if state is not ConsentState.GIVEN:
        raise WrongState("Không có đồng ý nào đang có hiệu lực để rút.")
