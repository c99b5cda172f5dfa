"""Lists as spreadsheets (xlsx): row 1 says what it is, what was chosen, who took it out and when."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from starlette.responses import Response

from shared.clock import VIETNAM
from shared.language import translate
from shared.listing import Cell, Column, Link, Said, Tag
from shared.looks import STATES

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Spreadsheet:
    """One that is written row by row, in the language at hand."""

    def __init__(self, caption: str, columns: Sequence[Column], told: Iterable[str]) -> None:
        """`told` stands in row 1 after the caption; what is empty is left out."""
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(translate(caption)[:31].replace("/", "-"))
        self._sheet.freeze_panes = "A3"
        self._sheet.append([_text(self._sheet, " · ".join(part for part in (translate(caption), *told) if part))])
        self._sheet.append([_text(self._sheet, translate(column.label)) for column in columns])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Write further rows."""
        for row in rows:
            self._sheet.append([_plain(self._sheet, cell) for cell in row])

    def finish(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        self._book.save(out)
        return out.getvalue()


def taken(who: str, when: str) -> str:
    """Who took a list out, and when."""
    return translate("Xuất lúc {when}, người xuất: {who}", when=when, who=who)


def as_file(content: bytes, name: str) -> Response:
    """A spreadsheet as an answer that is kept by nobody on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=XLSX, headers={**headers, "X-Content-Type-Options": "nosniff"})


def _text(sheet: Any, text: str) -> Any:
    """A cell of text, whatever it begins with: a name that begins with «=» is no formula."""
    made = WriteOnlyCell(sheet, value="")
    made.value = "".join(letter for letter in text if letter >= " " or letter in "\n\t")
    made.data_type = "s"
    return made


def _plain(sheet: Any, cell: Cell) -> Any:
    match cell:
        case Link():
            return _text(sheet, translate(cell.text) if cell.ours else cell.text)
        case Tag():
            return _text(sheet, translate(STATES[cell.family][cell.name].label))
        case Said():
            return _text(sheet, translate(cell.text))
        case datetime():
            return cell.astimezone(VIETNAM).replace(tzinfo=None)
        case str():
            return _text(sheet, cell)
    return cell
