"""Courses for officers and speakers, and who took part in them."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.nomination.tables.row import Row


class Course(Row, table=True):
    """A course that was held: when, on what, for whom, how long and by whom; `version` guards edits."""

    __tablename__ = "courses"
    __table_args__ = (Index(None, "agency", "held_on"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    held_on: date
    name: str
    audience: str = Field(default="", description="for whom it was")
    hours: int | None = None
    organiser: str = Field(default="", description="who held it: an agency, a post, never a person's contact")
    sort_key: str
    entered_by: str
    version: int = 1


class CourseAttendance(Row, table=True):
    """That somebody of a unit took part in a course, and in what role; `version` guards edits."""

    __tablename__ = "course_attendances"
    __table_args__ = (UniqueConstraint("course_id", "unit_id", "sort_key"), Index(None, "agency", "sort_key"))

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    course_id: UUID = Field(foreign_key="courses.id")
    unit_id: UUID = Field(foreign_key="units.id")
    name: str
    role: str = Field(default="", description="their work: officer, speaker")
    sort_key: str
    version: int = 1
