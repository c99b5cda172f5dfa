"""What the public reads: live stories as cards, counted by kind, unit and year, found by their words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing.rules import State
from services.publishing.tables import Story
from shared.clock import VIETNAM
from shared.events import Category
from shared.search import Sought


@dataclass(frozen=True)
class Card:
    """A live story as a list shows it."""

    path: str
    title: str
    summary: str
    unit: str
    category: Category
    published_at: datetime


@dataclass(frozen=True)
class Group:
    """How many live stories there are of a kind, of a unit, of a year."""

    category: Category
    unit: str
    year: int
    count: int


@dataclass(frozen=True)
class Wanted:
    """What a list is of; empty means all."""

    category: Category | None = None
    units: tuple[str, ...] | None = None
    year: int | None = None
    sought: Sought | None = None


_YEAR = func.extract("year", func.timezone(str(VIETNAM), col(Story.published_at)))
_CARD = (
    col(Story.path),
    col(Story.title),
    func.split_part(col(Story.text), "\n", 1),
    col(Story.unit),
    col(Story.category),
    col(Story.published_at),
)


def _live(agency: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Story.agency) == agency, col(Story.state) == State.LIVE]
    if wanted.category is not None:
        found.append(col(Story.category) == wanted.category)
    if wanted.units is not None:
        found.append(col(Story.unit).in_(wanted.units))
    if wanted.year is not None:
        found.append(_YEAR.in_([wanted.year]))
    return found


async def list_cards(
    session: AsyncSession, *, agency: str, wanted: Wanted, limit: int, skipped: int = 0
) -> Sequence[Card]:
    """Cards, newest first; of a search those first that have its very marks, then those that have its whole words."""
    query, order = select(*_CARD).where(*_live(agency, wanted)), _NEWEST
    if wanted.sought:
        found = wanted.sought.found(agency)
        query = query.join(found, found.c.thing == col(Story.id))
        order = (found.c.exact.desc(), found.c.whole.desc(), *_NEWEST)
    return await _cards(session, query.order_by(*order).limit(limit).offset(skipped))


_NEWEST: tuple[ColumnElement[Any], ...] = (col(Story.published_at).desc(), col(Story.id).desc())


async def _cards(session: AsyncSession, query: Select[Any]) -> list[Card]:
    return [Card(*row) for row in await session.execute(query)]


async def list_groups(session: AsyncSession, *, agency: str, wanted: Wanted) -> Sequence[Group]:
    """Live stories counted by kind, unit and year."""
    keys = (col(Story.category), col(Story.unit), _YEAR.label("year"))
    counted = select(*keys, func.count()).where(*_live(agency, wanted)).group_by(*keys)
    if wanted.sought:
        found = wanted.sought.found(agency)
        counted = counted.join(found, found.c.thing == col(Story.id))
    return [Group(category, unit, int(year), n) for category, unit, year, n in await session.execute(counted)]


async def list_related(session: AsyncSession, story: Story, *, limit: int) -> Sequence[Card]:
    """Other live stories, those of the same unit first, then those of the same kind."""
    near = case((col(Story.unit) == story.unit, 2), (col(Story.category) == story.category, 1), else_=0)
    others = select(*_CARD).where(*_live(story.agency, Wanted()), col(Story.id) != story.id)
    return await _cards(session, others.order_by(near.desc(), *_NEWEST).limit(limit))


GENERATION = "select generation from portal where agency = $1"
"""The generation of an agency's public pages, as asyncpg asks; no row before the first. Every request asks it."""
