"""`python -m tests.bench`: ratios to a bare floor of the same run, on a real broker and a durable database."""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from deploy import topics
from deploy.local.kafka import Kafka
from deploy.local.postgres import Postgres
from deploy.local.server import MissingPart
from shared.federation import Topic
from tests.bench import inbox, latency, portal, relay, signed
from tests.bench.measure import HEADER, Row
from tests.support.databases import Databases
from tests.support.line import Line, make_line


async def measured(kafka: Kafka, postgres: Postgres) -> AsyncIterator[Row]:
    """Row by row, each on a line of its own."""

    @asynccontextmanager
    async def line() -> AsyncIterator[tuple[Line, Databases]]:
        databases = Databases(postgres)
        try:
            yield await make_line(kafka, databases), databases
        finally:
            await databases.close()

    async with line() as (one, _):
        yield await relay.ratio(one, rounds=9)
    async with line() as (one, databases):
        yield await inbox.ratio(one, databases, rounds=7)
        yield await signed.ratio(databases, rounds=7)
        yield await portal.ratio(databases, rounds=7)
    async with line() as (one, _):
        floor = topics.Difference(
            create=(Topic(f"{one.topic}.floor", 1),), add=(), remove=(), recounts=(), authorizer=True
        )
        topics.apply(kafka.admin(), floor)
        for row in await latency.ratios(one, rounds=5):
            yield row


async def print_all(kafka: Kafka, postgres: Postgres) -> None:
    """The table, a line as soon as it is known."""
    print(HEADER)
    async for row in measured(kafka, postgres):
        print(row, flush=True)


def main() -> int:
    """Start the servers, measure, stop them; 3 when a part is missing here."""
    logging.disable(logging.CRITICAL)  # the clients' lines about a group that begins and ends
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        kafka, postgres = Kafka(Path(folder) / "kafka"), Postgres(Path(folder) / "postgres")
        try:
            kafka.start()
            postgres.start()
            asyncio.run(print_all(kafka, postgres))
        except MissingPart as missing:
            print(missing, file=sys.stderr)
            return 3
        finally:
            postgres.stop()
            kafka.stop()
    print(f"in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
