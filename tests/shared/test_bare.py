"""Reads without SQLAlchemy: behind the same fence, never writing, on another connection where a rested one died."""

import asyncpg
import pytest

from shared.fence import NOTHING, Fence, within
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db

COUNT = "select count(*) from nominations"
OTHERS = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> $1"


async def test_what_is_read_lies_within_the_fence(databases: Databases) -> None:
    database = await databases.service("nomination")
    plan = await make.plan(database)
    await make.draft(database, plan.open)
    await make.draft(database, plan.open, unit_id=make.OTHER_SCHOOL)
    found = []
    for fence in (None, Fence("tan-binh", None), Fence("tan-binh", [make.SCHOOL], "https://id|'; --"), NOTHING, None):
        with within(fence) if fence else within(Fence("tan-binh", None, "ai")):
            async with database.bare.reading() as connection:
                found.append(await connection.fetchval(COUNT))
    assert (found, await database.bare.value(COUNT)) == ([2, 2, 1, 0, 2], 2)


async def test_nothing_is_written(databases: Databases) -> None:
    database = await databases.service("nomination")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await database.bare.value("delete from nominations returning 1")
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with database.bare.reading() as connection:
            await connection.execute("delete from nominations")
    assert await database.bare.value(COUNT) == 0


async def test_connections_that_died_at_rest_are_replaced(databases: Databases) -> None:
    database = await databases.service("nomination")
    connection = await database.connect()
    for _ in range(2):
        assert await database.bare.value(COUNT) == 0
        async with database.bare.reading() as one, database.bare.reading() as another:
            assert [await one.fetchval(COUNT), await another.fetchval(COUNT)] == [0, 0]
        await connection.execute(OTHERS, connection.get_server_pid())
    assert await database.bare.value(COUNT) == 0
    await connection.close()
