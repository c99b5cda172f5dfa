"""What exemplars are measured by."""

from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.tables.row import Row
from shared.database import words
from shared.events import Category


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
