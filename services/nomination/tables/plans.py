"""Plans, their rounds and targets, and the days that are worked."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Index, UniqueConstraint, case, extract, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, col
from uuid_utils.compat import uuid7

from services.nomination.rules import PlanState
from services.nomination.rules.rounds import Kind, Window
from services.nomination.rules.targets import Bound, Counted, Per
from services.nomination.tables.row import Row
from shared.clock import VIETNAM
from shared.database import words
from shared.working_days import Calendar, Marked


class Plan(Row, table=True):
    """An issued document. What the papers do not say stays empty and shows as unconfirmed."""

    __tablename__ = "plans"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    title: str
    issuer: str
    number: str | None = None
    issued_on: date | None = None
    period: str
    grounds: list[dict[str, Any]] = Field(sa_type=JSONB)
    movements: list[dict[str, Any]] = Field(sa_type=JSONB)
    subjects: list[str] = Field(sa_type=JSONB)
    text: str = ""
    version: int = 1
    state: PlanState = Field(default=PlanState.IN_FORCE, sa_type=words(PlanState, "state"))
    signer_post: str = Field(default="", description="the post of whoever signs it, never a name")
    starts_on: date | None = None
    ends_on: date | None = Field(default=None, description="its last day")
    cycle_begins: str = Field(
        default="", max_length=5, description="the day on which each of its years begins: «09-01»"
    )
    distribution: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    deadlines: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    channels: list[str] = Field(default_factory=list, sa_type=JSONB)
    priorities: list[str] = Field(default_factory=list, sa_type=JSONB)
    help_contact: str = Field(default="", description="a desk or a post, never a person")
    report_template: str = ""
    criteria_pack: str = ""
    draft: dict[str, Any] | None = Field(
        default=None,
        sa_type=JSONB(none_as_null=True),
        description="what is being written: all of a plan that was never issued, or the next version of one in force",
    )
    draft_version: int = Field(default=0, description="how often the draft was saved: guards edits")


def plan_year(day: Any) -> ColumnElement[int]:
    """The year of its plan's cycle that a day lies in, as `rules.plan_content.year_of`; the plan must be joined."""
    begun = case((func.to_char(day, "MM-DD") < col(Plan.cycle_begins), 1), else_=0)
    return extract("year", day) - begun


class PlanVersion(Row, table=True):
    """What a version of a plan said, since when, and by whom it was issued."""

    __tablename__ = "plan_versions"

    plan_id: UUID = Field(foreign_key="plans.id", primary_key=True)
    version: int = Field(primary_key=True)
    content: dict[str, Any] = Field(sa_type=JSONB)
    at: datetime | None = Field(
        default=None, sa_type=DateTime(timezone=True), description="none: before versions were kept"
    )
    issued_by: str = ""
    role: str = ""


class PlanFromAbove(Row, table=True):
    """A plan of an agency above, as it was heard: `content` is what PlanPublished said."""

    __tablename__ = "plans_from_above"

    issuer_agency: str = Field(primary_key=True, max_length=31)
    plan_id: UUID = Field(primary_key=True)
    version: int
    state: PlanState = Field(sa_type=words(PlanState, "state"))
    number: str | None = None
    content: dict[str, Any] = Field(sa_type=JSONB)
    heard_at: datetime = Field(sa_type=DateTime(timezone=True))
    acknowledged: int = Field(default=0, description="the newest version that a person of this agency has read")
    acknowledged_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Acknowledgement(Row, table=True):
    """How far a child agency has read a plan of ours."""

    __tablename__ = "acknowledgements"

    plan_id: UUID = Field(foreign_key="plans.id", primary_key=True)
    child: str = Field(primary_key=True, max_length=31)
    version: int
    at: datetime = Field(sa_type=DateTime(timezone=True))
    planned: bool = Field(default=False, description="it has issued a plan of its own that rests on ours")


class UnitAcknowledgement(Row, table=True):
    """That a unit's head has brought a plan to its people: when, and to how many."""

    __tablename__ = "unit_acknowledgements"
    __table_args__ = (Index(None, "agency", "unit_id"),)

    plan_id: UUID = Field(foreign_key="plans.id", primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id", primary_key=True)
    version: int
    told_on: date
    people: int
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Round(Row, table=True):
    """A window of a plan in which nominations are taken."""

    __tablename__ = "rounds"
    __table_args__ = (UniqueConstraint("plan_id", "name"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    plan_id: UUID = Field(foreign_key="plans.id")
    name: str
    kind: Kind = Field(default=Kind.WINDOW, sa_type=words(Kind, "kind"))
    opens_on: date
    closes_on: date | None = None
    closes_at: time | None = Field(default=None, description="on its last day, in Vietnam; none: as the day ends")
    grace_days: int = Field(default=0, description="working days in which what comes late is still taken")
    extended_to: date | None = Field(default=None, description="its last day since it was extended")
    confirmed: bool = False
    note: str = ""

    @property
    def last_day(self) -> date | None:
        """The day it closes, an extension counted in."""
        return self.extended_to or self.closes_on

    def window(self, calendar: Calendar, plan: Plan) -> Window:
        """When it takes dossiers, by that calendar; without a last day of its own, as long as its plan lasts.

        A round that outlasts its plan still takes what was begun in time: see `rules.rounds.check_begins`.
        """
        last = self.last_day or plan.ends_on
        hour = self.closes_at if self.last_day else None
        return Window.of(self.opens_on, last, hour, self.grace_days, zone=VIETNAM, add=calendar.add)


class RoundExtension(Row, table=True):
    """That an officer moved a round's end, and why: units read it."""

    __tablename__ = "round_extensions"
    __table_args__ = (Index(None, "round_id", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    round_id: UUID = Field(foreign_key="rounds.id")
    before: date
    until: date
    reason: str
    at: datetime = Field(sa_type=DateTime(timezone=True))


class Target(Row, table=True):
    """What a plan asks of its units, in numbers."""

    __tablename__ = "targets"
    __table_args__ = (Index(None, "plan_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    plan_id: UUID = Field(foreign_key="plans.id")
    unit_kind: str | None = Field(default=None, description="none: units of every kind")
    bound: Bound = Field(sa_type=words(Bound, "bound"))
    number: int
    per: Per = Field(sa_type=words(Per, "per"))
    counted: Counted = Field(default=Counted.NOMINATIONS, sa_type=words(Counted, "counted"))
    warns_only: bool = Field(default=False, description="what comes beyond a maximum is taken all the same")
    confirmed: bool = True
    note: str = ""


class CalendarYear(Row, table=True):
    """What the agency's calendar of working days says of a year; `days` are those that are not as their weekday."""

    __tablename__ = "calendar_years"

    agency: str = Field(primary_key=True, max_length=31)
    year: int = Field(primary_key=True)
    source: str
    days: list[dict[str, Any]] = Field(sa_type=JSONB)

    @property
    def marked(self) -> list[Marked]:
        """The days as `shared.working_days` has them."""
        return [Marked(**one | {"day": date.fromisoformat(one["day"])}) for one in self.days]
