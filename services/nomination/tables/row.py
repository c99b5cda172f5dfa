"""What every row of this service has, and the metadata of its database."""

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared import audit, door, idempotency, inbox, jobs, outbox, parcels, rates, search_words, uploads
from shared.database import new_metadata
from shared.identity import ended
from shared.running import runs

METADATA = new_metadata()
for part in (outbox, inbox, audit, jobs, parcels, door, ended, idempotency, rates, search_words, runs, uploads):
    part.add_tables(METADATA)


class Row(SQLModel, registry=registry(metadata=METADATA)):
    """What all rows have."""

    agency: str = Field(max_length=31)
