"""The reads of notifying."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.tables import EndedSession


async def is_ended(session: AsyncSession, session_id: str) -> bool:
    """Whether that session was ended by its person."""
    return await session.get(EndedSession, session_id) is not None
