"""What a service says and hears as an AsyncAPI 3.0 document, made from the catalogue and the service's HANDLERS.

It names channels by service and door; the agency and the neighbour are parameters, and no broker's address stands in
it. Examples are made from the fields' types, so that each fits its schema.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.envelope import Envelope, source, to_headers
from shared.events import CATALOGUE, Door, Event, topic
from shared.tracing import Trace

AGENCY, NEIGHBOUR = "tan-binh", "hcm"
SOME_ID = UUID("01928f3c-6c00-7000-8000-000000000001")
SOME_TIME = datetime(2024, 10, 15, 1, 30, tzinfo=UTC)
SOME_TRACE = Trace("5f0c8e1d9a7b4c33", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

_PLAIN: dict[Any, Any] = {
    UUID: SOME_ID,
    str: "1a2b",
    int: 1,
    bool: True,
    float: 1.5,
    date: SOME_TIME.date(),
    datetime: SOME_TIME,
}


def example(kind: type[BaseModel]) -> Any:
    """One instance of a model with every field filled in. Raises TypeError for a type that no event has used yet."""
    return kind.model_validate({name: _value(field.annotation) for name, field in kind.model_fields.items()})


def _value(annotation: Any) -> Any:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _value(next(one for one in inner if one is not NoneType))
    if origin in (list, tuple):
        return [_value(inner[0])]
    if origin is dict:
        return {_value(inner[0]): _value(inner[1])}
    if origin is Annotated:
        return _value(inner[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return example(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    for kind, value in _PLAIN.items():
        if annotation is kind or (getattr(annotation, "__name__", "") == "AwareDatetime" and kind is datetime):
            return value
    raise TypeError(f"no example for {annotation}")


def example_record(kind: type[Event]) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body of an example event, as they travel."""
    event: Event = example(kind)
    body = event.model_dump_json(exclude_none=True).encode()
    around = Envelope(
        SOME_ID, kind.type_name(), source(AGENCY, kind.said_by), event.key, SOME_TIME, sequence=1, trace=SOME_TRACE
    )
    return to_headers(around, body), body


def document(service: str, heard: Iterable[type[Event]]) -> dict[str, Any]:
    """The document of a service that hears these events. As plain JSON values."""
    says = [kind for kind in CATALOGUE.values() if kind.said_by == service]
    hears = sorted(set(heard), key=lambda kind: kind.type_name())
    kinds = {kind.__name__: kind for kind in (*says, *hears)}
    _, schemas = models_json_schema(
        [(kind, "validation") for kind in kinds.values()], ref_template="#/components/schemas/{model}"
    )
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for action, those in (("send", says), ("receive", hears)):
        for kind in those:
            for door in kind.doors:
                name = f"{kind.said_by}.{door}"
                channel = channels.setdefault(name, _channel(kind.said_by, door))
                channel["messages"][kind.__name__] = {"$ref": f"#/components/messages/{kind.__name__}"}
                operation = operations.setdefault(f"{action}.{name}", _operation(action, name, service))
                operation["messages"].append({"$ref": f"#/channels/{name}/messages/{kind.__name__}"})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Gương Sáng: {service}",
            "version": "1",
            "description": f"What {service} says and hears. Events change by optional fields only.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {name: _message(kind) for name, kind in kinds.items()},
            "schemas": schemas["$defs"],
        },
    }


def _channel(service: str, door: Door) -> dict[str, Any]:
    parameters = {"agency": {"description": "id of the agency that says it", "examples": [AGENCY]}}
    if door is Door.TO:
        parameters["neighbour"] = {"description": "id of the agency that it is said to", "examples": [NEIGHBOUR]}
    return {
        "address": topic("{agency}", service, "to-{neighbour}" if door is Door.TO else str(door)),
        "parameters": parameters,
        "messages": {},
    }


def _operation(action: str, channel: str, service: str) -> dict[str, Any]:
    made: dict[str, Any] = {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": []}
    if action == "receive":
        group = {
            "type": "string",
            "description": "the agency's id and the service",
            "examples": [f"{AGENCY}.{service}"],
        }
        made["bindings"] = {"kafka": {"groupId": group, "bindingVersion": "0.5.0"}}
    return made


def _message(kind: type[Event]) -> dict[str, Any]:
    headers, _ = example_record(kind)
    return {
        "name": kind.type_name(),
        "title": kind.__name__,
        "summary": " ".join((kind.__doc__ or "").split()),
        "contentType": "application/json",
        "headers": _headers(kind, [name for name, _ in headers]),
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": f"the event's {kind.keyed_by}, which orders its stream"},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [
            {
                "name": kind.__name__,
                "headers": dict(headers),
                "payload": example(kind).model_dump(mode="json", exclude_none=True),
            }
        ],
    }


def _headers(kind: type[Event], names: list[str]) -> dict[str, Any]:
    """CloudEvents 1.0 in Kafka's binary mode: every header is a string."""
    known: dict[str, dict[str, Any]] = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"format": "uuid"},
        "ce_source": {"pattern": f"^/[a-z][a-z0-9-]{{1,30}}/{kind.said_by}$"},
        "ce_type": {"const": kind.type_name()},
        "ce_time": {"format": "date-time"},
        "ce_sequence": {"pattern": "^[1-9][0-9]*$", "description": "place in the stream (topic and key), without gaps"},
        "content-type": {"const": "application/json"},
    }
    return {
        "type": "object",
        "properties": {name: {"type": "string", **known.get(name, {})} for name in names},
        "required": names,
    }
