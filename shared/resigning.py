"""Signing anew what a revoked key signed, and sending it again: run by an operator while no relay of it sends.

Whoever had not taken those events in refuses them now. They keep id, sequence, time and body, so whoever knows them
drops them. It is a relay's session that sends these rows instead of the unsent ones: the lease, the look at the log,
the order by (position, id) and the broker's word are the relay's own. A batch is sent first and stored afterwards: one
that dies in between is sent twice, the same to the byte, and no row that was stored is unsent.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import asyncpg
import orjson
from aiokafka import AIOKafkaProducer

from shared import audit
from shared.audit import Actor
from shared.clock import VIETNAM, Clock
from shared.database import Database
from shared.envelope import Headers
from shared.events import Door
from shared.federation import Federation
from shared.kafka import KafkaAccess
from shared.outbox import archive, lease
from shared.outbox.archive import Row
from shared.outbox.lease import Lease
from shared.outbox.rebase import RelayAtWork
from shared.outbox.recording import raw_connection, signed
from shared.outbox.relay import PATIENCE, Relay
from shared.signatures import KEY_ID, Signer, unsigned

WINDOW = 1000
"""Rows that are sent and stored together."""

Tell = Callable[[str], None]


class NotThisKey(Exception):
    """What this key signed is not to be signed anew; the text says why."""


@dataclass(frozen=True)
class Task:
    """What is to be signed anew: whatever the key signed on these topics, recorded since that day."""

    key_id: str
    topics: tuple[str, ...]
    since: datetime

    @classmethod
    def of(cls, key_id: str, topics: Sequence[str], since: date | None) -> "Task":
        """`since` is a day in Vietnam; without it nothing is too old. What stays inside the agency is not signed."""
        begin = since or date(1970, 1, 1)
        leaving = tuple(topic for topic in topics if not topic.endswith(f".{Door.INTERNAL}"))
        return cls(key_id, leaving, datetime.combine(begin, time(), VIETNAM))

    async def count(self, connection: asyncpg.Connection) -> dict[str, int]:
        """How many rows there are, by topic; topics without any are left out."""
        sql = f"select topic, count(*) as count from outbox where {_SIGNED_BY} group by topic order by topic"  # noqa: S608
        return {row["topic"]: row["count"] for row in await connection.fetch(sql, *self._values())}

    async def rows(self, connection: asyncpg.Connection, after: tuple[int, int]) -> list[Row]:
        """The next rows in the order in which they were sent."""
        rows = await connection.fetch(
            f"""select {archive.COLUMNS} from outbox where {_SIGNED_BY} and (position, id) > ($4, $5)
                 order by position, id limit $6""",  # noqa: S608  # our own constants
            *(*self._values(), *after, WINDOW),
        )
        return list(map(Row._make, rows))

    def _values(self) -> tuple[list[str], datetime, str]:
        return list(self.topics), self.since, orjson.dumps([[KEY_ID, self.key_id]]).decode()


_SIGNED_BY = "topic = any($1::text[]) and recorded_at >= $2 and convert_from(headers, 'UTF8')::jsonb @> $3::jsonb"


def check_key(federation: Federation, signer: Signer, owner: tuple[str, str], key_id: str) -> str:
    """The key that signs in place of `key_id`. Raises NotThisKey, or NoSigningKey when there is none."""
    known = [one.id for one in federation.keys_of(*owner)]
    if key_id not in known:
        raise NotThisKey(
            f"{'/'.join(owner)} has no key {key_id}; the federation file knows {', '.join(known) or 'none'}"
        )
    today, _ = signer.key(federation)
    if today == key_id:
        raise NotThisKey(
            f"{key_id} is the key that signs today: enter a new key and this one's `revoked_at` in the federation file"
        )
    return today


async def sign_anew(database: Database, access: KafkaAccess, task: Task, *, actor: Actor, tell: Tell) -> int:
    """Sign and send the task's rows again, in their order; audited batch by batch. Returns how many there were.

    Killed half way it is run again and does the rest. Raises RelayAtWork, NoSigningKey, what keeps a relay from
    sending (TopicMissing, OlderCopy, LogLost, LeaseLost), or KafkaError and TimeoutError while the broker is away.
    """
    connection = await database.connect()
    try:
        held = await lease.take(connection)
        if held is None:
            raise RelayAtWork("a relay of this service holds the lease: stop the service, then run this again")
        await connection.execute("set idle_session_timeout = 0")  # a batch may take its time; the epoch fences us
        total = sum((await task.count(connection)).values())
        again = _Again(database, access, task, actor=actor, tell=lambda done: tell(f"{done} of {total}"))
        if total:
            await again.relay_once(held)
    finally:
        connection.terminate()
    return again.done


class _Again(Relay):
    """A session of the relay that sends what a key signed, and then ends."""

    def __init__(
        self, database: Database, access: KafkaAccess, task: Task, *, actor: Actor, tell: Callable[[int], None]
    ) -> None:
        who = database.speaker
        super().__init__(
            database.connect, access, task.topics, agency=who.agency, service=who.service, real=Clock().real
        )
        self._database, self._task, self._actor, self._tell = database, task, actor, tell
        self.done = 0

    async def relay_once(self, held: Lease) -> None:
        """Look at the log, fill again what it lost, then send the task's rows."""
        await self._relay(held)

    async def _send_all(self, held: Lease, producer: AIOKafkaProducer) -> None:
        cursor, after = (held.position, held.id), (0, 0)
        while rows := await self._task.rows(held.connection, after):
            after = rows[-1].position, rows[-1].id
            anew = [row._replace(headers=orjson.dumps(self._signed(row))) for row in rows]
            # What the cursor has not passed a relay sends by itself, as it is stored then.
            sent = [row for row in anew if (row.position, row.id) <= cursor]
            async with asyncio.timeout(PATIENCE):
                await held.move(*cursor, await self._acknowledged(await self._send(producer, sent)))
            await self._store(anew)
            self.done += len(anew)
            self._tell(self.done)

    def _signed(self, row: Row) -> Headers:
        plain = unsigned([(name, value) for name, value in orjson.loads(row.headers)])
        return signed(self._database.speaker, row.topic, row.key, list(plain), row.body)

    async def _store(self, rows: Sequence[Row]) -> None:
        first, last = (dict(orjson.loads(row.headers)) for row in (rows[0], rows[-1]))
        async with self._database.transaction() as session:
            raw = await raw_connection(session)
            await raw.executemany(
                "update outbox set headers = $3 where (position, id) = ($1, $2)",
                [(row.position, row.id, row.headers) for row in rows],
            )
            note = f"{len(rows)} with {last[KEY_ID]}, {first['ce_id']} to {last['ce_id']}"
            await audit.record(session, self._actor, "events.signed_anew", self._task.key_id, note=note)
