"""The relay: sends what the outbox holds, in order, as a session that any error ends and begins anew."""

import asyncio
import zlib
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import orjson
import structlog
from aiokafka import AIOKafkaProducer, TopicPartition
from prometheus_client import Counter

from shared.kafka import KafkaAccess, start
from shared.outbox import archive, lease
from shared.outbox.archive import Row
from shared.outbox.lease import Lease
from shared.outbox.log import Log, Lost, OlderCopy, TopicMissing, compare

WINDOW = 2000
SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.5
MAX_BATCH = 900_000
PRODUCER = {"acks": "all", "enable_idempotence": True, "max_batch_size": MAX_BATCH, "max_request_size": 1_048_576}
PATIENCE = 15
"""Seconds that the broker may take for a window. The producer would wait for ever, and nobody would be told why."""

_log = structlog.get_logger("relay")
_sent = Counter("guongsang_outbox_sent", "events acknowledged by the broker", ["agency", "service"])

Connect = Callable[[], Awaitable[asyncpg.Connection]]
Now = Callable[[], datetime]


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key. Only the owner writes a topic, so any stable hash will do.

    Crc32 is the fast one.
    """
    return zlib.crc32(key) % partitions


class LogLost(Exception):
    """The broker put an event where another one was: a log was lost while this session was sending to it."""


class Relay:
    """Sends one database's outbox while it holds the lease; stands by otherwise."""

    def __init__(
        self, connect: Connect, access: KafkaAccess, topics: Sequence[str], *, agency: str, service: str, real: Now
    ) -> None:
        """`connect` opens a connection of its own; `topics` are all that this service may write.

        `real` is the real clock.
        """
        self._connect, self.access, self.topics, self._real = connect, access, topics, real
        self._labels = (agency, service)
        self._bell = asyncio.Event()
        self._partitions: Mapping[str, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self.trouble: str | None = "starting"
        """Why nothing is sent at the moment; none while a session runs or another relay holds the lease."""
        self.holds_lease = False

    def ring(self) -> None:
        """Something was committed: look now. Losing a ring costs at most the longest pause."""
        self._bell.set()

    async def run(self) -> None:
        """Relay until cancelled; every error ends a session and the next one begins after half a second."""
        while True:
            pause = 0.5
            try:
                await self._session()
            except (OlderCopy, TopicMissing) as error:
                self.trouble, pause = str(error), 5
                _log.error("relay.refused", reason=str(error))
            except lease.LeaseLost as error:
                _log.warning("relay.lease_lost", reason=str(error))
            except Exception as error:  # noqa: BLE001  # whatever it was, a new session begins from the stored cursor
                self.trouble = f"{type(error).__name__}: {error}"
                _log.warning("relay.session_ended", error=self.trouble)
            self.holds_lease = False
            await asyncio.sleep(pause)

    async def _session(self) -> None:
        connection = await self._connect()
        try:
            held = await lease.take(connection)
            while held is None:
                self.trouble = None  # another relay sends: nothing is wrong here
                await asyncio.sleep(1)
                held = await lease.take(connection)
            made = await archive.ensure_partitions(connection, self._real())
            _log.info("relay.lease_taken", epoch=held.epoch, position=held.position, partitions_made=made)
            await self._relay(held)
        finally:
            # Terminating frees the lease at once even when the server hangs.
            connection.terminate()

    async def _relay(self, held: Lease) -> None:
        log = await Log.open(self.access, self.topics)
        try:
            lost = await compare(log, held.connection, (held.position, held.id))
        finally:
            await log.close()
        self._partitions = Tally(tp.topic for tp in log.ends)
        self._ends = {tp: end - 1 for tp, (_, end) in log.ends.items()}
        producer = AIOKafkaProducer(**PRODUCER, **self.access.client_options())
        try:
            await start(producer)
            for one in lost:
                await self._refill(held, producer, one)
            self.trouble, self.holds_lease = None, True
            await self._send_all(held, producer)
        finally:
            await _stop(producer)

    async def _send_all(self, held: Lease, producer: AIOKafkaProducer) -> None:
        pause, cursor = SHORTEST_PAUSE, (held.position, held.id)
        rows = await archive.unsent(held.connection, held.base, cursor, WINDOW)
        # A door that is opened or closed ends the session: the next one begins with those of then.
        while set(self.topics) == set(self._partitions):
            if rows:
                async with asyncio.timeout(PATIENCE):
                    cursor = rows[-1].position, rows[-1].id
                    # The database looks for the next window while this one is built.
                    next_window = archive.unsent(held.connection, held.base, cursor, WINDOW)
                    following, sending = await asyncio.gather(next_window, self._send(producer, rows))
                    await held.move(*cursor, await self._acknowledged(sending))
                _sent.labels(*self._labels).inc(len(rows))
                rows, pause = following, SHORTEST_PAUSE
            else:
                if await self._rung(pause):
                    pause = SHORTEST_PAUSE
                pause = min(pause * 2, LONGEST_PAUSE)
                rows = await archive.unsent(held.connection, held.base, cursor, WINDOW)

    async def _rung(self, seconds: float) -> bool:
        """Wait for the doorbell, at most so long. Polling is the truth; the bell only makes it early."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return False
        self._bell.clear()
        return True

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> "list[_Sending]":
        groups: dict[tuple[str, int], list[tuple[bytes, Row]]] = defaultdict(list)
        for row in rows:
            key = row.key.encode()
            groups[row.topic, partition_of(key, self._partitions[row.topic])].append((key, row))
        sending: list[_Sending] = []
        for (topic, partition), group in groups.items():
            tp = TopicPartition(topic, partition)
            batch = producer.create_batch()
            for key, row in group:
                headers = [(name, value.encode()) for name, value in orjson.loads(row.headers)]
                record = row.milliseconds, key, row.body, headers
                if not _append(batch, record):
                    sending.append(await _dispatch(producer, batch, tp))
                    batch = producer.create_batch()
                    assert _append(batch, record), "record() refuses what does not fit an empty batch"
            sending.append(await _dispatch(producer, batch, tp))
        return sending

    async def _acknowledged(self, sending: "Sequence[_Sending]") -> dict[TopicPartition, int]:
        """Wait for the broker's word on every batch; the highest offset of each partition. Raises LogLost."""
        ends: dict[TopicPartition, int] = {}
        for tp, count, future in sending:
            first: int = (await future).offset  # type: ignore[attr-defined]
            if 0 <= first <= self._ends.get(tp, -1):  # below 0: the broker had it already and does not say where
                raise LogLost(f"{tp.topic}/{tp.partition} had offset {self._ends[tp]} and gave {first}")
            ends[tp] = max(ends.get(tp, -1), first + count - 1)
        self._ends |= ends
        return ends

    async def _refill(self, held: Lease, producer: AIOKafkaProducer, lost: Lost) -> None:
        """Send again from the archive what a partition's log no longer holds.

        The old end stays noted until all is sent, so that a session that dies here leaves the rest to the next one.
        A log may have held events twice: the first one is repeated so often that each comes to lie no lower than it
        lay. A reader that stands in the middle of the old log and does not notice then misses nothing.
        """
        tp = TopicPartition(lost.topic, lost.partition)
        first: Row | None = None
        count = 0
        async for missing in self._missing(held, lost):
            first = first or missing[0]
            count += len(missing)
        spare = lost.acknowledged + 1 - lost.end - count
        while first and spare > 0:
            await self._acknowledged(await self._send(producer, [first] * min(spare, WINDOW)))
            spare -= WINDOW
        async for missing in self._missing(held, lost):
            await self._acknowledged(await self._send(producer, missing))
        await held.lower(lost.topic, lost.partition, self._ends[tp])
        _log.error("relay.log_refilled", topic=lost.topic, partition=lost.partition, sent_again=count)

    async def _missing(self, held: Lease, lost: Lost) -> AsyncIterator[list[Row]]:
        """A lost partition's rows up to the cursor that its log no longer holds, window by window."""
        after = 0, 0
        while rows := await archive.sent(held.connection, lost.topic, after, (held.position, held.id), WINDOW):
            after = rows[-1].position, rows[-1].id
            missing = [
                row
                for row in rows
                if (row.position, row.id) not in lost.held
                and partition_of(row.key.encode(), self._partitions[lost.topic]) == lost.partition
            ]
            if missing:
                yield missing


async def _stop(producer: AIOKafkaProducer) -> None:
    """Flush and close; after five seconds only close, for while the broker is away a flush would wait for ever."""
    try:
        async with asyncio.timeout(5):
            await producer.stop()
    except TimeoutError:
        # Else its sender would live on and send old batches behind the next session's.
        await producer._sender.close()  # noqa: SLF001  # there is no other way to give up what is not delivered
        await producer.client.close()


_Sending = tuple[TopicPartition, int, "asyncio.Future[object]"]


def _append(batch: Any, record: tuple[int, bytes, bytes, list[tuple[str, bytes]]]) -> bool:
    timestamp, key, body, headers = record
    return batch.append(timestamp=timestamp, key=key, value=body, headers=headers) is not None


async def _dispatch(producer: AIOKafkaProducer, batch: Any, tp: TopicPartition) -> _Sending:
    batch.close()
    count: int = batch.record_count()
    return tp, count, await producer.send_batch(batch, tp.topic, partition=tp.partition)
