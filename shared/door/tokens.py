"""The token that a neighbour's service shows at the door: for one call about one parcel, within a minute.

An Ed25519 JWT (RFC 7519, RFC 9864) with a `typ` of its own, signed with the key by which the service signs its events:

    iss  "tan-binh/review"          aud     "hcm/review"
    sub  the parcel's id            act     "put" or "get"
    jti  random                     size, sha256  of the ciphertext, with "put"
    iat, exp  real time, at most LIFETIME apart
"""

import base64
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from shared.clock import Clock, local_date
from shared.events import Sealed
from shared.federation import Federation, Key
from shared.signatures import in_force

Act = Literal["put", "get"]

LIFETIME = timedelta(seconds=60)
SKEW = 30
"""Seconds by which two machines' clocks may differ."""
_ALGORITHM = "Ed25519"
_KIND = "gs-door+jwt"
_MOST = 4096
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """A call at the door that leads to nothing: the HTTP status, a slug and a sentence, nothing of the token in it.

    `agency`: whose key the call names, as far as that is known; nothing need be proven of it.
    """

    def __init__(self, status: int, slug: str, reason: str, agency: str | None = None) -> None:
        super().__init__(reason)
        self.status, self.slug, self.agency = status, slug, agency


@dataclass(frozen=True)
class Shown:
    """A token that holds. `agency`: whose service shows it; `size` in bytes and `sha256` only with "put"."""

    agency: str
    token_id: str
    expires_at: datetime
    size: int
    sha256: str


def make(key: tuple[str, Ed25519PrivateKey], own: str, to: str, act: Act, sealed: Sealed, now: datetime) -> str:
    """A token by which service `own` ("tan-binh/review") calls service `to` once. `now`: real time."""
    key_id, private = key
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": own,
        "aud": to,
        "sub": str(sealed.parcel_id),
        "act": act,
        "jti": secrets.token_urlsafe(16),
        "iat": issued,
        "exp": issued + int(LIFETIME.total_seconds()),
    }
    if act == "put":
        claims |= {"size": sealed.size, "sha256": sealed.sha256}
    header = {"alg": _ALGORITHM, "kid": key_id, "typ": _KIND}
    public = private.public_key().public_bytes_raw()
    signing = OKPKey.import_key(_jwk(public) | {"d": _base64url(private.private_bytes_raw())})
    return jwt.encode(header, claims, signing, algorithms=[_ALGORITHM])


def check(token: str, federation: Federation, own: str, act: Act, parcel_id: UUID, clock: Clock) -> Shown:
    """What a token vouches for, when it may be used here, now, for this. Raises Refused.

    In this order: the key, its owner, its days, the signature, the token's time, whom it is for, which parcel, which
    act, and whether its agency stands directly below ours today. That it is shown once, the caller sees to.
    """
    header, unproven = _parts(token)
    key = next((one for one in federation.keys if one.id == header["kid"]), None)
    if key is None:
        raise Refused(401, "key-unknown", "the federation file has no such key")
    try:
        _check_key(key, unproven.get("iss"), clock)
        return _proven(token, key, federation, own, act, parcel_id, clock)
    except Refused as refused:
        refused.agency = key.agency
        raise


def _proven(token: str, key: Key, federation: Federation, own: str, act: Act, parcel_id: UUID, clock: Clock) -> Shown:
    try:
        signer = OKPKey.import_key(_jwk(base64.b64decode(key.public)))
        claims = jwt.decode(token, signer, algorithms=[_ALGORITHM]).claims
    except (JoseError, ValueError, TypeError):
        raise Refused(401, "token-signature", f"the signature of {key.id} does not fit") from None
    expires = _expiry(claims, int(clock.real().timestamp()))
    if claims.get("aud") != own:
        raise Refused(401, "token-audience", "the token is for another service")
    if claims.get("sub") != str(parcel_id):
        raise Refused(403, "token-parcel", "the token is for another parcel")
    if claims.get("act") != act:
        raise Refused(403, "token-act", "the token is for another act")
    _check_edge(federation, key, own, clock)
    return _shown(claims, key.agency, expires, act)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims before anything is proven. Neither `alg: none` nor another kind gets as far as a key."""
    try:
        found = jws.extract_compact(token.encode("ascii")) if len(token) <= _MOST else None
        claims = json.loads(found.payload) if found else None
        header = found.headers() if found else {}
    except (JoseError, ValueError, TypeError, KeyError):
        header, claims = {}, None
    if not isinstance(claims, dict) or header.keys() != {"alg", "kid", "typ"}:
        raise Refused(401, "token-unreadable", "there is no token, or none of this kind")
    if (header["alg"], header["typ"]) != (_ALGORITHM, _KIND):
        raise Refused(401, "token-kind", "the token is of another kind or algorithm")
    return header, claims


def _check_key(key: Key, issuer: object, clock: Clock) -> None:
    if issuer != f"{key.agency}/{key.service}":
        raise Refused(401, "key-foreign", f"{key.id} does not speak for whom the token names")
    today, real = clock.today(), local_date(clock.real())
    if key.revoked_at is not None and real >= key.revoked_at:
        raise Refused(401, "key-revoked", f"{key.id} was revoked on {key.revoked_at}")
    if not in_force(key, today, real):
        raise Refused(401, "key-not-in-force", f"{key.id} is not in force on {today}")


def _expiry(claims: Mapping[str, Any], now: int) -> int:
    issued, expires = claims.get("iat"), claims.get("exp")
    if type(issued) is not int or type(expires) is not int:
        raise Refused(401, "token-unreadable", "the token does not say when it was made and when it ends")
    if expires <= now:
        raise Refused(401, "token-expired", "the token has expired")
    if issued > now + SKEW or not 0 < expires - issued <= LIFETIME.total_seconds():
        raise Refused(401, "token-time", "the token is not of this time, or lives too long")
    return expires


def _check_edge(federation: Federation, key: Key, own: str, clock: Clock) -> None:
    agency, _, service = own.partition("/")
    if key.service != service:
        raise Refused(403, "other-service", f"{key.service} has no business with {service}")
    today = clock.today()
    if key.agency not in {one.id for one in federation.children(agency, today)}:
        raise Refused(403, "not-below", f"{key.agency} does not stand below {agency} on {today}")


def _shown(claims: Mapping[str, Any], agency: str, expires: int, act: Act) -> Shown:
    token_id, size, sha256 = claims.get("jti"), claims.get("size", 0), claims.get("sha256", "")
    if not isinstance(token_id, str) or not 16 <= len(token_id) <= 100 or "\0" in token_id:
        raise Refused(400, "token-claims", "the token has no id")
    if type(size) is not int or not isinstance(sha256, str):
        raise Refused(400, "token-claims", "the token's size or hash cannot be read")
    if act == "put" and (size < 1 or not _SHA256.fullmatch(sha256)):
        raise Refused(400, "token-claims", "the token does not say size and hash")
    return Shown(agency, token_id, datetime.fromtimestamp(expires, UTC), size, sha256)


def _jwk(public: bytes) -> dict[str, Any]:
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64url(public)}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
