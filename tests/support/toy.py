"""A service that only counts: for testing outbox and inbox without any domain."""

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Table, Text, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import audit, inbox, outbox
from shared.clock import Clock
from shared.database import Database, new_metadata
from shared.events import Event
from shared.inbox import Hearing

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
audit.add_tables(METADATA)
Table(
    "effects",
    METADATA,
    Column("n", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
)


class Counted(Event):
    """Somebody counted."""

    said_by = "nomination"
    keyed_by = "thing"

    thing: str
    number: int


class Broken(Event):
    """Something whose handler fails for good unless `mended`."""

    said_by = "nomination"
    keyed_by = "thing"

    thing: str
    number: int


class Unheard(Event):
    """Something nobody listens to."""

    said_by = "nomination"
    keyed_by = "thing"

    thing: str


class Later(Event):
    """Something that an older build does not know."""

    said_by = "nomination"
    keyed_by = "thing"

    thing: str
    number: int


class Answered(Event):
    """The listener says something in turn, where a test asks for it."""

    said_by = "review"
    keyed_by = "thing"

    thing: str


class Mood:
    """What the handlers do when they are called."""

    mended = False


async def on_counted(session: AsyncSession, event: Any) -> None:
    """Leave a trace of the effect."""
    await session.execute(
        text("insert into effects (key, number) values (:key, :number)"), {"key": event.thing, "number": event.number}
    )


async def on_broken(session: AsyncSession, event: Broken) -> None:
    """Write, then fail unless mended: the write must not stay."""
    await on_counted(session, event)
    if not Mood.mended:
        raise ValueError("this never works")


HANDLERS = {Counted: on_counted, Broken: on_broken, Later: on_counted}
ALL = {kind.type_name(): kind for kind in (Counted, Broken, Unheard, Later)}
OLD = {kind.type_name(): kind for kind in (Counted, Broken, Unheard)}


def hearing(agency: str, *, old: bool = False) -> Hearing:
    """What the toy service hears; `old`: as a build that does not know `Later`."""
    return Hearing(agency, "review", HANDLERS, catalogue=OLD if old else ALL)


def counted(thing: str, number: int) -> Counted:
    """An event."""
    return Counted(thing=thing, number=number, occurred_at=Clock().now())


async def effects(database: Database) -> list[tuple[str, int]]:
    """What took effect, in order."""
    async with database.reading() as session:
        rows = await session.execute(text("select key, number from effects order by n"))
        return [(key, number) for key, number in rows]


async def say(database: Database, *events: Event) -> None:
    """Say events in one transaction."""
    async with database.transaction() as session:
        for event in events:
            outbox.record(session, event)
