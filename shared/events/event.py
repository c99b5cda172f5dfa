"""What an event is made of: doors, parcels, and the words that events of several services share."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


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


class HonourStanding(StrEnum):
    """Whether an honour counts."""

    IN_FORCE = "in_force"
    HELD = "held"
    REVOKED = "revoked"


class Word(StrEnum):
    """What a person said about being shown."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


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
