"""Sessions that their persons ended, in each service's own database: told by event, asked at every request.

Notification ends a session and says so; the others hear of it. A session is refused from then on wherever the event has
arrived. A token lives eight hours, so rows go after a day.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, MetaData, Table, Text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.events import SessionEnded
from shared.jobs import Jobs
from shared.outbox.recording import agency_of, raw_connection

KEPT = timedelta(days=1)


def add_tables(metadata: MetaData) -> None:
    """Declare `ended_sessions`."""
    Table(
        "ended_sessions",
        metadata,
        Column("id", Text, primary_key=True),
        Column("agency", Text, nullable=False),
        Column("ended_at", DateTime(timezone=True), nullable=False),
    )


async def end(session: AsyncSession, session_id: str, at: datetime) -> bool:
    """Note that a session is over; False when it was known."""
    raw = await raw_connection(session)
    new = await raw.fetchval(
        "insert into ended_sessions (id, agency, ended_at) values ($1, $2, $3) on conflict do nothing returning id",
        session_id,
        agency_of(session),
        at,
    )
    return new is not None


async def on_session_ended(session: AsyncSession, event: SessionEnded) -> None:
    """The handler of every service but the one that says it: the session counts no more here either."""
    await end(session, event.session_id, event.occurred_at)


def sweep_hourly(jobs: Jobs, database: Database, clock: Clock) -> None:
    """Forget sessions that ended so long ago that none of their tokens is taken any more."""

    async def sweep_now() -> None:
        async with database.transaction() as session:
            raw = await raw_connection(session)
            await raw.execute("delete from ended_sessions where ended_at < $1", clock.now() - KEPT)

    jobs.every_hour(sweep_now)


def ended_in(database: Database) -> Callable[[str], Awaitable[bool]]:
    """What a SessionReader asks: whether a session id was ended."""

    async def is_ended(session_id: str) -> bool:
        return await database.bare.value("select 1 from ended_sessions where id = $1", session_id) is not None

    return is_ended
