"""This service's database: row classes, beside the tables of outbox, inbox, audit, jobs, parcels and the door."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.review.rules import Choice, HonourState, Referral, Side, State
from shared import audit, door, inbox, jobs, outbox, parcels, rates, search_words
from shared.database import new_metadata, words
from shared.events import Category, HonourStanding, Outcome, Word
from shared.identity import ended
from shared.running import runs

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, door, ended, rates, search_words, runs):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class Unit(Row, table=True):
    """A unit's name, as far as it was heard."""

    __tablename__ = "units"

    id: UUID = Field(primary_key=True)
    name: str
    kind: str
    valid_from: date


class RuleSetRow(Row, table=True):
    """What the council goes by, dated; nobody has to have confirmed it."""

    __tablename__ = "rule_sets"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    valid_from: date
    valid_to: date | None = None
    confirmed: bool = False
    source: str = ""
    values: dict[str, Any] = Field(sa_type=JSONB)


class Case(Row, table=True):
    """One agency's review of one nomination. `code` is the nomination's, for life."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("agency", "origin_agency", "nomination_id"),
        Index(None, "agency", "state", "code"),
        Index(None, "agency", "code"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    subject_id: UUID
    code: str
    category: Category = Field(sa_type=words(Category, "category"))
    criteria: str = Field(description="the pack that the nomination was pinned to")
    rules: str | None = Field(default=None, description="the rule set that the case was received under")
    revision: int
    state: State = Field(default=State.NEW, sa_type=words(State, "state"))
    outcome: Outcome | None = Field(default=None, sa_type=words(Outcome, "outcome"))
    frozen: bool = Field(default=False, description="a parent has it, or is about to")
    withdrawn: bool = Field(default=False, description="its unit took it back; it ends as soon as it is free")
    version: int = 1
    opened_at: datetime = Field(sa_type=DateTime(timezone=True))
    moved_at: datetime = Field(sa_type=DateTime(timezone=True))


class Letter(Row, table=True):
    """The letter that covers cases which went up together."""

    __tablename__ = "letters"
    __table_args__ = (Index(None, "agency", "at"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    to_agency: str = Field(max_length=31)
    number: str = ""
    dated: date
    words: str = ""
    at: datetime = Field(sa_type=DateTime(timezone=True))


class ReferralRow(Row, table=True):
    """A hand-over between this agency and `other`, from the side that this agency is on."""

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("side", "other", "referral_id"),
        Index(None, "case_id"),
        Index(None, "letter_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    referral_id: UUID = Field(description="given by the lower agency")
    case_id: UUID = Field(foreign_key="cases.id")
    side: Side = Field(sa_type=words(Side, "side"))
    other: str = Field(max_length=31)
    state: Referral = Field(sa_type=words(Referral, "state"))
    revision: int
    letter_id: UUID | None = Field(default=None, foreign_key="letters.id", description="what covers it on its way up")
    parcel: dict[str, Any] | None = Field(default=None, sa_type=JSONB, description="Sealed, once it is stored")
    outcome: Outcome | None = Field(default=None, sa_type=words(Outcome, "outcome"), description="the parent's")
    recall_asked: bool = False
    reason: str = Field(default="", description="why the parent gave it back, from its parcel")
    trouble: str | None = Field(default=None, description="why the parent's door did not take the parcel")
    at: datetime = Field(sa_type=DateTime(timezone=True))
    moved_at: datetime = Field(sa_type=DateTime(timezone=True))


class Standing(Row, table=True):
    """How an honour of another agency stands, as far as it was told."""

    __tablename__ = "standings"
    __table_args__ = (Index(None, "agency", "origin_agency", "nomination_id"),)

    by_agency: str = Field(primary_key=True, max_length=31)
    honour_id: UUID = Field(primary_key=True)
    nomination_id: UUID
    origin_agency: str
    standing: HonourStanding = Field(sa_type=words(HonourStanding, "standing"))
    decision_number: str
    decision_date: date
    form: str
    level: str
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    told_by: str = Field(max_length=31)


class Receipt(Row, table=True):
    """A person's word as it is known here: it travels with the dossier."""

    __tablename__ = "receipts"
    __table_args__ = (Index(None, "agency", "origin_agency", "nomination_id"),)

    consent_id: UUID = Field(primary_key=True)
    nomination_id: UUID
    origin_agency: str
    person_id: UUID
    relation: str
    word: Word = Field(sa_type=words(Word, "word"))
    purposes: list[str] = Field(default_factory=list, sa_type=JSONB)
    text_version: int
    text_sha256: str
    method: str
    said_at: datetime = Field(sa_type=DateTime(timezone=True))


class Dossier(Row, table=True):
    """What a parcel brought for a case: restricted. `content` is the manifest's own words."""

    __tablename__ = "dossiers"
    __table_args__ = (UniqueConstraint("case_id", "revision"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    revision: int
    content: dict[str, Any] = Field(sa_type=JSONB)
    files: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)


class Sheet(Row, table=True):
    """One council member's marks for one revision of a dossier."""

    __tablename__ = "sheets"
    __table_args__ = (UniqueConstraint("case_id", "revision", "member"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    revision: int
    member: str
    marks: dict[str, int] = Field(sa_type=JSONB)
    note: str = ""


class Ballot(Row, table=True):
    """A vote on a case. A closed one is never opened again; voting anew is a new one."""

    __tablename__ = "ballots"
    __table_args__ = (Index(None, "case_id"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    revision: int
    secret: bool
    open: bool = True


class Roll(Row, table=True):
    """Who has voted; never what, never when. An open ballot also says what."""

    __tablename__ = "rolls"

    ballot_id: UUID = Field(foreign_key="ballots.id", primary_key=True)
    voter: str = Field(primary_key=True)
    choice: Choice | None = Field(default=None, sa_type=words(Choice, "choice"))


class Tally(Row, table=True):
    """How many chose what."""

    __tablename__ = "tallies"

    ballot_id: UUID = Field(foreign_key="ballots.id", primary_key=True)
    choice: Choice = Field(sa_type=words(Choice, "choice"), primary_key=True)
    count: int


class Honour(Row, table=True):
    """An honour by a decision with number and date."""

    __tablename__ = "honours"
    __table_args__ = (UniqueConstraint("case_id"), Index(None, "agency", "decision_date"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    case_id: UUID = Field(foreign_key="cases.id")
    decision_number: str
    decision_date: date
    form: str
    level: str
    state: HonourState = Field(default=HonourState.IN_FORCE, sa_type=words(HonourState, "state"))
    ground: str | None = Field(
        default=None, description="code of the ground of a hold or revocation; never leaves here"
    )
    version: int = 1
