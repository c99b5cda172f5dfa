"""Signing keys of invented agencies, the same in every run."""

import base64
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.federation import Federation
from shared.signatures import KEY_ID, SIGNATURE, Headers, Sign, public_part, signed_bytes

FILE = Path("deploy/federations/2023.toml")
FEDERATION = "vn-2023"


def private_key(key_id: str) -> Ed25519PrivateKey:
    """The private key of that id."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(key_id.encode()).digest())


def sign_as(key_id: str, federation: str = FEDERATION) -> Sign:
    """Signs with that key, whatever day it is."""

    def sign(topic: str, key: str, headers: Headers, body: bytes) -> Headers:
        plain = {name: value.encode() for name, value in headers}
        signature = private_key(key_id).sign(signed_bytes(federation, topic, key.encode(), plain, body))
        return [(KEY_ID, key_id), (SIGNATURE, base64.b64encode(signature).decode())]

    return sign


def key_entry(key_id: str, since: str = "2020-01-01", **dates: str) -> str:
    """The key as a table of the federation file."""
    agency, service, _ = key_id.split("/")
    fields = {"id": f'"{key_id}"', "agency": f'"{agency}"', "service": f'"{service}"', "from": since, **dates}
    fields["public"] = f'"{public_part(private_key(key_id))}"'
    return "\n[[key]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items())


def federation(*key_ids: str, more: str = "") -> Federation:
    """The federation of 2023 with these keys, and with `more` at its end."""
    text = FILE.read_text() + "".join(key_entry(key_id) for key_id in key_ids) + more
    return Federation.parse(text.encode())
