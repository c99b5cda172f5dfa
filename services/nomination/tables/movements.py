"""Movements and campaigns, what was done in them, and who takes part."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules import movements as rules
from services.nomination.rules.movements import Standing, Taker
from services.nomination.tables.row import Row
from shared.database import words


class Movement(Row, table=True):
    """A movement or campaign as a unit launched it for itself and all below. `unit_id` none: the agency, for all."""

    __tablename__ = "movements"
    __table_args__ = (Index(None, "agency", "starts_on"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID | None = Field(default=None, foreign_key="units.id")
    name: str
    issuer: str = Field(default="", description="who called for it above, as a plan says")
    task: str = Field(default="", description="the main task that it serves")
    paper: str = Field(default="", description="the paper that launched it, as its symbol reads")
    starts_on: date
    ends_on: date | None = Field(default=None, description="its last day; none: open")
    ended_on: date | None = Field(default=None, description="it was ended by hand on that day")
    result: str = Field(default="", description="what came of the whole")
    result_count: int | None = None
    registered: int = Field(default=0, description="how many take part: known to all, though who they are is not")
    launched_by: str
    launched_at: datetime = Field(sa_type=DateTime(timezone=True))
    search_text: str
    sort_key: str

    def standing(self, today: date) -> Standing:
        """Where it is on a day."""
        return rules.standing(self.starts_on, self.ends_on, self.ended_on, today)


class MovementActivity(Row, table=True):
    """Something that was done in a movement. `unit_id` none: by the agency."""

    __tablename__ = "movement_activities"
    __table_args__ = (Index(None, "movement_id", "held_on"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    movement_id: UUID = Field(foreign_key="movements.id")
    unit_id: UUID | None = Field(default=None, foreign_key="units.id")
    held_on: date
    what: str
    manner: str = Field(default="", description="in which form: a talk, a contest")
    people: int | None = None


class MovementRegistration(Row, table=True):
    """Who takes part in a movement, and what came of it there."""

    __tablename__ = "movement_registrations"
    __table_args__ = (UniqueConstraint("movement_id", "unit_id", "taker", "who"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    movement_id: UUID = Field(foreign_key="movements.id")
    unit_id: UUID = Field(foreign_key="units.id")
    taker: Taker = Field(sa_type=words(Taker, "taker"))
    name: str = Field(description="of the person, the team or the unit, as it was then")
    who: str = Field(default="", description="a person's identity, a team's folded name; empty: the unit itself")
    sort_key: str
    at: datetime = Field(sa_type=DateTime(timezone=True))
    result: str = ""
    result_count: int | None = None
