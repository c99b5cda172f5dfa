"""Wakes the workers of a database, in whatever process they run, when a job was enqueued."""

import asyncio
from datetime import UTC, datetime

import structlog
from pgqueuer.domain.settings import db_settings
from pgqueuer.models import TableChangedEvent
from pgqueuer.types import Channel

from shared.database import Database

_log = structlog.get_logger("jobs")


class Bell:
    """Rings once for however many asked while it was ringing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ringing: asyncio.Task[None] | None = None
        self._asked = False

    def ring(self) -> None:
        """Wake the workers. To be called after a commit, within the event loop; never fails and never waits."""
        self._asked = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.create_task(self._ring())

    async def close(self) -> None:
        """Stop ringing; to be called before the database is closed."""
        if self._ringing is not None:
            self._ringing.cancel()
            await asyncio.gather(self._ringing, return_exceptions=True)

    async def _ring(self) -> None:
        while self._asked:
            self._asked = False
            told = TableChangedEvent(
                channel=Channel(db_settings().channel),
                operation="insert",
                sent_at=datetime.now(UTC),
                table=db_settings().queue_table,
                type="table_changed_event",
            )
            try:
                async with self._database.engine.connect() as connection:
                    await connection.exec_driver_sql(
                        "select pg_notify($1, $2)", (told.channel, told.model_dump_json(exclude={"received_at"}))
                    )
                    await connection.commit()
            except Exception as error:  # noqa: BLE001  # polling finds the job too
                _log.info("jobs.bell_failed", error=type(error).__name__)
