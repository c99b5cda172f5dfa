"""A service's database: the only place that commits."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from sqlalchemy import Enum as SAEnum
from sqlalchemy import MetaData
from sqlalchemy import event as hooks
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from shared import fence, outbox
from shared.bare import Bare, Connection
from shared.fence import UNFENCED
from shared.outbox import Speaker
from shared.outbox.recording import attach

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

RESTED = 0.5
"""Seconds after which a pooled connection is asked whether it still lives."""

ENQUEUED = "jobs.enqueued"
"""Set in `session.info` by whoever enqueues a job, so that the commit rings for it."""


class AnotherCluster(Exception):
    """The data was moved to another PostgreSQL cluster, where transaction ids begin elsewhere."""


def new_metadata() -> MetaData:
    """An empty MetaData for one service, with this project's names for constraints and indexes."""
    return MetaData(naming_convention=NAMES)


def words(kind: type[StrEnum], name: str) -> SAEnum:
    """A column type that stores an enum's words, checked by the database under `ck_<table>_<name>`."""
    return SAEnum(
        kind,
        native_enum=False,
        create_constraint=True,
        validate_strings=True,
        length=40,
        name=name,
        values_callable=lambda e: [member.value for member in e],
    )


class Database:
    """Opens transactions on one service's database; says what they recorded when they commit."""

    def __init__(
        self, url: str, *, password: str | None, speaker: Speaker, pool_size: int = 5, elsewhere: bool = False
    ) -> None:
        """`url` is `postgresql://user@host:port/database`; the password never stands in it.

        `elsewhere`: also when it was moved to another PostgreSQL cluster, as only `rebase` may.
        """
        self.elsewhere = elsewhere
        self.url = url
        self.password = password
        self.speaker = speaker
        self.on_commit: list[Callable[[], None]] = []
        """Called after a transaction that said something."""
        self.on_jobs: list[Callable[[], None]] = []
        """Called after a transaction that enqueued a job."""
        parts = urlsplit(url)
        self.engine = create_async_engine(
            urlunsplit(parts._replace(scheme="postgresql+asyncpg")),
            connect_args={"timeout": 10, "server_settings": UNFENCED} | ({"password": password} if password else {}),
            pool_size=pool_size,
            max_overflow=pool_size,
        )
        hooks.listen(self.engine.sync_engine, "checkin", _note_rest)
        hooks.listen(self.engine.sync_engine, "checkout", _ping_after_rest)
        if not elsewhere:
            hooks.listen(self.engine.sync_engine, "connect", _check_cluster)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.bare = Bare(url, password, pool_size, self._check)
        """For reads that are asked so often that SQLAlchemy would be most of their cost."""

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: what happens inside is committed at its end with the events it said, or not at all.

        Raises AnotherCluster when the database was moved and not rebased.
        """
        async with self._sessions() as session:
            attach(session, self.speaker)
            async with session.begin():
                await fence.say(session)
                yield session
                said = await outbox.write_recorded(session)
        if said:
            # Only after the commit: a bell inside the transaction would take a lock of the whole server.
            for ring in self.on_commit:
                ring()
        if session.info.get(ENQUEUED):
            for ring in self.on_jobs:
                ring()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A read-only transaction, for queries: what tries to write fails."""
        async with self._sessions() as session, session.begin():
            await session.connection(execution_options={"postgresql_readonly": True})
            await fence.say(session)
            yield session

    async def connect(self) -> asyncpg.Connection:
        """A connection of its own, outside the pool, for what lasts: the relay's lease, listeners.

        The caller closes it.
        """
        connection = await asyncpg.connect(self.url, password=self.password, timeout=10, server_settings=UNFENCED)
        try:
            await self._check(connection)
        except BaseException:
            await connection.close()
            raise
        return connection

    async def _check(self, connection: Connection) -> None:
        row = await connection.fetchrow(_CLUSTER)
        if row is not None and not self.elsewhere:
            _compare(*row)

    async def close(self) -> None:
        """Close the pools."""
        await self.bare.close()
        await self.engine.dispose()


_CLUSTER = "select system_identifier, (select c.system_identifier::text from pg_control_system() c) from relay"


def _note_rest(_connection: Any, entry: ConnectionPoolEntry) -> None:
    entry.info["rests since"] = time.monotonic()


def _ping_after_rest(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask whether a connection that rested for a while still lives; a busy one would pay a round trip for nothing."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError
    if time.monotonic() - entry.info.get("rests since", time.monotonic()) > RESTED:
        try:
            connection.ping()
        except Exception as error:
            raise InvalidatePoolError from error


def _check_cluster(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    try:
        cursor.execute(_CLUSTER)
        row = cursor.fetchone()
    finally:
        cursor.close()
    # SQLAlchemy's adapter has begun a transaction for this statement.
    connection.rollback()
    if row is not None:
        _compare(*row)


def _compare(stored: str, here: str) -> None:
    if stored != here:
        raise AnotherCluster(
            f"this database was made in PostgreSQL cluster {stored} and now lies in {here}: its events would be sent"
            " late or never. Run the command `rebase` of this service once, then start it again"
        )
