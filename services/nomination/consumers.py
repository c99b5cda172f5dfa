"""What nomination hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import actions
from shared.events import CaseOpened
from shared.inbox import Handlers


async def on_case_opened(session: AsyncSession, event: CaseOpened) -> None:
    """The file has arrived at review."""
    await actions.note_case_opened(session, nomination_id=event.nomination_id, at=event.occurred_at)


HANDLERS: Handlers = {
    CaseOpened: on_case_opened,
}
