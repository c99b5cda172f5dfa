"""The catalogue: every event that crosses a service's border.

An event is a fact in the past tense. Its class names the service that says it, the doors it is said on and the field
that is its key; its docstring says who says it and who hears it. Topics are derived, never typed. Fields are ids and
facts as of then, never personal data and never what a person typed: those travel in parcels. Events
change by optional fields only; whatever breaks a reader is a new name.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

SERVICES = ("nomination", "review", "publishing", "notification")


class Door(StrEnum):
    """Who may read a topic. `TO` stands for one topic per neighbour."""

    INTERNAL = "internal"
    TO = "to"
    CHILDREN = "children"
    PUBLIC = "public"


class Category(StrEnum):
    """The five categories of subjects (mission 1.6)."""

    COLLECTIVE = "collective"
    MANAGER = "manager"
    TEACHER = "teacher"
    STAFF = "staff"
    PUPIL = "pupil"


class Outcome(StrEnum):
    """What a council concluded about a case."""

    HONOUR = "honour"
    RETURN = "return"
    DECLINE = "decline"


class Sealed(BaseModel):
    """A parcel that an event vouches for: where to find it is derived from its id, never said."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    parcel_id: UUID
    sha256: str
    size: int
    recipient: str


class Event(BaseModel):
    """What all events share: when it happened. `said_by`, `doors` and `keyed_by` belong to the class."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    said_by: ClassVar[str]
    doors: ClassVar[tuple[Door, ...]] = (Door.INTERNAL,)
    keyed_by: ClassVar[str] = "nomination_id"

    occurred_at: AwareDatetime

    @classmethod
    def type_name(cls) -> str:
        """The CloudEvents type, `vn.guongsang.<service>.<Name>.v1`."""
        return f"vn.guongsang.{cls.said_by}.{cls.__name__}.v1"

    @property
    def key(self) -> str:
        """The id that everyone orders by."""
        return str(getattr(self, self.keyed_by))


class UnitOpened(Event):
    """A unit exists from a day on. Said by nomination; heard by review."""

    said_by = "nomination"
    keyed_by = "unit_id"

    unit_id: UUID
    name: str
    kind: str
    valid_from: date


class PlanRef(BaseModel):
    """A plan of an agency that another one rests on, named as papers name it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: str
    issuer: str
    title: str
    issued_on: date | None = None


class PlanRound(BaseModel):
    """A round as a plan announces it; both days count."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    opens_on: date
    closes_on: date | None = None


class PlanEvent(Event):
    """What every event of a plan says. Plans are official papers: what they say is public."""

    said_by = "nomination"
    doors = (Door.INTERNAL, Door.CHILDREN)
    keyed_by = "plan_id"

    plan_id: UUID
    version: int


class PlanPublished(PlanEvent):
    """A plan is in force, or a new version of it. Said by nomination, to children too.

    Heard by each child's nomination, also by one that joins later.
    """

    title: str
    issuer: str
    period: str
    number: str | None = None
    issued_on: date | None = None
    subjects: list[str] = []
    movements: list[str] = []
    grounds: list[PlanRef] = []
    rounds: list[PlanRound] = []


class PlanWithdrawn(PlanEvent):
    """A plan is no longer in force. Said by nomination, to children too; heard by the nomination of each child."""


class PlanAcknowledged(Event):
    """A child agency has read a plan from above. Said by nomination, to the parent.

    Heard by the parent's nomination.
    """

    said_by = "nomination"
    doors = (Door.INTERNAL, Door.TO)
    keyed_by = "plan_id"

    to_agency: str
    plan_id: UUID
    version: int


class NominationEvent(Event):
    """What every event of a nomination says of it. Its id is the same at every tier."""

    said_by = "nomination"

    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    code: str


class NominationSubmitted(NominationEvent):
    """A unit put an exemplar forward. Said by nomination; heard by review and notification."""

    category: Category
    plan_id: UUID
    round_id: UUID
    rule_set: str
    revision: int
    dossier: Sealed | None = None


class NominationRevised(NominationEvent):
    """A returned dossier was corrected and sent again. Said by nomination; heard by review and notification."""

    revision: int
    dossier: Sealed | None = None


class StoryMaterialGiven(NominationEvent):
    """What may be told of an honoured exemplar was handed on. Said by nomination; heard by publishing."""

    category: Category
    honour_id: UUID
    material: Sealed


class ContactsGiven(NominationEvent):
    """How the people concerned are reached was handed on. Said by nomination; heard by notification."""

    contacts: Sealed


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


class CaseReopened(ReviewEvent):
    """The corrected dossier was taken in. Said by review; heard by nomination."""

    revision: int


class CaseReturned(ReviewEvent):
    """A case went back to be corrected; why travels in the parcel. Said by review.

    Heard by nomination, notification.
    """

    revision: int
    reasons: Sealed


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


class StoryEvent(Event):
    """What every event of a story says."""

    said_by = "publishing"
    keyed_by = "story_id"

    story_id: UUID
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID


class ConsentAsked(StoryEvent):
    """A person's word is needed before a story may appear. Said by publishing; heard by notification."""

    consent_id: UUID
    person_id: UUID
    expires_at: AwareDatetime


class ConsentAnswered(StoryEvent):
    """A person agreed to some purposes, or to none. Said by publishing; heard by notification."""

    consent_id: UUID
    person_id: UUID
    given: bool


class ConsentWithdrawn(StoryEvent):
    """A person took the word back. Said by publishing; heard by notification."""

    consent_id: UUID
    person_id: UUID


class StoryPublished(StoryEvent):
    """A story can be read. Said by publishing, in public too; heard by nomination and notification."""

    doors = (Door.INTERNAL, Door.PUBLIC)

    category: Category
    path: str
    sha256: str


class StoryRetracted(StoryEvent):
    """A story can be read no more; never says why. Said by publishing, in public too.

    Heard by nomination, notification.
    """

    doors = (Door.INTERNAL, Door.PUBLIC)


class DeliveryFailed(StoryEvent):
    """A channel could not be told, however often it was tried. Said by publishing; heard by notification."""

    delivery_id: UUID
    channel: str


class SessionEnded(Event):
    """A person signed out: the session's token counts no more. Said by notification.

    Heard by nomination, review, publishing.
    """

    said_by = "notification"
    keyed_by = "session_id"

    session_id: str


class MessageFailed(Event):
    """A message could not be delivered, however often it was tried. Said by notification; heard by nobody yet."""

    said_by = "notification"
    keyed_by = "message_id"

    message_id: UUID
    channel: str


def _leaves(kind: type[Event]) -> list[type[Event]]:
    return [leaf for child in kind.__subclasses__() for leaf in _leaves(child)] or [kind]


CATALOGUE: dict[str, type[Event]] = {kind.type_name(): kind for kind in _leaves(Event)}
"""Every event by its CloudEvents type."""


def topic(agency: str, service: str, door: str) -> str:
    """The topic of a door; for the door `to` pass `to-<neighbour>`."""
    return f"{agency}.{service}.{door}"


def doors_of(service: str) -> tuple[Door, ...]:
    """The doors that a service says anything on, `internal` first."""
    said = {door for event in CATALOGUE.values() if event.said_by == service for door in event.doors}
    return tuple(door for door in Door if door in said or door is Door.INTERNAL)
