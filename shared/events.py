"""The catalogue: every event that crosses a service's border.

An event is a fact in the past tense. Its class names the service that says it, the doors it is said on and the field
that is its key; its docstring says who says it and who hears it. Topics are derived, never typed. Fields are ids and
facts as of then, never personal data and never what a person typed: those travel in parcels (design 5 and 8). Events
change by optional fields only; whatever breaks a reader is a new name.
"""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

SERVICES = ("nomination", "review", "publishing", "notification")


class Door(StrEnum):
    """Who may read a topic (design 3). `TO` stands for one topic per neighbour."""

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
    """What a council concluded."""

    HONOUR = "honour"
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
    """A unit exists from a day on. Said by nomination; heard by review and publishing."""

    said_by = "nomination"
    keyed_by = "unit_id"

    unit_id: UUID
    name: str
    kind: str
    valid_from: date


class NominationEvent(Event):
    """What every event of a nomination says of it. Its id is the same at every tier."""

    said_by = "nomination"

    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID


class NominationSubmitted(NominationEvent):
    """A unit put an exemplar forward. Said by nomination; heard by review and notification."""

    code: str
    category: Category
    plan_id: UUID
    round_id: UUID
    rule_set: str
    revision: int
    dossier: Sealed | None = None


class ReviewEvent(Event):
    """What every event of a case says: the nomination it is about and the agency's own case."""

    said_by = "review"

    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    case_id: UUID


class CaseOpened(ReviewEvent):
    """The agency's review took a nomination in. Said by review; heard by nomination."""


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
