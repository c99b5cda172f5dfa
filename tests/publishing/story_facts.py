"""Where a story stands, and what is said when it appears or goes."""

from typing import Any

from sqlalchemy import text

from services.publishing import rules
from services.publishing.tables import Story
from shared.database import Database
from shared.events import (
    StoryPublished,
    StoryRetracted,
)
from tests.support import factories as make


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """What the database answers."""
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def state(database: Database) -> object:
    """Where the one story stands."""
    ((found,),) = await rows(database, "select state from stories")
    return found


def about(story: Story) -> dict[str, Any]:
    """What every event of a story says of it."""
    return {
        "story_id": story.id,
        "nomination_id": story.nomination_id,
        "origin_agency": "tan-binh",
        "unit_id": story.unit_id,
        "occurred_at": make.AT,
    }


def shown(story: Story) -> StoryPublished:
    """What is said when it appears."""
    words = {"path": story.path, "sha256": rules.fingerprint(story.title, story.text), "category": story.category}
    return StoryPublished.model_validate(about(story) | words)


def gone(story: Story) -> StoryRetracted:
    """What is said when it goes."""
    return StoryRetracted.model_validate(about(story))
