"""The lower side of the door: brings parcels to a parent's service, and fetches those that lie there for us.

How a call is made and where it goes: `shared.outside`.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import orjson
import structlog
from prometheus_client import Counter

from shared.door import tokens
from shared.door.tokens import Act
from shared.events import Sealed
from shared.jobs import GiveUp
from shared.objects import ObjectMissing
from shared.outside import address_of, calling
from shared.parcels import path_of
from shared.runtime import Runtime
from shared.signatures import Signer

LINK_PAUSES = (
    *(timedelta(seconds=s) for s in (1, 3, 10)),
    *(timedelta(seconds=30),) * 40,
    *(timedelta(minutes=10),) * 140,
    *(timedelta(hours=1),) * 24 * 20,
)
"""A link to a parent may be cut for weeks; when it is back, nobody should wait long."""
LASTING = frozenset({400, 401, 403, 409, 413, 415, 422})
TIMEOUT = httpx2.Timeout(connect=10, read=120, write=120, pool=10)
_MOST_PROBLEM = 16 * 1024
_SLUG = re.compile(r"/problems/([a-z0-9-]{1,60})")

_log = structlog.get_logger("door")
_calls = Counter("guongsang_door_calls", "calls at neighbours' doors", ["agency", "service", "neighbour", "outcome"])


def path(service: str) -> str:
    """Where a service's door lies at its agency's address: services share one."""
    return f"/door/{service}"


class DoorRefused(GiveUp):
    """The neighbour will not take or give this parcel; trying again is of no use. `reason`: its slug."""

    def __init__(self, agency: str, reason: str) -> None:
        super().__init__(f"the door of {agency} refuses: {reason}")
        self.reason = reason


class DoorAway(ConnectionError):
    """The neighbour does not answer, or not now: to be tried again. `reason`: a slug."""

    def __init__(self, agency: str, reason: str) -> None:
        super().__init__(f"the door of {agency} does not answer as it should: {reason}")
        self.reason = reason


async def send(runtime: Runtime, to: str, sealed: Sealed) -> None:
    """Bring a parcel of our own store to the door of a parent; returns once it lies there whole.

    Repeating it is fine; a job that does it may take as long as `door.LONGEST`. Raises NoAddress, DoorRefused (also
    when our own copy is gone or is another), DoorAway, NoSigningKey, StoreUnavailable.
    """
    path = path_of(runtime.service, sealed.parcel_id)
    for last in (False, True):
        try:
            size, body = await runtime.objects.stream(path)
        except ObjectMissing:
            raise DoorRefused(to, "own-copy-missing") from None
        if size != sealed.size:
            raise DoorRefused(to, "own-copy-differs")
        async with _call(runtime, to, "put", sealed, body) as answer:
            if answer.status_code in (200, 201):
                _told(runtime, to, "put", sealed, "brought")
                return
            await _refuse(runtime, to, "put", sealed, answer, last=last)


async def fetch(runtime: Runtime, from_agency: str, sealed: Sealed) -> bytes:
    """The ciphertext of a parcel that lies for us at the door of a parent; never more bytes than its event says.

    Raises NoAddress, DoorRefused, DoorAway, NoSigningKey.
    """
    for last in (False, True):
        async with _call(runtime, from_agency, "get", sealed) as answer:
            if answer.status_code == 200:
                content = bytearray()
                async for piece in answer.aiter_raw():
                    content += piece
                    if len(content) > sealed.size:
                        raise DoorRefused(from_agency, "parcel-longer")
                _told(runtime, from_agency, "get", sealed, "fetched")
                return bytes(content)
            await _refuse(runtime, from_agency, "get", sealed, answer, last=last)
    raise AssertionError("the second refusal is the last")


@asynccontextmanager
async def _call(
    runtime: Runtime, to: str, act: Act, sealed: Sealed, body: AsyncIterator[bytes] | None = None
) -> AsyncIterator[httpx2.Response]:
    """One call with a new token. Raises NoAddress, DoorAway, NoSigningKey."""
    address = address_of(runtime.federation, to)
    own = runtime.agency.id, runtime.service
    signer = Signer(lambda: runtime.federation, *own, runtime.settings.secrets, runtime.clock)
    key = signer.key(runtime.federation)
    token = tokens.make(key, "/".join(own), f"{to}/{runtime.service}", act, sealed, runtime.clock.real())
    headers = {"authorization": f"Bearer {token}"}
    if body is not None:
        headers |= {"content-type": "application/octet-stream", "content-length": str(sealed.size)}
    place = httpx2.URL(f"{address}{path(runtime.service)}/parcels/{sealed.parcel_id}")
    try:
        async with calling(act.upper(), place, headers, timeout=TIMEOUT, body=body) as answer:
            yield answer
    except httpx2.HTTPError as error:
        _told(runtime, to, act, sealed, "away", type(error).__name__)
        raise DoorAway(to, type(error).__name__) from None


async def _refuse(runtime: Runtime, to: str, act: Act, sealed: Sealed, answer: httpx2.Response, *, last: bool) -> None:
    """Say what an answer means that brought nothing. Raises DoorRefused, DoorAway.

    A 401 may come from a token that grew old on its way: it returns the first time.
    """
    slug = await _slug(answer)
    if answer.status_code not in LASTING:
        _told(runtime, to, act, sealed, "away", slug)
        raise DoorAway(to, slug)
    _told(runtime, to, act, sealed, "refused", slug)
    if last or answer.status_code != 401:
        raise DoorRefused(to, slug)


async def _slug(answer: httpx2.Response) -> str:
    """The slug of a problem (RFC 9457); a stranger's answer gives its status only."""
    content = b""
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > _MOST_PROBLEM:
            break
    try:
        match = _SLUG.fullmatch(orjson.loads(content)["type"])
    except (ValueError, KeyError, TypeError):
        match = None
    return match[1] if match else f"http-{answer.status_code}"


def _told(runtime: Runtime, to: str, act: Act, sealed: Sealed, outcome: str, reason: str | None = None) -> None:
    _calls.labels(runtime.agency.id, runtime.service, to, outcome).inc()
    parcel_id = str(sealed.parcel_id)
    _log.info("door.called", neighbour=to, act=act, parcel_id=parcel_id, outcome=outcome, reason=reason)
