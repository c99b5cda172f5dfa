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
from shared.events import Door, topic
from shared.federation import Agency, Federation, owned_topics, readable_topics
from shared.inbox import Handlers, Hearing
from shared.inbox.worker import Worker
from shared.jobs import Jobs
from shared.measuring import Measures
from shared.objects import Objects
from shared.outbox import Speaker
from shared.outbox.relay import Relay
from shared.settings import Settings

_log = structlog.get_logger("service")


@dataclass
class Runtime:
    """The parts of one service process. `build` makes it; `start` sets it going; `stop` ends it."""

    service: str
    folder: Path
    settings: Settings
    clock: Clock
    federation: Federation
    agency: Agency
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
        _log.info("service.started", work=work, federation=self.federation.version)

    async def _watched(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        try:
            await run()
        except Exception as error:  # noqa: BLE001  # the process ends, its supervisor starts it again
            _log.critical("service.part_given_up", part=name, error=f"{type(error).__name__}: {error}")
            self.given_up.set()

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
    federation = Federation.load(settings.federation)
    agency = federation.agency(settings.agency)
    database = Database(
        settings.database_url,
        password=settings.database_password(),
        speaker=Speaker(settings.agency, service, clock),
    )
    access = kafka.access(settings)
    hearing = Hearing(settings.agency, service, handlers)
    today = clock.today()
    relay = Relay(
        database.connect,
        access,
        [topic.name for topic in owned_topics(federation, settings.agency, service, today)],
        agency=settings.agency,
        service=service,
        real=clock.real,
    )
    worker = Worker(database, access, heard_topics(federation, settings.agency, service, today), hearing)
    objects = Objects.open(settings.objects)
    return Runtime(
        service, folder, settings, clock, federation, agency, database, hearing, relay, worker, objects, Jobs(database)
    )


def heard_topics(federation: Federation, agency: str, service: str, on: date) -> list[str]:
    """The topics that a service subscribes to: its siblings' `internal` doors.

    A neighbour's doors are not opened before its signatures are checked; a service does not listen to itself.
    """
    return [
        name
        for name in readable_topics(federation, agency, service, on)
        if name.startswith(f"{agency}.") and name != topic(agency, service, Door.INTERNAL)
    ]
