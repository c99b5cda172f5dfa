"""Outbox and inbox over a real broker: order, effect exactly once, and records that are not in order."""

from collections import Counter

import pytest
from structlog.testing import capture_logs

from shared import outbox
from shared.audit import Actor
from shared.clock import Clock
from shared.inbox import Kind, operating
from shared.inbox.worker import Pace
from shared.outbox import EventTooLarge
from tests.support import toy
from tests.support.line import Line, running, until
from tests.support.toy import Broken, Later, Mood, Unheard, counted
from tests.support.wire import make

pytestmark = pytest.mark.kafka

OPERATOR = Actor("system:test", "operator")


async def ids(line: Line) -> dict[Kind, int]:
    async with line.heard.reading() as session:
        return {r.kind: r.id for r in await operating.list_set_aside(session)}


async def test_everything_arrives_once_and_in_order_over_restarts_of_both_sides(line: Line) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(1, 2, 3)
        await line.settled()
    await line.say(4)
    async with running(line.worker()):
        await line.say(5)
    async with running(line.relay()):
        await line.say(6)
        await line.sent()
    async with running(line.relay(), line.worker()):
        await line.say(7)
        await line.settled()
    expected = [1, 2, 3, 4, 5, 6, 7]
    assert await line.counted() == {"a": expected, "b": expected, "c": expected}
    assert sorted(await line.log()) == [(thing, n) for thing in "abc" for n in expected]


async def test_one_sent_twice_takes_effect_once(line: Line) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
        await line.put(*await line.outbox())
        await line.say(3)
        await line.settled()
    assert await line.counted() == {thing: [1, 2, 3] for thing in "abc"}
    assert await line.aside() == []


async def test_a_gap_waits_until_it_fills_and_holds_nobody_else(line: Line) -> None:
    await line.say(1, 2, 3, things=["a"])
    first, second, third = await line.outbox()
    async with running(line.worker()):
        await line.put(first, third, make(counted("b", 1), 1, agency=line.agency))
        await until(lambda: has_counted(line, {"a": [1], "b": [1]}), "what is not held back took effect")
        await until(lambda: stands_aside(line, [(Kind.WAITING, "a", 3)]), "the third waits")
        await line.put(second)
        await until(lambda: has_counted(line, {"a": [1, 2, 3], "b": [1]}), "the gap filled")
    assert await line.aside() == []


async def has_counted(line: Line, expected: dict[str, list[int]]) -> bool:
    return await line.counted() == expected


async def stands_aside(line: Line, expected: list[tuple[Kind, str | None, int | None]]) -> bool:
    return await line.aside() == expected


async def test_a_gap_that_stays_raises_an_alarm_and_is_skipped_by_an_operator(line: Line) -> None:
    await line.say(1, 2, 3, 4, things=["a"])
    first, _, third, fourth = await line.outbox()
    with capture_logs() as logged:
        worker = line.worker(pace=Pace(tick=0.2, gap_alarm=0.5))
        async with running(worker):
            await line.put(first, third, fourth)

            async def alarmed() -> bool:
                return any(entry["event"] == "inbox.gap_stays" for entry in logged)

            await until(alarmed, "an alarm about the gap")
            [number, _] = [r.id for r in await set_aside(line)]
            given_up = await operating.skip_gap(
                line.heard, toy.hearing(line.agency), number, actor=OPERATOR, reason="lost with the old broker"
            )
            assert given_up == (2, 2)
            await line.put(make(counted("a", 5), 5, agency=line.agency))
            await until(lambda: has_counted(line, {"a": [1, 3, 4, 5]}), "the stream goes on")
    assert await line.aside() == []


async def set_aside(line: Line) -> list[operating.SetAside]:
    async with line.heard.reading() as session:
        return await operating.list_set_aside(session)


async def test_a_type_that_a_later_build_knows_is_taken_when_it_starts(line: Line) -> None:
    await toy.say(line.said, Later(thing="a", number=1, occurred_at=Clock().now()), counted("a", 2))
    async with running(line.relay(), line.worker(old=True)):
        await line.settled()
    assert (await line.counted(), await line.aside()) == ({"a": [2]}, [(Kind.UNKNOWN, "a", 1)])
    async with running(line.worker()):
        await until(lambda: has_counted(line, {"a": [2, 1]}), "the later build took it")
        await line.say(3, things=["a"])
    assert await line.aside() == []


async def test_an_unknown_one_that_fails_later_does_not_keep_the_worker_from_hearing(line: Line) -> None:
    poison = make(Later(thing="a", number=1, occurred_at=Clock().now()), 1, agency=line.agency, value=b"{}")
    await line.put(poison)
    async with running(line.worker(old=True)):
        await until(lambda: stands_aside(line, [(Kind.UNKNOWN, "a", 1)]), "it is set aside")
    await line.put(make(counted("a", 2), 2, agency=line.agency))
    async with running(line.worker()):
        await until(lambda: has_counted(line, {"a": [2]}), "what comes after is heard")
    assert await line.aside() == [(Kind.UNKNOWN, "a", 1)]


async def test_bad_records_stand_aside_and_their_neighbours_take_effect(line: Line) -> None:
    good = make(counted("a", 1), 1, agency=line.agency)
    await line.put(
        good,
        make(counted("a", 2), 2, agency=line.agency, headers=[*good.headers, ("ce_id", b"\xff\xfe")]),
        make(counted("a", 2), 2, agency=line.agency, headers=[("ce_id", None)]),
        make(counted("a", 2), 2, agency=line.agency, value=None),
        make(counted("a", 2), 2, agency="another"),
        make(counted("a", 2), 2, agency=line.agency, headers=[*good.headers, ("a\0header", None)]),
        make(counted("a", 2), 2, agency=line.agency, headers=[*good.headers, ("ce_sequence", b"9" * 30)]),
        make(
            counted("a", 2), 2, agency=line.agency, headers=[*good.headers, ("ce_type", b"vn.guongsang.nomination.\0")]
        ),
        make(counted("a\0", 1), 1, agency=line.agency),
        make(counted("a" * 5000, 1), 1, agency=line.agency),
        make(counted("a", 2), 2, agency=line.agency),
        make(counted("b", 1), 1, agency=line.agency, value=b'{"thing": 7'),
        make(counted("b", 2), 2, agency=line.agency),
        make(counted("c", 1), 1, agency=line.agency),
    )
    async with running(line.worker()):
        await until(lambda: has_counted(line, {"a": [1, 2], "c": [1]}), "the good ones took effect")
        await until(lambda: has_aside(line, 11), "the bad ones stand aside")
    assert Counter((kind, key) for kind, key, _ in await line.aside()) == {
        (Kind.REFUSED, None): 9,
        (Kind.PARKED, "b"): 1,
        (Kind.WAITING, "b"): 1,
    }


async def has_aside(line: Line, count: int) -> bool:
    return len(await line.aside()) == count


async def test_an_oversize_event_is_refused_where_it_is_said(line: Line) -> None:
    with pytest.raises(EventTooLarge):
        async with line.said.transaction() as session:
            outbox.record(session, counted("a", 1))
            outbox.record(session, Unheard(thing="x" * 262_144, occurred_at=Clock().now()))
    almost = Unheard(thing="y" * 200_000, occurred_at=Clock().now())
    async with line.said.transaction() as session:
        for _ in range(5):  # more than one batch of the broker may hold
            outbox.record(session, almost)
    async with running(line.relay(), line.worker()):
        await line.say(1)
        await line.settled()
    assert await line.counted() == {thing: [1] for thing in "abc"}


async def test_a_lasting_failure_holds_its_stream_only_until_it_is_replayed(line: Line) -> None:
    await toy.say(line.said, counted("a", 1), Broken(thing="a", number=2, occurred_at=Clock().now()))
    async with running(line.relay(), line.worker()):
        await line.say(3)
        await line.settled()
        assert await line.counted() == {"a": [1], "b": [3], "c": [3]}
        assert await line.aside() == [(Kind.PARKED, "a", 2), (Kind.WAITING, "a", 3)]
        Mood.mended = True
        number = (await ids(line))[Kind.PARKED]
        assert await operating.replay(line.heard, toy.hearing(line.agency), number, actor=OPERATOR) is None
        await line.say(4)
        await line.settled()
    assert await line.counted() == {"a": [1, 2, 3, 4], "b": [3, 4], "c": [3, 4]}
    assert await line.aside() == []


async def test_a_discarded_failure_counts_as_seen(line: Line) -> None:
    await toy.say(line.said, Broken(thing="a", number=1, occurred_at=Clock().now()))
    async with running(line.relay(), line.worker()):
        await line.say(2, things=["a"])
        await line.settled()
        number = (await ids(line))[Kind.PARKED]
        await operating.discard(line.heard, toy.hearing(line.agency), number, actor=OPERATOR, reason="sent by mistake")
        await line.put(*await line.outbox())
        await line.say(3, things=["a"])
        await line.settled()
    assert (await line.counted(), await line.aside()) == ({"a": [2, 3]}, [])
