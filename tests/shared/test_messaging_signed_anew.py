"""What a revoked key signed is refused, and after `sign-anew` taken by those who did not know it, once and in order."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.clock import Clock
from shared.database import Database
from shared.inbox import Kind
from shared.outbox import lease
from shared.resigning import WINDOW
from tests.support import toy
from tests.support.apart import Apart, passed
from tests.support.databases import Databases
from tests.support.line import running, until
from tests.support.signing import key_entry
from tests.support.toy import counted

pytestmark = pytest.mark.kafka

TODAY = Clock().today()


def revoke(apart: Apart) -> None:
    """The first key was stolen: a second one, from today, and its end stand in the file."""
    apart.own(2)
    old = key_entry(apart.key(1), revoked_at=str(TODAY))
    apart.publish(old, key_entry(apart.key(2), since=str(TODAY)))
    apart.look("said")


async def keys_used(apart: Apart) -> dict[str, Counter[str | None]]:
    """How many rows each key signed, by door."""
    async with apart.said.reading() as session:
        rows = (await session.execute(text("select topic, headers from outbox"))).all()
    found: dict[str, Counter[str | None]] = {}
    for topic, headers in rows:
        found.setdefault(topic.rpartition(".")[2], Counter())[dict(orjson.loads(headers)).get("ce_keyid")] += 1
    return found


async def notes(apart: Apart) -> list[tuple[str, ...]]:
    async with apart.said.reading() as session:
        rows = await session.execute(text("select actor, verb, object, note from audit order by id"))
        return [tuple(row) for row in rows]


async def sign_anew(apart: Apart, *options: str) -> tuple[int, list[str]]:
    """The command for the first key: its exit code, and its lines but for the log's."""
    code, told = await apart.operator.run(apart.said, "sign-anew", "--key", apart.key(1), *options)
    return code, [line for line in told.splitlines() if not line.startswith("{")]


async def test_a_reader_that_was_away_takes_what_was_signed_anew_and_one_that_knew_it_drops_it(
    apart: Apart, databases: Databases
) -> None:
    # All this was said long before the first day of the key that signs it anew.
    apart.said.speaker = replace(apart.said.speaker, clock=Clock(timedelta(days=-40)))
    knows = await databases.core(toy.METADATA, agency=apart.below, service="publishing")
    async with running(apart.relay(), apart.worker(knows)):
        await apart.say(1, 2, 3)
        await toy.say(apart.said, counted("a", 1))
        await apart.settled(heard=knows)
    before = [(one.key, one.value, one.headers[:-2]) for one in await apart.outbox()]
    revoke(apart)
    with capture_logs() as logged:
        async with running(apart.relay(), apart.worker()):
            await apart.say(4)
            await apart.settled()
    revoked = f"signed by {apart.key(1)}, which was revoked on {TODAY}"
    assert (await apart.refused(), await apart.counted()) == ([revoked] * 9, {})
    alarms = [(one["event"], one["log_level"], one["reason"]) for one in logged if one["event"] == "inbox.refused"]
    assert alarms == [("inbox.refused", "error", revoked)] * 9

    assert await sign_anew(apart, "--dry-run") == (
        0,
        [f"{apart.topic}: 9", f"nothing was done; {apart.key(2)} would sign 9 event(s)"],
    )
    assert await sign_anew(apart) == (
        0,
        [f"{apart.topic}: 9", "9 of 9", f"signed anew with {apart.key(2)} and sent again: 9"],
    )
    after = await apart.outbox()
    assert [(one.key, one.value, one.headers[:-2]) for one in after][: len(before)] == before
    assert await keys_used(apart) == {"children": Counter({apart.key(2): 12}), "internal": Counter({None: 1})}
    ids = [dict(one.headers)["ce_id"].decode() for one in after if one.topic == apart.topic]
    note = f"9 with {apart.key(2)}, {ids[0]} to {ids[8]}"
    assert await notes(apart) == [("system:command-line", "events.signed_anew", apart.key(1), note)]

    apart.look("publishing")
    whole = {thing: [1, 2, 3, 4] for thing in "abc"}
    async with running(apart.relay(), apart.worker(), apart.worker(knows)):
        await apart.settled()
        await apart.settled(heard=knows)
    assert (await apart.counted(), await apart.counted(knows)) == (whole, whole)
    assert ([kind for kind, _, _ in await apart.aside()], await apart.aside(knows)) == ([Kind.REFUSED] * 9, [])
    assert await sign_anew(apart) == (
        0,
        [f"nothing to do: no event that left the agency is signed with {apart.key(1)}"],
    )


async def test_a_command_that_is_killed_half_way_and_run_again_loses_and_doubles_nothing(apart: Apart) -> None:
    numbers = range(1, WINDOW // 2 + 1)
    for thing in "abc":  # one and a half batches
        await toy.say(apart.said, *(passed(thing, number) for number in numbers))
    async with running(apart.relay()):
        await apart.sent()
    revoke(apart)
    async with apart.said.reading() as session:
        sql = "select position, id from outbox order by position, id offset :n limit 1"
        place = (await session.execute(text(sql), {"n": WINDOW + 5})).one()
    blocking = await apart.said.connect()
    await blocking.execute("set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0")
    async with blocking.transaction():
        await blocking.execute("select from outbox where (position, id) = ($1, $2) for update", *place)
        child = await apart.operator.start(apart.said, "sign-anew", "--key", apart.key(1))
        # The second batch is sent and cannot be stored.
        await until(lambda: in_log(apart, 2 * len(numbers) * 3), "both batches are sent")
        child.kill()
        await child.communicate()
    await blocking.close()
    await until(lambda: lease_is_free(apart.said), "its session has ended")
    assert await keys_used(apart) == {"children": Counter({apart.key(1): WINDOW // 2, apart.key(2): WINDOW})}
    left = WINDOW // 2
    assert await sign_anew(apart) == (
        0,
        [f"{apart.topic}: {left}", f"{left} of {left}", f"signed anew with {apart.key(2)} and sent again: {left}"],
    )
    assert len(await apart.log()) == 3 * len(numbers) * 2 + left
    async with running(apart.relay(), apart.worker()):
        await apart.say(WINDOW)
        await apart.settled()
    assert await apart.counted() == {thing: [*numbers, WINDOW] for thing in "abc"}
    assert len(await apart.refused()) == 3 * len(numbers)


async def in_log(apart: Apart, count: int) -> bool:
    return sum((await apart.ends()).values()) == count


async def lease_is_free(database: Database) -> bool:
    connection = await database.connect()
    try:
        return await lease.take(connection) is not None
    finally:
        await connection.close()


async def test_what_was_not_sent_yet_is_signed_anew_and_left_to_the_relay(apart: Apart) -> None:
    await apart.say(1, things=["a"])
    async with running(apart.relay()):
        await apart.sent()
    await apart.say(2, 3, things=["a"])
    revoke(apart)
    assert (await sign_anew(apart))[0] == 0
    assert await apart.log() == [("a", 1), ("a", 1)]
    async with running(apart.relay(), apart.worker()):
        await apart.settled()
    assert (await apart.log(), await apart.counted()) == ([("a", 1), ("a", 1), ("a", 2), ("a", 3)], {"a": [1, 2, 3]})


async def test_only_what_was_recorded_since_a_day_archive_partitions_included(apart: Apart) -> None:
    await apart.say(1, 2, things=["a"])
    async with running(apart.relay()):
        await apart.sent()
    async with apart.said.transaction() as session:  # the first lies in a month of its own
        connection = await session.connection()
        await connection.exec_driver_sql(
            "create table outbox_2020_01 partition of outbox for values from ('2020-01-01') to ('2020-02-01')"
        )
        await connection.exec_driver_sql("update outbox set recorded_at = '2020-01-20' where sequence = 1")
    revoke(apart)
    yesterday = str(TODAY - timedelta(days=1))
    assert (await sign_anew(apart, "--since", yesterday, "--dry-run"))[1][0] == f"{apart.topic}: 1"
    assert (await sign_anew(apart))[1][0] == f"{apart.topic}: 2"
    async with running(apart.relay(), apart.worker()):
        await apart.settled()
    assert (await apart.counted(), await apart.log()) == ({"a": [1, 2]}, [("a", 1), ("a", 2), ("a", 1), ("a", 2)])


async def test_todays_key_an_unknown_key_and_a_relay_at_work_are_refused(apart: Apart) -> None:
    await apart.say(1)
    [told] = (await sign_anew(apart))[1]
    assert told == (
        f"nomination: {apart.key(1)} is the key that signs today: enter a new key and this one's `revoked_at` in the"
        " federation file"
    )
    code, unknown = await apart.operator.run(apart.said, "sign-anew", "--key", apart.key(7))
    owner = f"{apart.agency}/nomination"
    known = f"nomination: {owner} has no key {apart.key(7)}; the federation file knows {apart.key(1)}"
    assert (code, unknown) == (1, known)
    apart.publish(key_entry(apart.key(1), revoked_at=str(TODAY)))
    code, [none] = await sign_anew(apart)
    assert (code, none.startswith(f"nomination: {owner} has no private key")) == (1, True)
    revoke(apart)
    connection = await apart.said.connect()
    assert await lease.take(connection) is not None
    code, [*_, at_work] = await sign_anew(apart)
    assert (code, at_work) == (
        1,
        "nomination: a relay of this service holds the lease: stop the service, then run this again",
    )
    await connection.close()
    assert (await keys_used(apart), await notes(apart)) == ({"children": Counter({apart.key(1): 3})}, [])
