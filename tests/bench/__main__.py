"""`python -m tests.bench [group …]`: ratios to a floor of the same run, on a real broker and a durable database."""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from deploy import topics
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.server import MissingPart
from shared.federation import Topic
from tests.bench import inbox, intakes, latency, lists, pages, portal, pretalx, readiness, relay, signed, submitting
from tests.bench.measure import HEADER, Row
from tests.support.databases import Databases
from tests.support.line import Line, make_line

Rows = AsyncIterator[Row]


@asynccontextmanager
async def _line(kafka: Kafka, postgres: Postgres) -> AsyncIterator[tuple[Line, Databases]]:
    async with _databases(postgres) as databases:
        yield await make_line(kafka, databases), databases


@asynccontextmanager
async def _databases(postgres: Postgres) -> AsyncIterator[Databases]:
    databases = Databases(postgres)
    try:
        yield databases
    finally:
        await databases.close()


async def _relay(kafka: Kafka, postgres: Postgres) -> Rows:
    async with _line(kafka, postgres) as (one, _):
        yield await relay.ratio(one, rounds=9)


async def _inbox(kafka: Kafka, postgres: Postgres) -> Rows:
    async with _line(kafka, postgres) as (one, databases):
        yield await inbox.ratio(one, databases, rounds=7)
        yield await signed.ratio(databases, rounds=7)


async def _latency(kafka: Kafka, postgres: Postgres) -> Rows:
    async with _line(kafka, postgres) as (one, _):
        floor = topics.Difference(
            create=(Topic(f"{one.topic}.floor", 1),), add=(), remove=(), recounts=(), authorizer=True
        )
        topics.apply(kafka.admin(), floor)
        for row in await latency.ratios(one, rounds=5):
            yield row


async def _portal(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        yield await portal.ratio(databases, rounds=7)


async def _lists(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        for row in await lists.ratios(databases, rounds=5):
            yield row
        async for row in lists.growths(databases, rounds=5):
            yield row


async def _submitting(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        for row in await submitting.ratios(databases, rounds=5):
            yield row


async def _readiness(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        yield await readiness.row(databases, rounds=3)


async def _intakes(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        for row in await intakes.rows(databases, rounds=3):
            yield row


async def _pages(_kafka: Kafka, _postgres: Postgres) -> Rows:
    for row in await asyncio.to_thread(pages.rows, 3):
        yield row


async def _pretalx(_kafka: Kafka, postgres: Postgres) -> Rows:
    async with _databases(postgres) as databases:
        for row in await pretalx.ratios(databases, postgres, rounds=3):
            yield row


GROUPS = {
    "relay": _relay,
    "inbox": _inbox,
    "latency": _latency,
    "portal": _portal,
    "lists": _lists,
    "submitting": _submitting,
    "readiness": _readiness,
    "intakes": _intakes,
    "pages": _pages,
    "pretalx": _pretalx,
}


async def print_all(kafka: Kafka, postgres: Postgres, chosen: Sequence[str]) -> None:
    """The table, a line as soon as it is known."""
    print(HEADER)
    for name in chosen or GROUPS:
        async for row in GROUPS[name](kafka, postgres):
            print(row, flush=True)


def main(chosen: Sequence[str]) -> int:
    """Start the servers, measure, stop them; 2 for a group that is not known, 3 when a part is missing here."""
    if unknown := set(chosen) - set(GROUPS):
        print(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(GROUPS)}", file=sys.stderr)
        return 2
    logging.disable(logging.CRITICAL)  # the clients' lines about a group that begins and ends
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kafka, postgres = Kafka(Path(folder) / "kafka"), Postgres(Path(folder) / "postgres")
        try:
            kafka.start()
            postgres.start()
            asyncio.run(print_all(kafka, postgres, chosen))
        except MissingPart as missing:
            print(missing, file=sys.stderr)
            return 3
        finally:
            postgres.stop()
            kafka.stop()
    print(f"in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
