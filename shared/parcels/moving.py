"""Parcels on their way: stored by their owner, fetched and taken by their reader, swept when nobody asked for them."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import files as contents
from shared.clock import Clock
from shared.database import Database
from shared.events import Sealed
from shared.federation import Federation
from shared.inbox.failures import is_passing
from shared.jobs import LONGEST, PAUSES, GiveUp, Jobs
from shared.logs import told
from shared.objects import Objects, ObjectTooLarge
from shared.outbox.recording import raw_connection
from shared.parcels import awaiting
from shared.parcels.awaiting import AwaitedParcel, ParcelState
from shared.parcels.packing import BadParcel, Manifest, Opened, check_expected, identities_of, open_parcel, pack, seal

Receiver = Callable[[AsyncSession, dict[str, Any], Opened], Awaitable[None]]
"""Takes an opened parcel into the service, in the transaction that marks it taken. Its files lie under the service's
own prefix already (`files.path_of`). What it raises, unless passing, fails the parcel for good."""
Receivers = Mapping[str, Receiver]
Fetch = Callable[[str, Sealed], Awaitable[bytes]]
"""Brings the ciphertext of a parcel that lies at another agency's door."""
Wanted = Callable[[AsyncSession], Awaitable[set[UUID]]]
"""The service's own parcels that no event names yet, or that somebody else may still ask for."""

IDENTITIES = "age-identities.txt"
LONGEST_FETCH = timedelta(hours=1)
"""200 MB over half a megabit per second."""
SWEPT_AFTER = timedelta(days=1)
_LARGE = 20 * 1024 * 1024

_NAMED = text(
    """select distinct (jsonb_path_query(convert_from(body, 'UTF8')::jsonb, '$.**.parcel_id') #>> '{}')::uuid
         from outbox where position('"parcel_id"'::bytea in body) > 0"""
)

_log = structlog.get_logger("parcels")


def door_owner(service: str, agency: str) -> str:
    """The `owner` of parcels that a neighbour brought to a service's door."""
    return f"{service}/door/{agency}"


def path_of(owner: str, parcel_id: UUID) -> str:
    """Where a parcel lies in the agency's object store."""
    return f"{owner}/parcels/{parcel_id}.age"


async def store(
    objects: Objects,
    federation: Federation,
    agency: str,
    owner: str,
    reader: str,
    manifest: Manifest,
    files: Mapping[str, bytes],
    on: date,
    *,
    to_agency: str | None = None,
) -> Sealed:
    """Write a parcel for a service of this agency, before the transaction whose event carries what this returns.

    With `to_agency` it is sealed to that agency's service of the name `reader`, and lies here until it is sent to its
    door or fetched at ours. Raises NoRecipient, StoreUnavailable, or ValueError when manifest and files disagree or are
    too large.
    """
    recipient = federation.recipient(to_agency or agency, reader, on)
    ciphertext = await asyncio.to_thread(lambda: seal(pack(manifest, files), recipient.public))
    sealed = Sealed(
        # Random: the id is the whole name of a file that others may list.
        parcel_id=uuid4(),
        sha256=hashlib.sha256(ciphertext).hexdigest(),
        size=len(ciphertext),
        recipient=recipient.id,
    )
    await objects.put(path_of(owner, sealed.parcel_id), ciphertext)
    return sealed


async def forget(objects: Objects, owner: str, parcel_id: UUID) -> None:
    """Delete a copy that nobody will ask for any more; one that is gone is fine. Raises StoreUnavailable."""
    await objects.delete(path_of(owner, parcel_id))


class ParcelReader:
    """Fetches, opens and hands over the parcels that a service awaits. `fetch` is for those that lie elsewhere."""

    def __init__(
        self, database: Database, objects: Objects, secrets: Path, receivers: Receivers, fetch: Fetch | None = None
    ) -> None:
        self._database, self._objects, self._receivers, self._fetch = database, objects, receivers, fetch
        self._identities = secrets / IDENTITIES
        # An open parcel stands in memory three times over.
        self._large = asyncio.Semaphore(1)

    def join(self, jobs: Jobs, *, pauses: Sequence[timedelta] = PAUSES) -> None:
        """Have these jobs done by the service's worker."""
        longest = LONGEST if self._fetch is None else LONGEST_FETCH
        jobs.add(awaiting.JOB, self.read, pauses=pauses, on_failure=self.fail, longest=longest)

    async def read(self, payload: dict[str, Any]) -> None:
        """The job: raises GiveUp when the parcel is bad or refused, else whatever kept it from coming."""
        parcel_id = UUID(payload["parcel_id"])
        async with self._database.reading() as session:
            awaited = await _find(session, parcel_id, lock=False)
        if awaited is None or awaited.state is ParcelState.FAILED:
            return
        if awaited.state is ParcelState.TAKEN or await self._take_in_turn(awaited):
            await self._drop(awaited)

    async def _take_in_turn(self, awaited: AwaitedParcel) -> bool:
        receiver = self._receivers.get(awaited.purpose)
        if receiver is None:
            raise GiveUp(f"nobody here takes parcels of the purpose {awaited.purpose}")
        if awaited.sealed.size > _LARGE:
            async with self._large:
                return await self._take(awaited, receiver)
        return await self._take(awaited, receiver)

    async def _drop(self, awaited: AwaitedParcel) -> None:
        """What a neighbour brought is ours alone: nobody else reads it once it was taken."""
        if awaited.lies_at is None and awaited.owner.startswith(door_owner(self._database.speaker.service, "")):
            await forget(self._objects, awaited.owner, awaited.sealed.parcel_id)

    async def fail(self, session: AsyncSession, payload: dict[str, Any], reason: str) -> None:
        """What the job's failure for good means for the parcel."""
        parcel_id = UUID(payload["parcel_id"])
        awaited = await _find(session, parcel_id, lock=True)
        if awaited is not None and awaited.state is ParcelState.AWAITED:
            await awaiting.failed(session, parcel_id, reason)

    async def _take(self, awaited: AwaitedParcel, receiver: Receiver) -> bool:
        opened = await self._open(awaited)
        service = self._database.speaker.service
        for sha256, content in opened.files.items():
            await self._objects.put(contents.path_of(service, sha256), content)
        parcel_id = awaited.sealed.parcel_id
        try:
            async with self._database.transaction() as session:
                # Another worker may have taken it while this one was opening it.
                locked = await _find(session, parcel_id, lock=True)
                if locked is None or locked.state is not ParcelState.AWAITED:
                    return False
                await receiver(session, locked.about, opened)
                await session.flush()
                await awaiting.taken(session, parcel_id)
        except Exception as error:
            if is_passing(error) or isinstance(error, GiveUp):
                raise
            raise GiveUp(told(error)) from error
        _log.info("parcel.taken", parcel_id=str(parcel_id), purpose=awaited.purpose, files=len(opened.files))
        return True

    async def _open(self, awaited: AwaitedParcel) -> Opened:
        expected = awaited.sealed

        def open_it(ciphertext: bytes) -> Opened:
            return open_parcel(ciphertext, identities_of(self._identities), expected)

        try:
            check_expected(expected)
            ciphertext = await self._ciphertext(awaited)
            return await asyncio.to_thread(open_it, ciphertext)
        except ObjectTooLarge:
            raise GiveUp(f"it has more bytes than the {expected.size} that the event says") from None
        except BadParcel as error:
            raise GiveUp(str(error)) from None

    async def _ciphertext(self, awaited: AwaitedParcel) -> bytes:
        expected = awaited.sealed
        if awaited.lies_at is None:
            return await self._objects.get(path_of(awaited.owner, expected.parcel_id), most=expected.size)
        if self._fetch is None:
            raise GiveUp(f"nobody here fetches parcels from {awaited.lies_at}")
        return await self._fetch(awaited.lies_at, expected)


def sweep_hourly(
    jobs: Jobs, database: Database, objects: Objects, clock: Clock, *, wanted: Wanted | None = None
) -> None:
    """Have the service's own parcels swept by its worker, but for those `wanted`."""

    async def sweep_now() -> None:
        await sweep(database, objects, clock.real(), wanted=wanted)

    jobs.every_hour(sweep_now)


async def sweep(database: Database, objects: Objects, now: datetime, *, wanted: Wanted | None = None) -> list[UUID]:
    """Delete the service's own parcels older than a day that none of its events names; returns their ids.

    `now`: real time. Those `wanted` stay. The outbox is asked last: a transaction that named one of them has long
    ended, and what was wanted until an event named it is found in one of the two.
    """
    owner = database.speaker.service
    old = {
        UUID(stored.path.rpartition("/")[2].removesuffix(".age")): stored.path
        for stored in await objects.list(f"{owner}/parcels")
        if stored.modified < now - SWEPT_AFTER and stored.path.endswith(".age")
    }
    async with database.reading() as session:
        kept = await wanted(session) if old and wanted else set()
        named = set(await session.scalars(_NAMED)) if old else set()
    swept = sorted(set(old) - kept - named)
    for parcel_id in swept:
        await objects.delete(old[parcel_id])
    await objects.tidy(now - SWEPT_AFTER)
    if swept:
        _log.info("parcels.swept", owner=owner, parcels=len(swept))
    return swept


async def _find(session: AsyncSession, parcel_id: UUID, *, lock: bool) -> AwaitedParcel | None:
    raw = await raw_connection(session)
    row = await raw.fetchrow(
        f"select {awaiting.COLUMNS} from awaited_parcels where parcel_id = $1{' for update' if lock else ''}",  # noqa: S608
        parcel_id,
    )
    return None if row is None else awaiting.row_of(dict(row))
