"""The verbs of notifying. Each records what it says and never commits."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.tables import EndedSession


async def end_session(session: AsyncSession, *, agency: str, session_id: str, at: datetime) -> None:
    """Note that a session is over; noting it twice changes nothing."""
    await session.execute(
        insert(EndedSession).values(id=session_id, agency=agency, ended_at=at).on_conflict_do_nothing()
    )
