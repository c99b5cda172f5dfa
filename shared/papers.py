"""Official papers as .docx, laid out as Decree 30/2020/NĐ-CP, annex I, asks."""

import io
from collections.abc import Sequence
from datetime import date

from docx import Document
from docx.document import Document as Paper
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt
from docx.table import _Cell
from fastapi.responses import Response

from shared.formats import day_in_words

MOTTO = ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc")
FONT = "Times New Roman"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def begin_paper(issuer: str, number: str, on: date, kind: str, about: str) -> Paper:
    """A paper down to its title; `issuer` in full, `number` as its symbol reads or empty while it has none, `kind` as
    «Tờ trình», `about` what stands below it."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    section.top_margin = section.bottom_margin = Cm(2)
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(13)
    head = paper.add_table(rows=1, cols=2).rows[0].cells
    _lines(head[0], [(issuer.upper(), True, False), (f"Số: {number}" if number else "Số: …", False, False)])
    place = f"…, {day_in_words(on)}"
    _lines(head[1], [(MOTTO[0], True, False), (MOTTO[1], True, False), (place, False, True)])
    paper.add_paragraph()
    for text in (kind.upper(), about):
        line = paper.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        line.add_run(text).bold = True
    return paper


def add_words(paper: Paper, text: str) -> None:
    """Paragraphs of a text, one for each line that is not blank."""
    for words in filter(str.strip, text.splitlines()):
        line = paper.add_paragraph(words)
        line.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        line.paragraph_format.first_line_indent = Cm(1)


def add_table(paper: Paper, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table with lines."""
    table = paper.add_table(rows=1, cols=len(heads))
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(head).bold = True
    for row in rows:
        for cell, value in zip(table.add_row().cells, row, strict=True):
            cell.text = str(value)


def end_paper(paper: Paper, recipients: Sequence[str], signer: str) -> bytes:
    """To whom it goes, and where it is signed; the file."""
    paper.add_paragraph()
    foot = paper.add_table(rows=1, cols=2).rows[0].cells
    foot[0].paragraphs[0].add_run("Nơi nhận:").italic = True
    for one in recipients:
        foot[0].add_paragraph(f"- {one}")
    _lines(foot[1], [(signer.upper(), True, False), ("(Ký, ghi rõ họ tên)", False, True)])
    content = io.BytesIO()
    paper.save(content)
    return content.getvalue()


def as_paper(content: bytes, name: str) -> Response:
    """A paper to download; `name` without its end, in plain letters."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.docx"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=DOCX, headers=headers)


def _lines(cell: _Cell, lines: Sequence[tuple[str, bool, bool]]) -> None:
    """Centred lines of a cell: text, bold, italic."""
    for number, (text, bold, italic) in enumerate(lines):
        line = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        line.alignment = WD_ALIGN_PARAGRAPH.CENTER
        run = line.add_run(text)
        run.bold, run.italic = bold, italic
