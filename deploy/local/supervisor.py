"""Keeps processes running: starts them, asks them whether they are ready, starts them again when they crash.

The servers (PostgreSQL, the broker) and the services are watched alike. A process that ended comes back after a pause
that doubles from half a second to half a minute, and begins anew once it has run for half a minute.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from deploy.local.children import Recorded, end, launch, started_at
from deploy.local.ports import LOOPBACK
from deploy.local.server import Server, StartFailed

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
STEADY = 30.0
POLL = 0.1
BAD_SETTINGS = 2

Say = Callable[[str], None]


@dataclass(frozen=True)
class ServiceSpec:
    """A program that serves HTTP on loopback: what to run, and where to ask whether it is ready."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    port: int
    log: Path
    cwd: Path | None = None

    @property
    def ready_url(self) -> str:
        """Where it answers 200 when it is ready, else 503 with its reasons."""
        return f"http://{LOOPBACK}:{self.port}/readyz"


@dataclass
class Kept:
    """One watched thing and how it has fared."""

    name: str
    failures: int = 0
    launched: float = 0.0
    again_at: float | None = None

    def pause(self) -> float:
        """Seconds to wait before the next start; counts the failure."""
        if time.monotonic() - self.launched > STEADY:
            self.failures = 0
        self.failures += 1
        return float(min(FIRST_PAUSE * 2 ** (self.failures - 1), LONGEST_PAUSE))


@dataclass
class KeptService(Kept):
    """A service under watch."""

    spec: ServiceSpec | None = None
    process: subprocess.Popen[bytes] | None = None
    told_ready: bool = True


@dataclass
class KeptServer(Kept):
    """A server under watch, and the task that brings it back."""

    server: Server | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Supervisor:
    """Runs servers and services.

    `say` gets a line for whoever watches; `record` is called with all processes whenever one was started; `moved` is
    awaited after a server came back at another address.
    """

    def __init__(self, *, say: Say, record: Callable[[list[Recorded]], None]) -> None:
        self.say = say
        self.record = record
        self.moved: Callable[[Server], Awaitable[None]] | None = None
        self.servers: list[KeptServer] = []
        self.services: list[KeptService] = []
        self.others: list[Recorded] = []

    async def start_server(self, server: Server) -> None:
        """Start a server and keep it running. Raises StartFailed."""
        kept = KeptServer(server.name, server=server)
        self.servers.append(kept)
        await self._bring_up(kept, server)

    def start_services(self, specs: Iterable[ServiceSpec]) -> None:
        """Start services and keep them running."""
        for spec in specs:
            kept = KeptService(spec.name, spec=spec)
            self.services.append(kept)
            self._launch(kept, spec)

    async def run_once(self, specs: Sequence[ServiceSpec]) -> None:
        """Run commands that end by themselves, all at once. Raises StartFailed if one ends with another code than 0."""
        running = [(spec, launch(spec.command, log=spec.log, env=spec.env, cwd=spec.cwd)) for spec in specs]
        self.others = [_recorded(spec.name, process) for spec, process in running]
        self._record()
        for spec, process in running:
            while process.poll() is None:  # noqa: ASYNC110  # a child that the launcher became has no event
                await asyncio.sleep(POLL / 2)
            if process.returncode != 0:
                words = last_words(spec.log)
                raise StartFailed(f"{spec.name} ended with code {process.returncode}: {words} ({spec.log})")
        self.others = []
        self._record()

    async def ready(self, seconds: float = 60) -> None:
        """Wait until every service says that it is ready. Raises StartFailed with the reasons of those that are not."""
        until = time.monotonic() + seconds
        async with _asker() as client:
            waiting = {kept.name: "" for kept in self.services}
            while waiting:
                for kept in [one for one in self.services if one.name in waiting and one.spec]:
                    assert kept.spec is not None
                    self._give_up_on_bad_settings(kept)
                    reason = await ask(client, kept.spec)
                    if reason is None:
                        del waiting[kept.name]
                    else:
                        waiting[kept.name] = reason
                if waiting and time.monotonic() > until:
                    told = "; ".join(f"{name}: {reason}" for name, reason in waiting.items())
                    raise StartFailed(f"not ready after {seconds:.0f} s: {told}")
                self._revive()
                await asyncio.sleep(POLL / 2)

    async def watch(self) -> None:
        """Start again whatever ends, until cancelled."""
        async with _asker() as client:
            while True:
                self._revive()
                for kept in self.services:
                    if not kept.told_ready and kept.spec and await ask(client, kept.spec) is None:
                        kept.told_ready = True
                        self.say(f"{kept.name}: ready again")
                await asyncio.sleep(POLL)

    async def replace(self, specs: Iterable[ServiceSpec]) -> None:
        """Stop the services whose settings changed, and start them with the new ones."""
        new = {spec.name: spec for spec in specs}
        changed = [kept for kept in self.services if kept.spec != new.get(kept.name)]
        names = {kept.name for kept in changed}
        self.services = [kept for kept in self.services if kept.name not in names]  # nobody revives them meanwhile
        self.others = [_recorded(kept.name, kept.process) for kept in changed if kept.process is not None]
        await asyncio.to_thread(end, self.others, 5)
        self.others = []
        self.start_services(new[name] for name in sorted(names) if name in new)

    def recorded(self) -> list[Recorded]:
        """All processes that run now."""
        servers = [kept.server.recorded() for kept in self.servers if kept.server is not None]
        return [*self._service_processes(), *self.others, *(one for one in servers if one is not None)]

    async def stop(self) -> None:
        """Stop services first, then the servers they need; kill what does not end in time."""
        for task in [kept.task for kept in self.servers if kept.task is not None]:
            task.cancel()
        await asyncio.to_thread(self._stop_in_order)

    def kill(self) -> None:
        """End everything at once."""
        for one in self.recorded():
            one.send(signal.SIGKILL)

    def _stop_in_order(self) -> None:
        for one in end([*self._service_processes(), *self.others], 4.5):
            self.say(f"{one.name}: did not stop in time, killed")
        for kept in self.services:
            if kept.process is not None:
                kept.process.wait()
        servers = [found for kept in self.servers if kept.server and (found := kept.server.recorded())]
        for late in end(servers, 3.5):
            self.say(f"{late.name}: did not stop in time, killed")
        for kept_server in self.servers:
            if kept_server.server is not None:
                kept_server.server.stop(grace=1)
        self.record([])

    async def _bring_up(self, kept: KeptServer, server: Server) -> None:
        await asyncio.to_thread(server.prepare)
        server.launch()
        kept.launched = time.monotonic()
        self._record()
        await asyncio.to_thread(server.wait_ready)
        self._record()

    async def _bring_back(self, kept: KeptServer, server: Server, pause: float) -> None:
        await asyncio.sleep(pause)
        try:
            before = server.address
            await self._bring_up(kept, server)
        except StartFailed as error:
            self.say(f"{kept.name}: {error}")
            return
        self.say(f"{kept.name}: ready again")
        if server.address != before and self.moved is not None:
            await self.moved(server)

    def _revive(self) -> None:
        for kept_server in self.servers:
            server = kept_server.server
            busy = kept_server.task is not None and not kept_server.task.done()
            if server is not None and not busy and not server.is_running():
                pause = kept_server.pause()
                self.say(f"{kept_server.name}: ended, starts again in {pause:g} s")
                kept_server.task = asyncio.create_task(self._bring_back(kept_server, server, pause))
        for kept in self.services:
            self._revive_service(kept)

    def _revive_service(self, kept: KeptService) -> None:
        if kept.process is None or kept.spec is None or kept.process.poll() is None:
            return
        if kept.again_at is None:
            pause = kept.pause()
            kept.again_at = time.monotonic() + pause
            kept.told_ready = False
            self.say(f"{kept.name}: {cause(kept.process.returncode)}, starts again in {pause:g} s ({kept.spec.log})")
        elif time.monotonic() >= kept.again_at:
            self._launch(kept, kept.spec)

    def _launch(self, kept: KeptService, spec: ServiceSpec) -> None:
        kept.process = launch(spec.command, log=spec.log, env=spec.env, cwd=spec.cwd)
        kept.launched = time.monotonic()
        kept.again_at = None
        self._record()

    def _give_up_on_bad_settings(self, kept: KeptService) -> None:
        """Starting again does not mend settings."""
        if kept.process is not None and kept.spec is not None and kept.process.poll() == BAD_SETTINGS:
            raise StartFailed(f"{kept.name}: bad settings: {last_words(kept.spec.log)} ({kept.spec.log})")

    def _service_processes(self) -> list[Recorded]:
        return [_recorded(kept.name, kept.process) for kept in self.services if kept.process is not None]

    def _record(self) -> None:
        self.record([one for one in self.recorded() if one.started])


async def ask(client: httpx2.AsyncClient, spec: ServiceSpec) -> str | None:
    """Ask a service whether it is ready: none if it is, else why not."""
    try:
        answer = await client.get(spec.ready_url)
    except httpx2.HTTPError as error:
        return f"no answer ({type(error).__name__})"
    return None if answer.status_code == 200 else f"{answer.status_code} {answer.text[:300]}"


def cause(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"ended with code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


def last_words(log: Path, lines: int = 3) -> str:
    """The end of a log, on one line."""
    try:
        text = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "no log"
    return " | ".join(line.strip() for line in text[-lines:]) or "the log is empty"


def _asker() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=2, trust_env=False)


def _recorded(name: str, process: subprocess.Popen[bytes]) -> Recorded:
    return Recorded(name, process.pid, started_at(process.pid) or "")
