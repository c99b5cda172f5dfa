"""One-time links: minted by one service, verified by another, with the agency's link key. Opening one changes nothing.

The token names a purpose and an id, nothing of a person. Its life is real time. Whether it was used is the owner's to
know.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.settings import BadSettings

KEY_FILE = "link.key"
_TYPE = "gs-link+jwt"
_ALGORITHM = "HS256"
_SHORTEST_KEY = 32  # RFC 7518, 3.2: as long as the hash


class BadLink(Exception):
    """A link is not ours, not for this purpose, or too old."""


@dataclass(frozen=True)
class Links:
    """Mints and verifies the links of one agency."""

    key: OctKey

    @classmethod
    def from_file(cls, secrets: Path) -> "Links":
        """Read the agency's link key from a service's secrets folder. Raises BadSettings."""
        path = secrets / KEY_FILE
        try:
            text = path.read_text().strip()
        except (OSError, ValueError) as error:
            raise BadSettings(f"{path}: no link key can be read ({type(error).__name__})") from None
        if len(text) < _SHORTEST_KEY:
            raise BadSettings(f"{path}: the link key has {len(text)} characters, at least {_SHORTEST_KEY} are needed")
        return cls(OctKey.import_key(text))

    def mint(self, purpose: str, thing: UUID, until: datetime) -> str:
        """A token for `purpose` on `thing`, good until then."""
        header = {"alg": _ALGORITHM, "typ": _TYPE}
        claims = {"purpose": purpose, "sub": str(thing), "exp": int(until.timestamp())}
        return jwt.encode(header, claims, self.key, algorithms=[_ALGORITHM])

    def read(self, token: str, purpose: str, now: datetime) -> UUID:
        """What the token is about. Raises BadLink."""
        try:
            decoded = jwt.decode(token, self.key, algorithms=[_ALGORITHM])
            if decoded.header.get("typ") != _TYPE or decoded.claims["purpose"] != purpose:
                raise BadLink("for another purpose")
            if int(decoded.claims["exp"]) <= now.timestamp():
                raise BadLink("too old")
            return UUID(str(decoded.claims["sub"]))
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise BadLink(type(error).__name__) from None
