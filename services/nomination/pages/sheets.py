"""The rows of a table that somebody chose: Excel or CSV, each cell as the words that a person sees in it."""

import asyncio
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.nomination.rules.intakes import MOST_ROWS, BadTable, Column, find_columns
from shared.apart import Unreadable, read_apart
from shared.files import MOST_BYTES, XLSX, FileProblem, FileRefused, accept
from shared.language import translate
from shared.names import normal
from shared.sheets import LONGEST_CELL, MOST_COLUMNS

HEADS_WITHIN = 10
"""In one of so many first rows stand the headings."""
UNREADABLE = "Không đọc được tệp này. Hãy lưu lại thành .xlsx hoặc .csv rồi gửi lại."


@dataclass(frozen=True)
class Table:
    """What of a file is the list: rows with their number in the file and their words by column, and headings that
    mean nothing here."""

    rows: Sequence[tuple[int, dict[str, str]]]
    unused: Sequence[str]


async def table_of(name: str, content: bytes, columns: Sequence[Column]) -> Table:
    """Read a file. Raises BadTable; FileRefused for what is no such file, or a disguised one."""
    excel = not name.lower().endswith((".csv", ".txt"))
    rows = await _excel(name, content) if excel else _comma_separated(content)
    return await asyncio.to_thread(_table, rows, columns)


def _table(rows: Iterable[list[str]], columns: Sequence[Column]) -> Table:
    numbered = ((number, [normal(cell) for cell in row]) for number, row in enumerate(rows, 1))
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


async def _excel(name: str, content: bytes) -> list[list[str]]:
    if accept(name, content).media_type != XLSX:
        raise BadTable("Chỉ đọc được tệp Excel (.xlsx) hoặc CSV (.csv).")
    try:
        rows: list[list[str]] = await read_apart("shared.sheets:cells", content)
    except Unreadable:
        raise BadTable(UNREADABLE) from None
    return rows


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
            yield [cell[:LONGEST_CELL] for cell in row[:MOST_COLUMNS]]
    except csv.Error:
        raise BadTable(UNREADABLE) from None
