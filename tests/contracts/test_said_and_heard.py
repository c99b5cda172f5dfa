"""What the catalogue tells of an event is true: its owner says it, who hears it has a handler, nobody else does."""

import ast
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import pytest

from shared.events import CATALOGUE, SERVICES, Event

pytestmark = pytest.mark.contracts

KINDS = sorted(CATALOGUE.values(), key=lambda kind: kind.__name__)
NAMES = {kind.__name__ for kind in KINDS}


def sentence(kind: type[Event]) -> tuple[str, set[str]]:
    """Who says an event and who hears it, as its docstring tells."""
    told = " ".join((kind.__doc__ or "").split())
    match = re.search(r"Said by (\w+)[^;.]*[;.] [Hh]eard by ([^.]+)\.", told)
    assert match, f"{kind.__name__}: its docstring must end in 'Said by …; heard by ….'"
    heard = set(SERVICES) if "all services" in match[2] else {one for one in SERVICES if one in match[2]}
    assert heard or "nobody" in match[2], f"{kind.__name__}: heard by whom? {match[2]}"
    return match[1], heard


def test_each_event_is_defined_once() -> None:
    defined: dict[str, list[str]] = defaultdict(list)
    for path in [*Path("shared").rglob("*.py"), *Path("services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.name in NAMES:
                defined[node.name].append(str(path))
    assert {name: len(paths) for name, paths in defined.items()} == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_the_docstring_names_the_owner(kind: type[Event]) -> None:
    assert sentence(kind)[0] == kind.said_by


def recorded_in(service: str) -> set[str]:
    """Events that a service's code names in files that call `outbox.record(…)`."""
    found: set[str] = set()
    for path in Path("services", service).rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.record" for node in nodes):
            found |= {node.id for node in nodes if isinstance(node, ast.Name)} & NAMES
    return found


def handled_in(service: str) -> set[str]:
    """Events in a service's HANDLERS."""
    return {kind.__name__ for kind in import_module(f"services.{service}.consumers").HANDLERS}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_says_what_it_owns_and_nothing_else(service: str) -> None:
    assert recorded_in(service) == {kind.__name__ for kind in KINDS if kind.said_by == service}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_hears_what_the_catalogue_says(service: str) -> None:
    assert handled_in(service) == {kind.__name__ for kind in KINDS if service in sentence(kind)[1]}


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_docstring_tells_what_it_says_and_hears(service: str) -> None:
    told = " ".join((import_module(f"services.{service}").__doc__ or "").split())
    match = re.search(r"Says: (.*?) ?Hears: (.*)$", told)
    assert match, "its docstring has the lines 'Says: …' and 'Hears: …'"
    says, hears = (set(re.findall(r"\b[A-Z][A-Za-z]+\b", part)) for part in match.groups())
    assert (says & NAMES, hears & NAMES) == ({k.__name__ for k in KINDS if k.said_by == service}, handled_in(service))
    assert (says | hears) - NAMES == set()
