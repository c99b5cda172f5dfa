"""The upper side of the door: takes parcels that children bring, gives out those that lie here for them.

Nothing of a parcel that was not allowed, came cut short or is not what its token says stays here.
"""

import asyncio
import hashlib
import mmap
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import IO
from uuid import UUID

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from shared.door import tables, tokens
from shared.door.tables import Known
from shared.door.tokens import Act, Refused, Shown
from shared.fence import at_door
from shared.objects import ObjectMissing, StoreUnavailable
from shared.parcels import MOST_SEALED, door_owner, path_of
from shared.runtime import Runtime
from shared.web import Problem

BINARY = "application/octet-stream"
IDLE_SECONDS = 60
"""How long a neighbour may send nothing in the middle of a parcel."""
RETRY_SECONDS = 600
_CHUNK = 1024 * 1024

_log = structlog.get_logger("door")
_calls = Counter("guongsang_door", "calls at the door", ["agency", "service", "neighbour", "outcome"])

router = APIRouter(include_in_schema=False)


@router.put("/parcels/{parcel_id}", dependencies=[at_door()])
async def put(request: Request, parcel_id: UUID) -> Response:
    """A child's service brings a parcel: 201 when it lies here whole, 200 when it lay here already."""
    door = _Door(request, parcel_id)
    async with door.told():
        shown = await door.show("put")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != BINARY:
            raise Refused(415, "not-binary", f"a parcel is sent as {BINARY}")
        if shown.size > MOST_SEALED:
            raise Refused(413, "parcel-too-large", f"a parcel has at most {MOST_SEALED} bytes")
        new = not await door.holds(shown)
        if new:
            await door.take(shown)
        door.count("stored" if new else "known")
        _log.info("door.parcel_stored", neighbour=shown.agency, parcel_id=str(parcel_id), size=shown.size, new=new)
    return Response(status_code=201 if new else 200)


@router.get("/parcels/{parcel_id}", dependencies=[at_door()])
async def get(request: Request, parcel_id: UUID) -> Response:
    """A child's service fetches a parcel that was offered to it."""
    door = _Door(request, parcel_id)
    async with door.told():
        shown = await door.show("get")
        size, pieces = await door.offered(shown)
        door.count("given")
        _log.info("door.parcel_given", neighbour=shown.agency, parcel_id=str(parcel_id))
    return StreamingResponse(pieces, media_type=BINARY, headers={"content-length": str(size)})


class _Door:
    """One call at the door."""

    def __init__(self, request: Request, parcel_id: UUID) -> None:
        self.request, self.parcel_id = request, parcel_id
        self.runtime: Runtime = request.app.state.runtime
        self.neighbour = "?"

    @asynccontextmanager
    async def told(self) -> AsyncIterator[None]:
        """Have a refusal logged, counted and answered as a problem."""
        try:
            yield
        except Refused as refused:
            self.neighbour = refused.agency or self.neighbour
            _log.warning("door.refused", reason=refused.slug, neighbour=self.neighbour, parcel_id=str(self.parcel_id))
            self.count(refused.slug)
            headers = {401: {"WWW-Authenticate": "Bearer"}, 507: {"Retry-After": str(RETRY_SECONDS)}}
            more = headers.get(refused.status)
            raise Problem(refused.status, refused.slug, str(refused), headers=more) from None

    def count(self, outcome: str) -> None:
        """Count a call."""
        _calls.labels(self.runtime.agency.id, self.runtime.service, self.neighbour, outcome).inc()

    async def show(self, act: Act) -> Shown:
        """The call's token, once. Raises Refused."""
        parts = self.runtime
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        own = f"{parts.agency.id}/{parts.service}"
        shown = tokens.check(
            token.strip() if scheme.lower() == "bearer" else "", parts.federation, own, act, self.parcel_id, parts.clock
        )
        self.neighbour = shown.agency
        async with parts.database.transaction() as session:
            if not await tables.first_shown(session, shown.token_id, shown.expires_at):
                raise Refused(401, "token-replayed", "the token was shown before")
        return shown

    async def holds(self, shown: Shown) -> bool:
        """Whether the parcel that the token names lies here, or did until it was taken.

        Raises Refused when another one has its id, or when there is no room for it.
        """
        async with self.runtime.database.reading() as session:
            found = await self._known(session, shown)
            if found is None:
                await self._check_room(session, shown)
        return found is not None and (found.taken or await self.runtime.objects.exists(self._path(shown)))

    async def take(self, shown: Shown) -> None:
        """Receive the parcel and keep it, if it is what the token says. Raises Refused.

        Its row comes first: what lies in the store without one nobody would count or sweep.
        """
        with tempfile.TemporaryFile() as spool:
            await self._receive(spool, shown)
            async with self.runtime.database.transaction() as session:
                await tables.one_at_a_time(session, shown.agency)
                if await self._known(session, shown) is None:
                    await self._check_room(session, shown)
                    known = self.parcel_id, shown.sha256, shown.size
                    await tables.add(session, *known, other=shown.agency, way=tables.IN)
            with mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as content:
                await self.runtime.objects.put(self._path(shown), content)

    async def offered(self, shown: Shown) -> tuple[int, AsyncIterator[bytes]]:
        """The parcel that lies here for whom the token names, its size in bytes first. Raises Refused."""
        parts = self.runtime
        async with parts.database.reading() as session:
            found = await tables.known(session, self.parcel_id)
        if found is not None and (found.way, found.other) == (tables.OUT, shown.agency):
            with suppress(ObjectMissing):
                return await parts.objects.stream(path_of(parts.service, self.parcel_id))
        raise Refused(404, "no-such-parcel", "nothing of that id lies here for you")

    async def _known(self, session: AsyncSession, shown: Shown) -> Known | None:
        found = await tables.known(session, self.parcel_id)
        if found is not None and (found.way, found.other, found.sha256) != (tables.IN, shown.agency, shown.sha256):
            raise Refused(409, "parcel-differs", "another parcel has this id")
        return found

    async def _check_room(self, session: AsyncSession, shown: Shown) -> None:
        quota = self.runtime.settings.door_quota
        # The same parcel may be coming in by another call at this moment: it does not stand in its own way.
        lying = await tables.lying(session, self.runtime.agency.id, shown.agency, beside=self.parcel_id)
        if lying + shown.size > quota:
            raise Refused(507, "quota-full", f"{lying} of {quota} bytes lie here not yet taken")

    async def _receive(self, spool: IO[bytes], shown: Shown) -> None:
        """Write the body to a file of this machine, counting and hashing. Raises Refused, StoreUnavailable."""
        digest, size, waiting = hashlib.sha256(), 0, bytearray()

        def settle() -> None:
            spool.write(waiting)
            spool.flush()
            digest.update(waiting)
            waiting.clear()

        try:
            async for piece in _pieces(self.request):
                size += len(piece)
                if size > shown.size:
                    raise Refused(413, "parcel-longer", "the parcel has more bytes than its token says")
                waiting += piece
                if len(waiting) >= _CHUNK:
                    await asyncio.to_thread(settle)
            await asyncio.to_thread(settle)
        except OSError as error:
            raise StoreUnavailable(f"no room for a parcel on its way: {error.strerror}") from None
        if size < shown.size:
            raise Refused(400, "cut-short", "the parcel has fewer bytes than its token says")
        if digest.hexdigest() != shown.sha256:
            raise Refused(422, "parcel-other-hash", "the parcel is not the one whose hash its token says")

    def _path(self, shown: Shown) -> str:
        return path_of(door_owner(self.runtime.service, shown.agency), self.parcel_id)


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes. Raises Refused when it ends with the connection, or stands still."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                piece = await anext(stream, None)
        except ClientDisconnect:
            raise Refused(400, "cut-short", "the connection ended in the middle of the parcel") from None
        except TimeoutError:
            raise Refused(408, "stalled", f"nothing came for {IDLE_SECONDS} seconds") from None
        if piece is None:
            return
        yield piece
