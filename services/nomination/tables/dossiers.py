"""Dossiers: whom they are about, what is claimed, and how far they are."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules import ClaimState, Relation, State
from services.nomination.rules.criteria import EvidenceKind, Form
from services.nomination.tables.row import Row
from shared.database import words
from shared.events import Category
from shared.names import folded


class Subject(Row, table=True):
    """Whom a nomination is about."""

    __tablename__ = "subjects"
    __table_args__ = (
        Index(None, "agency", "unit_id", "search_text"),
        Index(None, "agency", "same_key"),
        Index(None, "agency", "external_ref", postgresql_where=sql("external_ref <> ''")),
        Index(None, "same_as", postgresql_where=sql("same_as is not null")),
        Index("ix_subjects_not_looked", "agency", "id", postgresql_where=sql("not looked")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    category: Category = Field(sa_type=words(Category, "category"))
    form: Form = Field(default=Form.EXEMPLAR, sa_type=words(Form, "form"))
    name: str
    position: str = ""
    born_on: date | None = Field(default=None, description="only where the law asks how old somebody is")
    groups: list[str] = Field(
        default_factory=list, sa_type=JSONB, description="of `rules.reports.Group`: counted apart in reports"
    )
    born_in: int | None = Field(default=None, description="the year, where a list told no more")
    external_ref: str = Field(
        default="", description="its code in the sector's data; kept as it came, never given here"
    )
    search_text: str
    sort_key: str
    same_key: str = Field(description="by which those that may be one are found: see `rules.subjects.same_key`")
    same_as: UUID | None = Field(
        default=None, foreign_key="subjects.id", description="the one that stands for it since they were merged"
    )
    looked: bool = Field(default=False, description="whether others that it may be were looked for")

    @property
    def birth_year(self) -> int | None:
        """When somebody was born, as far as it is known."""
        return self.born_on.year if self.born_on else self.born_in

    def is_called(self, name: str) -> bool:
        """Whether this is one person, of that name but for its marks."""
        one = self.category is not Category.COLLECTIVE and self.form is Form.EXEMPLAR
        return one and self.search_text == folded(name)


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
    """A dossier on its way; `version` guards edits, `edits` counts them, `revision` counts hand-ins."""

    __tablename__ = "nominations"
    __table_args__ = (
        UniqueConstraint("agency", "code"),
        Index(None, "agency", "unit_id", "code"),
        # All that the map of a plan counts by lies in the index.
        Index(None, "plan_id", "unit_id", "handed_in_on", postgresql_include=["agency", "state"]),
        Index(None, "agency", "handed_in_on"),
        Index(None, "subject_id"),
        Index(None, "movement_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    unit_id: UUID = Field(foreign_key="units.id")
    subject_id: UUID = Field(foreign_key="subjects.id")
    plan_id: UUID = Field(foreign_key="plans.id")
    round_id: UUID = Field(foreign_key="rounds.id")
    rule_set: str
    movement_id: UUID | None = Field(default=None, foreign_key="movements.id", description="in which it was found")
    task: str = Field(default="", description="the main task in which it was found")
    state: State = Field(default=State.DRAFT, sa_type=words(State, "state"))
    revision: int = 0
    version: int = 1
    nominator: str
    writer: str = Field(default="", description="the name of whoever began it, as it was then")
    on_behalf: str = Field(default="", description="for whom it is written, if not for its unit")
    reopened: list[str] = Field(
        default_factory=list, sa_type=JSONB, description="what may be changed of a returned one; none: all"
    )
    edits: int = Field(default=0, description="how often what it says was changed")
    started_at: datetime = Field(sa_type=DateTime(timezone=True))
    submitted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    handed_in_on: date | None = Field(default=None, description="the day of the first hand-in, in Vietnam")
    late: bool = Field(default=False, description="first handed in within its round's grace")
    kin: str | None = Field(
        default=None, description="how its sender is related to whom it is about; empty: not at all; none: not said"
    )
    kin_said_by: str = Field(default="", description="the identity of that sender")
    left_to_agency: bool = Field(
        default=False, description="whom it is about heads the unit: an officer of the agency confirms"
    )
    given_for: UUID | None = Field(default=None, description="the honour for which material was handed on")
    award_form_id: UUID | None = Field(
        default=None,
        foreign_key="award_forms.id",
        description="what it needs for an award; none: nothing",
    )

    def note_edit(self) -> None:
        """What it says was changed: whoever had seen it before has not seen this."""
        self.version += 1
        self.edits += 1


class Claim(Row, table=True):
    """What is claimed under one criterion."""

    __tablename__ = "claims"
    __table_args__ = (UniqueConstraint("nomination_id", "criterion"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID = Field(foreign_key="nominations.id")
    criterion: str
    text: str
    options: list[str] = Field(default_factory=list, sa_type=JSONB, description="those ticked: a, b …")
    level: str | None = Field(default=None, description="of the scale that the criterion asks for")
    rests_on: UUID | None = Field(default=None, foreign_key="nominations.id", description="the dossier it derives from")
    state: ClaimState = Field(default=ClaimState.UNVERIFIED, sa_type=words(ClaimState, "state"))
    version: int = 1


class Evidence(Row, table=True):
    """What stands behind a claim."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index(None, "claim_id"),
        Index(None, "agency", "sha256", postgresql_where=sql("sha256 is not null")),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    claim_id: UUID = Field(foreign_key="claims.id")
    kind: EvidenceKind = Field(default=EvidenceKind.WORDS, sa_type=words(EvidenceKind, "kind"))
    text: str
    fields: dict[str, str] = Field(default_factory=dict, sa_type=JSONB, description="what its kind asks for")
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


class Counter(Row, table=True):
    """The last number given in a year, for codes."""

    __tablename__ = "counters"

    agency: str = Field(primary_key=True, max_length=31)
    year: int = Field(primary_key=True)
    last: int
