"""The outbox: what a transaction says is stored with what it changed, numbered, archived, and relayed to Kafka in
order.

`record` is all that an action needs. A *stream* is one key on one topic; its sequence is gapless from 1. The relay
sends rows below the horizon of open transactions, ordered by (position, id): see
docs/decisions/0003-streams-and-positions.md.
"""

from shared.outbox.recording import EventTooLarge, Speaker, agency_of, clock_of, record, recorded, write_recorded
from shared.outbox.tables import add_tables

__all__ = ["EventTooLarge", "Speaker", "add_tables", "agency_of", "clock_of", "record", "recorded", "write_recorded"]
