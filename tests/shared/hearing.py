"""What tests of the inbox ask: records of a toy service, how they came out, what was set aside."""

from shared.clock import Clock
from shared.database import Database
from shared.inbox import Hearing, Kind, operating
from shared.inbox.arrivals import receive
from shared.inbox.batch import take
from tests.support.toy import Broken, counted
from tests.support.wire import Record, make

AGENCY = "tan-binh"
TOPIC = f"{AGENCY}.nomination.internal"


async def hear(database: Database, hearing: Hearing, *records: Record) -> dict[str, int]:
    """Take these records as one batch; how many came out how."""
    offsets = {(r.topic, r.partition): r.offset + 1 for r in records}
    return dict(await take(database, hearing, [receive(record, hearing.gate) for record in records], offsets))


def one(sequence: int, number: int | None = None, *, thing: str = "a") -> Record:
    """A record that takes effect."""
    return make(counted(thing, number or sequence), sequence, agency=AGENCY)


def broken(sequence: int, *, thing: str = "a") -> Record:
    """A record whose handler fails for good unless mended."""
    return make(Broken(thing=thing, number=sequence, occurred_at=Clock().now()), sequence, agency=AGENCY)


async def aside(database: Database) -> list[tuple[Kind, int | None]]:
    """What was set aside, and at which place."""
    async with database.reading() as session:
        return [(r.kind, r.sequence) for r in await operating.list_set_aside(session)]


async def ids(database: Database) -> list[int]:
    """The ids of what was set aside."""
    async with database.reading() as session:
        return [r.id for r in await operating.list_set_aside(session)]
