"""A database that was restored, and a broker that lost its log: noticed, said, and cured without a fork or a loss."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.local.postgres import Postgres, binaries
from shared.audit import Actor
from shared.database import AnotherCluster, Database
from shared.inbox import Hearing
from shared.inbox.worker import Worker
from shared.outbox import lease
from shared.outbox.rebase import Rebased, RelayAtWork, rebase
from shared.outbox.relay import Relay
from tests.support import toy
from tests.support.databases import PASSWORD, Databases
from tests.support.line import Line, running, until

pytestmark = pytest.mark.kafka

OPERATOR = Actor("system:test", "operator")


@pytest.fixture(scope="module")
def young_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """Another cluster, whose transaction ids are lower than those of the run's own."""
    server = Postgres(tmp_path_factory.mktemp("young"), durable=False)
    server.start()
    yield server
    server.stop()


def elsewhere(database: Database) -> Database:
    return Database(database.url, password=PASSWORD, speaker=database.speaker, elsewhere=True)


async def rebased(line: Line, database: Database) -> Rebased:
    """As the command does it."""
    where = elsewhere(database)
    try:
        return await rebase(where, line.access(), [line.topic], actor=OPERATOR)
    finally:
        await where.close()


async def refuses(relay: Relay, word: str) -> bool:
    return word in (relay.trouble or "")


def by_stream(log: list[tuple[str, int]]) -> dict[str, set[int]]:
    return {key: {n for other, n in log if other == key} for key, _ in log}


async def test_an_older_copy_says_nothing_until_rebase_and_then_forks_nothing(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
    copy = await databases.copy(line.said)
    async with running(line.relay(), line.worker()):
        await line.say(3)
        await line.settled()
    await line.said.close()

    line.said = copy
    await line.say(30, things=["a", "d"])
    before = await line.log()
    relay = line.relay()
    async with running(relay, line.worker()):
        await until(lambda: refuses(relay, "older copy"), "the relay refuses")
        assert "rebase" in (relay.trouble or "")
        assert await line.log() == before
        done = await rebased(line, copy)
        assert (done.moved, done.renumbered) == (None, 1)
        assert sorted((one.subject, one.sequence) for _, one in done.unknown) == [("a", 3), ("b", 3), ("c", 3)]
        await line.say(31)
        await line.settled()
    assert await line.counted() == {"a": [1, 2, 3, 30, 31], "b": [1, 2, 3, 31], "c": [1, 2, 3, 31], "d": [30]}
    assert await line.aside() == []
    assert by_stream(await line.log()) == {
        "a": {1, 2, 3, 4, 5},
        "b": {1, 2, 3, 4},
        "c": {1, 2, 3, 4},
        "d": {1},
    }
    again = await rebased(line, copy)
    assert (again.renumbered, again.unknown) == (0, ())
    async with copy.reading() as session:
        rows = await session.execute(text("select verb, object, note from audit order by id"))
        assert [tuple(row) for row in rows] == [
            ("database.rebased", "nomination", "moved: no; renumbered: 1; unknown: 3"),
            ("database.rebased", "nomination", "moved: no; renumbered: 0; unknown: 0"),
        ]


async def test_what_was_sent_just_before_the_copy_keeps_its_number(line: Line, databases: Databases) -> None:
    """The copy was made between a send and its cursor: the log holds its rows, they are not unknown."""
    async with running(line.relay()):
        await line.say(1)
        await line.sent()
    await line.say(2, things=["a"])
    copy = await databases.copy(line.said)
    await line.say(3, things=["a"])
    async with running(line.relay(), line.worker()):
        await line.settled()
    line.said = copy
    await line.say(30, things=["a"])
    done = await rebased(line, copy)
    assert (done.renumbered, [(one.subject, one.sequence) for _, one in done.unknown]) == (1, [("a", 3)])
    async with running(line.relay(), line.worker()):
        await line.settled()
    assert await line.counted() == {"a": [1, 2, 3, 30], "b": [1], "c": [1]}
    assert await line.aside() == []


async def test_rebase_waits_for_no_relay_at_work(line: Line) -> None:
    connection = await line.said.connect()
    assert await lease.take(connection) is not None
    with pytest.raises(RelayAtWork, match="stop the service"):
        await rebased(line, line.said)
    await connection.close()


async def dump(database: Database, target: Postgres, name: str) -> Database:
    """The same data in another cluster, by pg_dump, as an operator would move it."""
    await target.ensure_login("tests", PASSWORD)
    await target.ensure_database(name, "tests")
    environment = os.environ | {"PGPASSWORD": PASSWORD}
    url = target.url(name, "tests")
    out: list[str | Path] = [binaries() / "pg_dump", "--no-owner", database.url]
    into: list[str | Path] = [binaries() / "psql", "-q", "-v", "ON_ERROR_STOP=1", url]
    dumped = subprocess.run(out, env=environment, check=True, capture_output=True)
    subprocess.run(into, env=environment, check=True, input=dumped.stdout, capture_output=True)
    return Database(url, password=PASSWORD, speaker=database.speaker)


async def test_a_dump_in_a_younger_cluster_is_refused_and_sends_all_in_order_after_rebase(
    line: Line, young_postgres: Postgres, postgres: Postgres
) -> None:
    admin = await postgres.connect()
    for _ in range(3000):
        await admin.execute("select pg_current_xact_id()")
    await admin.close()
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
    await line.say(3)
    moved = await dump(line.said, young_postgres, "moved")
    relay = line.relay(moved)
    async with running(relay):
        with pytest.raises(AnotherCluster, match="Run the command `rebase`"):
            async with moved.reading():
                pass
        await until(lambda: refuses(relay, "rebase"), "the relay refuses")
        done = await rebased(line, moved)
    assert done.moved is not None
    assert (done.moved[0] != done.moved[1], done.renumbered, done.unknown) == (True, 0, ())
    line.said = moved
    await line.say(4)
    await line.say(1, things=["new"])
    async with running(line.relay(), line.worker()):
        await line.settled()
    await moved.close()
    assert await line.counted() == {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4], "c": [1, 2, 3, 4], "new": [1]}
    expected = {"a": {1, 2, 3, 4}, "b": {1, 2, 3, 4}, "c": {1, 2, 3, 4}, "new": {1}}
    assert (await line.aside(), by_stream(await line.log())) == ([], expected)


async def test_a_restored_reader_reads_again_what_it_forgot(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
        copy = await databases.copy(line.heard)
        await line.say(3)
        await line.settled()
    async with running(line.relay(), line.worker(copy)):
        await line.say(4)
        await line.settled(heard=copy)
    assert await line.counted(copy) == {thing: [1, 2, 3, 4] for thing in "abc"}
    assert await line.aside(copy) == []


async def new_reader(line: Line, databases: Databases) -> Worker:
    """A service that begins to listen now."""
    database = await databases.core(toy.METADATA, agency=line.agency, service="publishing")
    hearing = Hearing(line.agency, "publishing", toy.HANDLERS, catalogue=toy.ALL)
    return Worker(database, line.access(), [line.topic], hearing)


async def read_whole(line: Line, databases: Databases, expected: dict[str, list[int]]) -> None:
    """A new reader finds all of this in the topic, and in its order."""
    reader = await new_reader(line, databases)
    async with running(reader):

        async def all_of_it() -> bool:
            return await line.counted(reader._database) == expected

        await until(all_of_it, "a new reader finds everything")
    assert await line.aside(reader._database) == []


async def test_a_topic_that_was_made_anew_is_filled_again_from_the_archive(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(*range(1, 6))
        await line.settled()
    await line.delete_topic()
    line.make_topic()
    async with running(line.relay(), line.worker()):
        await line.say(6)
        await line.settled()
    expected = {thing: [1, 2, 3, 4, 5, 6] for thing in "abc"}
    assert (await line.counted(), await line.aside()) == (expected, [])
    await read_whole(line, databases, expected)


async def test_a_topic_that_is_lost_under_a_running_relay_is_filled_again(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(*range(1, 6))
        await line.settled()
        await line.delete_topic()
        line.make_topic()
        await line.say(6)

        async def complete() -> bool:
            return by_stream(await line.log()) == {thing: {1, 2, 3, 4, 5, 6} for thing in "abc"}

        await until(complete, "the log is whole again")
        await line.say(7)
        await line.sent()
        expected = {thing: [1, 2, 3, 4, 5, 6, 7] for thing in "abc"}

        async def heard() -> bool:
            return await line.counted() == expected

        await until(heard, "the listener goes on")
    assert await line.aside() == []
    await read_whole(line, databases, expected)


async def test_a_tail_that_was_lost_is_sent_again_and_only_that(line: Line, databases: Databases) -> None:
    async with running(line.relay(), line.worker()):
        await line.say(*range(1, 6))
        await line.settled()
    whole = await line.log()
    await line.delete_topic()
    line.make_topic()
    await line.put(*(await line.outbox())[:6])
    async with running(line.relay(), line.worker()):
        await line.say(6)
        await line.settled()
    assert sorted(await line.log()) == sorted([*whole, *((thing, 6) for thing in "abc")])
    expected = {thing: [1, 2, 3, 4, 5, 6] for thing in "abc"}
    assert (await line.counted(), await line.aside()) == (expected, [])
    await read_whole(line, databases, expected)


async def test_a_lost_log_that_grew_again_before_anybody_looked_is_noticed(line: Line, databases: Databases) -> None:
    """A relay sent to the new log and died before it noticed: its end alone does not show that the rest is gone."""
    async with running(line.relay(), line.worker()):
        await line.say(1, 2)
        await line.settled()
    await line.say(3)
    await line.delete_topic()
    line.make_topic()
    late = (await line.outbox())[6:]
    await line.put(*late, *late, *late)
    async with running(line.relay(), line.worker()):
        await line.say(4)
        await line.settled()
    expected = {thing: [1, 2, 3, 4] for thing in "abc"}
    assert (await line.counted(), await line.aside()) == (expected, [])
    await read_whole(line, databases, expected)


async def test_a_refilled_log_is_no_shorter_for_a_reader_in_its_middle(line: Line) -> None:
    """The old log held events twice, the new one once: without care they would lie below where the reader stands."""
    async with running(line.relay()):
        await line.say(1, things=["a"])
        await line.sent()
    first = await line.outbox()
    await line.put(*first, *first, *first)
    async with running(line.relay()):
        await line.say(2, things=["a"])
        await line.sent()
    end = max((await line.ends()).values())
    await line.delete_topic()
    line.make_topic()
    async with running(line.relay()):
        await line.say(3, things=["a"])
        await line.sent()
    assert end == 5
    assert (await line.log())[end - 1 :] == [("a", 2), ("a", 3)]
