"""The AsyncAPI document of each service: whole, true to the catalogue, with examples that fit their schemas."""

import json
from importlib import import_module
from typing import Any

import jsonschema
import pytest

from shared.asyncapi import document
from shared.events import CATALOGUE, SERVICES, Door, Event

pytestmark = pytest.mark.contracts


def heard_by(service: str) -> set[type[Event]]:
    """The events that a service has handlers for."""
    return set(import_module(f"services.{service}.consumers").HANDLERS)


def said_by(service: str) -> set[type[Event]]:
    return {kind for kind in CATALOGUE.values() if kind.said_by == service}


def follow(whole: dict[str, Any], reference: dict[str, str]) -> Any:
    """What a `$ref` points to."""
    found: Any = whole
    for step in reference["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found


def told(whole: dict[str, Any], action: str) -> set[tuple[str, str]]:
    """(address, event) of everything a service sends or receives, through all references."""
    found = set()
    for operation in whole["operations"].values():
        if operation["action"] == action:
            channel = follow(whole, operation["channel"])
            for reference in operation["messages"]:
                found.add((channel["address"], follow(whole, follow(whole, reference))["title"]))
    return found


def expected(kinds: set[type[Event]]) -> set[tuple[str, str]]:
    names = {Door.TO: "to-{neighbour}"}
    return {
        ("{agency}." + f"{kind.said_by}.{names.get(door, door)}", kind.__name__)
        for kind in kinds
        for door in kind.doors
    }


@pytest.mark.parametrize("service", SERVICES)
def test_everything_said_and_heard_is_in_the_document(service: str) -> None:
    whole = document(service, heard_by(service))
    assert whole["asyncapi"] == "3.0.0"
    assert told(whole, "send") == expected(said_by(service))
    assert told(whole, "receive") == expected(heard_by(service))
    names = {kind.__name__ for kind in said_by(service) | heard_by(service)}
    assert set(whole["components"]["messages"]) == names
    assert "servers" not in whole
    assert json.loads(json.dumps(whole)) == whole


@pytest.mark.parametrize("service", SERVICES)
def test_every_example_fits_its_schemas(service: str) -> None:
    whole = document(service, heard_by(service))
    for message in whole["components"]["messages"].values():
        [one] = message["examples"]
        jsonschema.Draft202012Validator(message["headers"]).validate(one["headers"])
        payload = message["payload"] | {"components": whole["components"]}
        jsonschema.Draft202012Validator(payload).validate(one["payload"])
        assert message["bindings"]["kafka"]["key"]["type"] == "string"
        without = {name: value for name, value in one["payload"].items() if name != "occurred_at"}
        assert not jsonschema.Draft202012Validator(payload).is_valid(without)
