"""Outbox and inbox where the broker or the database remembers less than it should, or says no."""

import asyncio
import gc
import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.conn import AIOKafkaConnection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # exported, but not by the stubs' rules
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.audit import Actor
from shared.inbox import operating, worker
from shared.inbox.worker import Pace, Worker
from shared.kafka import start
from shared.outbox import relay
from shared.outbox.relay import Relay
from tests.support import toy
from tests.support.databases import Databases
from tests.support.line import PARTITIONS, Line, loops_of, running, until
from tests.support.toy import counted
from tests.support.wire import make

pytestmark = pytest.mark.kafka

OPERATOR = Actor("system:test", "operator")


async def has_counted(line: Line, expected: dict[str, list[int]]) -> bool:
    return await line.counted() == expected


async def test_a_key_keeps_its_partition(line: Line) -> None:
    async with running(line.relay()):
        await line.say(*range(1, 8))
        await line.sent()
    assert await line.places() == {thing: {zlib.crc32(thing.encode()) % PARTITIONS} for thing in "abc"}


async def allow_bytes(line: Line, most: int) -> None:
    entry = ConfigEntry("max.message.bytes", str(most), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, line.topic, incremental_configs=[entry])
    admin = line.kafka.admin()  # what it is asked for ends with it
    for done in admin.incremental_alter_configs([resource]).values():
        done.result()


async def test_what_the_broker_refuses_stays_unsent_and_the_relay_says_so(line: Line) -> None:
    await allow_bytes(line, 100)
    await line.say(1)
    sending = line.relay()
    async with running(sending):

        async def refused() -> bool:
            return "MessageSizeTooLarge" in (sending.trouble or "")

        await until(refused, "the relay says what the broker said")
        async with line.said.reading() as session:
            assert await session.scalar(text("select position from relay")) == 0
        assert set((await line.ends()).values()) == {0}
        await allow_bytes(line, 1_000_000)
        async with running(line.worker()):
            await line.say(2)
            await line.settled()
    assert await line.counted() == {thing: [1, 2] for thing in "abc"}


class Interrupted(Relay):
    """Its first session ends when the first window of what it sends is acknowledged."""

    interrupted = False

    async def _acknowledged(self, sending: Any) -> dict[TopicPartition, int]:
        ends = await super()._acknowledged(sending)
        if not self.interrupted:
            self.interrupted = True
            raise RuntimeError("interrupted")
        return ends


async def test_a_refill_that_was_interrupted_is_finished_by_the_next_session(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(line.relay()):
        await line.say(*range(1, 6), things=["a"])
        await line.sent()
    await line.delete_topic()
    line.make_topic()
    monkeypatch.setattr(relay, "WINDOW", 2)
    made = line.relay()
    broken = Interrupted(
        made._connect, made.access, made.topics, agency=line.agency, service="nomination", real=made._real
    )
    async with running(broken, line.worker()):
        await line.say(6, things=["a"])
        await line.settled()
    assert broken.interrupted
    assert set(await line.log()) == {("a", n) for n in range(1, 7)}
    assert (await line.counted(), await line.aside()) == ({"a": [1, 2, 3, 4, 5, 6]}, [])


async def test_the_relay_makes_the_months_ahead(line: Line) -> None:
    made = line.relay()
    made._real = lambda: datetime(2031, 11, 5, tzinfo=UTC)
    async with running(made):

        async def made_ahead() -> bool:
            async with line.said.reading() as session:
                return await session.scalar(text("select to_regclass('outbox_2032_02') is not null")) is True

        await until(made_ahead, "the partitions are made")


async def test_a_reader_whose_database_remembers_nothing_reads_from_the_start(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
        await until(lambda: all_committed(line), "the group remembers how far it was")
    fresh = await databases.core(toy.METADATA, agency=line.agency, service="review")
    async with running(line.worker(fresh)):
        await line.settled(heard=fresh)
    assert await line.counted(fresh) == {thing: [1, 2] for thing in "abc"}


async def all_committed(line: Line) -> bool:
    return await line.committed() == {tp: end for tp, end in (await line.ends()).items() if end}


async def test_what_is_fetched_before_the_database_told_where_to_begin_is_dropped(
    line: Line, databases: Databases
) -> None:
    """A restored reader must not take what comes after the group's offset before what it forgot."""
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
        copy = await databases.copy(line.heard)
        await line.say(3)
        await line.settled()
        await until(lambda: all_committed(line), "the group remembers how far it was")
    async with running(line.relay()):
        await line.say(4)
        await line.sent()
    reader = line.worker(copy)
    ends = {tp: end for tp, end in (await line.ends()).items() if end}

    async def fetched() -> bool:
        [loop] = loops_of(reader)
        return {tp: await loop.consumer.position(tp) for tp in ends} == ends

    with capture_logs() as logged:
        async with copy.transaction() as session:
            await session.execute(text("lock table inbox_offsets in access exclusive mode"))
            running_reader = running(reader)
            await running_reader.__aenter__()
            await until(fetched, "what comes after the group's offset is here")
        await line.settled(heard=copy)
        await running_reader.__aexit__(None, None, None)
    assert [entry for entry in logged if entry["event"] == "inbox.session_ended"] == []
    assert await line.counted(copy) == {thing: [1, 2, 3, 4] for thing in "abc"}
    async with copy.reading() as session:
        assert await session.scalar(text("select last_value from set_aside_id_seq where is_called")) is None


async def test_what_comes_while_a_new_partition_is_looked_up_is_taken(line: Line) -> None:
    """The group knows where to go on in one partition and nothing of the others: neither loses what comes meanwhile."""
    async with running(line.relay(), line.worker()):
        await line.say(1, things=["a"])
        await line.settled()
        await until(lambda: all_committed(line), "the group remembers how far it was")
    reader = line.worker()

    async def fetching() -> bool:
        [loop] = loops_of(reader)
        consumer = loop.consumer
        return len([await consumer.position(tp) for tp in consumer.assignment()]) == PARTITIONS

    async with running(line.relay()):
        async with line.heard.transaction() as session:
            await session.execute(text("lock table inbox_offsets in access exclusive mode"))
            running_reader = running(reader)
            await running_reader.__aenter__()
            await until(fetching, "a fetch waits at the broker")
        await asyncio.sleep(0.1)  # where to begin is asked behind that fetch, which ends half a second later
        await line.say(2, things=["a"])
        await line.settled()
        await running_reader.__aexit__(None, None, None)
    assert await line.counted() == {"a": [1, 2]}


async def test_a_reader_that_was_not_told_where_to_begin_begins_anew(line: Line) -> None:
    async def rename(old: str, new: str) -> None:
        async with line.heard.transaction() as session:
            await session.execute(text(f"alter table {old} rename to {new}"))

    await rename("inbox_offsets", "away")
    reader = line.worker()
    async with running(line.relay(), reader):
        await line.say(1)

        async def troubled() -> bool:
            return "inbox_offsets" in (reader.trouble or "")

        await until(troubled, "the reader says what it misses")
        await rename("away", "inbox_offsets")
        await line.settled()
    assert await line.counted() == {thing: [1] for thing in "abc"}


async def test_a_topic_with_too_many_that_wait_pauses_until_an_operator_skips_the_gap(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "MOST_WAITING", 2)
    reader: Worker = line.worker(pace=Pace(tick=0.3))

    async def paused() -> bool:
        [loop] = loops_of(reader)
        return len(loop.consumer.paused()) == PARTITIONS

    with capture_logs() as logged:
        async with running(reader):
            await line.put(*(make(counted("a", n), n, agency=line.agency) for n in (2, 3)))
            await until(paused, "the topic is paused")
            assert "inbox.topic_paused" in [entry["event"] for entry in logged]
            async with line.heard.reading() as session:
                waiting = (await operating.list_set_aside(session))[0].id
            await operating.skip_gap(line.heard, reader._hearing, waiting, actor=OPERATOR, reason="lost")
            await line.put(make(counted("a", 4), 4, agency=line.agency))
            await until(lambda: has_counted(line, {"a": [2, 3, 4]}), "the topic goes on")
    assert await line.aside() == []


async def test_a_start_that_is_cut_off_leaves_no_connection_open(line: Line) -> None:
    before = connections()
    for tenths in range(0, 200, 2):
        consumer = AIOKafkaConsumer(**line.access().client_options())
        starting = asyncio.create_task(start(consumer))
        await asyncio.sleep(tenths / 10_000)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await consumer.stop()
    assert connections() - before == set()


def connections() -> set[AIOKafkaConnection]:
    """Those that are open."""
    return {one for one in gc.get_objects() if isinstance(one, AIOKafkaConnection) and one.connected()}
