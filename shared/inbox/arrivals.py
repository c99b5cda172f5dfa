"""Records as they arrive: read, or refused with a reason."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from shared.envelope import BadEnvelope, Envelope, from_record

Gate = Callable[["Raw", Envelope], str | None]
"""Why a record of another agency is refused; none when it may come in."""


def only(agency: str) -> Gate:
    """The gate of who trusts nobody else: its own agency's records come in."""
    return lambda raw, _: None if raw.topic.startswith(f"{agency}.") else "no other agency is listened to"


def checked(_raw: "Raw", _envelope: Envelope) -> None:
    """The gate for what was let in before."""


class Record(Protocol):
    """What the inbox needs of a Kafka record."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Any


@dataclass(frozen=True, slots=True)
class Raw:
    """A record's own bytes, kept so that it can be judged again."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: list[tuple[str, bytes | None]]
    body: bytes | None

    def packed_headers(self) -> bytes:
        """The headers as JSON; values in base64, because a stranger's need not be UTF-8."""
        return orjson.dumps([[n, None if v is None else base64.b64encode(v).decode()] for n, v in self.headers])


def unpack_headers(packed: bytes) -> list[tuple[str, bytes | None]]:
    """The inverse of `Raw.packed_headers`."""
    return [(n, None if v is None else base64.b64decode(v)) for n, v in orjson.loads(packed)]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record whose envelope is readable and comes from whom its topic says."""

    raw: Raw
    envelope: Envelope

    @property
    def stream(self) -> tuple[str, str]:
        """(topic, key)."""
        return self.raw.topic, self.envelope.subject

    @property
    def identity(self) -> tuple[str, object]:
        """(source, id): the same event on every door and however often it is sent."""
        return self.envelope.source, self.envelope.id


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is not what it should be."""

    raw: Raw
    reason: str


def receive(record: Record, gate: Gate) -> Arrival | Refusal:
    """Read one record."""
    headers = [(str(name), value) for name, value in record.headers]
    return judge(Raw(record.topic, record.partition, record.offset, record.key, headers, record.value), gate)


def judge(raw: Raw, gate: Gate) -> Arrival | Refusal:
    """Read the envelope, compare it with the topic that it came on, and ask the gate."""
    try:
        envelope = from_record(raw.headers, raw.key, raw.body)
    except BadEnvelope as error:
        return Refusal(raw, str(error))
    agency, service, _door = raw.topic.split(".", 2)
    if (envelope.agency, envelope.service) != (agency, service):
        return Refusal(raw, f"source {envelope.source} does not own topic {raw.topic}")
    if envelope.type.split(".")[2:3] != [service]:
        return Refusal(raw, f"type {envelope.type} is not said by {service}")
    reason = gate(raw, envelope)
    return Arrival(raw, envelope) if reason is None else Refusal(raw, reason)
