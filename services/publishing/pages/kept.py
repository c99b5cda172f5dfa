"""Public pages as bytes: rendered once after each change of what is published, then sent as they are.

A change counts up a generation in its own transaction (the table `portal`). Every request asks for the generation
before it is answered out of memory, so no process ever sends a page that has been taken back, however many there are;
those that arrive while such a question is under way share the next one. What else a page shows belongs to its edition
too: the federation file, which names the agencies, and the day.
"""

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar, cast

import structlog
from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.publishing.queries.public import GENERATION
from shared.portal import PublicAnswer
from shared.runtime import Runtime
from shared.tracing import start

MOST_PAGES = 1_000
"""Pages kept in memory; the oldest goes when another comes."""
READS = frozenset({"GET", "HEAD"})
BOX = "publishing.kept"
_LEAST = 500
"""Bytes below which compressing is of no use."""
_ID = b"x-correlation-id"
_DROPPED = frozenset({b"content-length", _ID, b"vary"})

_log = structlog.get_logger("publishing")

Edition = tuple[int, str, str]
"""Generation of what is published, hash of the federation file, day."""
T = TypeVar("T")
Headers = list[tuple[bytes, bytes]]


class Round(Generic[T]):
    """A question that many wait for."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.answer: T | None = None
        self.trouble: Exception | None = ConnectionError("nobody answered")


class Asked(Generic[T]):
    """Asks a question for many at once: who comes while it is being asked gets the answer to the next one."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._coming: Round[T] | None = None
        self._asking: asyncio.Task[None] | None = None

    async def answer(self) -> T:
        """The answer to a question that began after this call. Raises what asking raises."""
        one = self._coming
        if one is None:
            one = self._coming = Round()
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask_all())
        # Waiting for the event, not for the task: whoever goes away takes nobody's answer along.
        await one.over.wait()
        if one.trouble is not None:
            raise one.trouble
        return cast(T, one.answer)

    async def _ask_all(self) -> None:
        while (one := self._coming) is not None:
            self._coming = None
            try:
                one.answer, one.trouble = await self._ask(), None
            except Exception as error:  # noqa: BLE001  # raised where it was asked
                one.trouble = error
            finally:
                one.over.set()
        self._asking = None


class Variant(NamedTuple):
    """A page in one encoding."""

    tag: bytes
    headers: Headers
    body: bytes


class Page(NamedTuple):
    """A page of an edition, ready to be sent."""

    plain: Variant
    pressed: Variant | None

    @classmethod
    def of(cls, body: bytes, headers: Headers) -> "Page":
        """The page, and its compressed form where that is smaller. Equal bytes have equal tags (RFC 9110, 8.8.3)."""
        mark = hashlib.sha256(body).hexdigest()[:32]
        told = [(name, value) for name, value in headers if name.lower() not in _DROPPED]
        told.append((b"vary", b"accept-encoding"))
        small = gzip.compress(body, 9, mtime=0) if len(body) >= _LEAST else body
        pressed = _variant(f'"{mark}-gz"', [*told, (b"content-encoding", b"gzip")], small)
        return cls(_variant(f'"{mark}"', told, body), pressed if len(small) < len(body) else None)

    async def send(self, scope: Scope, send: Send) -> None:
        """Answer with the page, with its headers only, or that the reader has it already."""
        asked = dict(scope["headers"])
        found = self.pressed if self.pressed and b"gzip" in asked.get(b"accept-encoding", b"") else self.plain
        # As every answer, this one tells the request's id: the caller's, or one of its own.
        own = (_ID, start(asked.get(_ID, b"").decode("latin-1")).correlation_id.encode())
        known = asked.get(b"if-none-match", b"")
        if known and (found.tag in known or known.strip() == b"*"):
            headers = [one for one in found.headers if one[0] not in (b"content-length", b"content-encoding")]
            await send({"type": "http.response.start", "status": 304, "headers": [*headers, own]})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*found.headers, own]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else found.body})


def _variant(tag: str, headers: Headers, body: bytes) -> Variant:
    more = [(b"etag", tag.encode()), (b"content-length", str(len(body)).encode())]
    return Variant(tag.encode(), [*headers, *more], body)


class Box:
    """How a route says that its answer is to be kept: `edition` is what it was made from."""

    edition: Edition | None = None


class Kept:
    """Middleware: answers with kept pages, and keeps what routes under `public_page` answer."""

    def __init__(self, app: ASGIApp, runtime: Runtime) -> None:
        self.app = app
        self.runtime = runtime
        self.pages: dict[tuple[str, bytes], Page] = {}
        self.edition: Edition | None = None
        self._engine = runtime.database.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._edition = Asked(self._ask_edition)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http" or scope["method"] not in READS:
            await self.app(scope, receive, send)
            return
        key = (scope["path"], scope["query_string"])
        if key in self.pages:
            page = await self._found(key)
            if page is not None:
                await page.send(scope, send)
                return
        await self._ask(scope, key, receive, send)

    async def now(self) -> Edition:
        """The edition of this moment. Raises what the database raises."""
        return await self._edition.answer()

    async def _ask_edition(self) -> Edition:
        """The generation is asked for outside any transaction, in one statement: one row, and the agency is named."""
        runtime = self.runtime
        async with self._engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            generation = await raw.fetchval(GENERATION, runtime.settings.agency)
        return generation or 0, runtime.federation.sha256, str(runtime.clock.today())

    async def _found(self, key: tuple[str, bytes]) -> Page | None:
        try:
            edition = await self.now()
        except Exception as error:  # noqa: BLE001  # the route asks again, and answers what went wrong
            _log.warning("portal.edition_unknown", error=type(error).__name__)
            return None
        if edition != self.edition:
            self.pages.clear()
        return self.pages.get(key)

    def _keep(self, key: tuple[str, bytes], page: Page, edition: Edition) -> None:
        if edition != self.edition:
            self.pages.clear()
            self.edition = edition
        while len(self.pages) >= MOST_PAGES:
            del self.pages[next(iter(self.pages))]
        self.pages[key] = page

    async def _ask(self, scope: Scope, key: tuple[str, bytes], receive: Receive, send: Send) -> None:
        """Let the application answer; what is to be kept is held back until it is whole."""
        box, body = Box(), bytearray()
        begun: Message = {}

        async def held(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and box.edition is not None and message["status"] == 200:
                begun = message
            elif not begun:
                empty = scope["method"] == "HEAD" and message["type"] == "http.response.body"
                await send({**message, "body": b""} if empty else message)
            else:
                body.extend(message.get("body", b""))

        await self.app({**scope, "method": "GET", BOX: box, "publishing.now": self.now}, receive, held)
        if begun:
            page = Page.of(bytes(body), begun["headers"])
            if box.edition is not None:
                self._keep(key, page, box.edition)
            await page.send(scope, send)


class PublicPage(PublicAnswer):
    """Said by a route of the portal whose answer is rendered once per edition."""

    async def __call__(self, request: Request) -> None:
        """Put up the fence; note the edition before anything is read, so that what is kept can only be newer."""
        await super().__call__(request)
        box = request.scope.get(BOX)
        if box is not None:
            box.edition = await request.scope["publishing.now"]()


def public_page() -> Any:
    """For a route's `dependencies`."""
    return Depends(PublicPage())


def do_not_keep(request: Request) -> None:
    """Said while answering: this one is not for keeping, for its address is one of countless many."""
    box = request.scope.get(BOX)
    if box is not None:
        box.edition = None
