"""Reads what a service hears from Kafka.

A FastStream subscriber without a handler, and our own loop on it.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from prometheus_client import Gauge
from sqlalchemy import text

from shared.database import Database
from shared.inbox.arrivals import receive
from shared.inbox.batch import Hearing, TooManyParked, take
from shared.inbox.failures import is_passing
from shared.inbox.operating import take_unknown
from shared.kafka import KafkaAccess, start, subscribable, topics_there

MAX_RECORDS = 1000
MOST_WAITING = 10_000
STUCK_TICKS = 3
TIMES: dict[str, Any] = {"request_timeout_ms": 10_000, "metadata_max_age_ms": 10_000, "retry_backoff_ms": 200}

_log = structlog.get_logger("inbox")
_lag = Gauge("guongsang_inbox_lag", "records not yet taken in; left out while nobody hears", ["agency", "service"])


class Stuck(Exception):
    """The consumer stands still although records wait for it."""


class GivenUp(Exception):
    """The worker cannot go on by itself: the process should end and be started again, or be looked at."""


def make_broker(
    access: KafkaAccess, topics: Sequence[str], hearing: Hearing, listener: ConsumerRebalanceListener | None = None
) -> tuple[KafkaBroker, Any]:
    """A FastStream broker with one handler-less subscriber over all topics, and that subscriber."""
    broker = KafkaBroker(
        access.servers.split(","),
        security=access.security(),
        logger=None,
        apply_types=False,
        allow_auto_create_topics=False,
        consumer_only=True,  # the relay sends, and nothing here administrates
        **TIMES,
    )
    # The evaluation broker (no accounts) knows no static members: only a short session makes a restart quick. A real
    # one allows six seconds at the least.
    session = 10_000 if access.static_member else 6_000 if access.user else 2_000
    subscriber = broker.subscriber(
        *topics,
        group_id=f"{hearing.agency}.{hearing.service}",
        group_instance_id=access.static_member,
        ack_policy=AckPolicy.MANUAL,
        auto_offset_reset="earliest",
        session_timeout_ms=session,
        heartbeat_interval_ms=min(1_500, session // 5),
        rebalance_timeout_ms=10_000,
        listener=listener,
    )
    return broker, subscriber


@dataclass(frozen=True)
class Pace:
    """How often a worker looks after itself, and when it raises an alarm about a gap."""

    tick: float = 10
    gap_alarm: float = 60


class Worker:
    """Hears for one service until cancelled."""

    def __init__(
        self, database: Database, access: KafkaAccess, topics: Sequence[str], hearing: Hearing, pace: Pace = Pace()
    ) -> None:
        self._database, self._access, self.topics, self._hearing = database, access, list(topics), hearing
        self.pace = pace
        self.trouble: str | None = "starting"
        """Why nothing is heard at the moment, none while partitions are assigned and records are taken."""
        self.reading: list[str] = []
        """The topics of this session."""
        self.assigned = 0
        self.batches = 0
        """Batches taken in."""

    async def run(self) -> None:
        """Hear; an error ends a session and the next begins after a pause.

        Raises GivenUp when too many events fail in a row, or when the consumer stands still again after a restart.
        """
        stuck, batches = 0, 0
        while True:
            try:
                await self._session()
            except TooManyParked as error:
                self.trouble = str(error)
                _log.critical("inbox.stopped", reason=self.trouble)
                raise GivenUp(self.trouble) from error
            except Stuck as error:
                stuck = stuck + 1 if self.batches == batches else 1
                batches = self.batches
                self.trouble = str(error)
                _log.error("inbox.stuck", reason=self.trouble, times=stuck)
                if stuck > 1:
                    raise GivenUp(self.trouble) from error
            except Exception as error:  # noqa: BLE001  # whatever it was, a new session begins from the stored offsets
                self.trouble = f"{type(error).__name__}: {str(error)[:300]}"
                _log.warning("inbox.session_ended", error=self.trouble)
            await asyncio.sleep(1)

    async def _session(self) -> None:
        taken = await take_unknown(self._database, self._hearing)
        if taken:
            _log.info("inbox.unknown_taken", events=taken)
        loop = _Loop(self._database, self._hearing)
        self.reading = subscribable(self.topics, await topics_there(self._access), self._hearing.agency)
        broker, loop.subscriber = make_broker(self._access, self.reading, self._hearing, loop)
        try:
            await start(broker)
            self.trouble = None
            await loop.run(self)
        finally:
            self.assigned = 0
            _lag.remove(self._hearing.agency, self._hearing.service)
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(5):
                    await broker.stop()


class _Loop(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """One session's reading: batches in, offsets out, pauses when a failure passes."""

    subscriber: Any

    def __init__(self, database: Database, hearing: Hearing) -> None:
        self._database, self._hearing = database, hearing
        self._in_hand = asyncio.Lock()
        self._failures = 0
        self._most = MAX_RECORDS
        self._placed: set[TopicPartition] = set()
        self._taken: dict[TopicPartition, int] = {}
        self._to_commit = asyncio.Event()
        self._not_placed: Exception | None = None
        self._resuming: set[asyncio.TimerHandle] = set()

    @property
    def consumer(self) -> Any:
        """The aiokafka consumer; there is none before the broker has started."""
        return self.subscriber.consumer

    async def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Let the batch in hand finish before another member takes over."""
        self._placed.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(5), self._in_hand:
                pass

    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Begin at the lower of what the database and the group remember; where either remembers nothing, at the start.

        A restored database thus reads again what it forgot, and a new log is read whole. What is fetched before its
        partition has been placed is dropped by `_read`. aiokafka swallows what a listener raises, so an error is kept
        and ends the session from there.
        """
        try:
            stored = await self._stored()
            committed = await asyncio.gather(*map(self.consumer.committed, assigned))
            begin = {
                tp: min(offset, remembered)
                for tp, offset in zip(assigned, committed, strict=True)
                if offset is not None and (remembered := stored.get((tp.topic, tp.partition))) is not None
            }
            if unknown := set(assigned) - begin.keys():
                # All at once: each call waits half a second behind a fetch, and no heartbeat leaves meanwhile.
                begin |= await self.consumer.beginning_offsets(unknown)
            # Nothing is awaited from here on: what came between a seek and its placing would be dropped for good.
            for tp, offset in begin.items():
                self.consumer.seek(tp, offset)
            self._placed.update(assigned)
        except Exception as error:  # noqa: BLE001  # raised again by _read
            self._not_placed = error

    async def _stored(self) -> Mapping[tuple[str, int], int]:
        async with self._database.reading() as session:
            rows = await session.execute(text("select topic, partition, next from inbox_offsets"))
            return {(topic, partition): following for topic, partition, following in rows}

    async def run(self, worker: Worker) -> None:
        tasks = [asyncio.create_task(part) for part in (self._watch(worker), self._read(worker), self._commit())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for timer in self._resuming:
                timer.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, worker: Worker) -> None:
        while True:
            fetched = await self.consumer.getmany(timeout_ms=1000, max_records=self._most)
            worker.assigned = len(self._placed)
            if self._not_placed is not None:
                raise self._not_placed
            records = {tp: of_partition for tp, of_partition in fetched.items() if tp in self._placed}
            if records:
                async with self._in_hand:
                    if await self._take(records):
                        worker.batches += 1
                        self._taken |= {tp: of_partition[-1].offset + 1 for tp, of_partition in records.items()}
                        self._to_commit.set()

    async def _take(self, records: Mapping[TopicPartition, Sequence[Any]]) -> bool:
        """Take a batch in. False when it is to be read again because its failure passes."""
        items = [receive(record, self._hearing.gate) for of_partition in records.values() for record in of_partition]
        offsets = {(tp.topic, tp.partition): of_partition[-1].offset + 1 for tp, of_partition in records.items()}
        try:
            async with asyncio.timeout(60):
                await take(self._database, self._hearing, items, offsets)
        except TooManyParked:
            raise
        except Exception as error:
            if not is_passing(error):
                raise
            # It may have been too much for one transaction.
            self._most = max(1, len(items) // 4)
            self._step_back(records, error)
            return False
        self._failures = 0
        self._most = min(self._most * 2, MAX_RECORDS)
        return True

    def _step_back(self, records: Mapping[TopicPartition, Sequence[Any]], error: Exception) -> None:
        """Read these again in a while. Sleeping here would leave the group."""
        wait = min(0.5 * 2**self._failures, 30)
        self._failures += 1
        _log.warning("inbox.again_later", error=type(error).__name__, seconds=wait)
        partitions = [tp for tp in records if tp in self.consumer.assignment()]
        for tp in partitions:
            self.consumer.seek(tp, records[tp][0].offset)
        self._pause(partitions, wait)

    def _pause(self, partitions: Sequence[TopicPartition], seconds: float) -> None:
        consumer = self.consumer
        consumer.pause(*partitions)

        def resume() -> None:
            self._resuming.discard(timer)
            still = [tp for tp in partitions if tp in consumer.assignment()]
            if still:
                consumer.resume(*still)

        timer = asyncio.get_running_loop().call_later(seconds, resume)
        self._resuming.add(timer)

    async def _commit(self) -> None:
        """Tell the group how far we are, beside the reading: nobody waits for it.

        A failure is harmless: the database knows, and drops what comes again.
        """
        while True:
            await self._to_commit.wait()
            self._to_commit.clear()
            assignment = self.consumer.assignment()
            offsets = {tp: offset for tp, offset in self._taken.items() if tp in assignment}
            self._taken.clear()
            if offsets:
                try:
                    async with asyncio.timeout(10):
                        await self.consumer.commit(offsets)
                except (KafkaError, TimeoutError) as error:
                    _log.info("inbox.commit_failed", error=type(error).__name__)

    async def _watch(self, worker: Worker) -> None:
        """At every tick: is the consumer alive, are there gaps that nobody fills, does a topic hold too much."""
        before: dict[TopicPartition, int] = {}
        still: Counter[TopicPartition] = Counter()
        while True:
            await asyncio.sleep(worker.pace.tick)
            async with asyncio.timeout(max(worker.pace.tick, 10)):
                assignment = sorted(self.consumer.assignment())
                ends = await self.consumer.end_offsets(assignment) if assignment else {}
            async with self._in_hand:  # what is in hand is neither taken in nor left lying
                now = {tp: await self.consumer.position(tp) for tp in assignment if tp in self.consumer.assignment()}
            behind = {tp for tp in now if ends[tp] > now[tp] and tp not in self.consumer.paused()}
            _lag.labels(self._hearing.agency, self._hearing.service).set(sum(ends[tp] - now[tp] for tp in now))
            still = Counter({tp: still[tp] + 1 for tp in behind if before.get(tp) == now[tp]})
            stuck = [tp for tp in still if still[tp] >= STUCK_TICKS]
            if stuck:
                raise Stuck(f"{len(stuck)} partition(s) have stood still for {STUCK_TICKS * worker.pace.tick:.0f} s")
            before = now
            await self._look_aside(worker.pace)
            if subscribable(worker.topics, await self.consumer.topics(), self._hearing.agency) != worker.reading:
                return  # the session ends, and the next one reads the topics of then

    async def _look_aside(self, pace: Pace) -> None:
        async with self._database.reading() as session:
            age = "extract(epoch from clock_timestamp() - min(since))::float"
            sql = f"select topic, count(*), {age} from set_aside where kind = 'waiting' group by 1"  # noqa: S608
            rows = await session.execute(text(sql))
        for topic, count, seconds in rows:
            if seconds > pace.gap_alarm:
                _log.error("inbox.gap_stays", topic=topic, waiting=count, seconds=round(seconds))
            if count >= MOST_WAITING:
                _log.error("inbox.topic_paused", topic=topic, waiting=count)
                self._pause([tp for tp in self.consumer.assignment() if tp.topic == topic], pace.tick * 1.5)
