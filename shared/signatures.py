"""Signatures on what leaves an agency: Ed25519 over topic, key, attributes and body.

What is signed is a length-prefixed encoding, as DSSE's PAE: each part as its length in decimal, a space, its bytes;
the parts joined by spaces. No two different events have the same encoding. The parts, in this order:
`guongsang-event-1`, the federation's name, topic, key, the attributes of ATTRIBUTES as they stand in the headers, the
content type, the body.
"""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.clock import Clock, local_date
from shared.federation import Federation, Key

MARK = b"guongsang-event-1"
ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time", "sequence")
KEY_ID, SIGNATURE = "ce_keyid", "ce_signature"

Headers = Sequence[tuple[str, str]]
Sign = Callable[[str, str, Headers, bytes], Headers]
"""(topic, key, headers, body) -> the headers to send beside them."""


class NoSigningKey(Exception):
    """This service has no private key that is in force today: nothing it says may leave the agency."""


class BadSignature(Exception):
    """A record is not signed by whom it says; the text names the signer and what is wrong."""


def signed_bytes(federation: str, topic: str, key: bytes, headers: Mapping[str, bytes], body: bytes) -> bytes:
    """What a signature covers. Raises KeyError when an attribute is missing."""
    attributes = [headers[f"ce_{name}"] for name in ATTRIBUTES]
    parts = [MARK, federation.encode(), topic.encode(), key, *attributes, headers["content-type"], body]
    return b" ".join(b"%d %b" % (len(part), part) for part in parts)


def unsigned(headers: Headers) -> Headers:
    """Headers without what a signature added."""
    return [(name, value) for name, value in headers if name not in (KEY_ID, SIGNATURE)]


def file_name(key_id: str) -> str:
    """The file of a private key in its service's secrets folder: `signing-<number>.pem`."""
    return f"signing-{key_id.rpartition('/')[2]}.pem"


def new_key() -> str:
    """A new private key as PEM (PKCS 8)."""
    private = Ed25519PrivateKey.generate()
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.private_bytes(*encoding).decode()


def public_part(private: Ed25519PrivateKey) -> str:
    """The public key as the federation file holds it: 32 bytes in base64."""
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def load_private(path: Path) -> Ed25519PrivateKey:
    """Read a private key. Raises OSError, or ValueError when it is none."""
    loaded = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(loaded, Ed25519PrivateKey):
        raise TypeError(f"{path.name} is not an Ed25519 key")
    return loaded


class Signer:
    """Signs for one service with the newest of its keys that is in force and whose private part lies in `secrets`."""

    def __init__(
        self, federation: Callable[[], Federation], agency: str, service: str, secrets: Path, clock: Clock
    ) -> None:
        self._federation, self._owner, self._secrets, self._clock = federation, (agency, service), secrets, clock
        self._loaded: dict[str, Ed25519PrivateKey] = {}

    def __call__(self, topic: str, key: str, headers: Headers, body: bytes) -> Headers:
        """Key id and signature as headers. Raises NoSigningKey."""
        federation = self._federation()
        key_id, private = self.key(federation)
        plain = {name: value.encode() for name, value in headers}
        signature = private.sign(signed_bytes(federation.name, topic, key.encode(), plain, body))
        return [(KEY_ID, key_id), (SIGNATURE, base64.b64encode(signature).decode())]

    def key(self, federation: Federation) -> tuple[str, Ed25519PrivateKey]:
        """The key that is used today. Raises NoSigningKey."""
        for one in federation.keys_of(*self._owner):
            if in_force(one, self._clock.today(), local_date(self._clock.real())) and (found := self._private(one)):
                return one.id, found
        raise NoSigningKey(
            f"{'/'.join(self._owner)} has no private key for any key of the federation file that is in force:"
            " make one with `python -m deploy.federation new-key`"
        )

    def _private(self, key: Key) -> Ed25519PrivateKey | None:
        if key.id not in self._loaded:
            path = self._secrets / file_name(key.id)
            if not path.exists():
                return None
            loaded = load_private(path)
            if public_part(loaded) != key.public:
                return None  # a key of that number from another time: what it signs nobody would take
            self._loaded[key.id] = loaded
        return self._loaded[key.id]


def check(
    federation: Federation, topic: str, key: bytes, headers: Mapping[str, bytes], body: bytes, said: date, arrived: date
) -> None:
    """Check that a record was signed by the service that its topic belongs to. Raises BadSignature.

    `said`: the day of its `ce_time`; a retired key still vouches for what was said before. `arrived`: the real day;
    what arrives when a key has been revoked is refused, whatever it says of its own age. A key whose first day has come
    vouches for older events too: those that a revoked key signed are signed anew with it.
    """
    key_id = headers.get(KEY_ID, b"").decode(errors="replace")[:100]
    if not key_id:
        raise BadSignature("it is not signed")
    agency, service, _ = topic.split(".", 2)
    found = next((one for one in federation.keys if one.id == key_id), None)
    if found is None:
        raise BadSignature(f"signed by {key_id!r}: the federation file has no such key")
    if (found.agency, found.service) != (agency, service):
        raise BadSignature(f"signed by {key_id}, which does not speak for {agency}/{service}")
    if found.revoked_at is not None and arrived >= found.revoked_at:
        raise BadSignature(f"signed by {key_id}, which was revoked on {found.revoked_at}")
    if not in_force(found, max(said, found.since) if found.since <= arrived else said, arrived):
        raise BadSignature(f"signed by {key_id}, which was not in force on {said}")
    try:
        signature = base64.b64decode(headers[SIGNATURE], validate=True)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(found.public))
        public.verify(signature, signed_bytes(federation.name, topic, key, headers, body))
    except (KeyError, binascii.Error, InvalidSignature):
        raise BadSignature(f"signed by {key_id}: the signature does not fit") from None


def in_force(key: Key, on: date, real: date) -> bool:
    """Whether a key may sign on a (domain) day `on`, as known on the real day `real`."""
    retired = key.retired_at is not None and on >= key.retired_at
    revoked = key.revoked_at is not None and real >= key.revoked_at
    return key.since <= on and not retired and not revoked
