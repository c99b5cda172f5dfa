"""This service's database: row classes, beside the tables of outbox, inbox and audit."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.nomination.rules import ClaimState, PlanState, Relation, State
from services.nomination.rules.rounds import Kind, Window
from services.nomination.rules.targets import Bound, Counted, Per
from shared import audit, idempotency, inbox, jobs, outbox, parcels, rates, search_words
from shared.clock import VIETNAM
from shared.database import new_metadata, words
from shared.events import Category
from shared.identity import ended
from shared.running import runs
from shared.working_days import Calendar, Marked

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, ended, idempotency, rates, search_words, runs):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class Unit(Row, table=True):
    """A node of the agency's unit graph, as of its dates."""

    __tablename__ = "units"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    name: str
    kind: str
    valid_from: date
    valid_to: date | None = None


class UnitEdge(Row, table=True):
    """A unit under another, in one line of authority, as of its dates."""

    __tablename__ = "unit_edges"
    __table_args__ = (
        Index(None, "agency", "parent_id"),
        UniqueConstraint("child_id", "parent_id", "line", "valid_from"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    child_id: UUID = Field(foreign_key="units.id")
    parent_id: UUID = Field(foreign_key="units.id")
    line: str
    valid_from: date
    valid_to: date | None = Field(default=None, description="exclusive")


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

    def window(self, calendar: Calendar) -> Window:
        """When it takes dossiers, by that calendar."""
        return Window.of(self.opens_on, self.last_day, self.closes_at, self.grace_days, zone=VIETNAM, add=calendar.add)


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


class Criterion(Row, table=True):
    """One criterion of a pack; `pack` is the pack's code with its version."""

    __tablename__ = "criteria"
    __table_args__ = (UniqueConstraint("agency", "pack", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    pack: str
    code: str
    category: Category | None = Field(default=None, sa_type=words(Category, "category"))
    position: int
    text: str
    evidence: str = ""
    options: list[str] = Field(default_factory=list, sa_type=JSONB)
    variants: list[str] = Field(default_factory=list, sa_type=JSONB)
    sources: list[str] = Field(default_factory=list, sa_type=JSONB)


class Subject(Row, table=True):
    """Whom a nomination is about."""

    __tablename__ = "subjects"
    __table_args__ = (Index(None, "agency", "unit_id", "search_text"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    category: Category = Field(sa_type=words(Category, "category"))
    name: str
    position: str = ""
    born_on: date | None = Field(default=None, description="only where the law asks how old somebody is")
    search_text: str
    sort_key: str


class Person(Row, table=True):
    """Somebody whose word a story will need, and how they are reached."""

    __tablename__ = "persons"
    __table_args__ = (UniqueConstraint("subject_id", "relation"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    subject_id: UUID = Field(foreign_key="subjects.id")
    relation: Relation = Field(sa_type=words(Relation, "relation"))
    name: str
    email: str


class Nomination(Row, table=True):
    """A dossier on its way; `version` guards edits, `revision` counts hand-ins."""

    __tablename__ = "nominations"
    __table_args__ = (
        UniqueConstraint("agency", "code"),
        Index(None, "agency", "unit_id", "code"),
        Index(None, "plan_id", "unit_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    unit_id: UUID = Field(foreign_key="units.id")
    subject_id: UUID = Field(foreign_key="subjects.id")
    plan_id: UUID = Field(foreign_key="plans.id")
    round_id: UUID = Field(foreign_key="rounds.id")
    rule_set: str
    state: State = Field(default=State.DRAFT, sa_type=words(State, "state"))
    revision: int = 0
    version: int = 1
    nominator: str
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    handed_in_on: date | None = Field(default=None, description="the day of the first hand-in, in Vietnam")
    late: bool = Field(default=False, description="first handed in within its round's grace")
    given_for: UUID | None = Field(default=None, description="the honour for which material was handed on")


class Claim(Row, table=True):
    """What is claimed under one criterion."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("nomination_id", "criterion"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    criterion: str
    text: str
    state: ClaimState = Field(default=ClaimState.UNVERIFIED, sa_type=words(ClaimState, "state"))
    version: int = 1


class Evidence(Row, table=True):
    """What stands behind a claim."""

    __tablename__ = "evidence"
    __table_args__ = (Index(None, "claim_id"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    claim_id: UUID = Field(foreign_key="claims.id")
    text: str
    sha256: str | None = Field(default=None, description="of its file, if it has one")
    file_name: str | None = None
    media_type: str | None = None
    size: int | None = None


class Return(Row, table=True):
    """Why a revision came back, in the council's own words."""

    __tablename__ = "returns"
    __table_args__ = (UniqueConstraint("nomination_id", "revision"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    revision: int
    reason: str


class Step(Row, table=True):
    """One line of a nomination's timeline: what happened, where it lies since, from the events that were heard."""

    __tablename__ = "steps"
    __table_args__ = (Index(None, "nomination_id", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    at: datetime = Field(sa_type=DateTime(timezone=True))
    what: str
    holder: str
    by_agency: str | None = Field(default=None, max_length=31, description="whose act it was, if not this agency's")
    with_agency: str | None = Field(default=None, max_length=31, description="the other side of a referral")


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


class Counter(Row, table=True):
    """The last number given in a year, for codes."""

    __tablename__ = "counters"

    agency: str = Field(primary_key=True, max_length=31)
    year: int = Field(primary_key=True)
    last: int
