"""Where the truth of a demo lies: the databases of every agency, the broker, the sinks, the portals."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx2
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from deploy.local.demo.people import Browser, Unexpected
from deploy.local.demo.story import Story
from deploy.local.services import database
from shared.events import SERVICES
from shared.federation import Federation
from shared.fence import UNFENCED
from shared.kafka import KafkaAccess

if TYPE_CHECKING:
    from deploy.local.runner import Running

Connection = asyncpg.Connection

_OPEN = """
select (select count(*) from outbox o, relay r where (o.position, o.id) > (r.position, r.id))
     + (select count(*) from pgqueuer where status in ('queued', 'picked'))
"""


@dataclass
class Facts:
    """What the checks look at. `databases` by agency and service."""

    story: Story
    federation: Federation
    databases: Mapping[tuple[str, str], Connection]
    consumer: AIOKafkaConsumer
    kafka: Mapping[str, Any]
    partitions: list[TopicPartition]

    @classmethod
    @asynccontextmanager
    async def open(cls, running: "Running", story: Story) -> "AsyncIterator[Facts]":
        """Look with each service's own account, and at the topics with the broker's administrator."""
        stage = running.stage
        found: dict[tuple[str, str], Connection] = {}
        for agency in story.addresses:
            for service in SERVICES:
                name = database(agency, service)
                password = (stage.local.secret_folder(agency, service) / "database.password").read_text().strip()
                found[agency, service] = await asyncpg.connect(
                    stage.postgres.url(name, name), password=password, server_settings=UNFENCED
                )
        broker = stage.broker
        kafka = KafkaAccess(broker.address, broker.admin_user, broker.admin_password).client_options()
        topics = (await asyncio.to_thread(lambda: broker.admin().list_topics(timeout=10))).topics
        partitions = [
            TopicPartition(name, number)
            for name, about in sorted(topics.items())
            for number in about.partitions
            if name.split(".")[0] in story.addresses
        ]
        federation = Federation.load(stage.local.folder / "federation.toml")
        consumer = AIOKafkaConsumer(enable_auto_commit=False, **kafka)
        await consumer.start()
        try:
            yield cls(story, federation, found, consumer, kafka, partitions)
        finally:
            await consumer.stop()
            for connection in found.values():
                await connection.close()

    @property
    def agencies(self) -> list[str]:
        """The agencies that played."""
        return list(self.story.addresses)

    async def settle(self, seconds: float = 60) -> None:
        """Wait until everything that was said is sent, heard and done, twice in a row. Raises Unexpected."""
        quiet = 0
        for _ in range(int(seconds / 0.2)):
            left = [name for name, one in self.databases.items() if await one.fetchval(_OPEN)]
            quiet = quiet + 1 if not left and not await self._behind() else 0
            # What was heard last may say something itself.
            if quiet == 2:
                return
            await asyncio.sleep(0.2)
        raise Unexpected(f"after {seconds:.0f} s something is still open in {left or 'the topics'}")

    async def _behind(self) -> bool:
        ends = await self.ends()
        for connection in self.databases.values():
            for row in await connection.fetch("select topic, partition, next from inbox_offsets"):
                if ends.get((row["topic"], row["partition"]), 0) > row["next"]:
                    return True
        return False

    async def ends(self) -> dict[tuple[str, int], int]:
        """How far each partition of the agencies' topics goes."""
        self.consumer.assign(self.partitions)
        found = await self.consumer.end_offsets(self.partitions)
        return {(tp.topic, tp.partition): end for tp, end in found.items()}

    async def records(self) -> list[ConsumerRecord]:
        """Every record of the agencies' topics."""
        ends = await self.ends()
        partitions = [TopicPartition(*tp) for tp, end in ends.items() if end]
        self.consumer.assign(partitions)
        await self.consumer.seek_to_beginning(*partitions)
        found: list[ConsumerRecord] = []
        while len(found) < sum(ends.values()):
            for records in (await self.consumer.getmany(timeout_ms=1000)).values():
                found += records
        return found

    async def of(self, agency: str, service: str, sql: str) -> list[Any]:
        """Rows of one service's database."""
        return list(await self.databases[agency, service].fetch(sql))

    async def of_all(self, service: str, sql: str) -> list[tuple[str, Any]]:
        """Rows of a service's database at every agency, with the agency."""
        return [(agency, row) for agency in self.agencies for row in await self.of(agency, service, sql)]

    async def sunk(self, what: str) -> list[dict[str, Any]]:
        """What came to the sinks: `letters` or `press`."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            found: list[dict[str, Any]] = (await client.get(f"{self.story.sinks}/{what}.json")).json()
        return found

    async def page(self, agency: str, path: str) -> httpx2.Response:
        """A public page of an agency."""
        anybody = Browser(self.story.addresses[agency])
        try:
            return await anybody.get(path)
        finally:
            await anybody.close()
