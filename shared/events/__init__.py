"""The catalogue: every event that crosses a service's border.

An event is a fact in the past tense. Its class names the service that says it, the doors it is said on and the field
that is its key; its docstring says who says it and who hears it. Topics are derived, never typed. Fields are ids and
facts as of then, never personal data and never what a person typed: those travel in parcels. Events
change by optional fields only; whatever breaks a reader is a new name.
"""

from shared.events.event import (
    Category,
    Door,
    Event,
    HonourStanding,
    Outcome,
    Sealed,
    Word,
)
from shared.events.nomination import (
    ConfirmationAwaits,
    ContactsGiven,
    FindingEvent,
    FindingRaised,
    FindingSettled,
    NominationEvent,
    NominationMoved,
    NominationRevised,
    NominationStarted,
    NominationSubmitted,
    NominationWithdrawn,
    PlanAcknowledged,
    PlanDeadline,
    PlanEvent,
    PlanPublished,
    PlanRef,
    PlanRound,
    PlanTarget,
    PlanWithdrawn,
    StoryMaterialGiven,
    UnitChanged,
    UnitEnded,
    UnitOpened,
)
from shared.events.notification import (
    MessageFailed,
    SessionEnded,
)
from shared.events.publishing import (
    ConsentAnswered,
    ConsentAsked,
    ConsentPassedOn,
    ConsentWithdrawn,
    DeliveryFailed,
    StoryAwaits,
    StoryEvent,
    StoryPublished,
    StoryRetracted,
    StoryStep,
    WithdrawalAnswered,
)
from shared.events.reports import (
    ReportAwaits,
    ReportDue,
    ReportEvent,
    ReportFigures,
    ReportReceived,
    ReportReturned,
    ReportSent,
    ReportStep,
)
from shared.events.review import (
    CaseAwaits,
    CaseOpened,
    CaseReopened,
    CaseReturned,
    CaseStep,
    ExemplarHonoured,
    HonourHeld,
    HonourPassedOn,
    HonourResumed,
    HonourRevoked,
    Move,
    MovePassedOn,
    NominationReferred,
    RecallAsked,
    ReferralAccepted,
    ReferralDecided,
    ReferralEvent,
    ReferralReturned,
    ReferredMaterialGiven,
    ReviewCompleted,
    ReviewEvent,
)

SERVICES = ("nomination", "review", "publishing", "notification")


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


__all__ = [
    "CATALOGUE",
    "SERVICES",
    "CaseAwaits",
    "CaseOpened",
    "CaseReopened",
    "CaseReturned",
    "CaseStep",
    "Category",
    "ConfirmationAwaits",
    "ConsentAnswered",
    "ConsentAsked",
    "ConsentPassedOn",
    "ConsentWithdrawn",
    "ContactsGiven",
    "DeliveryFailed",
    "Door",
    "Event",
    "ExemplarHonoured",
    "FindingEvent",
    "FindingRaised",
    "FindingSettled",
    "HonourHeld",
    "HonourPassedOn",
    "HonourResumed",
    "HonourRevoked",
    "HonourStanding",
    "MessageFailed",
    "Move",
    "MovePassedOn",
    "NominationEvent",
    "NominationMoved",
    "NominationReferred",
    "NominationRevised",
    "NominationStarted",
    "NominationSubmitted",
    "NominationWithdrawn",
    "Outcome",
    "PlanAcknowledged",
    "PlanDeadline",
    "PlanEvent",
    "PlanPublished",
    "PlanRef",
    "PlanRound",
    "PlanTarget",
    "PlanWithdrawn",
    "RecallAsked",
    "ReferralAccepted",
    "ReferralDecided",
    "ReferralEvent",
    "ReferralReturned",
    "ReferredMaterialGiven",
    "ReportAwaits",
    "ReportDue",
    "ReportEvent",
    "ReportFigures",
    "ReportReceived",
    "ReportReturned",
    "ReportSent",
    "ReportStep",
    "ReviewCompleted",
    "ReviewEvent",
    "Sealed",
    "SessionEnded",
    "StoryAwaits",
    "StoryEvent",
    "StoryMaterialGiven",
    "StoryPublished",
    "StoryRetracted",
    "StoryStep",
    "UnitChanged",
    "UnitEnded",
    "UnitOpened",
    "WithdrawalAnswered",
    "Word",
    "doors_of",
    "topic",
]
