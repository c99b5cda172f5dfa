"""The rows of a table that somebody chose: Excel or CSV, each cell as the words that a person sees in it."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.nomination.rules.intakes import MOST_ROWS, BadTable, Column, find_columns
from shared.files import MOST_BYTES, XLSX, FileProblem, FileRefused, accept
from shared.formats import day
from shared.language import translate
from shared.names import normal

MOST_UNPACKED = 60 * 1024 * 1024
MOST_COLUMNS = 50
HEADS_WITHIN = 10
"""In one of so many first rows stand the headings."""
LONGEST_CELL = 1000
UNREADABLE = "Không đọc được tệp này. Hãy lưu lại thành .xlsx hoặc .csv rồi gửi lại."


@dataclass(frozen=True)
class Table:
    """What of a file is the list: rows with their number in the file and their words by column, and headings that
    mean nothing here."""

    rows: Sequence[tuple[int, dict[str, str]]]
    unused: Sequence[str]


def table_of(name: str, content: bytes, columns: Sequence[Column]) -> Table:
    """Read a file. Raises BadTable; FileRefused for what is no such file, or a disguised one."""
    rows = _comma_separated(content) if name.lower().endswith((".csv", ".txt")) else _excel(name, content)
    numbered = enumerate(rows, 1)
    heads, places = _find_heads(numbered, columns)
    found: list[tuple[int, dict[str, str]]] = []
    for number, row in numbered:
        cells = {one: row[place] if place < len(row) else "" for one, place in places.items()}
        if not any(cells.values()):
            continue
        if len(found) == MOST_ROWS:
            raise BadTable("Tệp có hơn 20.000 dòng. Hãy chia thành nhiều tệp.")
        found.append((number, cells))
    if not found:
        raise BadTable("Tệp không có dòng nào dưới dòng tiêu đề.")
    return Table(found, [head for place, head in enumerate(heads) if head and place not in places.values()])


def _find_heads(rows: Iterator[tuple[int, list[str]]], columns: Sequence[Column]) -> tuple[list[str], dict[str, int]]:
    """The row of headings, the first that has them all. Raises BadTable with what is wrong of the best row."""
    refusal: BadTable | None = None
    for _, row in islice(rows, HEADS_WITHIN):
        try:
            return row, find_columns(row, columns, translate)
        except BadTable as error:
            refusal = refusal or error
    raise refusal or BadTable("Tệp không có dòng nào.")


def _excel(name: str, content: bytes) -> Iterator[list[str]]:
    if accept(name, content).media_type != XLSX:
        raise BadTable("Chỉ đọc được tệp Excel (.xlsx) hoặc CSV (.csv).")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise BadTable(UNREADABLE)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
    except (CalamineError, ValueError, OSError):
        raise BadTable(UNREADABLE) from None
    return _rows(sheet)


def _rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows; a formula counts as what it shows. What is merged downwards counts for each of its rows."""
    first_of = _merged(sheet)
    firsts, kept = set(first_of.values()), dict[tuple[int, int], str]()
    for number, row in enumerate(sheet.iter_rows()):
        words = [_words(cell) for cell in row[:MOST_COLUMNS]]
        for column, text in enumerate(words):
            if (number, column) in firsts:
                kept[number, column] = text
            elif first := first_of.get((number, column)):
                words[column] = kept[first]
        yield words


def _merged(sheet: CalamineSheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Of each cell that a merged one above covers: which that is. Raises BadTable when there are too many."""
    ranges = sheet.merged_cell_ranges or ()
    if sum(bottom - top for (top, _), (bottom, _) in ranges) > MOST_ROWS:
        raise BadTable("Tệp có quá nhiều ô gộp. Hãy bỏ gộp ô rồi gửi lại.")
    return {
        (below, left): (top, left)
        for (top, left), (bottom, _) in ranges
        for below in range(top + 1, bottom + 1)
        if left < MOST_COLUMNS
    }


def _words(cell: object) -> str:
    """A cell as a person sees it, whatever Excel keeps it as."""
    match cell:
        case datetime():
            return day(cell.date())
        case date():
            return day(cell)
        case float() if cell.is_integer():
            return str(int(cell))
    return normal(str(cell))[:LONGEST_CELL]


def _comma_separated(content: bytes) -> Iterator[list[str]]:
    """CSV as Excel and others save it: commas, semicolons or tabs; UTF-8, UTF-16 or the code page of Windows."""
    if len(content) > MOST_BYTES:
        raise FileRefused(FileProblem.TOO_LARGE)
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1258"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise BadTable(UNREADABLE)
    if "\0" in text:
        raise BadTable(UNREADABLE)
    head = text[: text.find("\n")] if "\n" in text else text
    separator = max(";\t,", key=head.count)
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            yield [_words(cell) for cell in row[:MOST_COLUMNS]]
    except csv.Error:
        raise BadTable(UNREADABLE) from None
