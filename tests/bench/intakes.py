"""How long a file of 10,000 units takes: until each row can be seen, and until all are written; and what memory."""

import io
import resource
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import httpx2
from openpyxl import Workbook
from sqlalchemy import text

from services.nomination.rules.intakes import UNIT_COLUMNS
from tests.bench import measure
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.site import Site, make_site, text_of

ROWS = 10_000
SCHOOLS = 400
"""So many of them stand at the top; the others below these."""
SEEN, WRITTEN = 60.0, 3.0
"""Seconds within which the preview is there, and within which all is written."""
MORE = 100.0
"""Megabytes that such a file may add to what the process holds at most."""
PATH = "/de-cu/quan-tri/don-vi/nhap"


def table(mark: int) -> bytes:
    """A file of units of its own, as Excel keeps it."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([column.label for column in UNIT_COLUMNS])
    for number in range(ROWS):
        above = "" if number < SCHOOLS else f"don-vi-{mark}-{number % SCHOOLS}"
        kind = "trường tiểu học" if number < SCHOOLS else "tổ"
        code, name = f"don-vi-{mark}-{number}", f"Đơn vị số {number} lần {mark}"
        sheet.append([code, name, kind, "01/09/2024", above, "", f"{mark}{number:08}"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


async def rows(databases: Databases, rounds: int) -> list[measure.Row]:
    """The shares of the goals, by round; of memory, how much the most that was ever held has grown."""
    seen, written = [], []
    with tempfile.TemporaryDirectory() as folder:
        site = await make_site(databases, "nomination", Path(folder))
        try:
            await make.plan(site.database)
            async with site.signed_in("administrator") as person:
                await _take_in(site, person, table(0))  # what is made once is made
                held = _most_held()
                for mark in range(1, rounds + 1):
                    first, second = await _take_in(site, person, table(mark))
                    seen.append(first / SEEN)
                    written.append(second / WRITTEN)
                grown = (_most_held() - held) / MORE
        finally:
            await site.close()
    return [
        measure.Row(f"preview of {ROWS} units from a file / {SEEN:.0f} s", seen, 1.0, most=True),
        measure.Row(f"{ROWS} units written at once / {WRITTEN:.0f} s", written, 1.0, most=True),
        measure.Row(f"memory that further such files add / {MORE:.0f} MB", [grown], 1.0, most=True),
    ]


async def _take_in(site: Site, person: httpx2.AsyncClient, content: bytes) -> tuple[float, float]:
    """Seconds until the preview was there, and until all was written."""
    before = await _count(site)
    begun = time.perf_counter()
    sent = await person.post(PATH, data={"once": str(uuid4())}, files={"file": ("don-vi.xlsx", content)})
    assert (await person.get(sent.headers["location"])).status_code == 200
    seen = time.perf_counter()
    done = await person.post(sent.headers["location"] + "/ghi")
    written = time.perf_counter()
    assert (done.status_code, await _count(site) - before) == (303, ROWS), text_of(done)[:1500]
    return seen - begun, written - seen


async def _count(site: Site) -> int:
    async with site.database.reading() as session:
        return int(await session.scalar(text("select count(*) from units")) or 0)


def _most_held() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
