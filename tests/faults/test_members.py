"""Two members of one group: partitions that move under a batch in hand, a deadlock, a consumer that died silently."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from aiokafka.consumer.group_coordinator import GroupCoordinator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from deploy import topics
from shared.federation import Topic
from shared.inbox.worker import Pace, Worker, _Loop
from shared.outbox.relay import partition_of
from tests.support import toy
from tests.support.line import PARTITIONS, Line, loops_of, running, until

pytestmark = pytest.mark.kafka


def member(line: Line, name: str, handler: Callable[[AsyncSession, Any], Awaitable[None]]) -> Worker:
    """A worker whose handler is this one."""
    made = line.worker(member=f"{line.member}-{name}")
    made._hearing = replace(made._hearing, handlers={**toy.HANDLERS, toy.Counted: handler})
    return made


def things(line: Line) -> list[str]:
    """One thing for each partition."""
    names = (f"t{n}" for n in range(1000))
    found: dict[int, str] = {}
    while len(found) < PARTITIONS:
        name = next(names)
        found.setdefault(partition_of(name.encode(), PARTITIONS), name)
    return sorted(found.values())


async def test_partitions_move_while_a_batch_is_in_hand(line: Line) -> None:
    entered, may_go_on = asyncio.Event(), asyncio.Event()

    async def slow(session: AsyncSession, event: Any) -> None:
        entered.set()
        await may_go_on.wait()
        await toy.on_counted(session, event)

    first, second = member(line, "one", slow), member(line, "two", slow)
    all_things = things(line)
    async with running(line.relay(), first):
        await line.say(1, things=all_things)
        await entered.wait()
        async with running(second):

            async def revoking() -> bool:
                return not first_loop_places(first)

            await until(revoking, "the first member is asked to give partitions away")
            await line.say(2, things=all_things)
            may_go_on.set()
            await line.settled()

            async def shared() -> bool:
                return first.assigned > 0 and second.assigned > 0 and first.assigned + second.assigned == PARTITIONS

            await until(shared, "both members have partitions")
            await line.say(3, things=all_things)
            await line.settled()
    assert await line.counted() == {thing: [1, 2, 3] for thing in all_things}
    assert await line.aside() == []


def first_loop_places(worker: Worker) -> int:
    """How many partitions the session of a worker holds; it gives them away before it lets the batch in hand end."""
    return sum(len(one._placed) for one in loops_of(worker))


async def test_who_must_give_partitions_away_ends_the_batch_in_hand_first(line: Line) -> None:
    loop = _Loop(line.heard, toy.hearing(line.agency))
    async with loop._in_hand:
        revoked = asyncio.create_task(loop.on_partitions_revoked([]))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not revoked.done()
    await revoked


async def test_a_deadlock_between_two_members_passes_and_parks_nothing(line: Line) -> None:
    both = asyncio.Barrier(2)

    def locking(first: int, second: int) -> Callable[[AsyncSession, Any], Awaitable[None]]:
        met = False

        async def handler(session: AsyncSession, event: Any) -> None:
            nonlocal met
            if event.number == 2:
                await session.execute(text("select pg_advisory_xact_lock(:n)"), {"n": first})
                if not met:
                    met = True
                    await both.wait()
                await session.execute(text("select pg_advisory_xact_lock(:n)"), {"n": second})
            await toy.on_counted(session, event)

        return handler

    one, two = member(line, "one", locking(1, 2)), member(line, "two", locking(2, 1))
    all_things = things(line)
    with capture_logs() as logged:
        async with running(line.relay(), one, two):
            await line.say(1, things=all_things)

            async def shared() -> bool:
                return one.assigned > 0 and two.assigned > 0

            await until(shared, "both members have partitions")
            await line.settled()
            await line.say(2, 3, things=all_things)
            await line.settled()
    assert [entry["event"] for entry in logged if entry["event"] == "inbox.again_later"] == ["inbox.again_later"]
    assert await line.counted() == {thing: [1, 2, 3] for thing in all_things}
    assert await line.aside() == []


@pytest.mark.parametrize(
    ("death", "noticed"),
    [(RuntimeError("unexpected"), "inbox.session_ended"), (asyncio.CancelledError(), "inbox.stuck")],
    ids=["with an error", "silently"],
)
async def test_a_consumer_whose_coordinator_died_is_noticed_and_started_again(
    line: Line, death: BaseException, noticed: str
) -> None:
    """aiokafka's coordination task ends within a rebalance: the assignment stays and nothing is consumed any more."""

    async def die(*_arguments: Any, **_named: Any) -> None:
        raise death

    with capture_logs() as logged:
        async with running(line.relay(), line.worker(pace=Pace(tick=0.3))):
            await line.say(1)
            await line.settled()
            found = [one for one in gc.get_objects() if isinstance(one, GroupCoordinator) and not one._closing.done()]
            assert len(found) == 1
            found[0]._on_join_complete = die
            found[0].request_rejoin()
            await line.say(2)
            await line.settled()
    noted = [entry["event"] for entry in logged if entry["event"] in ("inbox.session_ended", "inbox.stuck")]
    assert noted == [noticed]
    assert await line.counted() == {thing: [1, 2] for thing in "abc"}
    assert await line.aside() == []


async def test_a_new_member_places_many_partitions_before_the_broker_misses_it(line: Line) -> None:
    many = Topic(f"{line.agency}.nomination.many", 24)
    new = topics.Difference(create=(many,), add=(), remove=(), recounts=(), authorizer=True)
    admin = line.kafka.admin()
    topics.apply(admin, new)
    worker = Worker(line.heard, line.access(), [many.name], toy.hearing(line.agency))

    async def all_placed() -> bool:
        return worker.assigned == many.partitions

    async with running(worker):
        await until(all_placed, "all partitions are placed")
        group = f"{line.agency}.review"
        told = admin.describe_consumer_groups([group], request_timeout=20)[group]
        members = (await asyncio.to_thread(told.result)).members
    assert [len(member.assignment.topic_partitions) for member in members] == [many.partitions]
