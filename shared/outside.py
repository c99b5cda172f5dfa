"""Calls of other agencies' services: where they go, the federation file says, and nothing else.

Nothing of an address comes from an event, of a proxy from the environment, or of a way from a redirect.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx2

from shared.federation import Federation, UnknownAgency
from shared.jobs import GiveUp

LOOPBACK = "127.0.0.1"
READING = httpx2.Timeout(10)


class NoAddress(GiveUp):
    """The federation file does not say where the other agency can be called."""

    def __init__(self, agency: str) -> None:
        self.reason = f"the federation file has no address of {agency}"
        super().__init__(self.reason)


class TooLarge(ValueError):
    """An answer has more bytes than whoever asked wants."""


@dataclass(frozen=True)
class Answer:
    """What an address answered."""

    status: int
    body: bytes


def address_of(federation: Federation, agency: str) -> str:
    """Where an agency is called, without a slash at its end. Raises NoAddress."""
    try:
        found = federation.agency(agency).address
    except UnknownAgency:
        found = None
    if found is None:
        raise NoAddress(agency)
    return found


@asynccontextmanager
async def calling(
    method: str,
    place: httpx2.URL,
    headers: Mapping[str, str],
    *,
    timeout: httpx2.Timeout,
    body: AsyncIterator[bytes] | None = None,
) -> AsyncIterator[httpx2.Response]:
    """One call and its answer, of which nothing but the head is read yet. Raises httpx2.HTTPError."""
    request = _request(method, place, {"accept-encoding": "identity", **headers}, body)
    trust = _trust() if place.scheme == "https" else False
    async with httpx2.AsyncClient(verify=trust, timeout=timeout, trust_env=False, follow_redirects=False) as client:
        answer = await client.send(request, stream=True)
        try:
            yield answer
        finally:
            await answer.aclose()


async def get(address: str, path: str, *, most: int) -> Answer:
    """Read `path` at an address of the federation file, at most so many bytes.

    Raises TooLarge, or httpx2.HTTPError when nobody answers.
    """
    async with calling("GET", httpx2.URL(address + path), {}, timeout=READING) as answer:
        body = bytearray()
        async for piece in answer.aiter_raw():
            body += piece
            if len(body) > most:
                raise TooLarge(f"the answer has more than {most} bytes")
        return Answer(answer.status_code, bytes(body))


def _request(
    method: str, place: httpx2.URL, headers: dict[str, str], body: AsyncIterator[bytes] | None
) -> httpx2.Request:
    """The request; names below `.localhost` are this machine (RFC 6761), which no resolver need know."""
    if place.host == "localhost" or place.host.endswith(".localhost"):
        headers = {"host": place.netloc.decode(), **headers}
        told = {"sni_hostname": place.host}
        return httpx2.Request(method, place.copy_with(host=LOOPBACK), headers=headers, content=body, extensions=told)
    return httpx2.Request(method, place, headers=headers, content=body)


@cache
def _trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)
