"""Records as Kafka would hand them over, made from what an outbox holds, or by hand."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from uuid_utils.compat import uuid7

from shared.database import Database
from shared.envelope import Envelope, to_headers
from shared.events import Event
from shared.tracing import start


@dataclass
class Record:
    """A Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


async def records(database: Database) -> list[Record]:
    """Everything that a database has said, in the order in which its relay sends it."""
    async with database.reading() as session:
        rows = await session.execute(text("select topic, key, headers, body from outbox order by position, id"))
        return [
            Record(row.topic, 0, n, row.key.encode(), row.body, [(k, v.encode()) for k, v in orjson.loads(row.headers)])
            for n, row in enumerate(rows)
        ]


def make(
    event: Event, sequence: int, *, agency: str, event_id: UUID | None = None, service: str = "nomination", **more: Any
) -> Record:
    """A record of `event` as the `sequence`th of its stream; `more` changes fields of the record afterwards."""
    around = Envelope(
        id=event_id or uuid7(),
        type=event.type_name(),
        source=f"/{agency}/{service}",
        subject=event.key,
        time=datetime.now(UTC),
        sequence=sequence,
        trace=start(),
    )
    body = event.model_dump_json().encode()
    headers = [(name, value.encode()) for name, value in to_headers(around, body)]
    record = Record(f"{agency}.{service}.internal", 0, sequence - 1, event.key.encode(), body, headers)
    return replace(record, **more)
