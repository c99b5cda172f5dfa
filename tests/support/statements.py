"""Counts what a page asks of the database: every statement on the wire, of the session and of raw connections alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from shared.database import Database

MOST = 12
"""Statements of one page, however long its list."""
_OURS = ("begin", "commit", "rollback", "savepoint", "release")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run inside, in order; the pool's connections are opened anew for it."""
    asked: list[str] = []

    def note(record: Any) -> None:
        words = record.query.strip().lower()
        if words and not words.startswith(_OURS) and words != ";":
            asked.append(record.query)

    def listen(connection: Any, _entry: Any) -> None:
        connection.driver_connection.add_query_logger(note)

    pool = database.engine.sync_engine
    event.listen(pool, "connect", listen)
    try:
        yield asked
    finally:
        event.remove(pool, "connect", listen)
