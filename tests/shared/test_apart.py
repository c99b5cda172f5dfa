"""Files are read in a process of their own: what they were made to do, they do to that process only."""

import io
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from openpyxl import Workbook

from shared import apart
from shared.apart import Unreadable, read_apart
from shared.sheets import cells

pytestmark = pytest.mark.unit


def book(cells: dict[str, Any], merged: Sequence[str] = ()) -> bytes:
    made = Workbook()
    for place, value in cells.items():
        made.worksheets[0][place] = value
    for one in merged:
        made.worksheets[0].merge_cells(one)
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


async def test_a_sheet_that_would_fill_the_memory_ends_its_reader_only() -> None:
    with pytest.raises(Unreadable):
        await read_apart("shared.sheets:cells", book({"A1": "Mã", "XFD1048576": "xa"}))


async def test_a_reader_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "PATIENCE", 0.5)
    begun = time.monotonic()
    with pytest.raises(Unreadable):
        await read_apart("tests.support.endless:read", b"")
    assert time.monotonic() - begun < 30


async def test_a_sheet_is_read_where_its_cells_stand() -> None:
    rows = {"B3": "Mã", "C3": "Từ ngày", "B4": "a", "C4": date(2024, 9, 1), "C5": 2.0, "C6": "x"}
    content = book(rows, ["B4:B5"])
    expected = [[], [], ["", "Mã", "Từ ngày"], ["", "a", "01/09/2024"], ["", "a", "2"], ["", "", "x"]]
    found = [row if any(row) else [] for row in cells(content)]
    assert (found, await read_apart("shared.sheets:cells", content)) == (expected, cells(content))
