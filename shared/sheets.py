"""The cells of the first sheet of an Excel file, as the words that a person sees in them.

Imports little: it is run in a process of its own (`shared.apart`).
"""

import io
import zipfile
from datetime import date

from python_calamine import CalamineSheet, CalamineWorkbook

MOST_UNPACKED = 60 * 1024 * 1024
MOST_ROWS = 25_000
MOST_COLUMNS = 50
LONGEST_CELL = 1000
MOST_LETTERS = 20_000_000
"""Of all cells together: one that many cells point at takes little room in the file, and much where it is read."""


def cells(content: bytes) -> list[list[str]]:
    """The rows from the first of the sheet on; those and columns beyond the bounds are left out, but for one row more,
    by which a reader sees that there are more.

    A formula counts as what it shows; what is merged downwards counts for each of its rows. Raises ValueError or what
    the library raises for what is no such file.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise ValueError("unpacks to too much")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    rows = sheet.to_python(skip_empty_area=False, nrows=MOST_ROWS + 1)
    found = [[_words(cell) for cell in row[:MOST_COLUMNS]] for row in rows]
    _spread(found, sheet)
    if sum(len(cell) for row in found for cell in row) > MOST_LETTERS:
        raise ValueError("says too much")
    return found


def _spread(rows: list[list[str]], sheet: CalamineSheet) -> None:
    """Give each row what a cell that is merged downwards says."""
    for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row):
                row[left] = rows[top][left]


def _words(cell: object) -> str:
    """A cell as a person sees it, whatever Excel keeps it as."""
    match cell:
        case date():  # a datetime is one
            return cell.strftime("%d/%m/%Y")
        case float() if cell.is_integer():
            return str(int(cell))
    return str(cell)[:LONGEST_CELL]
