"""Runs everything of some agencies on this machine until told to stop.

The order: clean up after a crash, database and broker side by side, accounts and topics, migrations, services and
front, then ask until all are ready. Everything that must survive lies in the folder; the runner remembers nothing.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy import topics
from deploy.local import brokers, data, forked, outside, services, sign_in
from deploy.local.federation_file import fill_in
from deploy.local.ports import LOOPBACK
from deploy.local.postgres import Postgres
from deploy.local.server import Server, StartFailed
from deploy.local.services import ROOT, Stage
from deploy.local.state import Local
from deploy.local.supervisor import ServiceSpec, Supervisor
from shared.clock import Clock
from shared.federation import Federation

FRONT_PORT = 8080
READY_WITHIN = 90.0


@dataclass(frozen=True)
class Options:
    """What the command line asks for. `day` is where the domain clock begins the first time."""

    folder: Path
    agencies: tuple[str, ...]
    federation: Path
    broker: brokers.Kind | None = None
    day: date | None = None


@dataclass(frozen=True)
class Account:
    """A sample account of the table."""

    agency: str
    name: str
    role: str


@dataclass
class Running:
    """A system that is ready: what a story or a test needs to know."""

    stage: Stage
    federation: Federation
    agencies: tuple[str, ...]
    addresses: dict[str, str]
    specs: list[ServiceSpec]
    accounts: list[Account] = field(default_factory=list)


Play = Callable[[Running], Awaitable[int]]


class Runner:
    """One run on one folder that has been acquired."""

    def __init__(
        self, options: Options, local: Local, console: Console, programs: services.Programs | None = None
    ) -> None:
        self.options = options
        self.programs = programs or services.product()
        self.local = local
        self.console = console
        self.began = time.monotonic()
        self.supervisor = Supervisor(say=self.say, record=local.record)

    def say(self, line: str) -> None:
        """Tell whoever watches, with the seconds since the start."""
        self.console.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/]  {line}", highlight=False, soft_wrap=True)

    async def run(self, play: Play | None) -> int:
        """Start everything, then play the story, or keep it running until a signal comes. Returns the exit code."""
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop, stopping)
        work = asyncio.create_task(self._work(play))
        stop = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            return 0
        finally:
            for task in (work, stop):
                task.cancel()
            await asyncio.wait({work, stop})
            self.local.tell_ready(False)
            self.say("stopping")
            await self.supervisor.stop()
            self.say("stopped; everything is kept in " + str(self.local.folder))

    async def start(self) -> Running:
        """Start everything and wait until it is ready. Raises StartFailed."""
        self.local.tell_ready(False)
        for one in await asyncio.to_thread(self.local.clean_up):
            self.say(f"{one.name} (pid {one.pid}) was left from an earlier run: ended")
        stage, federation = await self._stage()
        self.supervisor.moved = lambda server: self._moved(stage, server)
        accounts = []
        if self.programs.product:
            stage = replace(stage, more_settings={**sign_in.settings(stage), **outside.settings(stage)})
            accounts = [Account(*one) for one in sign_in.prepare(stage, self.options.agencies)]
            outside.prepare(stage, self.options.agencies)
        await self._migrate(stage)
        running = Running(stage, federation, self.options.agencies, {}, self._specs(stage), accounts)
        running.addresses.update({agency: stage.address(agency) for agency in self.options.agencies})
        self.say(f"starting {len(running.specs)} processes: {', '.join(spec.name for spec in running.specs)}")
        self.supervisor.start_services(running.specs)
        await self.supervisor.ready(READY_WITHIN)
        self.local.tell_ready(True)
        self.say("ready")
        return running

    def show(self, running: Running) -> None:
        """Print the one table: addresses, and sample accounts as far as there are any."""
        table = Table(title="Gương Sáng", title_justify="left", show_edge=False)
        for column in ("agency", "address", "services"):
            table.add_column(column, no_wrap=column == "address")
        for agency, address in running.addresses.items():
            there = [spec.name.partition("/")[2] for spec in running.specs if spec.name.startswith(f"{agency}/")]
            table.add_row(running.federation.agency(agency).name, address + "/", ", ".join(there) or "none yet")
        people = Table("name", "role", "agency", title="Sample accounts", title_justify="left", show_edge=False)
        for account in running.accounts:
            people.add_row(account.name, account.role, account.agency)
        self.console.print(table)
        if running.accounts:
            self.console.print(people)
            self.console.print(f"Letters and press: {outside.address(running.stage)}", highlight=False)
        clock = Clock(timedelta(seconds=running.stage.clock_offset))
        if clock.shifted:
            self.console.print(f"The domain clock says {clock.today()}.", highlight=False)
        self.console.print(f"Logs: {self.local.folder / 'log'}. Ctrl-C stops; nothing is lost.", highlight=False)

    async def _work(self, play: Play | None) -> int:
        running = await self.start()
        self.show(running)
        if play is None:
            await self.supervisor.watch()
            return 0
        watch = asyncio.create_task(self.supervisor.watch())
        try:
            return await play(running)
        finally:
            watch.cancel()

    async def _stage(self) -> tuple[Stage, Federation]:
        """Database and broker, with everybody's accounts, topics and rights on them."""
        options, local = self.options, self.local
        federation = Federation.load(options.federation)
        offset, late = local.clock_offset(options.day)
        if late:
            self.say("the domain clock was set by the first run and runs on; `reset` to set it anew")
        on = Clock(timedelta(seconds=offset)).today()
        passwords = {key: text for one in options.agencies for key, text in services.make_secrets(local, one).items()}
        wants = topics.wanted(federation, options.agencies, on)
        broker = brokers.choose(local, options.broker, wants.topics, _environ())
        self.say(f"broker: {broker.told}")
        postgres = Postgres(local.folder / "postgres", port=local.port("postgres"))
        front_port = local.port("front", int(os.environ.get("FRONT_PORT") or FRONT_PORT))
        stage = Stage(local, local.folder / "federation.toml", postgres, broker, front_port, offset, self.programs)
        addresses = {agency: stage.address(agency) for agency in options.agencies}
        fill_in(federation, local, options.agencies, addresses)

        async def database_side() -> None:
            await self.supervisor.start_server(postgres)
            for agency in options.agencies:
                await services.make_databases(postgres, local, agency)
            self.say(f"PostgreSQL is ready on {postgres.address}")

        async def broker_side() -> None:
            if broker.server is not None:
                await self.supervisor.start_server(broker.server)
            diff = await asyncio.to_thread(broker.declare, wants, list(options.agencies), passwords)
            done = f", {len(diff.create)} topics made, {len(diff.add)} rights given" if diff else ""
            self.say(f"the broker is ready on {broker.address}{done}")

        async with _all_or_first_error() as group:
            group.create_task(database_side())
            group.create_task(broker_side())
        return stage, federation

    async def _migrate(self, stage: Stage) -> None:
        specs = [
            stage.spec(agency, service, "migrate")
            for agency in self.options.agencies
            for service in self.programs.names
        ]
        if not specs:
            return
        self.say(f"migrating {len(specs)} databases")
        await self.supervisor.run_once([self._forked(stage)] if self.programs.product else specs)

    def _forked(self, stage: Stage) -> ServiceSpec:
        """One program that migrates all databases, and enters what each begins with."""
        jobs = []
        for agency in self.options.agencies:
            for service in self.programs.names:
                spec = stage.spec(agency, service, "migrate")
                words = ("migrate", *data.files_for(stage, agency, service))
                jobs.append(forked.Job(spec.name, services.commands_of(service), words, spec.env, str(spec.log)))
        file = self.local.folder / "migrations.json"
        forked.write_jobs(file, jobs)
        command = (sys.executable, "-m", "deploy.local.forked", str(file))
        return ServiceSpec("migrate", command, _environ(), 0, self.local.folder / "log" / "migrate.log", ROOT)

    def _specs(self, stage: Stage) -> list[ServiceSpec]:
        own = [stage.spec(agency, service) for agency in self.options.agencies for service in self.programs.names]
        if self.programs.product:
            own += [sign_in.spec(stage, self.options.agencies, _environ()), outside.spec(stage, _environ())]
        return [*own, self._front(stage)]

    def _front(self, stage: Stage) -> ServiceSpec:
        config = self.local.folder / "front.json"
        places = {
            agency: {service: f"{LOOPBACK}:{self.local.port(f'{agency}/{service}')}" for service in self.programs.names}
            for agency in self.options.agencies
        }
        config.write_text(json.dumps({"port": stage.front_port, "agencies": places}, indent=1))
        command = (sys.executable, "-m", "deploy.local.front", str(config))
        log = self.local.folder / "log" / "front.log"
        return ServiceSpec("front", command, _environ(), stage.front_port, log, ROOT)

    async def _moved(self, stage: Stage, server: Server) -> None:
        self.say(f"{server.name} is at another address now: services start again")
        await self.supervisor.replace(self._specs(stage))

    def _asked_to_stop(self, stopping: asyncio.Event) -> None:
        if stopping.is_set():
            self.say("asked twice: killing")
            self.supervisor.kill()
        stopping.set()


@asynccontextmanager
async def _all_or_first_error() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose first failure is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* StartFailed as errors:
        failed = errors.exceptions[0]
    else:
        return
    raise failed


def _environ() -> dict[str, str]:
    return dict(os.environ)
