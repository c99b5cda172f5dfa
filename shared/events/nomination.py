"""What nomination says."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.event import Category, Door, Event, Sealed


class UnitOpened(Event):
    """A unit exists from a day on. Said by nomination; heard by review, notification."""

    said_by = "nomination"
    keyed_by = "unit_id"

    unit_id: UUID
    name: str
    kind: str
    valid_from: date


class UnitChanged(Event):
    """A unit is called otherwise, or of another kind, from a day on that has come.

    Said by nomination; heard by review, notification.
    """

    said_by = "nomination"
    keyed_by = "unit_id"

    unit_id: UUID
    name: str
    kind: str
    valid_from: date


class UnitEnded(Event):
    """A unit is no more from a day on that has come; roles that were given there are its successor's, if it has one.

    What goes on of its files is told of each (NominationMoved). Said by nomination; heard by notification.
    """

    said_by = "nomination"
    keyed_by = "unit_id"

    unit_id: UUID
    successor_id: UUID | None = None
    valid_to: date


class FindingEvent(Event):
    """What every event of a finding says of it."""

    said_by = "nomination"
    keyed_by = "finding_id"

    visit_id: UUID
    finding_id: UUID
    unit_id: UUID


class FindingRaised(FindingEvent):
    """Something that a visit found waits for its unit's answer, or waits again.

    Said by nomination; heard by notification.
    """

    due_on: date


class FindingSettled(FindingEvent):
    """A finding does not wait for its unit any more: it was answered, or closed.

    Said by nomination; heard by notification.
    """


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
    kind: str | None = None
    confirmed: bool | None = None


class PlanTarget(BaseModel):
    """A number that a plan asks for: `bound` at_least or at_most, of each unit of that kind (None: of any kind)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bound: str
    number: int
    per: str
    counted: str
    unit_kind: str | None = None
    warns_only: bool = False
    confirmed: bool = True


class PlanDeadline(BaseModel):
    """By when somebody has to do something: `on` a day, or on `each` year's day, as «10-30»."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    what: str
    who: str = ""
    duty: str = "other"
    each: str | None = None
    on: date | None = None
    confirmed: bool = True


class PlanEvent(Event):
    """What every event of a plan says. Plans are official papers: what they say is public."""

    said_by = "nomination"
    doors = (Door.INTERNAL, Door.CHILDREN)
    keyed_by = "plan_id"

    plan_id: UUID
    version: int


class PlanPublished(PlanEvent):
    """A plan is in force, or a new version of it. Said by nomination, to children too.

    Heard by the nomination and notification of each child, also of one that joins later.
    """

    title: str
    issuer: str
    period: str
    number: str | None = None
    issued_on: date | None = None
    subjects: list[str] = Field(default=[])
    movements: list[str] = Field(default=[])
    grounds: list[PlanRef] = Field(default=[])
    rounds: list[PlanRound] = Field(default=[])
    starts_on: date | None = None
    ends_on: date | None = None
    targets: list[PlanTarget] = Field(default=[])
    deadlines: list[PlanDeadline] = Field(default=[])


class PlanWithdrawn(PlanEvent):
    """A plan is no longer in force. Said by nomination, to children too.

    Heard by the nomination and notification of each child.
    """


class PlanAcknowledged(Event):
    """A child agency has read a plan from above; `planned`: it has issued one of its own that rests on it.

    Said by nomination, to the parent. Heard by the parent's nomination, at home by notification.
    """

    said_by = "nomination"
    doors = (Door.INTERNAL, Door.TO)
    keyed_by = "plan_id"

    to_agency: str
    plan_id: UUID
    version: int
    planned: bool = False


class NominationEvent(Event):
    """What every event of a nomination says of it. Its id is the same at every tier."""

    said_by = "nomination"

    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    code: str


class NominationStarted(NominationEvent):
    """A unit began to write a nomination. Said by nomination; heard by notification."""

    due_on: date | None = None


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


class NominationWithdrawn(NominationEvent):
    """A unit took its nomination back. Said by nomination; heard by review and notification."""


class NominationMoved(NominationEvent):
    """An open nomination goes on at another unit, which `unit_id` names: its own is no more.

    Said by nomination; heard by review and notification.
    """


class ConfirmationAwaits(NominationEvent):
    """Whether a dossier that its head left to the agency waits for an officer to confirm it.

    Said by nomination; heard by notification.
    """

    waits: bool


class StoryMaterialGiven(NominationEvent):
    """What may be told of an honoured exemplar was handed on. Said by nomination; heard by publishing."""

    category: Category
    honour_id: UUID
    material: Sealed


class ContactsGiven(NominationEvent):
    """How the people concerned are reached was handed on. Said by nomination; heard by notification."""

    contacts: Sealed
