"""Does the jobs of one service."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import asyncpg
import structlog
from pgqueuer.db import AsyncpgPoolDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Context, Job
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.jobs import queue, runs
from shared.jobs.bell import Bell
from shared.jobs.schema import JobState
from shared.logs import told
from shared.tracing import start, tracing

Handler = Callable[[dict[str, Any]], Awaitable[None]]
FailureHandler = Callable[[AsyncSession, dict[str, Any], str], Awaitable[None]]

PAUSES = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600))
"""How long a job waits after each passing failure; after the last it is given up (a day and a half in all)."""
LONGEST = timedelta(minutes=10)
MOST_STARTS = 5
KEPT = timedelta(days=30)
TICK_SECONDS = 30
TICKS_PER_PURGE = 120
GRACE_SECONDS = 10

_log = structlog.get_logger("jobs")
_outcomes = Counter("guongsang_jobs", "jobs by outcome", ["agency", "service", "job", "outcome"])


class GiveUp(Exception):
    """A job's handler says that trying again is of no use. The text is shown to operators: nothing about a person."""


class _Over(Exception):
    """Tells the queue that a job failed for good; everything worth telling was told."""


@dataclass(frozen=True)
class _Kind:
    handler: Handler
    pauses: Sequence[timedelta]
    at_once: int
    longest: timedelta
    on_failure: FailureHandler | None


class Jobs:
    """The jobs of one service's database: `bell` is rung for new ones, `run` does them.

    `heartbeat`: how long after a worker died its jobs are taken over; `poll`: how late a job may begin whose bell
    was not heard, or that is taken over.
    """

    def __init__(
        self,
        database: Database,
        *,
        heartbeat: timedelta = timedelta(seconds=30),
        poll: timedelta = timedelta(seconds=5),
        most_at_once: int = 4,
    ) -> None:
        self._database, self._heartbeat, self._poll, self._most = database, heartbeat, poll, most_at_once
        self._kinds: dict[str, _Kind] = {}
        self._chores: list[Callable[[], Awaitable[object]]] = []
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.bell = Bell(database)
        self.trouble: str | None = "starting"
        """Why no jobs are done at the moment."""

    @property
    def names(self) -> list[str]:
        """The kinds of jobs that this process does."""
        return sorted(self._kinds)

    def add(
        self,
        name: str,
        handler: Handler,
        *,
        pauses: Sequence[timedelta] = PAUSES,
        at_once: int = 0,
        longest: timedelta = LONGEST,
        on_failure: FailureHandler | None = None,
    ) -> None:
        """Do jobs called `name` by `handler(payload)`.

        It may be called again for a job it has done (a worker may die just then), so its effect must be one that can
        be repeated. It raises GiveUp when trying again is of no use; anything else is tried again after the next of
        `pauses`. `at_once`: how many of them in all workers together (0: no limit). One that takes `longest` is
        stopped and tried again. `on_failure(session, payload, reason)` stands in the transaction that ends a job
        which failed or was given up.
        """
        self._kinds[name] = _Kind(handler, pauses, at_once, longest, on_failure)

    def every_hour(self, chore: Callable[[], Awaitable[object]]) -> None:
        """Do this at the start of a session and once an hour; one that fails is told, and tried in an hour again."""
        self._chores.append(chore)

    async def run(self) -> None:
        """Do jobs until cancelled; what is in hand then goes back into the queue.

        Any hiccup of the database ends a session, and the next begins.
        """
        while True:
            self._stopping = False
            try:
                await self._session()
            except Exception as error:  # noqa: BLE001  # whatever it was, the next session begins from the tables
                self.trouble = f"{type(error).__name__}: {str(error)[:300]}"
                _log.warning("jobs.session_ended", error=self.trouble)
            await asyncio.sleep(0.5)

    async def _session(self) -> None:
        database = self._database
        pool = await asyncpg.create_pool(
            database.url, password=database.password, min_size=1, max_size=3, timeout=10, command_timeout=30
        )
        try:
            manager = QueueManager(Queries(AsyncpgPoolDriver(pool)))
            for name, kind in self._kinds.items():
                parameters = EntrypointExecutorParameters(kind.at_once, _unused, on_failure="hold")
                manager.register_executor(name, _Executor(parameters, self, kind))
            await self._watch(manager, pool)
        finally:
            with suppress(Exception):
                await asyncio.wait_for(pool.close(), 2)
            pool.terminate()

    async def _watch(self, manager: QueueManager, pool: asyncpg.Pool) -> None:
        """Run a queue manager; never by cancelling it, for it would take a job in hand as cancelled for good."""
        batch = max(self._most // 2, 1)
        running = asyncio.create_task(
            manager.run(
                dequeue_timeout=self._poll,
                batch_size=batch,
                max_concurrent_tasks=2 * batch,
                heartbeat_timeout=self._heartbeat,
                shutdown_on_listener_failure=True,
                log_aggregation_interval=timedelta(),
            )
        )
        ticking = asyncio.create_task(self._tick())
        self.trouble = None
        try:
            await asyncio.wait((running, ticking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._stopping = True
            ticking.cancel()
            manager.shutdown.set()
            for task in self._working:
                task.cancel()
            _, left = await asyncio.wait((running,), timeout=GRACE_SECONDS)
            if left:
                pool.terminate()
                await asyncio.wait((running,), timeout=GRACE_SECONDS)
            if running.done() and not running.cancelled():
                running.exception()  # looked at, also when this session itself is being cancelled
        for ended in (running, ticking):
            if ended.done() and not ended.cancelled():
                ended.result()

    async def _tick(self) -> None:
        for tick in count():
            async with self._database.transaction() as session:
                mended = await runs.mend(session)
                if tick % TICKS_PER_PURGE == 0:
                    await queue.purge(session, datetime.now(UTC) - KEPT)
            if mended:
                _log.warning("jobs.mended", jobs=mended)
                self.bell.ring()
            for chore in self._chores if tick % TICKS_PER_PURGE == 0 else ():
                try:
                    await chore()
                except Exception as error:  # noqa: BLE001  # housekeeping that fails keeps no job from being done
                    _log.error("jobs.chore_failed", error=f"{type(error).__name__}: {str(error)[:300]}")
            await asyncio.sleep(TICK_SECONDS)

    async def do(self, job: Job, kind: _Kind) -> None:
        """One start of one job. Raises RetryRequested, or _Over when it ended badly."""
        headers = job.headers or {}
        trace = start(str(headers.get("correlation_id", "")), str(headers.get("traceparent", "")))
        with tracing(trace), structlog.contextvars.bound_contextvars(job=job.entrypoint, job_id=job.id):
            try:
                delay, state = await self._do(job, kind)
            except Exception as error:  # noqa: BLE001  # the database, or a broken failure handler: not the job's fault
                _log.warning("job.not_noted", error=told(error))
                delay, state = timedelta(seconds=10), None
        if delay is not None:
            raise RetryRequested(delay=delay, reason="see job_runs")
        if state is not JobState.DONE:
            raise _Over(str(state))

    async def _do(self, job: Job, kind: _Kind) -> tuple[timedelta | None, JobState | None]:
        """How it went: try again after a delay, or the state in which it ended."""
        run = await runs.begin(self._database, job.id, job.entrypoint)
        if run.state is not None:
            return None, run.state  # it had ended; only the queue did not hear of it
        payload: dict[str, Any] = runs.payload(job.payload)
        if run.starts > MOST_STARTS:
            reason = f"ended its worker {MOST_STARTS} times"
            return None, await self._end(job, kind, payload, JobState.GIVEN_UP, reason)
        failure = await self._work(kind, payload)
        if failure is None:
            return None, await self._end(job, kind, payload, JobState.DONE, None)
        if isinstance(failure, asyncio.CancelledError):
            await runs.put_back(self._database, job.id)
            _log.info("job.put_back")
            return timedelta(), None
        if isinstance(failure, GiveUp):
            return None, await self._end(job, kind, payload, JobState.FAILED, str(failure))
        reason = told(failure)
        if run.failures >= len(kind.pauses):
            return None, await self._end(job, kind, payload, JobState.GIVEN_UP, reason)
        delay = kind.pauses[run.failures]
        await runs.failed_once(self._database, job.id, reason)
        self._count(job, "again")
        _log.warning("job.again_later", error=reason, failures=run.failures + 1, seconds=delay.total_seconds())
        return delay, None

    async def _work(self, kind: _Kind, payload: dict[str, Any]) -> BaseException | None:
        """Call the handler in a task of its own, which alone is cancelled when the worker stops."""

        async def work() -> None:
            async with asyncio.timeout(kind.longest.total_seconds()):
                await kind.handler(payload)

        if self._stopping:
            return asyncio.CancelledError()
        task = asyncio.create_task(work())
        self._working.add(task)
        try:
            await asyncio.wait((task,))
        finally:
            self._working.discard(task)
            task.cancel()
        if task.cancelled():
            return asyncio.CancelledError() if self._stopping else RuntimeError("it cancelled itself")
        return task.exception()

    async def _end(
        self, job: Job, kind: _Kind, payload: dict[str, Any], state: JobState, reason: str | None
    ) -> JobState:
        async with self._database.transaction() as session:
            await runs.end(session, job.id, state, reason)
            if state is not JobState.DONE and kind.on_failure is not None:
                await kind.on_failure(session, payload, reason or "")
        self._count(job, state.value)
        if state is JobState.DONE:
            _log.info("job.done")
        else:
            _log.error("job.failed" if state is JobState.FAILED else "job.given_up", reason=reason)
        return state

    def _count(self, job: Job, outcome: str) -> None:
        speaker = self._database.speaker
        _outcomes.labels(speaker.agency, speaker.service, job.entrypoint, outcome).inc()


@dataclass
class _Executor(AbstractEntrypointExecutor):
    """What the queue calls for a job."""

    jobs: Jobs
    kind: _Kind

    async def execute(self, job: Job, context: Context) -> None:
        await self.jobs.do(job, self.kind)


async def _unused(_job: Job) -> None:
    """The queue wants a function beside its executor."""


def _worth_telling(record: logging.LogRecord) -> bool:
    """Whether the queue's own log line says something that ours do not."""
    return not (record.exc_info and isinstance(record.exc_info[1], _Over | RetryRequested))


logging.getLogger("pgqueuer").addFilter(_worth_telling)
