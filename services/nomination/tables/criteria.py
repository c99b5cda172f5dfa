"""What exemplars are measured by."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.rules.criteria import Criterion as Asked
from services.nomination.rules.criteria import Papers, read_criterion
from services.nomination.rules.superlatives import Superlative
from services.nomination.tables.row import Row
from shared.database import words
from shared.events import Category


class Pack(Row, table=True):
    """A version of a criteria pack, never changed: what comes to it is another version, based on it."""

    __tablename__ = "packs"
    __table_args__ = (UniqueConstraint("agency", "code"), Index(None, "agency", "unit_id"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    code: str
    title: str
    based_on: str | None = Field(default=None, description="the code of the pack that it adds to")
    unit_id: UUID | None = Field(default=None, foreign_key="units.id", description="whose own it is; none: everybody's")
    since: date
    papers: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    confirmed: bool = True

    def papers_for(self, kind: str) -> Papers:
        """What dossiers of a round of that kind need beside their claims."""
        return Papers(**self.papers.get(kind, {}))


class Criterion(Row, table=True):
    """One criterion of a pack; `pack` is the pack's code with its version, `stated_by` the pack that says it first."""

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
    asks: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, description="see `rules.criteria.Criterion`")
    wordings: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB, description="by plans' numbers")
    stated_by: str = Field(default="", description="the pack that stated it first; none: its own")
    added: bool = Field(default=False, description="by the agency or one of its units, to what was inherited")
    added_for: UUID | None = Field(default=None, foreign_key="units.id", description="the unit that added it")

    @property
    def asked(self) -> Asked:
        """What it asks for, as the rules know it."""
        own = {"code": self.code, "text": self.text, "category": self.category, "options": self.options}
        return read_criterion(own | self.asks)


class Boast(Row, table=True):
    """A superlative of the list that is in force from a day on."""

    __tablename__ = "boasts"
    __table_args__ = (UniqueConstraint("agency", "word", "valid_from"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    word: str
    but: list[str] = Field(default_factory=list, sa_type=JSONB)
    valid_from: date
    valid_to: date | None = Field(default=None, description="exclusive")

    @property
    def superlative(self) -> Superlative:
        """As the rules know it."""
        return Superlative(self.word, tuple(self.but))
