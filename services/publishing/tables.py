"""This service's database: the tables of outbox, inbox and audit."""

from shared import audit, inbox, outbox
from shared.database import new_metadata

METADATA = new_metadata()
outbox.add_tables(METADATA)
inbox.add_tables(METADATA)
audit.add_tables(METADATA)
