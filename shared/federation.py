"""Who takes part: agencies, their dated edges, keys and recipients, read from one TOML file.

The file is the only source of neighbours, keys and addresses. Its terms are dated: an edge holds from its first day
until, exclusively, its last. What is not in the file is not allowed.
"""

import base64
import binascii
import hashlib
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator

from shared.events import SERVICES, Door, doors_of, topic

ID = r"^[a-z][a-z0-9-]{1,30}$"
KEY_ID = re.compile(r"(?P<agency>[a-z][a-z0-9-]{1,30})/(?P<service>[a-z]+)/[1-9][0-9]*")
PARTITIONS = {Door.INTERNAL: 6, Door.TO: 3, Door.CHILDREN: 3, Door.PUBLIC: 3}


class BadFederation(Exception):
    """The federation file cannot be used; the text lists everything that is wrong, one line each."""


class UnknownAgency(LookupError):
    """The federation file names no such agency."""


class NoRecipient(LookupError):
    """The federation file names nobody on that day to whom a parcel for this service could be sealed."""


class Topic(NamedTuple):
    """A topic to declare, and its number of partitions."""

    name: str
    partitions: int


class Entry(BaseModel):
    """One table of the file. Unknown fields are mistakes (a misspelt `until` would hold for ever)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Dated(Entry):
    """An entry that holds from a day until, exclusively, another (open without it)."""

    since: date = Field(alias="from")
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the entry is in force on that day."""
        return self.since <= on and (self.until is None or on < self.until)

    def overlaps(self, other: "Dated") -> bool:
        """Whether both are in force on some common day."""
        return (other.until is None or self.since < other.until) and (self.until is None or other.since < self.until)


class Agency(Dated):
    """An organisation that deploys the system. `tier` is a label: no code knows its meaning."""

    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, description="in full, Vietnamese")
    short: str = Field(min_length=1)
    mark: str = Field(pattern=r"^[A-Z0-9]{2,8}$", description="begins the codes of its nominations, TB-24-0001")
    tier: str
    line: str
    address: str | None = Field(
        None, pattern=r"^https?://[^/\s]+$", description="public address, without a slash at its end"
    )


class Edge(Dated):
    """`parent` stands above `child` in a line."""

    child: str
    parent: str
    line: str


class Owned(Entry):
    """Something that belongs to a service of an agency and is called `<agency>/<service>/<number>`."""

    id: str
    agency: str
    service: str
    since: date = Field(alias="from")


class Key(Owned):
    """A public Ed25519 key for signatures. After `retired_at` older events still verify; what arrives after
    `revoked_at` is refused."""

    public: str
    retired_at: date | None = None
    revoked_at: date | None = None

    @field_validator("public")
    @classmethod
    def _raw_ed25519(cls, text: str) -> str:
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error:
            raw = b""
        if len(raw) != 32:
            raise ValueError("must be 32 bytes in base64 (a raw Ed25519 public key)")
        return text


class Recipient(Owned):
    """Whom a parcel for a service is sealed to (age, X25519)."""

    public: Annotated[str, Field(pattern=r"^age1[02-9ac-hj-np-z]{58}$")]


class Federation(Entry):
    """A federation file, checked. Immutable: a changed file is another object."""

    version: int = Field(ge=1)
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    agency_list: tuple[Agency, ...] = Field(alias="agency", min_length=1)
    edges: tuple[Edge, ...] = Field((), alias="edge")
    keys: tuple[Key, ...] = Field((), alias="key")
    recipients: tuple[Recipient, ...] = Field((), alias="recipient")
    _sha256: str = PrivateAttr("")

    @classmethod
    def load(cls, path: Path) -> "Federation":
        """Read and check a federation file. Raises BadFederation."""
        try:
            text = path.read_bytes()
        except OSError as error:
            raise BadFederation(f"{path}: cannot be read ({error.strerror})") from None
        try:
            return cls.parse(text)
        except BadFederation as error:
            raise BadFederation(f"{path} cannot be used:\n{error}") from None

    @classmethod
    def parse(cls, text: bytes) -> "Federation":
        """Read and check the bytes of a federation file. Raises BadFederation."""
        try:
            tables = tomllib.loads(text.decode())
        except UnicodeDecodeError:
            raise BadFederation("  the file is not UTF-8 text") from None
        except tomllib.TOMLDecodeError as error:
            raise BadFederation(f"  the file is not TOML: {error}") from None
        try:
            federation = cls.model_validate(tables)
        except ValidationError as error:
            raise BadFederation("\n".join(f"  {line}" for line in _told(error, tables))) from None
        if wrong := list(_contradictions(federation)):
            raise BadFederation("\n".join(f"  {line}" for line in wrong))
        federation._sha256 = hashlib.sha256(text).hexdigest()  # noqa: SLF001  # its own class
        return federation

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes, hexadecimal."""
        return self._sha256

    def agency(self, agency: str) -> Agency:
        """The agency with this id, whether or not it still exists. Raises UnknownAgency."""
        for one in self.agency_list:
            if one.id == agency:
                return one
        raise UnknownAgency(f"the federation {self.name} has no agency {agency!r}")

    def agencies(self, on: date) -> tuple[Agency, ...]:
        """The agencies that exist on that day, in the order of the file."""
        return tuple(one for one in self.agency_list if one.holds(on))

    def parents(self, agency: str, on: date) -> tuple[Agency, ...]:
        """Whom this agency stands under on that day, in any line, in the order of the file."""
        return self._named({edge.parent for edge in self.edges if edge.child == agency and edge.holds(on)})

    def children(self, agency: str, on: date) -> tuple[Agency, ...]:
        """Who stands directly under this agency on that day, in any line, in the order of the file."""
        return self._named({edge.child for edge in self.edges if edge.parent == agency and edge.holds(on)})

    def neighbours(self, agency: str, on: date) -> tuple[Agency, ...]:
        """Parents and children on that day, in the order of the file."""
        return self._named({one.id for one in (*self.parents(agency, on), *self.children(agency, on))})

    def past_neighbours(self, agency: str, on: date) -> tuple[Agency, ...]:
        """Neighbours on that day or on any day before it: what was said in time may still be on its way."""
        begun = [edge for edge in self.edges if edge.since <= on]
        above = {edge.parent for edge in begun if edge.child == agency}
        return self._named(above | {edge.child for edge in begun if edge.parent == agency})

    def recipient(self, agency: str, service: str, on: date) -> Recipient:
        """The newest recipient of a service on that day. Raises NoRecipient."""
        fit = [one for one in self.recipients if (one.agency, one.service) == (agency, service) and one.since <= on]
        if not fit:
            raise NoRecipient(f"the federation {self.name} names no recipient of {agency}/{service} on {on}")
        return max(fit, key=lambda one: (one.since, _number(one.id)))

    def keys_of(self, agency: str, service: str) -> tuple[Key, ...]:
        """Every key that this service ever had, the newest first."""
        own = [key for key in self.keys if (key.agency, key.service) == (agency, service)]
        return tuple(sorted(own, key=lambda key: (key.since, _number(key.id)), reverse=True))

    def _named(self, ids: set[str]) -> tuple[Agency, ...]:
        return tuple(one for one in self.agency_list if one.id in ids)


class FederationFile:
    """The federation file as it is now: read again when it has changed, for it is mended while services run.

    A file that cannot be used changes nothing: the one before stays in force, and `trouble` says what is wrong.
    """

    def __init__(self, path: Path) -> None:
        """Raises BadFederation."""
        self.path = path
        self.current = Federation.load(path)
        self.trouble: str | None = None

    def look(self) -> bool:
        """Read the file again; whether another one is in force now."""
        try:
            found = Federation.load(self.path)
        except BadFederation as error:
            self.trouble = f"version {self.current.version} stays in force: {error}"
            return False
        self.trouble = None
        changed = found.sha256 != self.current.sha256
        self.current = found
        return changed


def readable_topics(federation: Federation, agency: str, service: str, on: date) -> tuple[str, ...]:
    """The topics that a service of an agency reads, sorted; its own `internal` door is among them.

    They are its agency's `internal` doors, the `to-<agency>` doors of everybody who is or was its neighbour (what was
    said in time still arrives), the `children` doors of its parents of that day, and the `public` doors of all other
    agencies. A door exists if the catalogue has events for it. Raises UnknownAgency, or ValueError for a service that
    does not exist.
    """
    federation.agency(agency)
    if service not in SERVICES:
        raise ValueError(f"no such service: {service!r}")
    found = {topic(agency, sibling, Door.INTERNAL) for sibling in SERVICES}
    for other in federation.past_neighbours(agency, on):
        found |= _doors(other, Door.TO, f"to-{agency}")
    for parent in federation.parents(agency, on):
        found |= _doors(parent, Door.CHILDREN, Door.CHILDREN)
    for other in federation.agency_list:
        if other.id != agency:
            found |= _doors(other, Door.PUBLIC, Door.PUBLIC)
    return tuple(sorted(found))


def owned_topics(federation: Federation, agency: str, service: str, on: date) -> tuple[Topic, ...]:
    """The topics that a service of an agency writes, sorted by name, as far as the catalogue has events for their
    doors.

    There is one `to-` door for everybody who is or was a neighbour. Raises UnknownAgency.
    """
    federation.agency(agency)
    found = []
    for door in doors_of(service):
        if door is Door.TO:
            names = [f"to-{other.id}" for other in federation.past_neighbours(agency, on)]
        else:
            names = [door.value]
        found += [Topic(topic(agency, service, name), PARTITIONS[door]) for name in names]
    return tuple(sorted(found))


def _doors(agency: Agency, door: Door, name: str) -> set[str]:
    return {topic(agency.id, service, name) for service in SERVICES if door in doors_of(service)}


def _number(key_id: str) -> int:
    return int(key_id.rpartition("/")[2])


def _told(error: ValidationError, tables: dict[str, Any]) -> Iterable[str]:
    """Each mistake of form in words that name the table it stands in."""
    for one in error.errors():
        where = ".".join(str(part) for part in one["loc"])
        if len(one["loc"]) > 1 and isinstance(number := one["loc"][1], int):
            table = str(one["loc"][0])
            entry = tables[table][number]
            name = entry.get("id") or entry.get("child") if isinstance(entry, dict) else None
            field = ".".join(str(part) for part in one["loc"][2:])
            where = ", ".join(part for part in (f"[[{table}]] number {number + 1}", name, field) if part)
        yield f"{where}: {one['msg'].removeprefix('Value error, ')}"


def _contradictions(federation: Federation) -> Iterable[str]:
    """Everything that is well formed and cannot be true."""
    agencies = {one.id: one for one in federation.agency_list}
    yield from _duplicates("agency", [one.id for one in federation.agency_list])
    yield from _duplicates("mark", [one.mark for one in federation.agency_list])
    yield from _duplicates("key", [one.id for one in federation.keys])
    yield from _duplicates("recipient", [one.id for one in federation.recipients])
    for dated, name in _dated(federation):
        if dated.until is not None and dated.until <= dated.since:
            yield f"{name}: ends on {dated.until}, before it begins on {dated.since}"
    for edge in federation.edges:
        yield from _edge_contradictions(edge, agencies)
    yield from _overlaps(federation.edges)
    yield from _cycles(federation)
    for owned in (*federation.keys, *federation.recipients):
        yield from _ownership(owned, agencies)


def _dated(federation: Federation) -> Iterable[tuple[Dated, str]]:
    yield from ((one, f"agency {one.id}") for one in federation.agency_list)
    yield from ((edge, _edge_name(edge)) for edge in federation.edges)


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


def _cycles(federation: Federation) -> Iterable[str]:
    """Cycles on any day: the set of edges in force only grows on a first day of one of them, so those days suffice."""
    told = set()
    for day in sorted({edge.since for edge in federation.edges}):
        above: dict[str, set[str]] = {}
        for edge in federation.edges:
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
