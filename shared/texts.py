"""The letters of Word and PDF files.

Imports little: it is run in a process of its own (`shared.apart`).
"""

import io
import zipfile

MOST_PAGES = 120
MOST_LETTERS = 200_000
"""Where reading stops: a reader sees by one letter more that there are more."""
MOST_UNPACKED = 50 * 1024 * 1024
"""So many bytes a Word file may unpack to."""


def word(content: bytes) -> str:
    """The letters of a .docx, a line for each paragraph and each line of a table's cell."""
    import docx  # a process reads one kind only
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise ValueError("unpacks to too much")
    lines = []
    for part in docx.Document(io.BytesIO(content)).iter_inner_content():
        if isinstance(part, Paragraph):
            lines.append(part.text)
        elif isinstance(part, Table):
            # Heads of papers stand in tables without lines: who and where, beside one another.
            lines += [text for row in part.rows for cell in row.cells for text in cell.text.splitlines()]
    return "\n".join(lines)


def pdf(content: bytes) -> str:
    """The letters of a PDF that has letters in it, page after page."""
    import pypdf

    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    if len(pages) > MOST_PAGES:
        raise ValueError("has too many pages")
    found, length = [], 0
    for page in pages:
        found.append(page.extract_text())
        length += len(found[-1])
        if length > MOST_LETTERS:
            break
    return "\n".join(found)
