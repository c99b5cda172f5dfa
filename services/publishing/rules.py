"""States and decisions of publishing: pure, with clock and ids as arguments. Who has to agree is dated data."""

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from shared.wording import say


class State(StrEnum):
    """Where a story is. Only a live one can be read by the public."""

    AWAITED = "awaited"  # honoured, its material is still on the way
    DRAFT = "draft"
    CONSENT = "consent"  # waits for everybody's word
    LIVE = "live"
    HELD = "held"
    DOUBTED = "doubted"  # another agency's honour of the same exemplar does not count; waits for an editor
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


class FollowedState(StrEnum):
    """Where another agency's story is that this one points to."""

    AWAITED = "awaited"  # announced, its words are still to be fetched
    SHOWN = "shown"
    GONE = "gone"


class Method(StrEnum):
    """How a word was given."""

    LINK = "link"
    PAPER = "paper"


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


class BadPaper(Refusal):
    """What was written down of a signed paper cannot be; `field` names it."""

    problem = "bad-paper"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


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


@dataclass(frozen=True)
class Said:
    """Somebody's word as it is now, and what it is good for."""

    state: ConsentState
    purposes: frozenset[str] = frozenset()


REFUSING = (ConsentState.WITHDRAWN, ConsentState.REFUSED)


def hardest(said: Collection[Said]) -> Said:
    """One word for several of the same relation: a no counts more than a yes, and what all agreed to is agreed."""
    for no in REFUSING:
        if any(one.state is no for one in said):
            return Said(no)
    if not said or any(one.state is ConsentState.ASKED for one in said):
        return Said(ConsentState.ASKED)
    return Said(ConsentState.GIVEN, frozenset.intersection(*(one.purposes for one in said)))


def is_newer(at: datetime, refusing: bool, known_at: datetime, known_refusing: bool) -> bool:
    """Whether what arrives replaces what is known of the same thing: said later, or at once and a no (fail closed)."""
    return (at, refusing) > (known_at, known_refusing)


def missing(wanted: Collection[str], said: Mapping[str, Said], purpose: Purpose) -> list[str]:
    """The relations without whose word for this purpose nothing is shown."""

    def agrees(who: str) -> bool:
        word = said.get(who)
        return word is not None and word.state is ConsentState.GIVEN and purpose in word.purposes

    return [who for who in wanted if not agrees(who)]


def unasked(wanted: Collection[str], asked: Mapping[str, tuple[ConsentState, datetime]], at: datetime) -> list[str]:
    """Who is to be asked, or asked anew: never asked, or asked until a day that is over, without an answer."""

    def waits(who: str) -> bool:
        state, until = asked[who]
        return state is not ConsentState.ASKED or at <= until

    return [who for who in wanted if who not in asked or not waits(who)]


def settled(
    state: State,
    honour: HonourState | None,
    wanted: Collection[str],
    said: Mapping[str, Said],
    purpose: Purpose,
    *,
    doubted: bool = False,
) -> State:
    """Where a story belongs, whatever happened to it: honour first, then everybody's word, then other tiers' honours.

    `honour` is none while nobody has told of it: nothing is shown before. `said` is by relation; `purpose` is what
    this agency's own page needs: the portal where the word was asked for, `upper` above. `doubted`: another agency
    holds or revoked its honour of the same exemplar, and nobody here has decided about that yet.
    """
    if honour is HonourState.REVOKED:
        return State.REVOKED
    if state in (State.AWAITED, State.DRAFT):
        return state
    if any(who in said and said[who].state in REFUSING for who in wanted):
        return State.REFUSED
    if honour is HonourState.HELD:
        return State.HELD
    if honour and wanted and not missing(wanted, said, purpose):
        return State.DOUBTED if doubted else State.LIVE
    return State.CONSENT


def fingerprint(title: str, text: str) -> str:
    """SHA-256 of a story's words, hexadecimal."""
    return hashlib.sha256(f"{title}\n\n{text}".encode()).hexdigest()


def is_story_path(path: str) -> bool:
    """Whether an address that another agency told is one of a story, and leads nowhere else."""
    return re.fullmatch(r"/guong/[a-z0-9-]{1,80}", path) is not None


def awaited(state: State) -> list[str]:
    """What a story in that state waits for, by the names of `shared.events.StoryStep`; empty: nothing of anybody."""
    return {State.DRAFT: ["write"], State.CONSENT: ["consent"], State.DOUBTED: ["doubt"]}.get(state, [])


def check_draft(state: State, title: str, text: str) -> None:
    """Raises WrongState, BadText."""
    if state is not State.DRAFT:
        raise WrongState("Bài đã xin đồng ý nên không sửa được nữa.")
    if not 5 <= len(title.strip()) <= LONGEST_TITLE:
        raise BadText("title", say("Hãy đặt tên bài (từ 5 đến {most} chữ cái).", most=LONGEST_TITLE))
    if not 20 <= len(text.strip()) <= LONGEST_TEXT:
        raise BadText("text", say("Hãy viết nội dung bài (từ 20 đến {most} chữ cái).", most=LONGEST_TEXT))


def check_own(*, from_below: bool) -> None:
    """Only the agency of origin asks people. Raises WrongState."""
    if from_below:
        raise WrongState("Hồ sơ do cấp dưới trình lên: nơi đề cử đã xin ý kiến, ở đây chỉ cần duyệt đăng.")


def check_from_below(*, from_below: bool) -> None:
    """Only a story from another agency is released. Raises WrongState."""
    if not from_below:
        raise WrongState("Bài của cơ quan mình: hãy xin đồng ý của người trong bài.")


def check_answerable(state: ConsentState) -> None:
    """Raises WrongState when the person has answered before."""
    if state is not ConsentState.ASKED:
        raise WrongState("Liên kết này đã được dùng.")


def check_withdrawable(state: ConsentState) -> None:
    """Raises WrongState unless the person agreed."""
    if state is not ConsentState.GIVEN:
        raise WrongState("Không có đồng ý nào đang có hiệu lực để rút.")


def check_asking_again(state: State, whom: Collection[str]) -> None:
    """Raises WrongState unless a story waits for words that nobody is asked for at the moment."""
    if state is not State.CONSENT or not whom:
        raise WrongState("Không có ai cần xin lại ý kiến.")


def check_paper(
    state: State,
    who: str,
    wanted: Collection[str],
    word: ConsentState | None,
    purposes: Collection[Purpose],
    signed_on: date | None,
    today: date,
) -> None:
    """Whether a signed paper can stand for the word of `who`; `word` is what that person's consent says so far.

    Raises WrongState, BadPaper.
    """
    if state not in (State.DRAFT, State.CONSENT):
        raise WrongState("Bài này không chờ ý kiến nữa.")
    if who not in wanted:
        raise BadPaper("who", "Hãy chọn người đã ký giấy, trong số những người phải hỏi ý kiến.")
    if word not in (None, ConsentState.ASKED):
        raise BadPaper("who", "Người này đã trả lời rồi.")
    if not purposes:
        raise BadPaper("purpose", "Hãy đánh dấu ít nhất một nơi mà giấy đồng ý cho đăng.")
    if signed_on is None or signed_on > today:
        raise BadPaper("signed", "Hãy ghi ngày ký giấy, không sau hôm nay. Ví dụ: 05/09/2026.")
