"""Events stay readable: schemas are kept and compared with the committed ones, today's code reads old records."""

import json
import os
import subprocess
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shared.events import CATALOGUE, Event
from shared.inbox.arrivals import Arrival, Raw, judge, only
from tests.contracts.schemas import EVENTS, NEW_NAME, RECORDS, all_schemas, breaks, dump, file_name

pytestmark = pytest.mark.contracts

BASE = os.environ.get("CONTRACTS_BASE", "HEAD")
"""The revision whose schemas today's must not break."""

KINDS = sorted(CATALOGUE.values(), key=lambda kind: kind.__name__)


def test_the_kept_schemas_are_todays() -> None:
    kept = {path.name: path.read_text() for path in EVENTS.glob("*.json")}
    assert kept == {name: dump(schema) for name, schema in all_schemas().items()}, (
        "run `python -m tests.contracts.write`, look at the difference, commit it"
    )


def committed() -> dict[str, dict[str, Any]]:
    """The schemas of the base revision; none where there is no repository or nothing was committed yet."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], capture_output=True, text=True, check=False).stdout

    names = [line for line in git("ls-tree", "--name-only", BASE, f"{EVENTS}/").splitlines() if line.endswith(".json")]
    return {name.rsplit("/", 1)[1]: json.loads(git("show", f"{BASE}:{name}")) for name in names}


def test_nothing_breaks_who_reads_the_committed_schemas() -> None:
    today = all_schemas()
    found = {
        name: breaks(schema, today[name]) if name in today else ["the event is gone"]
        for name, schema in committed().items()
    }
    assert {name: told for name, told in found.items() if told} == {}, NEW_NAME


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_todays_code_reads_the_kept_record(kind: type[Event]) -> None:
    record = json.loads((RECORDS / file_name(kind)).read_text())
    headers = [(name, value.encode()) for name, value in record["headers"]]
    topic = f"tan-binh.{kind.said_by}.internal"
    read = judge(Raw(topic, 0, 0, record["key"].encode(), headers, record["body"].encode()), only(topic.split(".")[0]))
    assert isinstance(read, Arrival)
    assert CATALOGUE[read.envelope.type] is kind
    event = kind.model_validate_json(record["body"])
    assert event.key == read.envelope.subject
    said = json.loads(event.model_dump_json(exclude_none=True))
    assert {name: said.get(name) for name in json.loads(record["body"])} == json.loads(record["body"])


OLD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": {"type": "string"},
        "size": {"type": "integer"},
        "kind": {"$ref": "#/$defs/Kind"},
        "parcel": {"anyOf": [{"$ref": "#/$defs/Parcel"}, {"type": "null"}], "default": None},
    },
    "required": ["id", "name", "kind"],
    "$defs": {
        "Kind": {"type": "string", "enum": ["one", "two"]},
        "Parcel": {"type": "object", "properties": {"hash": {"type": "string"}}, "required": ["hash"]},
    },
}


def changed(change: Callable[[dict[str, Any]], object]) -> list[str]:
    new = deepcopy(OLD)
    change(new)
    return breaks(OLD, new)


def test_a_schema_does_not_break_itself() -> None:
    assert breaks(OLD, OLD) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda new: new["properties"].update(note={"type": "string"}),
        lambda new: new["$defs"]["Kind"]["enum"].append("three"),
        lambda new: new["properties"]["id"].pop("format"),
        lambda new: new["properties"]["size"].update(type="number"),
        lambda new: new["$defs"]["Parcel"]["properties"].update(size={"type": "integer"}),
        lambda new: new["properties"].update(size={"anyOf": [{"type": "integer"}, {"type": "null"}]}),
    ],
)
def test_what_only_adds_breaks_nothing(change: Callable[[dict[str, Any]], object]) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda new: new["properties"].pop("size"), "size: was removed"),
        (
            lambda new: (new["properties"].update(note={"type": "string"}), new["required"].append("note")),
            "note: is required now",
        ),
        (lambda new: new["required"].append("size"), "size: is required now"),
        (lambda new: new["required"].remove("name"), "name: may be missing now"),
        (lambda new: new["properties"]["size"].update(type="string"), "size: type was integer, is string"),
        (lambda new: new["properties"]["name"].update(format="date"), "name: format was None, is date"),
        (lambda new: new["properties"]["name"].update(maxLength=10), "name: maxLength is 10"),
        (lambda new: new["properties"]["name"].update(enum=["a"]), "name: anything else is not taken any more"),
        (lambda new: new["$defs"]["Kind"]["enum"].remove("two"), "kind: two is not taken any more"),
        (
            lambda new: new["$defs"]["Parcel"]["required"].append("size"),
            'parcel: {"$ref": "#/$defs/Parcel"} is not taken any more',
        ),
        (
            lambda new: new["properties"].update(parcel={"$ref": "#/$defs/Parcel"}),
            'parcel: {"type": "null"} is not taken any more',
        ),
    ],
)
def test_what_breaks_a_reader_is_told(change: Callable[[dict[str, Any]], object], told: str) -> None:
    assert changed(change) == [told]
