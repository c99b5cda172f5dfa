"""What is well formed in a federation file and cannot be true."""

import re
from collections.abc import Iterable, Sequence

from shared.events import SERVICES
from shared.federation.entries import Agency, Dated, Edge, Key, Owned, Recipient

KEY_ID = re.compile(r"(?P<agency>[a-z][a-z0-9-]{1,30})/(?P<service>[a-z]+)/[1-9][0-9]*")


def contradictions(
    agency_list: Sequence[Agency], edges: Sequence[Edge], keys: Sequence[Key], recipients: Sequence[Recipient]
) -> Iterable[str]:
    """Everything in a file that is well formed and cannot be true."""
    agencies = {one.id: one for one in agency_list}
    yield from _duplicates("agency", [one.id for one in agency_list])
    yield from _duplicates("mark", [one.mark for one in agency_list])
    yield from _duplicates("key", [one.id for one in keys])
    yield from _duplicates("recipient", [one.id for one in recipients])
    for dated, name in _dated(agency_list, edges):
        if dated.until is not None and dated.until <= dated.since:
            yield f"{name}: ends on {dated.until}, before it begins on {dated.since}"
    for edge in edges:
        yield from _edge_contradictions(edge, agencies)
    yield from _overlaps(edges)
    yield from _cycles(edges)
    for owned in (*keys, *recipients):
        yield from _ownership(owned, agencies)


def _dated(agency_list: Sequence[Agency], edges: Sequence[Edge]) -> Iterable[tuple[Dated, str]]:
    yield from ((one, f"agency {one.id}") for one in agency_list)
    yield from ((edge, _edge_name(edge)) for edge in edges)


def _edge_name(edge: Edge) -> str:
    return f"edge {edge.child} -> {edge.parent} ({edge.line})"


def _duplicates(what: str, names: Sequence[str]) -> Iterable[str]:
    yield from (
        f"{what} {name!r} stands in the file twice" for name in sorted({n for n in names if names.count(n) > 1})
    )


def _edge_contradictions(edge: Edge, agencies: dict[str, Agency]) -> Iterable[str]:
    if edge.child == edge.parent:
        yield f"{_edge_name(edge)}: an agency cannot stand under itself"
    for role, name in (("child", edge.child), ("parent", edge.parent)):
        agency = agencies.get(name)
        if agency is None:
            yield f"{_edge_name(edge)}: the {role} {name!r} is not among the agencies of this file"
        elif edge.since < agency.since or (agency.until and (edge.until is None or edge.until > agency.until)):
            days = f"{agency.since} to {agency.until or 'open'}"
            yield f"{_edge_name(edge)}: reaches beyond the days on which {name} exists ({days})"


def _overlaps(edges: Sequence[Edge]) -> Iterable[str]:
    for number, edge in enumerate(edges):
        for other in edges[:number]:
            if (edge.child, edge.parent, edge.line) == (other.child, other.parent, other.line) and edge.overlaps(other):
                yield f"{_edge_name(edge)}: stands in the file twice with dates that overlap"


def _cycles(edges: Sequence[Edge]) -> Iterable[str]:
    """Cycles on any day: the set of edges in force only grows on a first day of one of them, so those days suffice."""
    told = set()
    for day in sorted({edge.since for edge in edges}):
        above: dict[str, set[str]] = {}
        for edge in edges:
            if edge.holds(day) and edge.child != edge.parent:
                above.setdefault(edge.child, set()).add(edge.parent)
        for start in above:
            path = _way_back(start, above)
            if path and frozenset(path) not in told:
                told.add(frozenset(path))
                yield f"on {day} these agencies stand above one another in a circle: {' -> '.join((*path, path[0]))}"


def _way_back(start: str, above: dict[str, set[str]]) -> tuple[str, ...]:
    """A path from `start` upward that returns to it, or nothing."""
    todo: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while todo:
        path = todo.pop()
        for parent in sorted(above.get(path[-1], ())):
            if parent == start:
                return path
            if parent not in seen:
                seen.add(parent)
                todo.append((*path, parent))
    return ()


def _ownership(owned: Owned, agencies: dict[str, Agency]) -> Iterable[str]:
    what = type(owned).__name__.lower()
    match = KEY_ID.fullmatch(owned.id)
    if not match or (match["agency"], match["service"]) != (owned.agency, owned.service):
        yield f"{what} {owned.id!r}: must be called {owned.agency}/{owned.service}/<number>"
    if owned.agency not in agencies:
        yield f"{what} {owned.id!r}: {owned.agency!r} is not among the agencies of this file"
    if owned.service not in SERVICES:
        yield f"{what} {owned.id!r}: there is no service {owned.service!r}"
