"""This service's database: row classes, beside the tables of outbox, inbox, audit, jobs and parcels."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, DateTime, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

from services.publishing.rules import ConsentState, DeliveryState, FollowedState, HonourState, Method, State
from shared import audit, inbox, jobs, outbox, parcels, rates, search_words, uploads
from shared.database import new_metadata, words
from shared.events import Category, HonourStanding, Word
from shared.identity import ended
from shared.running import runs

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, ended, rates, search_words, runs, uploads):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)


class ConsentRule(Row, table=True):
    """Whose word is needed at which age, dated."""

    __tablename__ = "consent_rules"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    valid_from: date
    valid_to: date | None = None
    source: str
    bands: list[dict[str, Any]] = Field(sa_type=JSONB)


class Story(Row, table=True):
    """The publishable text of an honoured exemplar, kept apart from the dossier."""

    __tablename__ = "stories"
    __table_args__ = (
        UniqueConstraint("agency", "origin_agency", "nomination_id"),
        UniqueConstraint("path"),
        Index(None, "agency", "state", "published_at"),
        Index(None, "agency", "code"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    nomination_id: UUID
    origin_agency: str
    unit_id: UUID
    honour_id: UUID | None = None
    honour: HonourState = Field(default=HonourState.IN_FORCE, sa_type=words(HonourState, "honour"))
    code: str
    category: Category = Field(sa_type=words(Category, "category"))
    decision: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    state: State = Field(default=State.AWAITED, sa_type=words(State, "state"))
    path: str
    name: str = ""
    position: str = ""
    unit: str = ""
    born_on: date | None = None
    persons: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    title: str = ""
    text: str = ""
    published_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    retracted_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    moved_at: datetime = Field(sa_type=DateTime(timezone=True))
    version: int = 1

    @property
    def from_below(self) -> bool:
        """Whether another agency nominated and asked for consent; here the story is only released."""
        return self.origin_agency != self.agency


class Consent(Row, table=True):
    """One person's word on one story."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("story_id", "relation"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    story_id: UUID = Field(foreign_key="stories.id")
    person_id: UUID
    relation: str
    state: ConsentState = Field(default=ConsentState.ASKED, sa_type=words(ConsentState, "state"))
    purposes: list[str] = Field(default_factory=list, sa_type=JSONB)
    text_version: int
    text_sha256: str
    method: Method = Field(default=Method.LINK, sa_type=words(Method, "method"))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    answered_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Paper(Row, table=True):
    """The signed paper behind a consent: its scan, and who looked at it."""

    __tablename__ = "papers"

    consent_id: UUID = Field(foreign_key="consents.id", primary_key=True)
    sha256: str
    file_name: str
    media_type: str
    size: int
    signed_on: date
    checked_by: str = Field(description="`issuer|subject` of whoever compared the paper with what was written down")
    checked_as: str
    checked_at: datetime = Field(sa_type=DateTime(timezone=True))


class Holder(Row, table=True):
    """An agency above that this one handed a nomination to: it hears every word about it."""

    __tablename__ = "holders"

    origin_agency: str = Field(primary_key=True, max_length=31)
    nomination_id: UUID = Field(primary_key=True)
    to_agency: str = Field(primary_key=True, max_length=31)
    since: datetime = Field(sa_type=DateTime(timezone=True))


class Referrer(Row, table=True):
    """An agency below that handed a nomination to this one: its publishing may tell people's words about it."""

    __tablename__ = "referrers"

    origin_agency: str = Field(primary_key=True, max_length=31)
    nomination_id: UUID = Field(primary_key=True)
    from_agency: str = Field(primary_key=True, max_length=31)
    since: datetime = Field(sa_type=DateTime(timezone=True))


class HeardWord(Row, table=True):
    """A person's word that the agency of origin asked for, as one agency told it here.

    `told_by` is empty and `story_id` none where a parcel told it. What somebody tells who did not refer the case waits
    and counts for nothing until that is heard of.
    """

    __tablename__ = "words"
    __table_args__ = (Index(None, "agency", "consent_id"),)

    origin_agency: str = Field(primary_key=True, max_length=31)
    nomination_id: UUID = Field(primary_key=True)
    person_id: UUID = Field(primary_key=True)
    told_by: str = Field(primary_key=True, max_length=31)
    unit_id: UUID
    story_id: UUID | None = None
    consent_id: UUID
    relation: str
    word: Word = Field(sa_type=words(Word, "word"))
    purposes: list[str] = Field(default_factory=list, sa_type=JSONB)
    text_version: int
    text_sha256: str
    method: str
    said_at: datetime = Field(sa_type=DateTime(timezone=True))

    @property
    def refusing(self) -> bool:
        """Whether it is a no, from the beginning or since."""
        return self.word is not Word.GIVEN


class WithdrawalAnswer(Row, table=True):
    """What an agency above did when it heard that a word was taken back. `shown`: it had shown the story until then."""

    __tablename__ = "withdrawal_answers"

    consent_id: UUID = Field(primary_key=True)
    by_agency: str = Field(primary_key=True, max_length=31)
    shown: bool
    done_at: datetime = Field(sa_type=DateTime(timezone=True))


class OtherHonour(Row, table=True):
    """How another agency's honour of the same exemplar stands, as one neighbour told it here.

    `decided_for` is the change after which an editor here chose to show the story all the same.
    """

    __tablename__ = "other_honours"

    origin_agency: str = Field(primary_key=True, max_length=31)
    nomination_id: UUID = Field(primary_key=True)
    by_agency: str = Field(primary_key=True, max_length=31)
    honour_id: UUID = Field(primary_key=True)
    told_by: str = Field(primary_key=True, max_length=31)
    standing: HonourStanding = Field(sa_type=words(HonourStanding, "standing"))
    decision_number: str
    decision_date: date
    form: str
    level: str
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    decided_for: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    @property
    def gone(self) -> bool:
        """Whether it does not count, for the time being or for good."""
        return self.standing is not HonourStanding.IN_FORCE

    @property
    def doubts(self) -> bool:
        """Whether it keeps a story away until somebody decides."""
        return self.gone and self.decided_for != self.changed_at


class FollowedStory(Row, table=True):
    """Another agency's story that this one's portal points to. What is gone has no words any more."""

    __tablename__ = "followed_stories"
    __table_args__ = (Index(None, "agency", "state", "fetched_at"),)

    issuer_agency: str = Field(primary_key=True, max_length=31)
    story_id: UUID = Field(primary_key=True)
    path: str
    sha256: str
    category: Category = Field(sa_type=words(Category, "category"))
    state: FollowedState = Field(default=FollowedState.AWAITED, sa_type=words(FollowedState, "state"))
    title: str = ""
    summary: str = ""
    unit: str = ""
    fetched_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class Portal(Row, table=True):
    """Which generation of public pages is the true one.

    The database itself counts it up, at the commit of whatever changes what those pages show (a deferred trigger on
    each such table): no code can forget to, and no two transactions wait for each other but at their very end.
    """

    __tablename__ = "portal"

    agency: str = Field(max_length=31, primary_key=True)
    generation: int = Field(sa_type=BigInteger)


class Channel(Row, table=True):
    """Where published and retracted stories are told. Its secret lies in a file of that name, never here."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("agency", "code"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    name: str
    url: str
    purpose: str
    secret_file: str
    active: bool = True


class Delivery(Row, table=True):
    """One telling of one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (Index(None, "agency", "state"), Index(None, "story_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    channel_id: UUID = Field(foreign_key="channels.id")
    story_id: UUID = Field(foreign_key="stories.id")
    what: str
    version: int
    at: datetime = Field(sa_type=DateTime(timezone=True))
    state: DeliveryState = Field(default=DeliveryState.QUEUED, sa_type=words(DeliveryState, "state"))
    told_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    answer: str = ""
