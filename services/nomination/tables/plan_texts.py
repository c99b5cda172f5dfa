"""Texts of plans that are read in, until a person has confirmed what they say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.tables.row import Row


class PlanText(Row, table=True):
    """A plan's text as it was pasted or stood in a file. The plan that is made of it has its id."""

    __tablename__ = "plan_texts"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    text: str
    file_name: str = ""
    entered_by: str
    at: datetime = Field(sa_type=DateTime(timezone=True))
