"""Asking for jobs, and looking at them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries
from pgqueuer.types import JobId
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import ENQUEUED
from shared.jobs.schema import JobState
from shared.outbox.recording import agency_of, raw_connection
from shared.tracing import current

LONGEST_LISTING = 100


@dataclass(frozen=True)
class JobRow:
    """A job as an operator sees it: nothing of its payload. `due` is when it may run, `since` when it changed last."""

    id: int
    name: str
    state: JobState
    failures: int
    reason: str | None
    due: datetime | None
    since: datetime


async def enqueue(
    session: AsyncSession,
    name: str,
    payload: Mapping[str, Any],
    *,
    key: str | None = None,
    after: timedelta = timedelta(),
) -> int | None:
    """Have a job done once this transaction is committed, not before `after` (real time); returns its id.

    `payload` is JSON (ids as UUID are fine) and holds no personal data. None when a job of this name and `key` is
    queued or running already. The correlation id of the act goes with it.
    """
    raw = await raw_connection(session)
    trace = current().child()
    (found,) = await Queries(AsyncpgDriver(raw)).enqueue(
        name,
        orjson.dumps(dict(payload), default=_of_driver),
        execute_after=after,
        # A duplicate would otherwise abort the whole transaction; the key is unique across all names.
        dedupe_key=None if key is None else _key(name, key),
        headers={"correlation_id": trace.correlation_id, "traceparent": trace.traceparent},
        on_conflict="skip",
    )
    session.info[ENQUEUED] = True
    return found


def _of_driver(value: object) -> str:
    """The driver's own kind of UUID, which a row keeps for as long as it was just read, is not orjson's."""
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


_STATES = """
    select q.id, q.entrypoint as name, coalesce(r.state, case q.status when 'queued' then 'queued' else 'running' end)
           as state, coalesce(r.failures, 0) as failures, r.reason,
           case when q.status = 'queued' then q.execute_after end as due,
           greatest(q.updated, coalesce(r.changed_at, q.updated)) as since
      from pgqueuer q left join job_runs r on r.job_id = q.id
    union all
    select r.job_id, r.name, r.state, r.failures, r.reason, null, r.changed_at
      from job_runs r
     where r.state = 'done' and not exists (select from pgqueuer q where q.id = r.job_id)
"""


HELD = """q.status = 'failed' and not exists (
    select from pgqueuer o where o.dedupe_key = q.dedupe_key and o.status in ('queued', 'picked'))"""
"""A job that may be put back into the queue: a newer one of the same key would collide with it."""


async def listed(session: AsyncSession, state: JobState | None = None, *, limit: int = LONGEST_LISTING) -> list[JobRow]:
    """Jobs in a state (or all), what changed last first. Those done are forgotten after a while, see `purge`."""
    raw = await raw_connection(session)
    rows = await raw.fetch(
        f"select * from ({_STATES}) j where $1::text is null or state = $1 order by since desc, id desc limit $2",  # noqa: S608  # constants
        state,
        limit,
    )
    return [JobRow(**{**row, "state": JobState(row["state"])}) for row in rows]


async def again(session: AsyncSession, job_id: int) -> bool:
    """Try a job that failed or was given up from the beginning.

    False when it is no such job, or when a newer one of the same key is queued or running.
    """
    raw = await raw_connection(session)
    # It is locked by its row: whoever comes second finds it queued.
    held = await raw.fetchval(f"select id from pgqueuer q where id = $1 and {HELD} for update", job_id)  # noqa: S608
    if held is None:
        return False
    await raw.execute(
        """update job_runs set state = null, starts = 0, failures = 0, changed_at = clock_timestamp()
            where job_id = $1""",
        job_id,
    )
    await Queries(AsyncpgDriver(raw)).requeue_jobs([JobId(job_id)])
    session.info[ENQUEUED] = True
    return True


async def again_by_key(session: AsyncSession, name: str, key: str) -> bool:
    """`again` for the newest job of this name and key that failed."""
    raw = await raw_connection(session)
    job_id = await raw.fetchval(
        "select id from pgqueuer where dedupe_key = $1 and status = 'failed' order by id desc limit 1", _key(name, key)
    )
    return job_id is not None and await again(session, job_id)


async def purge(session: AsyncSession, before: datetime) -> int:
    """Forget jobs done before that instant, and the queue's own log up to then; returns how many rows went."""
    raw = await raw_connection(session)
    gone = [
        await raw.execute("delete from pgqueuer_log where created < $1", before),
        await raw.execute("delete from pgqueuer_statistics where created < $1", before),
        await raw.execute(
            """delete from job_runs r where agency = $2 and state = 'done' and changed_at < $1
                and not exists (select from pgqueuer q where q.id = r.job_id)""",
            before,
            agency_of(session),
        ),
    ]
    return sum(int(told.rpartition(" ")[2]) for told in gone)


def _key(name: str, key: str) -> str:
    return f"{name}:{key}"
