"""What a parcel is: a ZIP of a manifest and files, encrypted to its reader; and opening one from a stranger."""

import hashlib
import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import pyrage
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pyrage import x25519

from shared.events import Sealed
from shared.files import FileRefused, clean_name, media_type_of

MOST_BYTES = 200 * 1024 * 1024
MOST_FILES = 200
MOST_DOSSIER = 180 * 1024 * 1024
"""What a sender lets grow: files in all, so that texts and encryption still fit."""
MOST_RATIO = 100
_MOST_MANIFEST = 8 * 1024 * 1024
MOST_SEALED = MOST_BYTES + 1024 * 1024
"""The largest ciphertext: age adds 16 bytes to each 64 KB."""
_MANIFEST = "manifest.json"
_HASH = r"^[0-9a-f]{64}$"


class BadParcel(Exception):
    """A parcel that cannot be what its sender should have sent; the reason holds nothing of its content."""


class FileEntry(BaseModel):
    """A file of a parcel as its manifest declares it; `size` in bytes, `sha256` in hexadecimal."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    type: str
    size: int = Field(ge=1, le=MOST_BYTES)
    sha256: str = Field(pattern=_HASH)


class Manifest(BaseModel):
    """What a parcel says: ids, the rule set it was made under, texts and structures by name, and its files."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    form: Literal["guongsang-parcel-1"] = Field(
        default="guongsang-parcel-1", validation_alias="schema", serialization_alias="schema"
    )
    ids: dict[str, Annotated[str, BeforeValidator(str)]]
    rule_set: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    files: tuple[FileEntry, ...] = Field(default=(), max_length=MOST_FILES)


@dataclass(frozen=True)
class Opened:
    """An opened parcel; `files` by SHA-256, exactly those of the manifest."""

    manifest: Manifest
    files: Mapping[str, bytes]


def pack(manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
    """The ZIP of a parcel. `files` by SHA-256.

    Raises ValueError when manifest and files disagree, or when the parcel passes 200 MB: our own mistake, told before
    anybody waits for it.
    """
    if {entry.sha256 for entry in manifest.files} != set(files):
        raise ValueError("manifest and files of a parcel must name the same contents")
    written = io.BytesIO()
    # Nothing is compressed: pictures and office files are already, and whoever opens need not fear a bomb.
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST), manifest.model_dump_json(by_alias=True))
        for sha256, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"files/{sha256}"), content)
    packed = written.getvalue()
    try:
        _unpack(packed)
    except BadParcel as error:
        raise ValueError(f"nobody would take this parcel: {error}") from None
    return packed


def seal(packed: bytes, recipient: str) -> bytes:
    """Encrypt a ZIP to an age X25519 recipient (`age1…`). Blocks: call it in a thread."""
    sealed = io.BytesIO()
    pyrage.encrypt_io(io.BytesIO(packed), sealed, [x25519.Recipient.from_str(recipient)])
    return sealed.getvalue()


def identities_of(path: Path) -> list[x25519.Identity]:
    """The identities of a file as `age-keygen` writes it. Raises OSError when it is not there."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]


def open_parcel(ciphertext: bytes, identities: Sequence[x25519.Identity], expected: Sealed) -> Opened:
    """Decrypt and unpack what should be the parcel that an event vouched for. Blocks: call it in a thread.

    Raises BadParcel for whatever differs from what `pack` and `seal` make.
    """
    check_expected(expected)
    if len(ciphertext) != expected.size:
        raise BadParcel(f"it has {len(ciphertext)} bytes, the event says {expected.size}")
    if hashlib.sha256(ciphertext).hexdigest() != expected.sha256:
        raise BadParcel("it is not the file whose hash the event says")
    packed = io.BytesIO()
    try:
        pyrage.decrypt_io(io.BytesIO(ciphertext), packed, list(identities))
    except (pyrage.DecryptError, OSError):
        # A wrong key and a flipped byte differ only in the library's words.
        raise BadParcel(f"it cannot be decrypted here; it was sealed to {expected.recipient}") from None
    return _unpack(packed.getvalue())


def check_expected(expected: Sealed) -> None:
    """Whether a parcel as an event describes it may be fetched at all. Raises BadParcel."""
    if not 0 < expected.size <= MOST_SEALED:
        raise BadParcel(f"the event says {expected.size} bytes")


def _unpack(packed: bytes) -> Opened:
    _check_directory(packed)
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            entries = _entries(archive.infolist())
            manifest = _manifest(_read(archive, entries.pop(_MANIFEST), _MOST_MANIFEST))
            declared = {f"files/{entry.sha256}": entry for entry in manifest.files}
            if entries.keys() != declared.keys():
                raise BadParcel("manifest and entries name different files")
            files = {declared[name].sha256: _read(archive, info, declared[name].size) for name, info in entries.items()}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError):
        raise BadParcel("its archive is broken") from None
    for entry in manifest.files:
        _check_file(entry, files[entry.sha256])
    return Opened(manifest, files)


def _check_directory(packed: bytes) -> None:
    """The archive's own account of itself, before a library builds an object for each of a million entries.

    PKWARE's APPNOTE 4.3.16: the last 22 bytes when there is no comment. Neither comments nor ZIP64 are ours.
    """
    if len(packed) > MOST_BYTES:
        raise BadParcel("it is larger than 200 MB")
    if len(packed) < 22 or packed[-22:-18] != b"PK\5\6" or packed[-42:-38] == b"PK\6\7":
        raise BadParcel("its archive does not end as one of ours")
    *disks, here, entries, size, offset, comment = struct.unpack("<4H2LH", packed[-18:])
    if any(disks) or here != entries or comment or offset + size + 22 != len(packed):
        raise BadParcel("its archive does not end as one of ours")
    if not 1 <= entries <= MOST_FILES + 1 or size > 256 * (MOST_FILES + 1):
        raise BadParcel(f"it has {entries} entries")


def _entries(infos: Sequence[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.filename in found:
            raise BadParcel("two entries have one name")
        if info.is_dir() or kind not in (0, stat.S_IFREG) or info.flag_bits & 1:
            raise BadParcel("an entry is no plain file")
        if info.filename != _MANIFEST and not info.filename.startswith("files/"):
            raise BadParcel("an entry has a path")
        if info.file_size > MOST_RATIO * info.compress_size:
            raise BadParcel("an entry is compressed more than files are")
        found[info.filename] = info
    if _MANIFEST not in found:
        raise BadParcel("it has no manifest")
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise BadParcel("it is larger than 200 MB when unpacked")
    return found


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    with archive.open(info) as entry:
        content = entry.read(most + 1)
    if len(content) > most:
        raise BadParcel("an entry is larger than declared")
    return content


def _manifest(text: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError:
        raise BadParcel("its manifest cannot be read") from None
    if any("\0" in one for one in _texts(manifest.model_dump())):
        raise BadParcel("its manifest holds characters that no database takes")
    return manifest


def _texts(value: Any) -> list[str]:
    """All texts within a JSON structure, names of fields too."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [one for item in value.items() for part in item for one in _texts(part)]
    if isinstance(value, list | tuple):
        return [one for part in value for one in _texts(part)]
    return []


def _check_file(entry: FileEntry, content: bytes) -> None:
    if len(content) != entry.size or hashlib.sha256(content).hexdigest() != entry.sha256:
        raise BadParcel("a file is not what the manifest says")
    if clean_name(entry.name) != entry.name:
        raise BadParcel("a file's name is not one that we give")
    try:
        found = media_type_of(content)
    except FileRefused:
        found = None
    if found is None or found != entry.type:
        raise BadParcel("a file is not of the type that the manifest says")
