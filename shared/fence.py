"""The second wall: which rows a transaction may touch, told to PostgreSQL, whose row-level security keeps to it.

A query that forgot its filter still brings nothing of another agency, of a unit that the person may not see, or of
another person's inbox. Connections reach every row as they open, for relay, inbox, jobs and commands work for the
agency. A request reaches none until its route said whose it is (`shared.identity.allowed`): from then on each of its
transactions begins by saying so, which costs one statement. What asks in no such way, as a console does, reaches
nothing at all.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.types import ASGIApp, Receive, Scope, Send

EVERY = "*"
UNFENCED = {"app.agency": EVERY, "app.units": EVERY, "app.person": EVERY}
"""The settings of a connection whose user works for the whole agency."""

_SAY = (
    "select set_config('app.agency', $1, true), set_config('app.units', $2, true), set_config('app.person', $3, true)"
)


@dataclass(frozen=True)
class Fence:
    """What is within: rows of `agency`; of these, where rows belong to a unit, those of `units` (None: of all).

    `person` is who an inbox may belong to.
    """

    agency: str = ""
    units: Collection[UUID] | None = ()
    person: str = ""


NOTHING = Fence()

_fence: ContextVar[Fence | None] = ContextVar("fence", default=None)


def put_up(fence: Fence) -> None:
    """From here on this request's transactions reach what is within, and nothing else."""
    _fence.set(fence)


@contextmanager
def within(fence: Fence) -> Iterator[None]:
    """Put up a fence, and leave it as it was before at the end."""
    before = _fence.set(fence)
    try:
        yield
    finally:
        _fence.reset(before)


@contextmanager
def lifted() -> Iterator[None]:
    """For what a request's own machinery looks up, never for what a page shows: all rows, and no statement for it."""
    before = _fence.set(None)
    try:
        yield
    finally:
        _fence.reset(before)


async def say(session: AsyncSession) -> None:
    """Tell the database about the fence, where there is one, for the transaction that begins."""
    fence = _fence.get()
    if fence is not None:
        # Past the session, which would cost more than the statement: every transaction begins so.
        connection = await session.connection()
        await connection.exec_driver_sql(_SAY, (fence.agency, _listed(fence.units), fence.person))


def begin() -> str:
    """The statements that begin a transaction within the fence, in one text: its values stand in it as hexadecimals."""
    fence = _fence.get()
    if fence is None:
        return "begin"
    said = {
        "app.agency": fence.agency,
        "app.units": _listed(fence.units),
        "app.person": fence.person,
    }
    told = (
        f"set_config('{name}', convert_from('\\x{value.encode().hex()}', 'utf8'), true)" for name, value in said.items()
    )
    return f"begin; select {', '.join(told)}"


def _listed(units: Collection[UUID] | None) -> str:
    return EVERY if units is None else ",".join(str(unit) for unit in units)


class Fenced:
    """Middleware: a request reaches no rows until its route said whose it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI hands it over."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with within(NOTHING):
            await self.app(scope, receive, send)


class Public:
    """Said by a route for everybody: it reaches the agency's rows that belong to no unit."""

    async def __call__(self, request: Request) -> None:
        """Put up the fence."""
        put_up(Fence(request.app.state.runtime.settings.agency))


class AtDoor:
    """Said by a route for neighbours' services, which show tokens of their own: it reaches no fenced rows."""

    async def __call__(self) -> None:
        """Nothing is opened."""


def public() -> Any:
    """For a route's `dependencies`: everybody may come."""
    return Depends(Public())


def at_door() -> Any:
    """For a route's `dependencies`: neighbours' services come, with tokens."""
    return Depends(AtDoor())
