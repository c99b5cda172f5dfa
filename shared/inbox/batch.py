"""One batch of records, one transaction: each record gets exactly one outcome."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter as Metric
from prometheus_client import Histogram
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.events import CATALOGUE, Event
from shared.inbox import streams
from shared.inbox.arrivals import Arrival, Gate, Refusal, only
from shared.inbox.failures import is_passing
from shared.inbox.streams import Aside, Identity, Seen, Stream, columns
from shared.inbox.tables import Kind
from shared.logs import told
from shared.outbox.recording import raw_connection
from shared.tracing import start, tracing

Handler = Callable[[AsyncSession, Any], Awaitable[None]]
Handlers = Mapping[type[Event], Handler]
Items = Sequence[Arrival | Refusal]
Offsets = Mapping[tuple[str, int], int]

EVENT_ID, SPEAKER = "inbox.event_id", "inbox.speaker"

_log = structlog.get_logger("inbox")
_outcomes = Metric("guongsang_inbox_records", "records by outcome", ["agency", "service", "outcome"])
_handling = Histogram("guongsang_handler_seconds", "time in a handler", ["agency", "service", "event"])


class TooManyParked(Exception):
    """So many events in a row failed for good that the fault is likely ours: stop, rather than park the whole topic."""


@dataclass
class Hearing:
    """What a service hears: its handlers by event class."""

    agency: str
    service: str
    handlers: Handlers
    catalogue: Mapping[str, type[Event]] = field(default_factory=lambda: CATALOGUE)
    most_parked_in_a_row: int = 20
    parked_in_a_row: int = 0
    others: Gate | None = None
    """Judges what other agencies say; without it nothing of theirs comes in."""

    @property
    def gate(self) -> Gate:
        """Judges each record on its arrival."""
        return self.others or only(self.agency)


async def take(database: Database, hearing: Hearing, items: Items, offsets: Offsets) -> Counter[str]:
    """Take these records in, with the offsets that follow them, in one transaction; returns how many had which outcome.

    First without savepoints; when a handler fails, all again record by record, so that one record's failure costs no
    other. Raises what is passing (the database is away, a deadlock): then nothing was taken. Raises TooManyParked.
    """
    parked_before = hearing.parked_in_a_row
    for careful in (False, True):
        try:
            async with database.transaction() as session:
                batch = await Batch.open(session, hearing, items, careful=careful)
                await batch.take_all(items)
                await batch.write(offsets)
        except TooManyParked:
            raise
        except Exception as error:
            hearing.parked_in_a_row = parked_before  # nothing was parked: the same records come again
            if careful or is_passing(error):
                raise
            _log.info("inbox.batch_again_one_by_one", error=type(error).__name__, records=len(items))
            continue
        for outcome, count in batch.outcomes.items():
            _outcomes.labels(hearing.agency, hearing.service, outcome).inc(count)
        return batch.outcomes
    raise AssertionError("unreachable")


def event_id_of(session: AsyncSession) -> UUID:
    """The id of the event that is being handled."""
    event_id: UUID = session.info[EVENT_ID]
    return event_id


def speaker_of(session: AsyncSession) -> str:
    """The agency that said the event that is being handled."""
    agency: str = session.info[SPEAKER]
    return agency


class Batch:
    """The state of one transaction over many records."""

    def __init__(self, session: AsyncSession, raw: asyncpg.Connection, hearing: Hearing, *, careful: bool) -> None:
        self.session, self.raw, self.hearing, self.careful = session, raw, hearing, careful
        self.seen: dict[Stream, Seen] = {}
        self.known: set[Identity] = set()
        self.new: list[Identity] = []
        self.aside: list[tuple[Kind, Arrival | Refusal, str]] = []
        self.gone: list[int] = []
        self.outcomes: Counter[str] = Counter()

    @classmethod
    async def open(cls, session: AsyncSession, hearing: Hearing, items: Items, *, careful: bool) -> "Batch":
        """Lock the streams of these records, all before any of them is looked at."""
        arrivals = [item for item in items if isinstance(item, Arrival)]
        seen = await streams.lock(await session.connection(), (a.stream for a in arrivals))
        batch = cls(session, await raw_connection(session), hearing, careful=careful)
        if arrivals:
            batch.seen, batch.known = seen, await streams.look(batch.raw, seen, arrivals)
        return batch

    async def take_all(self, items: Items) -> None:
        """Take one after the other, in the order in which they came."""
        for item in items:
            if isinstance(item, Refusal):
                self._set_aside(Kind.REFUSED, item, item.reason)
            else:
                await self.take_one(item)

    async def take_one(self, arrival: Arrival) -> None:
        """Judge one record by its stream's sequence, then whatever it was holding up."""
        seen, sequence = self.seen[arrival.stream], arrival.envelope.sequence
        if seen.stands_aside(arrival.identity):
            self.outcomes["duplicate"] += 1
        elif sequence <= seen.last:
            if sequence <= seen.pruned or arrival.identity in self.known:
                self.outcomes["duplicate"] += 1
            else:
                self._set_aside(Kind.FORK, arrival, f"another event was seen as {sequence} of this stream")
        elif sequence > seen.last + 1:
            self._hold_back(seen, arrival, Kind.WAITING, f"{seen.last + 1} of this stream has not been seen")
        elif seen.parked_at(sequence):
            self._set_aside(Kind.FORK, arrival, f"another event is parked as {sequence} of this stream")
        elif await self.next(seen, arrival):
            await self.take_waiting(arrival.stream)

    async def take_waiting(self, stream: Stream) -> None:
        """Take what waited for this stream's newest event, one after the other."""
        seen = self.seen[stream]
        while waiting := seen.aside.get(seen.last + 1):
            first, *others = waiting
            arrival = await self._fetch(first)
            del seen.aside[seen.last + 1]
            taken = await self.next(seen, arrival)
            for other in others:
                reason = f"another event came first as {arrival.envelope.sequence} of this stream"
                self._set_aside(Kind.FORK, await self._fetch(other), reason)
            if not taken:
                return

    async def _fetch(self, aside: Aside) -> Arrival:
        """A waiting record, from the table or from this very batch; it no longer stands aside."""
        if aside.id < 0:
            kind, item, _ = self.aside[-aside.id - 1]
            assert kind is Kind.WAITING
            assert isinstance(item, Arrival)
            self.aside[-aside.id - 1] = (kind, item, "")
            return item
        arrival = await streams.load(self.raw, aside.id)
        self.gone.append(aside.id)
        self.known |= await streams.look(self.raw, {}, [arrival])
        return arrival

    async def next(self, seen: Seen, arrival: Arrival) -> bool:
        """Let the next event of a stream take effect. False when it was parked instead."""
        kind = self.hearing.catalogue.get(arrival.envelope.type)
        if arrival.identity in self.known:
            self.outcomes["counted"] += 1  # another door brought it before
        elif kind is None:
            self._set_aside(Kind.UNKNOWN, arrival, "this build does not know the event")
            self.remember(arrival)
        elif kind not in self.hearing.handlers:
            self.outcomes["skipped"] += 1
            self.remember(arrival)
        else:
            reason = await self.apply(kind, arrival)
            if reason is not None:
                self._hold_back(seen, arrival, Kind.PARKED, reason)
                return False
            self.outcomes["handled"] += 1
            self.remember(arrival)
        seen.last = arrival.envelope.sequence
        return True

    async def apply(self, kind: type[Event], arrival: Arrival) -> str | None:
        """Call the handler; the reason when it failed for good."""
        around = arrival.envelope
        handler = self.hearing.handlers[kind]
        begun = time.perf_counter()
        trace = start(around.trace.correlation_id, around.trace.traceparent)
        try:
            self.session.info.update({EVENT_ID: around.id, SPEAKER: around.agency})
            with tracing(trace), structlog.contextvars.bound_contextvars(event_id=str(around.id), event=kind.__name__):
                event = kind.model_validate_json(arrival.raw.body or b"")
                if self.careful:
                    async with self.session.begin_nested():
                        await handler(self.session, event)
                        await self.session.flush()
                else:
                    await handler(self.session, event)
        except Exception as error:
            if not self.careful or is_passing(error):
                raise
            reason = told(error)
            _log.error(
                "inbox.parked", event_id=str(around.id), type=around.type, topic=arrival.raw.topic, reason=reason
            )
            self.hearing.parked_in_a_row += 1
            if self.hearing.parked_in_a_row >= self.hearing.most_parked_in_a_row:
                raise TooManyParked(f"{self.hearing.parked_in_a_row} in a row, the last: {reason}") from error
            return reason
        self.hearing.parked_in_a_row = 0
        _handling.labels(self.hearing.agency, self.hearing.service, kind.__name__).observe(time.perf_counter() - begun)
        return None

    def remember(self, arrival: Arrival) -> None:
        """This event was seen: whatever door brings it again brings a duplicate."""
        self.known.add(arrival.identity)
        self.new.append(arrival.identity)

    def _set_aside(self, kind: Kind, item: Arrival | Refusal, reason: str) -> int:
        self.aside.append((kind, item, reason))
        self.outcomes[str(kind)] += 1
        if kind in (Kind.FORK, Kind.REFUSED):
            _log.error(f"inbox.{kind}", topic=item.raw.topic, offset=item.raw.offset, reason=reason)
        return -len(self.aside)

    def _hold_back(self, seen: Seen, arrival: Arrival, kind: Kind, reason: str) -> None:
        """Set an event aside at its place of the stream.

        Until it is written its id is its negative place in this batch.
        """
        place = self._set_aside(kind, arrival, reason)
        seen.aside.setdefault(arrival.envelope.sequence, []).append(Aside(place, kind, arrival.identity))

    async def write(self, offsets: Offsets) -> None:
        """Write what was learned: events seen, streams moved, records set aside, offsets."""
        raw = self.raw
        await self.session.flush()
        if self.gone:
            await raw.execute("delete from set_aside where id = any($1::bigint[])", self.gone)
        kept = [(kind, item, reason) for kind, item, reason in self.aside if reason]
        if kept:
            await streams.set_aside(raw, self.hearing.agency, kept)
        await raw.execute(
            """with events as (
                   insert into inbox (source, event_id, agency)
                   select s, e, $1 from unnest($2::text[], $3::uuid[]) as t (s, e)),
               moved as (
                   update inbox_streams s set last = t.last
                     from unnest($4::text[], $5::text[], $6::bigint[]) as t (topic, key, last)
                    where (s.topic, s.key) = (t.topic, t.key) and s.last <> t.last)
               insert into inbox_offsets as o (topic, partition, next)
               select t.* from unnest($7::text[], $8::int[], $9::bigint[]) as t (topic, partition, next)
                   on conflict (topic, partition) do update set next = excluded.next""",
            self.hearing.agency,
            *columns(self.new, 2),
            *columns(((*stream, seen.last) for stream, seen in self.seen.items()), 3),
            *columns(((*place, following) for place, following in offsets.items()), 3),
        )
