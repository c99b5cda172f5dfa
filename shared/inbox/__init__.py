"""The inbox: every record of the topics a service hears takes effect exactly once and in its stream's order.

`Hearing` says what a service hears; `batch.take` handles records in one transaction; `Worker` reads them from Kafka.
What cannot take effect is set aside, never lost: waiting, unknown, parked, fork, refused.
"""

from shared.inbox.batch import Handlers, Hearing, TooManyParked, event_id_of, speaker_of
from shared.inbox.tables import Kind, add_tables

__all__ = ["Handlers", "Hearing", "Kind", "TooManyParked", "add_tables", "event_id_of", "speaker_of"]
