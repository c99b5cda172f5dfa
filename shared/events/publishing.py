"""What publishing says."""

from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.events.event import Category, Door, Event, Word


class StoryEvent(Event):
    """What every event of a story says."""

    said_by = "publishing"
    keyed_by = "story_id"

    story_id: UUID
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID


class StoryStep(StrEnum):
    """What a story can wait for: the editor's words, the word of the people in it, the editor's decision."""

    WRITE = "write"
    CONSENT = "consent"
    DOUBT = "doubt"


class StoryAwaits(StoryEvent):
    """What a story waits for from now on, in place of what it waited for before.

    Said by publishing; heard by notification.
    """

    code: str
    steps: list[StoryStep]
    due_on: date | None = None


class ConsentAsked(StoryEvent):
    """A person's word is needed before a story may appear. Said by publishing; heard by notification."""

    consent_id: UUID
    person_id: UUID
    expires_at: AwareDatetime


class ConsentAnswered(StoryEvent):
    """A person agreed to some purposes, or to none: the receipt.

    Said by publishing; heard by review and notification.
    """

    consent_id: UUID
    person_id: UUID
    given: bool
    relation: str | None = None
    purposes: list[str] = Field(default=[])
    text_version: int | None = None
    text_sha256: str | None = None
    method: str | None = None


class ConsentWithdrawn(StoryEvent):
    """A person took the word back. Said by publishing; heard by review and notification."""

    consent_id: UUID
    person_id: UUID


class ConsentPassedOn(StoryEvent):
    """A person's word as it is now, told to each agency above that holds the case, and by it to the next.

    `story_id` and `consent_id` are those of the agency that asked.

    Said by publishing; heard by the publishing of the parent.
    """

    doors = (Door.INTERNAL, Door.TO)

    to_agency: str
    consent_id: UUID
    person_id: UUID
    relation: str
    word: Word
    purposes: list[str] = Field(default=[])
    text_version: int
    text_sha256: str
    method: str
    said_at: AwareDatetime


class WithdrawalAnswered(StoryEvent):
    """A holder acted on a word taken back, told downward to the agency that asked for it.

    `shown`: whether that agency showed the story until then. Said by publishing; heard by the child's publishing.
    """

    doors = (Door.INTERNAL, Door.TO)

    to_agency: str
    by_agency: str
    consent_id: UUID
    shown: bool
    done_at: AwareDatetime


class StoryPublished(StoryEvent):
    """A story can be read. Said by publishing, in public too.

    Heard by nomination and notification; by the publishing of agencies that follow this one.
    """

    doors = (Door.INTERNAL, Door.PUBLIC)

    category: Category
    path: str
    sha256: str


class StoryRetracted(StoryEvent):
    """A story can be read no more; never says why. Said by publishing, in public too.

    Heard by nomination, notification; by the publishing of agencies that follow this one.
    """

    doors = (Door.INTERNAL, Door.PUBLIC)


class DeliveryFailed(StoryEvent):
    """A channel could not be told, however often it was tried. Said by publishing; heard by notification."""

    delivery_id: UUID
    channel: str
