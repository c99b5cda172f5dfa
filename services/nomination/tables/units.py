"""Units and how they hang together."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Select, UniqueConstraint, or_, select, true
from sqlmodel import Field, col
from uuid_utils.compat import uuid7

from services.nomination.tables.row import Row


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
    external_ref: str = Field(
        default="", description="its code in the sector's data; kept as it came, never given here"
    )


class UnitName(Row, table=True):
    """Under which code and name a unit goes, and of which kind it is, from a day on until the next such row.

    The newest one that was told stands in `units`, too, where every list reads it. A code stays its unit's for ever.
    """

    __tablename__ = "unit_names"
    __table_args__ = (
        UniqueConstraint("unit_id", "valid_from"),
        Index(None, "agency", "valid_from"),
        Index(None, "agency", "code"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    unit_id: UUID = Field(foreign_key="units.id")
    code: str
    name: str
    kind: str
    valid_from: date
    paper: str = Field(default="", description="the decision that says so, as its symbol reads")
    told: bool = Field(default=False, description="its day has come, and everybody was told")


class UnitEnd(Row, table=True):
    """A unit is no more from a day on. Its open work goes on at its successor, if it has one."""

    __tablename__ = "unit_ends"

    unit_id: UUID = Field(primary_key=True, foreign_key="units.id")
    successor_id: UUID | None = Field(default=None, foreign_key="units.id")
    day: date
    paper: str = Field(default="", description="the decision that says so, as its symbol reads")
    confirmed: bool = Field(default=False, description="somebody saw what moves and said yes")
    done: bool = Field(default=False, description="its day has come, and what was open has moved")


class UnitShare(Row, table=True):
    """One thing of a unit that ends goes on at another unit than most: a unit is split by these."""

    __tablename__ = "unit_shares"

    unit_id: UUID = Field(primary_key=True, foreign_key="units.id")
    thing_id: UUID = Field(primary_key=True, description="of the nomination, lead or unit below")
    successor_id: UUID = Field(foreign_key="units.id")


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


def below(agency: str, units: Collection[UUID], on: date, *, and_later: bool = False) -> Select[Any]:
    """Asks for (one of these units, a unit below it) on a day, in whatever line; a unit in a circle is below itself.

    `and_later`: those, too, that will be below one day.
    """
    edges = select(UnitEdge).where(
        col(UnitEdge.agency) == agency,
        true() if and_later else col(UnitEdge.valid_from) <= on,
        or_(col(UnitEdge.valid_to).is_(None), col(UnitEdge.valid_to) > on),
    )
    in_force = edges.subquery()
    found = (
        select(in_force.c.parent_id.label("top"), in_force.c.child_id.label("unit"))
        .where(in_force.c.parent_id.in_(units))
        .cte("below", recursive=True)
    )
    # A union without ALL drops what is known, so a circle ends.
    deeper = select(found.c.top, in_force.c.child_id).join(in_force, in_force.c.parent_id == found.c.unit)
    return select(found.union(deeper))
