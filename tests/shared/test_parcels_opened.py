"""A stranger's parcel: what was packed opens as it was, and nothing else is taken for one."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from pyrage import x25519

from shared.events import Sealed
from shared.parcels import BadParcel, Manifest, Opened, packing
from shared.parcels.packing import open_parcel, pack, seal
from tests.shared.parcelling import FILES, IDENTITY, MANIFEST, PAPER, by_hash, entry


def sealed(packed: bytes, identity: x25519.Identity = IDENTITY) -> tuple[bytes, Sealed]:
    ciphertext = seal(packed, str(identity.to_public()))
    return ciphertext, vouched(ciphertext)


def vouched(ciphertext: bytes) -> Sealed:
    sha256 = hashlib.sha256(ciphertext).hexdigest()
    return Sealed(parcel_id=uuid4(), sha256=sha256, size=len(ciphertext), recipient="tan-binh/review/1")


def zipped(entries: list[tuple[str | zipfile.ZipInfo, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in entries:
            archive.writestr(name, data, compression)
    return content.getvalue()


def manifest(**changes: Any) -> bytes:
    return orjson.dumps(MANIFEST.model_dump(by_alias=True) | {"files": []} | changes)


@pytest.mark.unit
def test_what_was_packed_and_sealed_opens_as_it_was() -> None:
    ciphertext, expected = sealed(pack(MANIFEST, FILES))
    assert open_parcel(ciphertext, [x25519.Identity.generate(), IDENTITY], expected) == Opened(MANIFEST, FILES)
    assert "Ánh".encode() not in ciphertext


@pytest.mark.unit
def test_the_manifest_says_its_form_and_takes_ids_as_they_are() -> None:
    one = UUID("01920000-0000-7000-8000-000000000001")
    made = Manifest.model_validate({"ids": {"case_id": one}})
    assert orjson.loads(made.model_dump_json(by_alias=True)) == {
        "schema": "guongsang-parcel-1",
        "ids": {"case_id": str(one)},
        "rule_set": None,
        "fields": {},
        "files": [],
    }


@pytest.mark.unit
@pytest.mark.parametrize(
    ("made", "files"),
    [
        (MANIFEST, by_hash(PAPER)),
        (MANIFEST, FILES | by_hash(b"more")),
        (Manifest(ids={}, files=(entry("a.exe", b"MZ"),)), by_hash(b"MZ")),
        (Manifest(ids={}, files=(entry("a/b.pdf", PAPER),)), by_hash(PAPER)),
        (Manifest(ids={}, fields={"a": "x\0"}), {}),
    ],
)
def test_what_nobody_would_take_is_not_packed(made: Manifest, files: Mapping[str, bytes]) -> None:
    with pytest.raises(ValueError, match="parcel"):
        pack(made, files)


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("files/" + "0" * 64)
    info.external_attr = 0o120777 << 16
    return info


def declared(content: bytes, **changes: Any) -> bytes:
    return manifest(files=[entry("a.pdf", content).model_dump() | changes])


def at(content: bytes) -> str:
    return "files/" + hashlib.sha256(content).hexdigest()


MANY = [(f"files/{n:064x}", b"") for n in range(packing.MOST_FILES + 1)]
BOMB = PAPER + bytes(2_000_000)


@pytest.mark.unit
@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (b"", "its archive does not end as one of ours"),
        (b"not an archive, but long enough", "its archive does not end as one of ours"),
        (zipped([("manifest.json", manifest())]) + b"tail", "its archive does not end as one of ours"),
        (b"head" + zipped([("manifest.json", manifest())]), "its archive does not end as one of ours"),
        (zipped([("manifest.json", manifest()), *MANY]), f"it has {packing.MOST_FILES + 2} entries"),
        (zipped([]), "it has 0 entries"),
        (zipped([("a", b"")]), "an entry has a path"),
        (zipped([("manifest.json", manifest()), ("../a", b"")]), "an entry has a path"),
        (zipped([("manifest.json", manifest()), ("files/a/", b"")]), "an entry is no plain file"),
        (zipped([("manifest.json", manifest()), (link(), b"/etc/passwd")]), "an entry is no plain file"),
        (zipped([("files/a", b"")]), "it has no manifest"),
        (zipped([("manifest.json", b"{}")]), "its manifest cannot be read"),
        (zipped([("manifest.json", b"[" * 100_000)]), "its manifest cannot be read"),
        (zipped([("manifest.json", manifest(schema="guongsang-parcel-2"))]), "its manifest cannot be read"),
        (
            zipped([("manifest.json", manifest(fields={"a": ["x\0"]}))]),
            "its manifest holds characters that no database takes",
        ),
        (zipped([("manifest.json", bytes(9_000_000))]), "an entry is larger than declared"),
        (zipped([("manifest.json", manifest()), (at(PAPER), PAPER)]), "manifest and entries name different files"),
        (zipped([("manifest.json", declared(PAPER))]), "manifest and entries name different files"),
        (
            zipped([("manifest.json", declared(PAPER)), (at(PAPER), PAPER.replace(b"1.7", b"1.6"))]),
            "a file is not what the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, size=9)), (at(PAPER), PAPER)]),
            "an entry is larger than declared",
        ),
        (
            zipped([("manifest.json", declared(PAPER, size=999)), (at(PAPER), PAPER)]),
            "a file is not what the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, type="image/png")), (at(PAPER), PAPER)]),
            "a file is not of the type that the manifest says",
        ),
        (
            zipped([("manifest.json", declared(b"MZ")), (at(b"MZ"), b"MZ")]),
            "a file is not of the type that the manifest says",
        ),
        (
            zipped([("manifest.json", declared(PAPER, name="../a.pdf")), (at(PAPER), PAPER)]),
            "a file's name is not one that we give",
        ),
        (
            zipped([("manifest.json", declared(BOMB)), (at(BOMB), BOMB)], zipfile.ZIP_DEFLATED),
            "an entry is compressed more than files are",
        ),
    ],
)
def test_a_stranger_s_archive_is_refused_with_a_reason(packed: bytes, reason: str) -> None:
    with pytest.raises(BadParcel) as refused:
        open_parcel(*_with_identities(*sealed(packed)))
    assert str(refused.value) == reason


def _with_identities(ciphertext: bytes, expected: Sealed) -> tuple[bytes, list[x25519.Identity], Sealed]:
    return ciphertext, [IDENTITY], expected


@pytest.mark.unit
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_entries_of_one_name_are_refused() -> None:
    with pytest.raises(BadParcel, match="two entries"):
        open_parcel(*_with_identities(*sealed(zipped([("manifest.json", manifest())] * 2))))


@pytest.mark.unit
def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    packed = bytearray(zipped([("manifest.json", declared(BOMB)), (at(BOMB), BOMB)], zipfile.ZIP_DEFLATED))
    place = packed.rindex(b"PK\1\2")
    packed[place + 24 : place + 28] = (100).to_bytes(4, "little")  # the uncompressed size of the last entry
    with pytest.raises(BadParcel):
        open_parcel(*_with_identities(*sealed(bytes(packed))))


@pytest.mark.unit
def test_any_flipped_byte_is_seen() -> None:
    packed = pack(MANIFEST, FILES)
    for place in range(0, len(packed), 7):
        broken = bytearray(packed)
        broken[place] ^= 1
        try:
            opened = open_parcel(*_with_identities(*sealed(bytes(broken))))
        except BadParcel:
            continue
        # Dates and the like mean nothing; what was said must not have changed unseen.
        assert opened == Opened(MANIFEST, FILES)


@pytest.mark.unit
def test_only_the_file_that_the_event_vouched_for_is_opened() -> None:
    ciphertext, expected = sealed(pack(MANIFEST, FILES))
    flipped = bytearray(ciphertext)
    flipped[-1] ^= 1
    reasons = []
    for content, event, identity in [
        (ciphertext + b"x", expected, IDENTITY),
        (bytes(flipped), expected, IDENTITY),
        (bytes(expected.size), expected, IDENTITY),
        (ciphertext, expected, x25519.Identity.generate()),
        (bytes(flipped), vouched(bytes(flipped)), IDENTITY),
        (b"no age file", vouched(b"no age file"), IDENTITY),
        (b"", expected.model_copy(update={"size": 10**12}), IDENTITY),
    ]:
        with pytest.raises(BadParcel) as refused:
            open_parcel(content, [identity], event)
        reasons.append(str(refused.value))
    undecipherable = "it cannot be decrypted here; it was sealed to tan-binh/review/1"
    assert reasons == [
        f"it has {expected.size + 1} bytes, the event says {expected.size}",
        "it is not the file whose hash the event says",
        "it is not the file whose hash the event says",
        undecipherable,
        undecipherable,
        undecipherable,
        "the event says 1000000000000 bytes",
    ]
