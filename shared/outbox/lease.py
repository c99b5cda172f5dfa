"""The lease that lets one relay per database send, and the cursor that only its holder may move."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

_LOCK = 7_203_110  # any number; advisory locks are per database
ASLEEP = "15s"
"""A holder that says nothing to the database for so long is frozen: the server ends its session and the lease."""


class LeaseLost(Exception):
    """Another relay holds the lease now; whatever this one still sends, the readers drop as duplicates."""


@dataclass
class Lease:
    """Held as long as its connection lives. `epoch` fences a holder that was asleep and does not know that it lost."""

    connection: asyncpg.Connection
    epoch: int
    base: int
    position: int
    id: int

    async def move(self, position: int, row_id: int, acknowledged: Mapping[tuple[str, int], int]) -> None:
        """Move the cursor past (position, row_id) and note the highest acknowledged offset per (topic, partition).

        Raises LeaseLost when a later holder has begun.
        """
        moved = await self.connection.fetchval(
            """with mine as (update relay set position = $2, id = $3 where epoch = $1 returning 1),
               ends as (
                 insert into relay_ends as e (topic, partition, acknowledged)
                 select t.* from unnest($4::text[], $5::int[], $6::bigint[]) as t (topic, partition, acknowledged), mine
                     on conflict (topic, partition) do update
                    set acknowledged = greatest(e.acknowledged, excluded.acknowledged))
               select count(*) from mine""",
            *(self.epoch, position, row_id),
            *([tp[0] for tp in acknowledged], [tp[1] for tp in acknowledged], list(acknowledged.values())),
        )
        if not moved:
            raise LeaseLost(f"epoch {self.epoch} has ended")
        self.position, self.id = position, row_id

    async def lower(self, topic: str, partition: int, acknowledged: int) -> None:
        """Note a partition's end anew after its log was filled again.

        Raises LeaseLost when a later holder has begun.
        """
        done = await self.connection.execute(
            """update relay_ends set acknowledged = $4
                where topic = $2 and partition = $3 and exists (select from relay where epoch = $1)""",
            *(self.epoch, topic, partition, acknowledged),
        )
        if done != "UPDATE 1":
            raise LeaseLost(f"epoch {self.epoch} has ended")


async def take(connection: asyncpg.Connection) -> Lease | None:
    """Take the lease on this connection; none when another holds it."""
    if not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        return None
    await connection.execute(f"set idle_session_timeout = '{ASLEEP}'")
    row = await connection.fetchrow("update relay set epoch = epoch + 1 returning epoch, base, position, id")
    assert row is not None
    return Lease(connection, *row)
