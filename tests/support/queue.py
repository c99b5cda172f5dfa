"""A queue of jobs to test with: its tables, and what becomes of what is in it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from shared import inbox, jobs, outbox
from shared.database import Database, new_metadata
from shared.jobs import Jobs, JobState

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
jobs.add_tables(METADATA)

QUICK = (timedelta(), timedelta(milliseconds=10))


def make(database: Database, *, heartbeat: float = 30) -> Jobs:
    """A worker for this database, with its bell."""
    made = Jobs(database, heartbeat=timedelta(seconds=heartbeat), poll=timedelta(seconds=0.2))
    database.on_jobs[:] = [made.bell.ring]
    return made


@asynccontextmanager
async def running(made: Jobs) -> AsyncIterator[None]:
    """Work, until left."""
    task = asyncio.create_task(made.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await made.bell.close()


async def enqueue(database: Database, name: str, key: str | None = None, **payload: Any) -> int | None:
    """Want one job, in a transaction of its own."""
    async with database.transaction() as session:
        return await jobs.enqueue(session, name, payload, key=key)


async def states(database: Database) -> list[tuple[str, JobState, int, str | None]]:
    """All jobs, oldest first: name, state, failures, reason."""
    async with database.reading() as session:
        rows = await jobs.listed(session)
    return [(one.name, one.state, one.failures, one.reason) for one in sorted(rows, key=lambda one: one.id)]


async def until(met: Callable[[Any], bool], database: Database) -> list[tuple[str, JobState, int, str | None]]:
    """Wait until the jobs stand so; how they stand then."""
    async with asyncio.timeout(30):
        while not met(found := await states(database)):  # noqa: ASYNC110  # nothing tells of a row that changes
            await asyncio.sleep(0.02)
    return found


def all_ended(found: list[tuple[str, JobState, int, str | None]]) -> bool:
    """Whether none of them is queued or running."""
    return all(state not in (JobState.QUEUED, JobState.RUNNING) for _, state, _, _ in found)
