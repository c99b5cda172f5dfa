"""The outbox as an archive: monthly partitions, and the rows that are still, or again, to be sent."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

MONTHS_AHEAD = 3


class Row(NamedTuple):
    """A copy of an event as it is sent, byte for byte, however often."""

    position: int
    id: int
    milliseconds: int
    topic: str
    key: str
    headers: bytes
    body: bytes


COLUMNS = "position, id, (extract(epoch from recorded_at) * 1000)::bigint, topic, key, headers, body"
"""What makes a Row."""


async def unsent(connection: asyncpg.Connection, base: int, after: tuple[int, int], limit: int) -> list[Row]:
    """The next rows below the horizon: no open transaction can still put a row before them."""
    rows = await connection.fetch(
        f"""select {COLUMNS} from outbox
             where (position, id) > ($1, $2)
               and position < $3 + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
             order by position, id limit $4""",  # noqa: S608  # our own constant
        *(*after, base, limit),
    )
    return list(map(Row._make, rows))


async def sent(
    connection: asyncpg.Connection, topic: str, after: tuple[int, int], until: tuple[int, int], limit: int
) -> list[Row]:
    """Rows of one topic that were sent before: after `after`, up to and with `until`."""
    rows = await connection.fetch(
        f"""select {COLUMNS} from outbox
             where topic = $1 and (position, id) > ($2, $3) and (position, id) <= ($4, $5)
             order by position, id limit $6""",  # noqa: S608  # our own constant
        *(topic, *after, *until, limit),
    )
    return list(map(Row._make, rows))


async def known(connection: asyncpg.Connection, topic: str, ids: list[UUID]) -> dict[UUID, tuple[int, int]]:
    """Where these events stand in the archive of `topic`: (position, id) by event id; unknown ones are left out."""
    rows = await connection.fetch(
        "select event_id, position, id from outbox where topic = $1 and event_id = any($2::uuid[])", topic, ids
    )
    return {row["event_id"]: (row["position"], row["id"]) for row in rows}


async def unsent_of(
    connection: asyncpg.Connection, topic: str, key: str, after: tuple[int, int], sent: list[UUID]
) -> list[Row]:
    """A stream's rows after the cursor, whether below the horizon or not, but for those that were `sent` after all."""
    rows = await connection.fetch(
        f"""select {COLUMNS} from outbox
             where topic = $1 and key = $2 and (position, id) > ($3, $4) and event_id <> all($5::uuid[])
             order by position, id""",  # noqa: S608  # our own constant
        *(topic, key, *after, sent),
    )
    return list(map(Row._make, rows))


async def renumber(connection: asyncpg.Connection, row: Row, sequence: int, headers: bytes) -> None:
    """Give a row that was never sent another place in its stream."""
    await connection.execute(
        "update outbox set sequence = $3, headers = $4 where (position, id) = ($1, $2)",
        *(row.position, row.id, sequence, headers),
    )


async def ensure_partitions(connection: asyncpg.Connection, now: datetime) -> list[str]:
    """Make the outbox's partitions from this month to three months ahead (real clock); returns those that were made.

    A partition is made apart and then attached: `create table … partition of` would lock the outbox against every
    reader.
    """
    made = []
    for ahead in range(MONTHS_AHEAD + 1):
        begin, end = _month(now, ahead), _month(now, ahead + 1)
        name = f"outbox_{begin:%Y_%m}"
        if await connection.fetchval("select to_regclass($1)", name):
            continue
        async with connection.transaction():
            await connection.execute(f"create table {name} (like outbox including all excluding identity)")
            await connection.execute(
                f"alter table outbox attach partition {name}"
                f" for values from ('{begin:%Y-%m-%d}+00') to ('{end:%Y-%m-%d}+00')"
            )
        made.append(name)
    return made


def _month(now: datetime, ahead: int) -> datetime:
    months = now.year * 12 + now.month - 1 + ahead
    return datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
