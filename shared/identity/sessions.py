"""One session for the four services of an agency: a signed token in a `__Host-` cookie.

Only notification holds the private key and mints tokens; every service verifies with the public one, without asking
anybody. Tokens are Ed25519 JWTs (RFC 7519, RFC 9864) with a `typ` of their own and live at most eight hours. A session
that is used gets a new token before its old one ends, with the roles of that moment, until the session's own end; one
that lies idle just ends. Session time is real time, never the domain's. Everything unknown, old, foreign or unreadable
is no session.
"""

import base64
import json
import os
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from joserfc.jwt import JWTClaimsRegistry
from starlette.responses import Response

from shared.clock import Clock
from shared.identity.people import BadRole, Person, Role

COOKIE = "__Host-gs"
PRIVATE_FILE = "session.key"
PUBLIC_FILE = "session.pub"
LIFETIME = timedelta(hours=8)
"""The most that any token lives."""
_ALGORITHM = "Ed25519"
_SESSION = "gs-session+jwt"
_LEEWAY = 30  # seconds that two machines' clocks may differ by
_LONGEST = 8 * 1024  # characters of a token that are looked at at all
_COOKIE_LIMIT = 3800  # browsers drop a cookie beyond 4,096 bytes of name, value and attributes


class BadSessionKey(Exception):
    """A session key file is missing or cannot be read; the service must not start."""


class BadSession(Exception):
    """A token is no valid session; the text says why, without any of its contents."""


class TooManyRoles(Exception):
    """A person's roles do not fit into a cookie."""


def make_session_keys(private_path: Path, public_paths: Iterable[Path]) -> str:
    """Make the agency's session key unless it is there, and write its public half to each of `public_paths`.

    The private file is a JWK (0600), the public one a JWK set. Returns the key id. Raises BadSessionKey when a private
    file is there but cannot be read: it is never overwritten.
    """
    if not private_path.exists():
        made = OKPKey.generate_key("Ed25519", auto_kid=True)
        private_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(private_path, json.dumps(made.as_dict(private=True)))
    key = _read_private(private_path)
    for path in public_paths:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(path, json.dumps({"keys": [key.as_dict(private=False)]}))
    return str(key.kid)


def new_session_id() -> str:
    """An id that nobody guesses: 128 bits."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Session:
    """What a token vouches for: a person, from `issued` until `expires`; a newer token may follow until `ends`."""

    person: Person
    issued: datetime
    expires: datetime
    ends: datetime

    def is_due(self, now: datetime) -> bool:
        """Whether it is time for a newer token: half of this one's life is over, and there is something to gain."""
        return self.expires < self.ends and now >= self.issued + (self.expires - self.issued) / 2


async def _never(_session_id: str) -> bool:
    return False


@dataclass(frozen=True)
class SessionReader:
    """Verifies the tokens of one agency. `revoked` says whether a session id was signed out; its errors refuse too."""

    agency: str
    keys: KeySet
    clock: Clock = field(default_factory=Clock)
    revoked: Callable[[str], Awaitable[bool]] = _never
    _signed: Callable[[str], dict[str, Any]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Remember whose signature was found good: a token's bytes never change, its times are looked at each time."""
        object.__setattr__(self, "_signed", lru_cache(maxsize=1_000)(self._verify))

    def _verify(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self.keys, algorithms=[_ALGORITHM]).claims

    @classmethod
    def from_file(
        cls, path: Path, agency: str, clock: Clock, revoked: Callable[[str], Awaitable[bool]] = _never
    ) -> "SessionReader":
        """Read the public key file. Raises BadSessionKey."""
        try:
            keys = KeySet.import_key_set(json.loads(path.read_text()))
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            raise BadSessionKey(f"{path}: no public session key can be read ({type(error).__name__})") from None
        if not keys.keys or not all(isinstance(key, OKPKey) and key.kid and not key.is_private for key in keys.keys):
            raise BadSessionKey(f"{path}: expected public Ed25519 keys, each with an id")
        return cls(agency, keys, clock, revoked)

    async def person(self, token: str) -> Person:
        """Who this token vouches for. Raises BadSession."""
        return (await self.session(token)).person

    def bearer(self, token: str) -> Person:
        """Whose token it is, whether or not the session was ended since. Raises BadSession."""
        return _person(self.claims(token, _SESSION, LIFETIME), self.agency)

    async def session(self, token: str) -> Session:
        """The session that this token is of. Raises BadSession."""
        claims = self.claims(token, _SESSION, LIFETIME)
        person, ends = _person(claims, self.agency), claims.get("end", claims["exp"])
        if not isinstance(ends, int) or ends < int(claims["exp"]):
            raise BadSession("a token beyond its session's end")
        if await self.revoked(person.session_id):
            raise BadSession("signed out")
        issued, expires = (datetime.fromtimestamp(int(claims[name]), UTC) for name in ("iat", "exp"))
        return Session(person, issued, expires, datetime.fromtimestamp(ends, UTC))

    def claims(self, token: str, kind: str, lifetime: timedelta) -> dict[str, Any]:
        """The claims of a token of that `typ` that this agency signed and that still lives. Raises BadSession."""
        if len(token) > _LONGEST or _header(token) != (_ALGORITHM, kind):
            raise BadSession("another kind of token")
        now = int(self.clock.real().timestamp())
        try:
            claims = self._signed(token)
            JWTClaimsRegistry(
                now=now,
                iss={"essential": True, "value": self.agency},
                iat={"essential": True},
                exp={"essential": True},
            ).validate(claims)
            issued, expires = int(claims["iat"]), int(claims["exp"])
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise BadSession(getattr(error, "error", "") or type(error).__name__) from None
        if issued > now + _LEEWAY or expires <= now or expires - issued > lifetime.total_seconds():
            raise BadSession("not of this time")
        return claims


@dataclass(frozen=True)
class SessionMinter:
    """Signs the tokens of one agency; only notification has the key."""

    agency: str
    key: OKPKey
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def from_file(cls, path: Path, agency: str, clock: Clock) -> "SessionMinter":
        """Read the private key file. Raises BadSessionKey."""
        return cls(agency, _read_private(path), clock)

    def session(
        self,
        *,
        issuer: str,
        subject: str,
        name: str,
        roles: Iterable[Role],
        email: str = "",
        session_id: str | None = None,
        idle: timedelta = LIFETIME,
        ends: datetime | None = None,
    ) -> str:
        """A token of a session: a new one's unless `session_id` names it. Raises TooManyRoles.

        It lives for `idle`, but not beyond `ends`, the session's own end.
        """
        now = self.clock.real().replace(microsecond=0)
        ends = (ends or now + idle).replace(microsecond=0)
        token = self.sign(
            _SESSION,
            {
                "idp": issuer,
                "sub": subject,
                "name": name,
                "roles": [role.as_claim() for role in roles],
                "sid": session_id or new_session_id(),
                "end": int(ends.timestamp()),
                **({"email": email} if email else {}),
            },
            min(idle, ends - now),
            now=now,
        )
        if len(token) > _COOKIE_LIMIT:
            raise TooManyRoles(f"{len(token)} bytes")
        return token

    def sign(self, kind: str, claims: Mapping[str, Any], lifetime: timedelta, *, now: datetime | None = None) -> str:
        """A token of that `typ` in the agency's name, for as long as `lifetime`."""
        issued = int((now or self.clock.real()).timestamp())
        times = {"iss": self.agency, "iat": issued, "exp": issued + int(lifetime.total_seconds())}
        header = {"alg": _ALGORITHM, "kid": self.key.kid, "typ": kind}
        return jwt.encode(header, {**claims, **times}, self.key, algorithms=[_ALGORITHM])


def set_cookie(response: Response, name: str, token: str, lifetime: timedelta) -> None:
    """Put a token into a `__Host-` cookie. Lax, because Strict would not arrive after the way over the provider."""
    response.set_cookie(
        name, token, max_age=int(lifetime.total_seconds()), path="/", secure=True, httponly=True, samesite="lax"
    )


def delete_cookie(response: Response, name: str) -> None:
    """Take a `__Host-` cookie away; browsers ignore the deletion unless it is Secure too."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _person(claims: Mapping[str, Any], agency: str) -> Person:
    words = [claims.get(name) for name in ("idp", "sub", "name", "sid")]
    listed = claims.get("roles")
    if not all(isinstance(word, str) and word for word in words) or not isinstance(listed, list):
        raise BadSession("a claim is missing")
    try:
        roles = tuple(Role.from_claim(claim) for claim in listed)
    except BadRole:
        raise BadSession("a role cannot be read") from None
    issuer, subject, name, session_id = map(str, words)
    return Person(issuer, subject, name, agency, roles, session_id, str(claims.get("email") or ""))


def _header(token: str) -> tuple[str, str] | None:
    # Looked at before the library sees the token, so that neither `alg: none` nor a token made for another purpose
    # gets as far as a key.
    first = token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        return str(header["alg"]), str(header["typ"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _read_private(path: Path) -> OKPKey:
    try:
        key = OKPKey.import_key(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise BadSessionKey(f"{path}: no private session key can be read ({type(error).__name__})") from None
    if not key.is_private or not key.kid or key.curve_name != _ALGORITHM:
        raise BadSessionKey(f"{path}: expected a private Ed25519 key with an id")
    return key


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)
