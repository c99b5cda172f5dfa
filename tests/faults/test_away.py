"""Broker or database away, at the start and in mid-flight: everything resumes by itself."""

import asyncio
from collections.abc import Iterator

import pytest

from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.server import MissingPart
from tests.support.databases import Databases
from tests.support.line import Line, make_line, running, until

pytestmark = pytest.mark.kafka


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory, kafka: Kafka) -> Iterator[Kafka]:
    """A broker of this file's own, prepared and not started: its tests stop and kill it."""
    assert kafka.is_running(), "where the run's broker is missing, this one is too"
    server = Kafka(tmp_path_factory.mktemp("own_kafka"))
    try:
        server.prepare()
    except MissingPart as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL server of this file's own."""
    server = Postgres(tmp_path_factory.mktemp("own_postgres"), durable=True)
    server.start()
    yield server
    server.stop()


async def counts(line: Line, expected: list[int]) -> None:
    async def counted() -> bool:
        return await line.counted() == dict.fromkeys("abc", expected)

    await until(counted, f"{expected} took effect")


async def test_a_broker_away_at_the_start_killed_in_mid_flight_and_replaced_by_an_empty_one(
    own_kafka: Kafka, databases: Databases
) -> None:
    line = await make_line(own_kafka, databases, topic=False)
    relay, worker = line.relay(), line.worker()
    async with running(relay, worker):
        await line.say(1)

        async def troubled() -> bool:
            return all(part.trouble not in (None, "starting") for part in (relay, worker))

        await until(troubled, "both say why they do nothing")
        own_kafka.launch()
        own_kafka.wait_ready()
        line.make_topic()
        await counts(line, [1])
        assert (relay.trouble, worker.trouble) == (None, None)

        own_kafka.kill()
        await line.say(2)
        own_kafka.launch()
        own_kafka.wait_ready()
        await line.say(3)
        await counts(line, [1, 2, 3])

        own_kafka.kill()
        own_kafka.data.rename(own_kafka.folder / "lost")
        await line.say(4)
        own_kafka.start()
        line.make_topic()
        await line.say(5)
        await counts(line, [1, 2, 3, 4, 5])
        await line.settled()
        assert set(await line.log()) == {(thing, n) for thing in "abc" for n in range(1, 6)}
    assert await line.aside() == []


async def test_a_database_killed_in_mid_flight(kafka: Kafka, own_postgres: Postgres) -> None:
    databases = Databases(own_postgres)
    line = await make_line(kafka, databases)
    async with running(line.relay(), line.worker()):
        for number in range(1, 4):
            await line.say(number)
        own_postgres.kill()
        own_postgres.prepare()
        own_postgres.launch()
        await asyncio.to_thread(own_postgres.wait_ready)
        await line.say(4)
        await line.settled()
    assert await line.counted() == {thing: [1, 2, 3, 4] for thing in "abc"}
    assert await line.aside() == []
    await databases.close()
