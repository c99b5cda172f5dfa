"""The text of a file that somebody chose: Word, PDF with letters in it, or plain text."""

import io
import zipfile

import docx
import pypdf
from docx.document import Document
from docx.table import Table
from docx.text.paragraph import Paragraph
from pypdf.errors import PyPdfError

from services.nomination.actions.plan_texts import MOST_TEXT, BadText
from shared.files import DOCX, PDF, accept

MOST_PAGES = 120
MOST_UNPACKED = 50 * 1024 * 1024
"""So many bytes the words of a Word file may unpack to."""
UNREADABLE = "Không đọc được tệp này. Hãy mở tệp, chép toàn bộ chữ rồi dán vào ô bên trên."


def text_of(name: str, content: bytes) -> str:
    """The letters of a file. Raises BadText; FileRefused for what is no such file, or a disguised one."""
    if name.lower().endswith(".txt"):
        return _plain(content)
    accepted = accept(name, content)
    if accepted.media_type == DOCX:
        return _word(content)
    if accepted.media_type == PDF:
        return _pdf(content)
    raise BadText("Chỉ đọc được tệp Word (.docx), PDF hoặc văn bản thuần (.txt).")


def _plain(content: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1258"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadText(UNREADABLE)


def _word(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise BadText(UNREADABLE)
    try:
        document: Document = docx.Document(io.BytesIO(content))
    except (KeyError, ValueError, zipfile.BadZipFile):
        raise BadText(UNREADABLE) from None
    lines = []
    for part in document.iter_inner_content():
        if isinstance(part, Paragraph):
            lines.append(part.text)
        elif isinstance(part, Table):
            # Heads of papers stand in tables without lines: who and where, beside one another.
            lines += [text for row in part.rows for cell in row.cells for text in cell.text.splitlines()]
    return "\n".join(lines)


def _pdf(content: bytes) -> str:
    try:
        pages = pypdf.PdfReader(io.BytesIO(content)).pages
        if len(pages) > MOST_PAGES:
            raise BadText(UNREADABLE)
        found, length = [], 0
        for page in pages:
            found.append(page.extract_text())
            length += len(found[-1])
            if length > MOST_TEXT:
                break
    except (PyPdfError, ValueError, KeyError, RecursionError):
        raise BadText(UNREADABLE) from None
    return "\n".join(found)
