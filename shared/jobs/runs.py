"""What the queue does not keep of a job: how often it was begun, why it failed, how it ended."""

from dataclasses import dataclass
from typing import Any

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import Database
from shared.jobs.queue import HELD
from shared.jobs.schema import JobState
from shared.outbox.recording import agency_of, raw_connection


@dataclass(frozen=True)
class Run:
    """`starts` since the last orderly end, this one counted; `failures` so far; `state` if it had ended already."""

    starts: int
    failures: int
    state: JobState | None


async def begin(database: Database, job_id: int, name: str) -> Run:
    """Count a start, for good before the job does anything: a job that kills its worker is known by it."""
    async with database.transaction() as session:
        raw = await raw_connection(session)
        row = await raw.fetchrow(
            """
            insert into job_runs as r (job_id, agency, name, starts) values ($1, $2, $3, 1)
            on conflict (job_id) do update
               set starts = r.starts + 1,
                   changed_at = case when r.state is null then clock_timestamp() else r.changed_at end
            returning starts, failures, state
            """,
            job_id,
            agency_of(session),
            name,
        )
    assert row is not None
    return Run(row["starts"], row["failures"], JobState(row["state"]) if row["state"] else None)


async def failed_once(database: Database, job_id: int, reason: str) -> None:
    """A passing failure: it will be tried again."""
    await _write(
        database,
        "update job_runs set starts = 0, failures = failures + 1, reason = $2, changed_at = clock_timestamp()"
        " where job_id = $1",
        job_id,
        reason,
    )


async def put_back(database: Database, job_id: int) -> None:
    """The worker stopped in good order: no failure of the job."""
    await _write(database, "update job_runs set starts = 0 where job_id = $1", job_id)


async def end(session: AsyncSession, job_id: int, state: JobState, reason: str | None) -> None:
    """A job has come to its end."""
    raw = await raw_connection(session)
    await raw.execute(
        "update job_runs set state = $2, reason = $3, changed_at = clock_timestamp() where job_id = $1",
        job_id,
        state,
        reason,
    )


async def mend(session: AsyncSession) -> int:
    """Queue again what the queue holds as failed although no end is known; returns how many.

    So it is when the database went away in the very moment in which a job was to be tried again.
    """
    raw = await raw_connection(session)
    rows = await raw.fetch(
        f"""select id from pgqueuer q
             where {HELD} and not exists (select from job_runs r where r.job_id = q.id and r.state is not null)"""  # noqa: S608
    )
    if rows:
        await Queries(AsyncpgDriver(raw)).requeue_jobs([row["id"] for row in rows])
    return len(rows)


def payload(stored: bytes | None) -> dict[str, Any]:
    """A job's payload as it was enqueued."""
    found: dict[str, Any] = orjson.loads(stored or b"{}")
    return found


async def _write(database: Database, statement: str, *values: object) -> None:
    async with database.transaction() as session:
        await (await raw_connection(session)).execute(statement, *values)
