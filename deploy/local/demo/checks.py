"""The demo's claims, each looked up in databases, topics and sinks rather than believed."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx2
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.demo.people import Browser, Unexpected
from deploy.local.demo.story import CANDIDATES, RETURN_REASON, Story
from deploy.local.services import database
from shared.events import SERVICES
from shared.kafka import KafkaAccess

if TYPE_CHECKING:
    from deploy.local.runner import Running

Connection = asyncpg.Connection
GROUND_WORDS = ("Có phản ánh đang được xác minh", "Minh chứng chưa đúng")


@dataclass(frozen=True)
class Finding:
    """What became of a claim: its short name, the sentence, whether it holds, what was seen."""

    name: str
    claim: str
    holds: bool
    seen: str


@dataclass
class Facts:
    """Where the truth lies: the four databases, the broker, the sinks, the portal."""

    agency: str
    story: Story
    databases: Mapping[str, Connection]
    consumer: AIOKafkaConsumer
    kafka: Mapping[str, Any]
    partitions: list[TopicPartition]

    @classmethod
    @asynccontextmanager
    async def open(cls, running: "Running", agency: str, story: Story) -> "AsyncIterator[Facts]":
        """Look with each service's own account, and at the topics with the broker's administrator."""
        stage = running.stage
        found: dict[str, Connection] = {}
        for service in SERVICES:
            name = database(agency, service)
            password = (stage.local.secret_folder(agency, service) / "database.password").read_text().strip()
            found[service] = await asyncpg.connect(stage.postgres.url(name, name), password=password)
        broker = stage.broker
        kafka = KafkaAccess(broker.address, broker.admin_user, broker.admin_password).client_options()
        topics = (await asyncio.to_thread(lambda: broker.admin().list_topics(timeout=10))).topics
        partitions = [
            TopicPartition(name, number)
            for name, about in sorted(topics.items())
            for number in about.partitions
            if name.startswith(f"{agency}.")
        ]
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **kafka)
        await consumer.start()
        try:
            yield cls(agency, story, found, consumer, kafka, partitions)
        finally:
            await consumer.stop()
            for connection in found.values():
                await connection.close()

    async def settle(self, seconds: float = 60) -> None:
        """Wait until everything that was said is sent, heard and done. Raises Unexpected."""
        for _ in range(int(seconds / 0.2)):
            left = [name for name, one in self.databases.items() if await one.fetchval(_OPEN)]
            if not left and not await self._behind():
                return
            await asyncio.sleep(0.2)
        raise Unexpected(f"after {seconds:.0f} s something is still open in {', '.join(left) or 'the topics'}")

    async def _behind(self) -> bool:
        ends = await self.ends()
        for connection in self.databases.values():
            for row in await connection.fetch("select topic, partition, next from inbox_offsets"):
                if ends.get((row["topic"], row["partition"]), 0) > row["next"]:
                    return True
        return False

    async def ends(self) -> dict[tuple[str, int], int]:
        """How far each partition of the agency's topics goes."""
        self.consumer.assign(self.partitions)
        found = await self.consumer.end_offsets(self.partitions)
        return {(tp.topic, tp.partition): end for tp, end in found.items()}

    async def records(self) -> list[tuple[str, bytes]]:
        """Every record of the agency's topics as (topic, all its bytes)."""
        ends = await self.ends()
        partitions = [TopicPartition(*tp) for tp, end in ends.items() if end]
        self.consumer.assign(partitions)
        await self.consumer.seek_to_beginning(*partitions)
        found: list[tuple[str, bytes]] = []
        while len(found) < sum(ends.values()):
            for records in (await self.consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    headers = b" ".join(name.encode() + b"=" + (value or b"") for name, value in record.headers)
                    found.append((record.topic, b" ".join((record.key or b"", headers, record.value or b""))))
        return found

    async def of(self, service: str, sql: str) -> list[Any]:
        """Rows of one service's database."""
        return list(await self.databases[service].fetch(sql))


_OPEN = """
select (select count(*) from outbox o, relay r where (o.position, o.id) > (r.position, r.id))
     + (select count(*) from pgqueuer where status in ('queued', 'picked'))
"""


async def check_all(facts: Facts) -> list[Finding]:
    """Every claim, in the order in which the table shows them."""
    return [
        await _one_decision(facts),
        await _nothing_lost(facts),
        await _nothing_twice(facts),
        await _published_set(facts),
        await _consents(facts),
        await _press(facts),
        await _letters(facts),
        await _no_secrets(facts),
    ]


async def _one_decision(facts: Facts) -> Finding:
    submitted = {row["id"] for row in await facts.of("nomination", "select id from nominations where revision > 0")}
    decided = Counter(
        row["nomination_id"]
        for row in await facts.of("review", "select nomination_id from cases where outcome is not null")
    )
    wrong = [one for one in submitted if decided[one] != 1]
    return Finding(
        "lost" if any(decided[one] == 0 for one in submitted) else "twice",
        "every nomination reached one decision",
        not wrong,
        f"{len(submitted)} submitted, {sum(decided.values())} decisions",
    )


async def _nothing_lost(facts: Facts) -> Finding:
    said = {row["event_id"]: name for name in SERVICES for row in await facts.of(name, "select event_id from outbox")}
    missing = 0
    for listener in SERVICES:
        heard = {row["event_id"] for row in await facts.of(listener, "select event_id from inbox")}
        missing += sum(speaker != listener and event not in heard for event, speaker in said.items())
    aside = sum([len(await facts.of(name, "select 1 from set_aside")) for name in SERVICES])
    failed = sum(
        [len(await facts.of(name, "select 1 from awaited_parcels where state <> 'taken'")) for name in SERVICES]
    )
    holds = not (missing or aside or failed)
    seen = f"{len(said)} events, {missing} not heard, {aside} set aside, {failed} parcels open"
    return Finding("lost", "nothing is lost", holds, seen)


async def _nothing_twice(facts: Facts) -> Finding:
    counts = {
        "cases": await facts.of("review", "select 1 from cases group by nomination_id having count(*) > 1"),
        "honours": await facts.of("review", "select 1 from honours group by case_id having count(*) > 1"),
        "stories": await facts.of("publishing", "select 1 from stories group by nomination_id having count(*) > 1"),
        "letters": [1] * _repeated(one["message_id"] for one in await _json(facts, "letters")),
        "webhooks": [1] * _repeated(one.get("id") for one in await _json(facts, "press")),
    }
    double = {name: len(rows) for name, rows in counts.items() if rows}
    return Finding("twice", "nothing takes effect twice", not double, str(double or "no doubles"))


async def _published_set(facts: Facts) -> Finding:
    rows = await facts.of("publishing", "select honour_id, path, state from stories")
    in_force = {row["id"] for row in await facts.of("review", "select id from honours where state = 'in_force'")}
    live = {row["honour_id"] for row in rows if row["state"] == "live"}
    waiting = {row["honour_id"] for row in rows if row["state"] in ("consent", "draft", "awaited", "refused")}
    anybody = Browser(facts.story.address)
    shown = set(re.findall(r'href="(/guong/[^"]+)"', (await anybody.get("/")).text))
    feed = (await anybody.get("/nguon/guong.atom")).text
    gone = [row["path"] for row in rows if row["state"] in ("held", "revoked")]
    statuses = {(await anybody.get(path)).status_code for path in gone}
    await anybody.close()
    paths = {row["path"] for row in rows if row["state"] == "live"}
    fed = {path for path in paths if f"<id>{facts.story.address}{path}</id>" in feed}
    holds = live | waiting == in_force and not live & waiting and shown == paths == fed and statuses <= {410}
    seen = f"{len(in_force)} in force = {len(live)} shown + {len(waiting)} waiting; {len(gone)} gone"
    return Finding("published", "honours in force are published or wait for consent", holds, seen)


async def _consents(facts: Facts) -> Finding:
    bare = await facts.of(
        "publishing",
        """select s.code from stories s where s.state = 'live'
             and (not exists (select from consents c where c.story_id = s.id)
                  or exists (select from consents c where c.story_id = s.id
                              and (c.state <> 'given' or not c.purposes ? 'portal')))""",
    )
    live = await facts.of("publishing", "select 1 from stories where state = 'live'")
    seen = f"{len(live)} live, {len(bare)} without everybody's word"
    return Finding("consent", "nothing is shown without everybody's consent", not bare, seen)


async def _press(facts: Facts) -> Finding:
    told = await _json(facts, "press")
    last: dict[str, str] = {}
    for one in told:
        if one["verified"]:
            last[one["data"]["story_id"]] = one["type"]
    rows = await facts.of(
        "publishing",
        "select s.id, s.state from stories s where exists (select from deliveries d where d.story_id = s.id)",
    )
    wanted = {str(row["id"]): "story.published" if row["state"] == "live" else "story.retracted" for row in rows}
    holds = last == wanted and all(one["verified"] for one in told)
    seen = f"{len(told)} webhooks, {sum(one['verified'] for one in told)} verified"
    return Finding("press", "the press knows what is true now, signed", holds, seen)


async def _letters(facts: Facts) -> Finding:
    letters = await _json(facts, "letters")
    names = [one.name for one in CANDIDATES]
    bad = [one for one in letters if any(name in one["subject"] for name in names) or _tells_ground(str(one))]
    queued = await facts.of("notification", "select 1 from messages where state <> 'sent'")
    holds = bool(letters) and not bad and not queued
    return Finding(
        "letters", "people were told; subjects name nobody", holds, f"{len(letters)} letters, {len(queued)} unsent"
    )


async def _no_secrets(facts: Facts) -> Finding:
    secrets = [RETURN_REASON, *GROUND_WORDS]
    for one in CANDIDATES:
        secrets += [one.name, one.email, one.position, *(text for claim in one.claims.values() for text in claim)]
        secrets += list(one.guardian or ())
    records = await facts.records()
    found = {(topic, secret) for topic, content in records for secret in secrets if secret.encode() in content}
    anybody = Browser(facts.story.address)
    outside = (await anybody.get("/")).text + (await anybody.get("/nguon/guong.atom")).text
    await anybody.close()
    leaks = len(found) + _tells_ground(outside + str(await _json(facts, "press")))
    seen = f"{len(records)} records read, {leaks} leaks" + "".join(f"; in {topic}" for topic, _ in sorted(found))
    return Finding("secret", "no topic, page, feed or letter tells a secret", not leaks, seen)


def _tells_ground(text: str) -> bool:
    return any(words in text for words in GROUND_WORDS)


def _repeated(ids: Any) -> int:
    return sum(count > 1 for count in Counter(ids).values())


async def _json(facts: Facts, what: str) -> list[dict[str, Any]]:
    async with httpx2.AsyncClient(trust_env=False) as client:
        found: list[dict[str, Any]] = (await client.get(f"{facts.story.sinks}/{what}.json")).json()
    return found
