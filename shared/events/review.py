"""What review says, of its own cases and across tiers."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.event import Category, Door, Event, HonourStanding, Outcome, Sealed


class ReviewEvent(Event):
    """What every event of a case says: the nomination it is about and the agency's own case."""

    said_by = "review"

    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    case_id: UUID
    code: str


class CaseOpened(ReviewEvent):
    """The agency's review took a nomination in. Said by review; heard by nomination."""


class CaseStep(StrEnum):
    """What a case can wait for, each somebody's duty."""

    TAKE_OVER = "take_over"
    SCORE = "score"
    OPEN_BALLOT = "open_ballot"
    VOTE = "vote"
    CLOSE_BALLOT = "close_ballot"
    CONCLUDE = "conclude"
    HONOUR = "honour"


class CaseAwaits(ReviewEvent):
    """What a case waits for from now on, in place of what it waited for before; `done_by` did their part already.

    Said by review; heard by notification.
    """

    steps: list[CaseStep]
    done_by: list[str] = Field(default=[])
    due_on: date | None = None


class CaseReopened(ReviewEvent):
    """The corrected dossier was taken in. Said by review; heard by nomination."""

    revision: int


class CaseReturned(ReviewEvent):
    """A case went back to be corrected; why travels in the parcel. Said by review.

    Heard by nomination, notification.
    """

    revision: int
    reasons: Sealed
    reopened: list[str] = Field(default=[])
    """The criteria and papers that may be changed; none: all."""


class ReviewCompleted(ReviewEvent):
    """The council concluded. Said by review; heard by nomination and notification."""

    outcome: Outcome


class ExemplarHonoured(ReviewEvent):
    """A decision honours an exemplar. Said by review; heard by nomination, publishing and notification."""

    honour_id: UUID
    category: Category
    decision_number: str
    decision_date: date
    form: str
    level: str


class HonourHeld(ReviewEvent):
    """An honour is held for the time being; never says why. Said by review; heard by nomination and publishing."""

    honour_id: UUID


class HonourResumed(ReviewEvent):
    """A held honour is in force again. Said by review; heard by nomination and publishing."""

    honour_id: UUID


class HonourRevoked(ReviewEvent):
    """An honour was taken back for good; never says why. Said by review; heard by nomination and publishing."""

    honour_id: UUID


class ReferralEvent(ReviewEvent):
    """What every event of a referral says; `referral_id` is the lower agency's. Each is meant for one neighbour."""

    doors = (Door.INTERNAL, Door.TO)

    to_agency: str
    referral_id: UUID


class NominationReferred(ReferralEvent):
    """A case was handed to a parent, where its parcel lies already. Said by review.

    Heard by the parent's review and notification; at home by nomination and publishing.
    """

    category: Category
    criteria: str
    revision: int
    dossier: Sealed


class RecallAsked(ReferralEvent):
    """The lower agency wants a referral back. Said by review; heard by the parent's review, at home by nomination."""


class ReferralAccepted(ReferralEvent):
    """A parent took a referral over. Said by review; heard by the child's review and nomination."""


class ReferralReturned(ReferralEvent):
    """A parent gave a referral back: with reasons in a parcel, or because it was asked to (`recalled`).

    Said by review; heard by the child's review, nomination and notification.
    """

    recalled: bool = False
    reasons: Sealed | None = None


class ReferralDecided(ReferralEvent):
    """A parent's council concluded on a referral. Said by review.

    Heard by the child's review, nomination and notification.
    """

    outcome: Outcome


class Move(StrEnum):
    """What became of a referral further up."""

    REFERRED = "referred"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    RECALLED = "recalled"
    HONOUR = "honour"
    DECLINE = "decline"


class MovePassedOn(ReferralEvent):
    """What two agencies above did with a case, told downward tier by tier. `referral_id` is that of the reader.

    Said by review; heard by the child's review and nomination.
    """

    by_agency: str
    with_agency: str
    move: Move


class HonourPassedOn(ReviewEvent):
    """How an agency's honour stands, told to each neighbour that has the case, and by it to the next.

    Never says why. Said by review; heard by the neighbour's review, nomination and publishing.
    """

    doors = (Door.INTERNAL, Door.TO)

    to_agency: str
    by_agency: str
    honour_id: UUID
    standing: HonourStanding
    decision_number: str
    decision_date: date
    form: str
    level: str
    changed_at: AwareDatetime


class ReferredMaterialGiven(ReviewEvent):
    """What may be told of an exemplar that came from below and is honoured here was handed on.

    Said by review; heard by publishing.
    """

    category: Category
    honour_id: UUID
    material: Sealed
