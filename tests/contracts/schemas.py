"""The JSON Schema of each event as it is kept in this folder, and what a change of it breaks."""

import json
from pathlib import Path
from typing import Any

from shared.events import CATALOGUE, Event

EVENTS = Path("tests/contracts/events")
RECORDS = Path("tests/contracts/records")
NEW_NAME = "a breaking change is a new name"

_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_EXACT = ("pattern", "const", "multipleOf")


def file_name(kind: type[Event]) -> str:
    """`NominationSubmitted.v1.json`."""
    return f"{kind.__name__}.v1.json"


def all_schemas() -> dict[str, dict[str, Any]]:
    """Today's schemas by file name."""
    return {file_name(kind): _schema(kind) for kind in CATALOGUE.values()}


def _schema(kind: type[Event]) -> dict[str, Any]:
    around = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{kind.type_name()}"}
    return around | kind.model_json_schema()


def dump(schema: Any) -> str:
    """As it is stored."""
    return json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a reader or a stored event of `old` would stumble over in `new`; nothing when the change only adds.

    A field that is gone, one that must be there now, one that need not be there any more, a type, format, limit or enum
    that takes less than before.
    """
    return _Comparison(old, new).node(old, new, "")


class _Comparison:
    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old, self._new = old, new

    def node(self, old: dict[str, Any], new: dict[str, Any], where: str) -> list[str]:
        old, new = _resolve(old, self._old), _resolve(new, self._new)
        if "anyOf" in old or "anyOf" in new:
            return self._alternatives(old.get("anyOf", [old]), new.get("anyOf", [new]), where)
        name = where or "the event"
        found = []
        if old.get("type") != new.get("type") and not (old.get("type") == "integer" and new.get("type") == "number"):
            return [f"{name}: type was {old.get('type')}, is {new.get('type')}"]
        if new.get("format") not in (None, old.get("format")):
            found.append(f"{name}: format was {old.get('format')}, is {new.get('format')}")
        found += self._limits(old, new, name)
        found += self._words(old, new, name)
        found += self._fields(old, new, where)
        if "items" in new:
            found += self.node(old.get("items", {}), new["items"], f"{where}[]")
        return found

    def _alternatives(self, old: list[dict[str, Any]], new: list[dict[str, Any]], where: str) -> list[str]:
        """Each alternative that was taken must be taken still."""
        return [
            f"{where or 'the event'}: {json.dumps(one, sort_keys=True)} is not taken any more"
            for one in old
            if all(self.node(one, other, where) for other in new)
        ]

    def _limits(self, old: dict[str, Any], new: dict[str, Any], name: str) -> list[str]:
        found = [
            f"{name}: {word} is {new[word]}" for word in _LOWER if word in new and old.get(word, -1e99) < new[word]
        ]
        found += [
            f"{name}: {word} is {new[word]}" for word in _UPPER if word in new and old.get(word, 1e99) > new[word]
        ]
        return found + [
            f"{name}: {word} is {new[word]}" for word in _EXACT if new.get(word, old.get(word)) != old.get(word)
        ]

    def _words(self, old: dict[str, Any], new: dict[str, Any], name: str) -> list[str]:
        if "enum" not in new:
            return []
        gone = [word for word in old.get("enum", ["anything else"]) if word not in new["enum"]]
        return [f"{name}: {', '.join(map(str, gone))} is not taken any more"] if gone else []

    def _fields(self, old: dict[str, Any], new: dict[str, Any], where: str) -> list[str]:
        before, now = old.get("properties", {}), new.get("properties", {})
        must, must_now = set(old.get("required", [])), set(new.get("required", []))
        path = {name: f"{where}.{name}".lstrip(".") for name in {*before, *now, *must_now}}
        found = [f"{path[name]}: was removed" for name in sorted(set(before) - set(now))]
        found += [f"{path[name]}: is required now" for name in sorted(must_now - must)]
        found += [f"{path[name]}: may be missing now" for name in sorted((must - must_now) & set(now))]
        for name in sorted(set(before) & set(now)):
            found += self.node(before[name], now[name], path[name])
        return found


def _resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        node = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
    return node
