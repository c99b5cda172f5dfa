"""The outbox on PostgreSQL: numbers, positions, order, savepoints."""

import asyncio
import random
import secrets
from collections import defaultdict
from datetime import UTC, datetime

import orjson
import pytest
from sqlalchemy import text

from shared import outbox
from shared.clock import Clock
from shared.database import AnotherCluster, Database
from shared.events import UnitOpened
from shared.outbox import EventTooLarge, archive
from tests.support import toy
from tests.support.databases import Databases
from tests.support.toy import Unheard, counted

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(toy.METADATA, agency="tan-binh")


async def rows(database: Database) -> list[tuple[str, int]]:
    async with database.reading() as session:
        found = await session.execute(text("select key, sequence from outbox order by position, id"))
        return [(key, sequence) for key, sequence in found]


async def test_record_numbers_each_stream_from_one_without_gaps(database: Database) -> None:
    await toy.say(database, counted("a", 1), counted("b", 1), counted("a", 2))
    await toy.say(database, counted("a", 3))
    assert await rows(database) == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]


async def test_a_rolled_back_transaction_says_nothing_and_leaves_no_gap(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            outbox.record(session, counted("a", 1))
            raise RuntimeError
    await toy.say(database, counted("a", 2))
    assert await rows(database) == [("a", 1)]


async def test_a_rolled_back_savepoint_drops_its_part_only(database: Database) -> None:
    async with database.transaction() as session:
        outbox.record(session, counted("a", 1))
        with pytest.raises(RuntimeError):
            async with session.begin_nested():
                outbox.record(session, counted("b", 1))
                async with session.begin_nested():
                    outbox.record(session, counted("b", 2))
                raise RuntimeError
        async with session.begin_nested():
            outbox.record(session, counted("c", 1))
        assert [event.key for event in outbox.recorded(session)] == ["a", "c"]
    assert await rows(database) == [("a", 1), ("c", 1)]


async def test_an_event_too_large_for_a_body_is_refused_at_record(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(EventTooLarge):
            outbox.record(session, Unheard(thing="x" * 300_000, occurred_at=Clock().now()))


async def test_only_the_owner_says_an_event(databases: Databases) -> None:
    review = await databases.core(toy.METADATA, agency="tan-binh", service="review")
    async with review.transaction() as session:
        with pytest.raises(PermissionError):
            outbox.record(session, counted("a", 1))


async def test_headers_are_a_cloud_event(database: Database) -> None:
    await toy.say(database, counted("a", 1))
    async with database.reading() as session:
        headers, body, event_id = (await session.execute(text("select headers, body, event_id from outbox"))).one()
    told = dict(orjson.loads(headers))
    assert {name: told[name] for name in told if name not in ("ce_time", "ce_correlationid", "ce_traceparent")} == {
        "ce_specversion": "1.0",
        "ce_id": str(event_id),
        "ce_source": "/tan-binh/nomination",
        "ce_type": "vn.guongsang.nomination.Counted.v1",
        "ce_subject": "a",
        "ce_sequence": "1",
        "content-type": "application/json",
    }
    assert orjson.loads(body).keys() == {"thing", "number", "occurred_at"}


async def unsent(database: Database, after: tuple[int, int] = (0, 0)) -> list[archive.Row]:
    connection = await database.connect()
    try:
        return await archive.unsent(connection, 0, after, 10_000)
    finally:
        await connection.close()


async def test_an_early_transaction_that_says_something_later_keeps_its_streams_order(database: Database) -> None:
    """A transaction takes its id, another one speaks on the same stream and commits, then the first one speaks.

    By transaction id the first one would come first; by position the order of the stream holds.
    """
    early = database.transaction()
    session = await early.__aenter__()
    await session.execute(text("insert into effects (key, number) values ('takes an xid', 0)"))
    await toy.say(database, counted("a", 1))
    assert await unsent(database) == []  # below the horizon of the open transaction nothing may pass it
    outbox.record(session, counted("a", 2))
    await early.__aexit__(None, None, None)

    sent = [orjson.loads(row.body)["number"] for row in await unsent(database)]
    async with database.reading() as reading:
        by_xid = await reading.execute(text("select body from outbox order by xmin::text::bigint, id"))
        assert [orjson.loads(body)["number"] for body in by_xid.scalars()] == [2, 1]
    assert sent == [1, 2]


async def test_a_hostile_load_loses_nothing_and_keeps_every_streams_order(database: Database) -> None:
    """Writers that take their id before their streams' locks, in chance order, while a reader moves its cursor."""
    writers, rounds = 8, 40
    seen: dict[str, list[int]] = defaultdict(list)
    done = asyncio.Event()

    async def write(number: int) -> None:
        chance = random.Random(number)
        for _ in range(rounds):
            async with database.transaction() as session:
                await session.execute(text("insert into effects (key, number) values ('x', 0)"))
                await asyncio.sleep(chance.random() / 100)
                for stream in chance.sample(range(12), 4):
                    outbox.record(session, counted(f"s{stream}", number))

    async def read() -> None:
        cursor = (0, 0)
        connection = await database.connect()
        while True:
            last = done.is_set()
            found = await archive.unsent(connection, 0, cursor, 50)
            for row in found:
                seen[row.key].append(int(dict(orjson.loads(row.headers))["ce_sequence"]))
                cursor = (row.position, row.id)
            if last and not found:
                await connection.close()
                return
            await asyncio.sleep(0.001)

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(n) for n in range(writers)))
    done.set()
    await reading
    assert sum(len(numbers) for numbers in seen.values()) == writers * rounds * 4
    assert {key: numbers for key, numbers in seen.items() if numbers != list(range(1, len(numbers) + 1))} == {}


async def test_many_streams_in_chance_order_do_not_deadlock(database: Database) -> None:
    async def write(number: int) -> None:
        chance = random.Random(number)
        for _ in range(20):
            await toy.say(database, *(counted(f"s{stream}", 0) for stream in chance.sample(range(10), 8)))

    await asyncio.gather(*(write(n) for n in range(8)))
    assert len(await rows(database)) == 8 * 20 * 8


async def test_a_database_in_another_cluster_is_refused_with_what_to_do(databases: Databases) -> None:
    database = await databases.core(toy.METADATA, agency="tan-binh")
    await toy.say(database, counted("a", 1))
    async with database.transaction() as session:
        await session.execute(text("update relay set system_identifier = '1'"))
    moved = await databases.again(database)
    with pytest.raises(AnotherCluster, match="rebase"):
        async with moved.transaction() as session:
            outbox.record(session, counted("a", 2))
    with pytest.raises(AnotherCluster, match="rebase"):
        await moved.connect()


async def test_partitions_are_made_three_months_ahead_once(database: Database) -> None:
    connection = await database.connect()
    now = datetime(2031, 11, 5, tzinfo=UTC)
    first = await archive.ensure_partitions(connection, now)
    again = await archive.ensure_partitions(connection, now)
    await connection.close()
    assert (first, again) == (["outbox_2031_11", "outbox_2031_12", "outbox_2032_01", "outbox_2032_02"], [])


async def test_a_unit_is_announced_with_its_dates(database: Database) -> None:
    event = UnitOpened(
        unit_id=f"01900000-0000-7000-8000-{secrets.randbits(48):012x}",  # type: ignore[arg-type]
        name="Trường THCS Hoa Mai",
        kind="lower-secondary",
        valid_from="2020-01-01",  # type: ignore[arg-type]
        occurred_at=Clock().now(),
    )
    async with database.transaction() as session:
        outbox.record(session, event)
        assert list(outbox.recorded(session)) == [event]
