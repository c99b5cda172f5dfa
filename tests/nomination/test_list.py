"""The list of files: filters, orders, pages by keyset, and the same list as a spreadsheet."""

import html
import io
import re
from datetime import date
from typing import Any

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from starlette.requests import Request

from shared import listing
from shared.listing import PAGE, Asked, Order, Rows
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of
from tests.support.statements import MOST, counted

pytestmark = pytest.mark.db

LIST = "/de-cu/ho-so"
NAMES = ("Lê Thị Ánh", "Trần Văn Ba", "Đỗ Thị Ẩn", "=1+2")


@pytest.fixture
async def site(sites: Sites) -> Site:
    site: Site = await sites("nomination")
    plan = await make.plan(site.database)
    async with site.database.transaction() as session:
        await session.execute(text("insert into counters (agency, year, last) values ('tan-binh', 2024, 0)"))
    for number in range(PAGE + 4):
        await make.draft(site.database, plan.open, claims={}, contacts=False, name=NAMES[number % 4])
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'withdrawn' where code like '%-000_'"))
    return site


async def codes(by: httpx2.AsyncClient, address: str) -> list[str]:
    return re.findall(r'<a href="/de-cu/ho-so/(TB-[0-9-]+)">', (await by.get(address)).text)


def following(page: httpx2.Response) -> str | None:
    found = re.search(r'<a class="btn" href="([^"]*sau=[^"]+)"', page.text)
    return html.unescape(found[1]) if found else None


async def test_every_row_is_on_one_page_in_every_order(site: Site) -> None:
    everything = [f"TB-24-{number:04}" for number in range(1, PAGE + 5)]
    async with site.signed_in("officer") as by:
        for order in ("moi", "cu", "ten", "ten-nguoc"):
            address: str | None = f"{LIST}?xep={order}"
            seen: list[str] = []
            while address:
                page = await by.get(address)
                seen += re.findall(r'<a href="/de-cu/ho-so/(TB-[0-9-]+)">', page.text)
                address = following(page)
            assert sorted(seen) == everything
            if order in ("moi", "cu"):
                assert seen == (everything if order == "cu" else everything[::-1])
        named = re.findall(r'data-label="Giới thiệu ai"><span>([^<]+)', (await by.get(f"{LIST}?xep=ten")).text)
        assert list(dict.fromkeys(named)) == ["Lê Thị Ánh", "Đỗ Thị Ẩn", "Trần Văn Ba", "=1+2"]


async def test_a_filter_is_kept_over_pages_and_can_be_taken_away(site: Site) -> None:
    async with site.signed_in("officer") as by:
        withdrawn = await codes(by, f"{LIST}?trang-thai=withdrawn&xep=cu")
        assert withdrawn == [f"TB-24-{number:04}" for number in range(1, 10)]
        page = await by.get(f"{LIST}?trang-thai=withdrawn&xep=cu")
        assert "9 dòng trên trang này, 9 dòng tất cả" in text_of(page)
        [away] = re.findall(r'<ul class="chips".*?href="([^"]+)"', page.text, re.S)
        assert html.unescape(away) == f"{LIST}?xep=cu"
        empty = text_of(await by.get(f"{LIST}?trang-thai=honoured"))
        assert "Không có dòng nào như vậy. Thử bỏ bớt điều kiện. Xem tất cả" in empty


@pytest.mark.parametrize(
    "query", ["xep=%27%3B--", "trang-thai=x", "sau=!!", "sau=WzEsMl0", "sau=eyJhIjoxfQ", "loai=', '"]
)
async def test_what_a_list_does_not_know_counts_for_nothing(site: Site, query: str) -> None:
    async with site.signed_in("officer") as by:
        assert len(await codes(by, f"{LIST}?{query}")) == PAGE


async def test_the_spreadsheet_holds_the_same_rows_says_who_took_it_and_runs_no_formula(site: Site) -> None:
    async with site.signed_in("officer", subject="co-hanh") as by:
        answer = await by.get(f"{LIST}?trang-thai=withdrawn&xep=cu&dang=xlsx")
    assert answer.headers["content-disposition"] == 'attachment; filename="ho-so-de-cu.xlsx"'
    assert answer.headers["cache-control"] == "private, no-store"
    sheet: Any = load_workbook(io.BytesIO(answer.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert [part in rows[0][0] for part in ("Hồ sơ của đơn vị", "Tình trạng: Đã rút", "người xuất: Người co-hanh")] == [
        True,
        True,
        True,
    ]
    assert rows[1] == ["Mã", "Giới thiệu ai", "Loại", "Đơn vị", "Tình trạng"]
    assert rows[2] == ["TB-24-0001", "Lê Thị Ánh", "Giáo viên", "Trường THCS Hoa Mai", "Đã rút"]
    assert [row[0] for row in rows[2:]] == [f"TB-24-{number:04}" for number in range(1, 10)]
    assert {cell.data_type for row in sheet.iter_rows(min_row=3) for cell in row} == {"s"}


async def test_a_long_list_asks_no_more_than_a_short_one(site: Site) -> None:
    await site.database.engine.dispose()
    async with site.signed_in("officer") as by:
        with counted(site.database) as asked:
            await by.get(LIST)
            long = len(asked)
            asked.clear()
            await by.get(f"{LIST}?trang-thai=honoured")
            short = len(asked)
    assert 3 <= short == long <= MOST


@pytest.mark.parametrize("place", [make.AT, date(2024, 10, 15), "TB-24-0001"])
def test_a_cursor_comes_back_as_it_went(place: object) -> None:
    query = f"xep=a&sau={listing._cursor(place, make.SCHOOL)}".encode()
    scope = {"type": "http", "method": "GET", "path": "/a", "query_string": query, "headers": [], "server": ("a", 80)}
    asked = Asked.of(Request(scope), {"a": Order(None, False, "A")}, ())
    assert (asked.after, asked.address()) == ((place, make.SCHOOL), "/a?xep=a")
    assert Rows([], 0, None).found == []
