"""Relay and worker killed with `kill -9`, or frozen, at the worst moments: nothing is lost or takes effect twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import TopicPartition
from sqlalchemy import text

from shared.outbox import lease
from shared.outbox.lease import LeaseLost
from shared.outbox.log import acknowledged
from tests.support.line import Line, running, until

pytestmark = pytest.mark.kafka


@asynccontextmanager
async def process(line: Line, part: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A relay or a worker of this line in a process of its own."""
    database = line.said if part == "relay" else line.heard
    words = [part, database.url, line.agency, line.kafka.address, line.access().password or "", line.member]
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.support.toy_process", *words),
        env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGCONT)
            child.kill()
        await child.wait()


async def cursor_and_newest(line: Line) -> tuple[int, int]:
    async with line.said.reading() as session:
        rows = await session.execute(text("select (select position from relay), (select max(position) from outbox)"))
        cursor, newest = rows.one()
        return cursor, newest


async def test_a_relay_killed_after_sending_and_before_the_cursor(line: Line) -> None:
    await line.say(1, 2)
    async with process(line, "relay", DIE="before-cursor") as child:
        assert await child.wait() == -signal.SIGKILL
    assert (await cursor_and_newest(line))[0] == 0
    assert sorted(await line.log()) == sorted((thing, n) for thing in "abc" for n in (1, 2))
    async with running(line.relay(), line.worker()):
        await line.say(3)
        await line.settled()
    assert await line.counted() == {thing: [1, 2, 3] for thing in "abc"}
    assert await line.aside() == []


async def test_a_worker_killed_inside_a_handler(line: Line) -> None:
    async with running(line.relay()):
        await line.say(1, 2)
        async with process(line, "worker", DIE="in-handler") as child:
            await line.settled()
            await line.say(3, 4)
            assert await child.wait() == -signal.SIGKILL
        assert await line.counted() == {thing: [1, 2] for thing in "abc"}
        async with running(line.worker()):
            await line.settled()
    assert await line.counted() == {thing: [1, 2, 3, 4] for thing in "abc"}
    assert await line.aside() == []


async def test_a_worker_killed_between_commit_and_offset(line: Line) -> None:
    async with running(line.relay()):
        await line.say(1, 2)
        await line.sent()
        async with process(line, "worker", DIE="after-commit") as child:
            assert await child.wait() == -signal.SIGKILL
        before = await line.counted()
        assert before  # the database has the batch, the group's offset does not
        async with running(line.worker()):
            await line.say(3)
            await line.settled()
    assert await line.counted() == {thing: [1, 2, 3] for thing in "abc"}
    assert await line.aside() == []


async def test_of_two_relays_one_stands_by_and_takes_over_from_a_frozen_one(line: Line) -> None:
    async with process(line, "relay", ASLEEP="2s") as first, running(line.worker()):
        await line.say(1)
        await line.settled()
        second = line.relay()
        async with running(second):

            async def stands_by() -> bool:
                return second.trouble is None

            async def took_over() -> bool:
                return second.holds_lease

            await until(stands_by, "the second relay stands by and is well")
            await line.say(2)
            await line.settled()
            assert not await took_over()

            first.send_signal(signal.SIGSTOP)
            await line.say(3)
            await until(took_over, "the second relay took over")
            await line.settled()
            first.send_signal(signal.SIGCONT)
            await line.say(4, 5)
            await line.settled()
            assert await took_over()
        # The second is gone: the first, awake again, begins a session of its own.
        await line.say(6)
        await line.settled()
        assert first.returncode is None
    assert await line.counted() == {thing: [1, 2, 3, 4, 5, 6] for thing in "abc"}
    assert await line.aside() == []


async def test_a_holder_that_does_not_know_that_it_lost_the_lease_moves_nothing(line: Line) -> None:
    first, second = await line.said.connect(), await line.said.connect()
    held = await lease.take(first)
    assert held is not None
    assert await lease.take(second) is None
    await held.move(3, 3, {(line.topic, 0): 3})
    await first.execute("select pg_advisory_unlock_all()")  # as when its session ended unnoticed
    new = await lease.take(second)
    assert new is not None
    with pytest.raises(LeaseLost):
        await held.move(9, 9, {(line.topic, 0): 9})
    with pytest.raises(LeaseLost):
        await held.lower(line.topic, 0, 9)
    await new.move(5, 5, {})
    assert (await cursor_and_newest(line))[0] == 5
    assert await acknowledged(second) == {TopicPartition(line.topic, 0): 3}
    await first.close()
    await second.close()
