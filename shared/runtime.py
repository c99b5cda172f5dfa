"""What every service process is made of: clock, federation, database, relay and inbox, started and stopped together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import structlog
from sqlalchemy import text

from shared import kafka
from shared.clock import Clock
from shared.database import Database
from shared.events import Door
from shared.federation import Agency, Federation, FederationFile, owned_topics, readable_topics
from shared.gate import Gate
from shared.inbox import Handlers, Hearing
from shared.inbox.worker import Worker
from shared.jobs import Jobs
from shared.measuring import Measures
from shared.objects import Objects
from shared.outbox import Speaker
from shared.outbox.relay import Relay
from shared.refused import SecondLook
from shared.settings import Settings
from shared.signatures import Signer

FEDERATION_SECONDS = 20

_log = structlog.get_logger("service")


@dataclass
class Runtime:
    """The parts of one service process. `build` makes it; `start` sets it going; `stop` ends it."""

    service: str
    folder: Path
    settings: Settings
    clock: Clock
    federation_file: FederationFile
    database: Database
    hearing: Hearing
    relay: Relay
    worker: Worker
    objects: Objects
    jobs: Jobs
    """A service's app adds its kinds of jobs before the start; without any, no job worker runs."""
    work: bool = False
    """Whether this process relays and hears, or only serves pages."""
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a part cannot go on by itself: the process should end."""
    measures: Measures = field(init=False)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.measures = Measures(self.database)

    @property
    def federation(self) -> Federation:
        """The federation as its file says now."""
        return self.federation_file.current

    @property
    def agency(self) -> Agency:
        """This deployment's own entry in it."""
        return self.federation.agency(self.settings.agency)

    def short_name(self, agency: str) -> str:
        """An agency's short name; its id when the federation file knows it no more."""
        known = {one.id: one.short for one in self.federation.agency_list}
        return known.get(agency, agency)

    async def start(self, *, work: bool) -> None:
        """Begin relaying and hearing when `work` is asked for. Needs neither broker nor database.

        Both are waited for.
        """
        self.work = work
        # Who only serves pages enqueues too: its bell wakes the workers of other processes.
        self.database.on_jobs.append(self.jobs.bell.ring)
        if work:
            self.database.on_commit.append(self.relay.ring)
            parts: list[Relay | Worker | Jobs] = [self.relay, self.worker]
            if self.jobs.names:
                parts.append(self.jobs)
            for part in parts:
                self._tasks.append(asyncio.create_task(self._watched(type(part).__name__.lower(), part.run)))
        self._tasks.append(asyncio.create_task(self._watched("federation", self._follow_federation)))
        _log.info("service.started", work=work, federation=self.federation.version)

    async def _watched(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except Exception as error:  # noqa: BLE001  # the process ends, its supervisor starts it again
            _log.critical("service.part_given_up", part=name, error=f"{type(error).__name__}: {error}")
            self.given_up.set()

    async def _follow_federation(self) -> None:
        """Look at the federation file, and at the calendar, for edges begin and end at midnight."""
        refused = SecondLook(self.database, self.hearing)
        while True:
            await asyncio.sleep(FEDERATION_SECONDS)
            if await asyncio.to_thread(self.federation_file.look):
                found = self.federation
                _log.info("federation.changed", version=found.version, sha256=found.sha256)
            if self.federation_file.trouble:
                _log.error("federation.not_usable", reason=self.federation_file.trouble)
            self.relay.topics, self.worker.topics = self.topics()
            if self.work:
                await refused.look(self.federation.sha256, self.clock.today())

    def topics(self) -> tuple[list[str], list[str]]:
        """What this service writes and what it hears, today."""
        place = self.federation, self.settings.agency, self.service, self.clock.today()
        return [topic.name for topic in owned_topics(*place)], heard_topics(*place, self.hearing.handlers)

    async def stop(self) -> None:
        """End what runs; a batch in hand is rolled back and comes again, a job in hand goes back into the queue."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.jobs.bell.close()
        await self.database.close()
        _log.info("service.stopped")

    async def troubles(self) -> dict[str, str]:
        """Why this process is not ready, by part; empty when it is."""
        found: dict[str, str] = {}
        if self.federation_file.trouble:
            found["federation"] = self.federation_file.trouble
        try:
            async with asyncio.timeout(3), self.database.reading() as session:
                await session.execute(text("select 1"))
        except TimeoutError:
            found["database"] = "it does not answer within three seconds"
        except Exception as error:  # noqa: BLE001  # whatever keeps the database away is the reason to show
            found["database"] = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        if self.work:
            if self.relay.trouble:
                found["relay"] = self.relay.trouble
            if self.worker.trouble:
                found["inbox"] = self.worker.trouble
            elif not self.worker.assigned:
                found["inbox"] = "no partitions assigned yet"
            if self.jobs.names and self.jobs.trouble:
                found["jobs"] = self.jobs.trouble
        return found


def build(service: str, folder: Path, settings: Settings, handlers: Handlers) -> Runtime:
    """Put the parts of a service together.

    `folder` is the service's package, `handlers` its HANDLERS. Raises BadFederation or BadSettings.
    """
    clock = settings.make_clock()
    federation = FederationFile(settings.federation)
    federation.current.agency(settings.agency)

    def now() -> Federation:
        return federation.current

    place = settings.agency, service
    database = Database(
        settings.database_url,
        password=settings.database_password(),
        speaker=Speaker(*place, clock, Signer(now, *place, settings.secrets, clock)),
    )
    access = kafka.access(settings)
    hearing = Hearing(*place, handlers, others=Gate(now, settings.agency, clock))
    relay = Relay(database.connect, access, [], agency=settings.agency, service=service, real=clock.real)
    worker = Worker(database, access, [], hearing)
    objects = Objects.open(settings.objects)
    made = Runtime(
        service, folder, settings, clock, federation, database, hearing, relay, worker, objects, Jobs(database)
    )
    relay.topics, worker.topics = made.topics()
    return made


def heard_topics(federation: Federation, agency: str, service: str, on: date, handlers: Handlers) -> list[str]:
    """The topics that a service subscribes to, sorted.

    Its siblings' `internal` doors, and the doors of other agencies that are open to it and on which something is said
    that it handles. A service does not listen to itself.
    """
    wanted = {(event.said_by, door) for event in handlers for door in event.doors}

    def handled(name: str) -> bool:
        speaker, said_by, door = name.split(".", 2)
        if speaker == agency:
            return said_by != service
        return (said_by, Door.TO if door.startswith(f"{Door.TO}-") else door) in wanted

    return [name for name in readable_topics(federation, agency, service, on) if handled(name)]
