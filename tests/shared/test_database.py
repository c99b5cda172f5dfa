"""Transactions: what they promise to those who go past SQLAlchemy, and what reading may not do."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import outbox
from shared.database import Database
from shared.outbox.recording import raw_connection
from tests.support import toy
from tests.support.databases import Databases
from tests.support.toy import counted, effects

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(toy.METADATA, agency="tan-binh")


async def test_what_goes_past_sqlalchemy_is_rolled_back_too(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            raw = await raw_connection(session)
            await raw.execute("insert into effects (key, number) values ('raw', 1)")
            raise RuntimeError
    assert await effects(database) == []


async def test_reading_writes_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with database.reading() as session:
            await session.execute(text("insert into effects (key, number) values ('read', 1)"))
    assert await effects(database) == []


async def test_the_bell_rings_only_after_a_commit_that_said_something(database: Database) -> None:
    rings: list[str] = []
    database.on_commit.append(lambda: rings.append("rung"))
    with pytest.raises(DBAPIError, match="duplicate key"):
        async with database.transaction() as session:
            outbox.record(session, counted("a", 1))
            await session.execute(text("create table twice (n int unique deferrable initially deferred)"))
            await session.execute(text("insert into twice values (1), (1)"))  # the commit finds it
    async with database.transaction():
        pass
    assert rings == []
    async with database.transaction() as session:
        outbox.record(session, counted("a", 2))
    assert rings == ["rung"]
