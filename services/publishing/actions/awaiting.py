"""What a story waits for, told whenever that changes: from it people's task lists are made."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing import rules
from services.publishing.tables import Story
from shared import outbox
from shared.events import StoryAwaits, StoryStep


def tell(session: AsyncSession, story: Story) -> None:
    """Say what the story waits for as it is now."""
    outbox.record(
        session,
        StoryAwaits(
            story_id=story.id,
            nomination_id=story.nomination_id,
            origin_agency=story.origin_agency,
            unit_id=story.unit_id,
            code=story.code,
            steps=[StoryStep(step) for step in rules.awaited(story.state)],
            occurred_at=outbox.clock_of(session).now(),
        ),
    )
