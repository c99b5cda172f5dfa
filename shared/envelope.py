"""Events on the wire: CloudEvents 1.0 in Kafka's binary mode, as the CloudEvents SDK writes and reads it.

Source: CloudEvents 1.0.2, Kafka protocol binding 3.2. Extension attributes: `sequence`, `correlationid`, `traceparent`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.exceptions import BaseCloudEventException
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.tracing import Trace

MAX_BODY = 256 * 1024
_SOURCE = re.compile(r"/([a-z][a-z0-9-]{1,30})/([a-z]+)")
_SEQUENCE = re.compile(r"[1-9][0-9]{0,17}")
_STORABLE = re.compile(r"[^\0]{1,200}")
"""What the inbox can keep in an indexed column: a record that it could not even set aside would hold up everybody."""


class BadEnvelope(Exception):
    """A record is not an event of ours; the text says which part cannot be read."""


class _Bytes(JSONFormat):
    """JSON that is already bytes: bodies pass as they are, so that what was signed is what is sent."""

    def write_data(self, data: dict[str, Any] | str | bytes | None, datacontenttype: str | None) -> bytes:
        if not isinstance(data, bytes):
            raise TypeError("an event's body is bytes")
        return data

    def read_data(self, body: bytes, datacontenttype: str | None) -> bytes:
        return body


_FORMAT = _Bytes()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands around an event's body."""

    id: UUID
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    trace: Trace

    @property
    def agency(self) -> str:
        """The agency that said it."""
        return self.source.split("/")[1]

    @property
    def service(self) -> str:
        """The service that said it."""
        return self.source.split("/")[2]


def source(agency: str, service: str) -> str:
    """The CloudEvents source of a service."""
    return f"/{agency}/{service}"


Headers = list[tuple[str, str]]


def to_headers(envelope: Envelope, body: bytes) -> Headers:
    """The Kafka headers of an event, in a fixed order."""
    attributes = {
        "specversion": "1.0",
        "id": str(envelope.id),
        "source": envelope.source,
        "type": envelope.type,
        "subject": envelope.subject,
        "time": envelope.time,
        "datacontenttype": "application/json",
        "sequence": str(envelope.sequence),
        "correlationid": envelope.trace.correlation_id,
        "traceparent": envelope.trace.traceparent,
    }
    message = to_binary(CloudEvent(attributes, body), _FORMAT)
    return [(name, value.decode()) for name, value in message.headers.items()]


def _plain(headers: list[tuple[str, bytes | None]]) -> dict[str, bytes]:
    plain: dict[str, bytes] = {}
    for name, value in headers:
        if value is None:
            raise BadEnvelope(f"header {name} is null")
        if name in plain:
            raise BadEnvelope(f"header {name} stands twice")
        plain[name] = value
    return plain


def from_record(headers: list[tuple[str, bytes | None]], key: bytes | None, body: bytes | None) -> Envelope:
    """Read an event's envelope.

    Raises BadEnvelope when a header is null or not UTF-8, an attribute is missing or malformed, or there is no body.
    """
    if body is None:
        raise BadEnvelope("the record has no body")
    if key is None:
        raise BadEnvelope("the record has no key")
    plain = _plain(headers)
    try:
        event = from_binary(KafkaMessage(plain, key.decode(), body), _FORMAT)
        attributes = event.get_attributes()
        envelope = Envelope(
            id=UUID(attributes["id"]),
            type=attributes["type"],
            source=attributes["source"],
            subject=attributes["subject"],
            time=attributes["time"],
            sequence=int(attributes["sequence"]) if _SEQUENCE.fullmatch(attributes["sequence"]) else 0,
            trace=Trace(attributes.get("correlationid", ""), attributes.get("traceparent", "")),
        )
    except (BaseCloudEventException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadEnvelope(f"{type(error).__name__}: {str(error)[:200]}") from None
    if not _SOURCE.fullmatch(envelope.source):
        raise BadEnvelope("source is not /<agency>/<service>")
    if envelope.sequence < 1:
        raise BadEnvelope("sequence is not a number from 1 on")
    if not _STORABLE.fullmatch(envelope.type) or not _STORABLE.fullmatch(envelope.subject):
        raise BadEnvelope("type or subject is longer than 200 characters or holds a NUL")
    if envelope.subject != key.decode():
        raise BadEnvelope("subject differs from the record's key")
    return envelope
