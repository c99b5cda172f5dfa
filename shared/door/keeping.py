"""Housekeeping at the door, once an hour: tokens of the past, and parcels that nobody named or that were taken."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from shared.database import Database
from shared.door import tables
from shared.objects import Objects
from shared.parcels import door_owner
from shared.runtime import Runtime

UNNAMED = timedelta(days=30)
"""How long a parcel waits for its event: the broker's link may be cut for weeks while the door is open."""

_log = structlog.get_logger("door")


def join(runtime: Runtime) -> None:
    """Have the door kept by the service's worker."""

    async def keep() -> None:
        now = runtime.clock.real()
        async with runtime.database.transaction() as session:
            await tables.purge_tokens(session, now)
        await sweep(runtime.database, runtime.objects, now)

    runtime.jobs.every_hour(keep)


async def sweep(database: Database, objects: Objects, now: datetime) -> list[UUID]:
    """Delete what neighbours brought longer ago than UNNAMED and no event of theirs has named; returns their ids.

    What was taken goes too, should its reader have been stopped just before. `now`: real time. A parcel has its row
    before it lies in the store, so that whatever is found there without one may go.
    """
    async with database.transaction() as session:
        swept = await tables.remove_unnamed(session, now - UNNAMED)
    found = await objects.list(door_owner(database.speaker.service, "").rstrip("/"))
    async with database.reading() as session:
        kept = {f"{parcel_id}.age" for parcel_id in await tables.kept(session)}
    for stored in found:
        name = stored.path.rpartition("/")[2]
        if name.endswith(".age") and name not in kept:
            await objects.delete(stored.path)
    if swept:
        _log.info("door.swept", parcels=len(swept))
    return swept
