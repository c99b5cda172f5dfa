"""What a signature covers, held by fixed vectors and by a second implementation made from the specification alone."""

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.federation import Federation
from shared.signatures import BadSignature, check, public_part, signed_bytes

pytestmark = pytest.mark.contracts

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "signature_vectors.json").read_text())
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DAY = date(2024, 10, 15)


def by_hand(federation: str, topic: str, key: str, headers: dict[str, str], body: str) -> bytes:
    """The encoding as the specification says it, written anew: length, space, part; a space between parts."""
    said = bytearray()

    def add(text: str) -> None:
        if said:
            said.append(0x20)
        said.extend(str(len(text.encode("utf-8"))).encode("ascii"))
        said.append(0x20)
        said.extend(text.encode("utf-8"))

    add("guongsang-event-1")
    add(federation)
    add(topic)
    add(key)
    for name in ("specversion", "id", "source", "type", "subject", "time", "sequence"):
        add(headers["ce_" + name])
    add(headers["content-type"])
    add(body)
    return bytes(said)


def federation(name: str = "vn-2023", **changes: str) -> Federation:
    fields = {
        "id": '"hcm/review/2"',
        "agency": '"hcm"',
        "service": '"review"',
        "public": f'"{public_part(PRIVATE)}"',
        "from": "2024-01-01",
        **changes,
    }
    key = "\n".join(f"{field} = {value}" for field, value in fields.items())
    agencies = "".join(
        f'[[agency]]\nid = "{one}"\nname = "{one}"\nshort = "{one}"\nmark = "{mark}"\n'
        'tier = "x"\nline = "administrative"\nfrom = 2020-01-01\n'
        for one, mark in (("hcm", "HCM"), ("tan-binh", "TB"))
    )
    return Federation.parse(f'version = 1\nname = "{name}"\n{agencies}[[key]]\n{key}\n'.encode())


def parts(vector: dict[str, Any]) -> tuple[str, str, dict[str, str], str]:
    return vector["topic"], vector["key"], vector["headers"], vector["body"]


def judged(vector: dict[str, Any], by: Federation, said: date = DAY, arrived: date = DAY, **changed: Any) -> str | None:
    """Why it is refused; none when the signature holds."""
    signed = {"ce_keyid": "hcm/review/2", "ce_signature": vector["signature"]}
    one = {**vector, **changed}
    headers = {name: value.encode() for name, value in {**one["headers"], **signed, **one.get("more", {})}.items()}
    try:
        check(by, one["topic"], one["key"].encode(), headers, one["body"].encode(), said, arrived)
    except BadSignature as error:
        return str(error)
    return None


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_encoding_and_signature_are_those_of_the_vector(vector: dict[str, Any]) -> None:
    topic, key, headers, body = parts(vector)
    plain = {name: value.encode() for name, value in headers.items()}
    encoded = signed_bytes("vn-2023", topic, key.encode(), plain, body.encode())
    assert encoded == by_hand("vn-2023", topic, key, headers, body) == vector["encoded"].encode()
    assert base64.b64encode(PRIVATE.sign(encoded)).decode() == vector["signature"]
    assert judged(vector, federation()) is None


FIRST = VECTORS[0]
DOES_NOT_FIT = "signed by hcm/review/2: the signature does not fit"


@pytest.mark.parametrize(
    "changed",
    [
        {"body": FIRST["body"] + " "},
        {"topic": "hcm.review.to-go-vap"},
        {"key": "another"},
        *(
            {"headers": {**FIRST["headers"], name: value}}
            for name, value in {
                "ce_sequence": "8",
                "ce_id": "01900000-0000-7000-8000-00000000ffff",
                "ce_type": "vn.guongsang.review.Other.v1",
                "ce_subject": "another",
                "ce_time": "2024-10-15T02:00:01Z",
                "ce_source": "/hcm/publishing",
                "ce_specversion": "1.1",
                "content-type": "text/plain",
            }.items()
        ),
        {"more": {"ce_signature": "AAAA"}},
        {"more": {"ce_signature": "not base64!"}},
    ],
    ids=str,
)
def test_whatever_is_changed_the_signature_does_not_fit(changed: dict[str, Any]) -> None:
    assert judged(FIRST, federation(), **changed) == DOES_NOT_FIT


def test_the_signature_belongs_to_one_federation() -> None:
    assert judged(FIRST, federation("vn-2025")) == DOES_NOT_FIT


@pytest.mark.parametrize(
    ("key", "said", "arrived", "reason"),
    [
        (
            {},
            date(2023, 12, 31),
            date(2023, 12, 31),
            "signed by hcm/review/2, which was not in force on 2023-12-31",
        ),
        ({}, date(2023, 12, 31), date(2024, 1, 1), None),
        ({"retired_at": "2024-10-16"}, DAY, date(2026, 1, 1), None),
        ({"retired_at": "2024-10-15"}, DAY, DAY, "signed by hcm/review/2, which was not in force on 2024-10-15"),
        ({"revoked_at": "2024-10-16"}, DAY, DAY, None),
        (
            {"revoked_at": "2024-10-16"},
            DAY,
            date(2024, 10, 16),
            "signed by hcm/review/2, which was revoked on 2024-10-16",
        ),
        (
            {"id": '"tan-binh/review/2"', "agency": '"tan-binh"'},
            DAY,
            DAY,
            "signed by 'hcm/review/2': the federation file has no such key",
        ),
    ],
    ids=[
        "too early",
        "said before, signed anew",
        "retired, said before",
        "retired, said since",
        "not yet revoked",
        "revoked",
        "unknown",
    ],
)
def test_a_key_vouches_for_its_own_days(key: dict[str, str], said: date, arrived: date, reason: str | None) -> None:
    assert judged(FIRST, federation(**key), said, arrived) == reason


def test_a_key_speaks_for_its_own_service_only() -> None:
    publishing = federation(id='"hcm/publishing/1"', service='"publishing"')
    district = federation(id='"tan-binh/review/1"', agency='"tan-binh"')
    assert judged(FIRST, publishing, more={"ce_keyid": "hcm/publishing/1"}) == (
        "signed by hcm/publishing/1, which does not speak for hcm/review"
    )
    assert judged(FIRST, district, more={"ce_keyid": "tan-binh/review/1"}) == (
        "signed by tan-binh/review/1, which does not speak for hcm/review"
    )


def test_what_is_not_signed_is_refused() -> None:
    assert judged(FIRST, federation(), more={"ce_keyid": ""}) == "it is not signed"
