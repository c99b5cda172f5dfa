"""Fields that are kept sealed: one value, one row, AES-256-GCM (NIST SP 800-38D), the key's id in front.

A value is bound to the place where it stands (table, column, row): moved to another row it cannot be opened. Of several
keys the first of the file seals, all open; a key is taken out when nothing is sealed with it any more.
"""

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.settings import BadSettings

KEYS_FILE = "field.keys"
_KEY, _NONCE, _TAG = 32, 12, 16
_MARK = b":"


class CannotOpen(Exception):
    """A sealed value was changed, moved, or its key is gone."""


@dataclass(frozen=True)
class Place:
    """Where a sealed value stands."""

    table: str
    column: str
    row: UUID

    @property
    def bound(self) -> bytes:
        """What the seal is bound to."""
        return f"{self.table}.{self.column}/{self.row}".encode()


def new_key(id: str) -> str:
    """A line of the key file: a new key under that id."""
    return f"{id} {urlsafe_b64encode(secrets.token_bytes(_KEY)).decode()}"


@dataclass(frozen=True)
class FieldKeys:
    """The keys of one service, newest first."""

    newest: str
    keys: dict[str, AESGCM]

    @classmethod
    def from_file(cls, folder: Path) -> "FieldKeys":
        """Read the keys from a service's secrets folder: a line each, `id key`, newest first. Raises BadSettings."""
        path = folder / KEYS_FILE
        try:
            lines = [line.split() for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
            keys = {id: AESGCM(_key(text)) for id, text in lines}
        except (OSError, ValueError) as error:
            raise BadSettings(f"{path}: no field keys can be read ({type(error).__name__})") from None
        if not keys or len(keys) < len(lines) or not all(id.isascii() and id.isalnum() for id in keys):
            raise BadSettings(f"{path}: at least one key is needed, each under an id of its own of letters and digits")
        return cls(next(iter(keys)), keys)

    def seal(self, text: str, place: Place) -> bytes:
        """The text, sealed with the newest key for that place."""
        nonce = secrets.token_bytes(_NONCE)
        sealed = self.keys[self.newest].encrypt(nonce, text.encode(), place.bound)
        return self.newest.encode() + _MARK + nonce + sealed

    def open(self, sealed: bytes, place: Place) -> str:
        """The text. Raises CannotOpen."""
        id, _, rest = sealed.partition(_MARK)
        key = self.keys.get(id.decode(errors="replace"))
        if key is None or len(rest) < _NONCE + _TAG:
            raise CannotOpen("sealed with a key that is not here")
        try:
            return key.decrypt(rest[:_NONCE], rest[_NONCE:], place.bound).decode()
        except InvalidTag:
            raise CannotOpen("changed, or of another place") from None

    @property
    def mark(self) -> bytes:
        """By what everything begins that the newest key sealed."""
        return self.newest.encode() + _MARK


def _key(text: str) -> bytes:
    key = urlsafe_b64decode(text)
    if len(key) != _KEY:
        raise ValueError("a key has 32 bytes")
    return key
