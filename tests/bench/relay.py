"""The relay against bare `send_batch` calls of the same bytes."""

import asyncio
import time
from collections import defaultdict

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from shared.asyncapi import example_record
from shared.database import Database
from shared.events import NominationSubmitted
from shared.outbox import archive
from shared.outbox.archive import Row
from shared.outbox.relay import PRODUCER, WINDOW, partition_of
from tests.bench import measure
from tests.support.line import PARTITIONS, Line, running

EVENTS = 20_000
STREAMS = 500
BODY = 700


async def fill(database: Database, topic: str) -> tuple[int, int]:
    """Put events into the outbox as one large transaction; returns the place of the last one."""
    headers, body = example_record(NominationSubmitted)
    connection = await database.connect()
    try:
        row = await connection.fetchrow(
            """with said as (
                   insert into outbox (position, agency, event_id, topic, key, sequence, type, headers, body)
                   select pg_current_xact_id()::text::bigint, 'bench', gen_random_uuid(), $1, 'stream-' || n % $2, n,
                          'bench', $3, $4
                     from generate_series(1, $5::int) n
                   returning position, id)
               select max(position) as position, max(id) as id from said""",
            topic,
            STREAMS,
            orjson.dumps(headers),
            body.ljust(BODY),
            EVENTS,
        )
    finally:
        await connection.close()
    assert row is not None
    return row["position"], row["id"]


async def ratio(line: Line, rounds: int) -> measure.Row:
    """How near the relay comes to the floor."""
    relay = line.relay()
    await fill(line.said, line.topic)
    producer = AIOKafkaProducer(**PRODUCER, **line.access().client_options())
    await producer.start()
    watch = await line.said.connect()

    async def relayed() -> float:
        place = await fill(line.said, line.topic)
        begun = time.perf_counter()
        relay.ring()
        await _reached(watch, place)
        return time.perf_counter() - begun

    async def bare() -> float:
        place = await fill(line.said, line.topic)
        await _reached(watch, place)  # the relay has done its part and rests
        rows = await archive.sent(watch, line.topic, (place[0], 0), place, EVENTS)
        ready = [
            (partition_of(row.key.encode(), PARTITIONS), row, [(n, v.encode()) for n, v in orjson.loads(row.headers)])
            for row in rows
        ]
        begun = time.perf_counter()
        for start in range(0, EVENTS, WINDOW):
            await _send_window(producer, line.topic, ready[start : start + WINDOW])
        return time.perf_counter() - begun

    try:
        async with running(relay):
            await line.sent()
            return measure.Row("relay / bare send_batch", await measure.rates(rounds, relayed, bare), 0.60)
    finally:
        await watch.close()
        await producer.stop()


async def _reached(watch: asyncpg.Connection, place: tuple[int, int]) -> None:
    """Wait until the relay's cursor is there."""
    while True:
        if await watch.fetchval("select (position, id) = ($1, $2) from relay", *place):
            return
        await asyncio.sleep(0.005)


async def _send_window(
    producer: AIOKafkaProducer, topic: str, window: list[tuple[int, Row, list[tuple[str, bytes]]]]
) -> None:
    groups = defaultdict(list)
    for partition, row, headers in window:
        groups[partition].append((row, headers))
    sending = []
    for partition, group in groups.items():
        batch = producer.create_batch()
        for row, headers in group:
            batch.append(timestamp=None, key=row.key.encode(), value=row.body, headers=headers)
        batch.close()
        sending.append(await producer.send_batch(batch, topic, partition=partition))
    for future in sending:
        await future
