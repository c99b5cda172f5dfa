"""What a transaction has said so far, but for what things await: those have tests of their own (`test_awaiting.py`)."""

from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.events import CaseAwaits, Event, StoryAwaits

AWAITS = (CaseAwaits, StoryAwaits)


def said_in(session: AsyncSession) -> list[Event]:
    """The events recorded, in order."""
    return [event for event in outbox.recorded(session) if not isinstance(event, AWAITS)]


def awaited_in(session: AsyncSession) -> list[list[str]]:
    """The steps of what things wait for, in order."""
    return [[str(step) for step in event.steps] for event in outbox.recorded(session) if isinstance(event, AWAITS)]
