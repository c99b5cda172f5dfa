"""The federation file: read, checked, asked, and read again when it has changed."""

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError

from shared.federation.contradictions import contradictions
from shared.federation.entries import Agency, Edge, Entry, Key, Recipient
from shared.federation.errors import BadFederation, NoRecipient, UnknownAgency


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
        if wrong := list(
            contradictions(federation.agency_list, federation.edges, federation.keys, federation.recipients)
        ):
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
