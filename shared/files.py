"""Files that people hand in: which are taken, told by what is in them, never by their name alone."""

import hashlib
import io
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum

import puremagic

MOST_BYTES = 15 * 1024 * 1024
MOST_NAME = 120
_MOST_ENTRIES = 5_000

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    PDF: (".pdf",),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
}
"""The types that are taken, each with its extensions, the usual one first."""

_OFFICE = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}


class FileProblem(StrEnum):
    """Why a file was refused."""

    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NOT_ALLOWED = "not-allowed"
    DISGUISED = "disguised"
    MACROS = "macros"
    BROKEN = "broken"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


_TEXTS = {
    FileProblem.EMPTY: "Tệp này trống. Hãy mở tệp để kiểm tra nội dung rồi chọn lại.",
    FileProblem.TOO_LARGE: "Tệp lớn hơn 15 MB. Hãy giảm cỡ ảnh hoặc chia tệp thành nhiều phần rồi gửi lại.",
    FileProblem.NOT_ALLOWED: (
        "Không nhận loại tệp này. Hãy lưu lại dưới dạng ảnh (JPG, PNG, WebP), PDF, Word (.docx) hoặc Excel (.xlsx),"
        " không đặt mật khẩu, rồi gửi lại."
    ),
    FileProblem.DISGUISED: (
        "Đuôi tên tệp không đúng với nội dung bên trong. Hãy mở tệp, lưu lại đúng loại rồi gửi lại; đừng đổi đuôi bằng"
        " tay."
    ),
    FileProblem.MACROS: (
        "Tệp có macro (chương trình chạy kèm). Hãy lưu lại thành .docx hoặc .xlsx không có macro rồi gửi lại."
    ),
    FileProblem.BROKEN: "Không mở được ảnh này, hoặc ảnh quá lớn. Hãy mở ảnh để kiểm tra, lưu lại rồi gửi lại.",
    FileProblem.INFECTED: "Tệp có mã độc nên không được nhận. Hãy quét máy của bạn rồi gửi tệp khác.",
    FileProblem.NOT_SCANNED: "Hiện chưa kiểm tra được tệp. Hãy thử lại sau ít phút.",
}


class FileRefused(ValueError):
    """A file that is not taken; `text` tells its owner in Vietnamese what to do."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.text = _TEXTS[problem]


@dataclass(frozen=True)
class Accepted:
    """A file that is taken; `sha256` in hexadecimal, `size` in bytes, `name` safe to show and to save as."""

    sha256: str
    size: int
    media_type: str
    name: str


def accept(name: str, content: bytes) -> Accepted:
    """Judge a file that somebody handed in under `name`. Raises FileRefused."""
    if not content:
        raise FileRefused(FileProblem.EMPTY)
    if len(content) > MOST_BYTES:
        raise FileRefused(FileProblem.TOO_LARGE)
    name = clean_name(name)
    stem, dot, extension = name.rpartition(".")
    named = f".{extension.lower()}" if dot and stem else ""
    media_type = media_type_of(content)
    if media_type is None:
        # A program that calls itself a picture is told apart from a type that we merely do not take.
        known = any(named in extensions for extensions in EXTENSIONS.values())
        raise FileRefused(FileProblem.DISGUISED if known else FileProblem.NOT_ALLOWED)
    if named and named not in EXTENSIONS[media_type]:
        raise FileRefused(FileProblem.DISGUISED)
    if not named:
        name = clean_name(name + EXTENSIONS[media_type][0])
    return Accepted(hashlib.sha256(content).hexdigest(), len(content), media_type, name)


def path_of(service: str, sha256: str) -> str:
    """Where a service keeps a file in the object store: by its content, so that it lies there once."""
    return f"{service}/files/{sha256}"


def media_type_of(content: bytes) -> str | None:
    """The media type of a file by what it begins with, and for Office files by what is inside; none if not taken.

    Raises FileRefused for an Office file with macros.
    """
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content)
    try:
        found = puremagic.magic_string(content)
    except (puremagic.PureError, ValueError):
        return None
    # A sign at a file's end or in its middle proves nothing about what opens it.
    begins = [one for one in found if content.startswith(one.byte_match)]
    best = max((one.confidence for one in begins), default=0)
    return next(
        (one.mime_type for one in begins if one.confidence == best and one.mime_type in EXTENSIONS),
        None,
    )


def _office_type(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return None
    if "[Content_Types].xml" not in names or len(names) > _MOST_ENTRIES:
        return None
    kinds = {kind for part, kind in _OFFICE.items() if part in names}
    if kinds and any(one.lower().endswith("vbaproject.bin") for one in names):
        raise FileRefused(FileProblem.MACROS)
    return kinds.pop() if len(kinds) == 1 else None


def clean_name(name: str) -> str:
    """A file's name without folders, control and direction marks; NFC; at most 120 characters with its extension."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if char.isspace() else char for char in name if char.isspace() or _shown(char))
    name = " ".join(name.split()).strip(". ")
    if not name:
        return "tệp"
    if len(name) > MOST_NAME:
        stem, dot, extension = name.rpartition(".")
        tail = dot + extension if stem and len(extension) <= 10 else ""
        name = name[: MOST_NAME - len(tail)].rstrip(". ") + tail
    return name


def _shown(char: str) -> bool:
    return not unicodedata.category(char).startswith("C")
