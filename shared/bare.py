"""Reads without SQLAlchemy, for what every request asks and for lists that leave as PostgreSQL wrote them.

One connection is borrowed for each, is read-only by its settings, and keeps nothing that would have to be reset.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg

from shared import fence

_SETTINGS = fence.UNFENCED | {"default_transaction_read_only": "on"}
_GONE = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
)
"""What a connection answers that broke while it rested."""

T = TypeVar("T")
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class _Connection(asyncpg.Connection):
    def get_reset_query(self) -> str:
        return ""


class Bare:
    """Borrows connections of its own to one database. `check` looks at each as it opens."""

    def __init__(
        self, url: str, password: str | None, size: int, check: Callable[[Connection], Coroutine[Any, Any, None]]
    ) -> None:
        self._url, self._password, self._size, self._check = url, password, size, check
        self._pool: asyncpg.Pool | None = None
        self._making = asyncio.Lock()

    async def value(self, query: str, *arguments: object) -> Any:
        """The first value of the first row, by one statement that no fence narrows; None without rows."""

        async def ask(connection: Connection) -> Any:
            return await connection.fetchval(query, *arguments)

        async with self._borrowed(ask) as (_, found):
            return found

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A read-only transaction within the fence."""
        begin = fence.begin()

        async def enter(connection: Connection) -> None:
            await connection.execute(begin)

        async with self._borrowed(enter) as (connection, _):
            try:
                yield connection
            finally:
                with suppress(*_GONE):  # it read: there is nothing to lose
                    await connection.execute("rollback")

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.close()

    @asynccontextmanager
    async def _borrowed(self, first: Callable[[Connection], Awaitable[T]]) -> AsyncIterator[tuple[Connection, T]]:
        """A connection on which `first` was done, and what it brought: on another one where a rested one was dead."""
        pool = await self._ready()
        for left in range(self._size, -1, -1):
            connection = await pool.acquire()
            try:
                try:
                    brought = await first(connection)
                except _GONE:
                    with suppress(asyncpg.InterfaceError):  # it may have been let go already
                        connection.terminate()
                    if not left:
                        raise
                    continue
                yield connection, brought
                return
            finally:
                await pool.release(connection)

    async def _ready(self) -> asyncpg.Pool:
        async with self._making:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url,
                    password=self._password,
                    timeout=10,
                    min_size=0,
                    max_size=self._size,
                    server_settings=_SETTINGS,
                    connection_class=_Connection,
                    init=self._check,
                )
        return self._pool
