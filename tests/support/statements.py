"""Counts what a page asks of the database, by the session and by raw connections alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from shared.database import Database

PING = "select 1"
"""How the pool asks whether a connection that rested still lives."""
MOST = 12
"""Statements of one page, however long its list."""
_OURS = ("begin", "commit", "rollback", "savepoint", "release")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run inside, in order. Connections that are open already are not listened to: dispose first.

    The session's are heard from SQLAlchemy, for asyncpg's log leaves them out; those of raw connections from asyncpg.
    """
    asked: list[str] = []

    def note_session(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement != PING:
            asked.append(statement)

    def note_raw(record: Any) -> None:
        words = record.query.strip().lower().rstrip(";")
        if words and words != PING and not words.startswith(_OURS):
            asked.append(record.query)

    def listen(connection: Any, _entry: Any) -> None:
        connection.driver_connection.add_query_logger(note_raw)

    engine = database.engine.sync_engine
    event.listen(engine, "connect", listen)
    event.listen(engine, "before_cursor_execute", note_session)
    try:
        yield asked
    finally:
        event.remove(engine, "connect", listen)
        event.remove(engine, "before_cursor_execute", note_session)
