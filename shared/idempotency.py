"""`Idempotency-Key`: the same call, sent again because its answer was lost, takes effect once and is answered alike.

A key counts for one identity on one method and path, for 48 hours of real time. It stands in the act's own transaction:
an act that was refused or rolled back leaves no key behind, and of two calls at once the second waits for the first.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Index, Integer, LargeBinary, MetaData, PrimaryKeyConstraint, Table, Text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.outbox.recording import raw_connection

KEPT = timedelta(hours=48)
LONGEST = 200


class KeyReused(Exception):
    """The key came before, with another body."""


@dataclass(frozen=True)
class Call:
    """One call of the API; `at` is real time."""

    agency: str
    identity: str
    route: str
    key: str
    body: bytes
    at: datetime

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the body, hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Answer:
    """What a call was answered."""

    status: int
    location: str
    body: bytes


def add_tables(metadata: MetaData) -> None:
    """Declare `idempotency_keys`."""
    keys = Table(
        "idempotency_keys",
        metadata,
        Column("agency", Text, nullable=False),
        Column("identity", Text, nullable=False),
        Column("route", Text, nullable=False, comment="method and path"),
        Column("key", Text, nullable=False),
        Column("fingerprint", Text, nullable=False, comment="SHA-256 of the body, hexadecimal"),
        Column("at", DateTime(timezone=True), nullable=False, comment="real time"),
        Column("status", Integer, nullable=False),
        Column("location", Text, nullable=False),
        Column("answer", LargeBinary, nullable=False),
        PrimaryKeyConstraint("agency", "identity", "route", "key"),
    )
    Index(None, keys.c.agency, keys.c.at)


async def known(session: AsyncSession, call: Call) -> Answer | None:
    """What this very call was answered before. Raises KeyReused when it was another one."""
    raw = await raw_connection(session)
    row = await raw.fetchrow(
        """select fingerprint, status, location, answer from idempotency_keys
            where agency = $1 and identity = $2 and route = $3 and key = $4 and at > $5""",
        call.agency,
        call.identity,
        call.route,
        call.key,
        call.at - KEPT,
    )
    if row is None:
        return None
    if row["fingerprint"] != call.fingerprint:
        raise KeyReused(call.key)
    return Answer(row["status"], row["location"], row["answer"])


async def begin(session: AsyncSession, call: Call) -> Answer | None:
    """Take the key, before anything else in the transaction; what the call was answered if it came before.

    Waits for a call with the same key that is still under way. Raises KeyReused.
    """
    raw = await raw_connection(session)
    await raw.execute("delete from idempotency_keys where agency = $1 and at <= $2", call.agency, call.at - KEPT)
    new = await raw.fetchval(
        """insert into idempotency_keys (agency, identity, route, key, fingerprint, at, status, location, answer)
           values ($1, $2, $3, $4, $5, $6, 0, '', '') on conflict do nothing returning key""",
        call.agency,
        call.identity,
        call.route,
        call.key,
        call.fingerprint,
        call.at,
    )
    return None if new is not None else await known(session, call)


async def keep(session: AsyncSession, call: Call, answer: Answer) -> None:
    """Remember the answer, in the transaction that `begin` began."""
    raw = await raw_connection(session)
    await raw.execute(
        """update idempotency_keys set status = $5, location = $6, answer = $7
            where agency = $1 and identity = $2 and route = $3 and key = $4""",
        call.agency,
        call.identity,
        call.route,
        call.key,
        answer.status,
        answer.location,
        answer.body,
    )
