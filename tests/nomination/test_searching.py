"""Searching among nominations: with and without marks, in any order, by code; only what one may see."""

import io
import re
import unicodedata
from html import unescape
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from openpyxl import load_workbook

from services.nomination.actions import nominations
from shared.events import Category
from shared.search import TOO_MANY
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

OURS = ("Nguyễn Thị Ai", "Nguyễn Thị Ái", "Nguyễn Thị Hòa", "Ái Nguyễn", "Trần Văn Ân", "Tổ Toán - Tin")


@pytest.fixture
async def site(sites: Sites) -> Site:
    """Six nominations of one school, a seventh of another."""
    site = await sites("nomination")
    plan = await make.plan(site.database)
    for name, unit in (*((name, make.SCHOOL) for name in OURS), ("Nguyễn Thị Ái", make.OTHER_SCHOOL)):
        async with site.database.transaction() as session:
            await nominations.start_nomination(
                session,
                make.AGENCY,
                unit_id=unit,
                round_id=plan.open,
                category=Category.TEACHER,
                name=name,
                position="",
                rule_set=make.PACK,
                at=make.AT,
                today=make.TODAY,
                by=make.NOMINATOR,
            )
    return site


async def found(who: httpx2.AsyncClient, question: str) -> list[str]:
    """The names found, in their order."""
    page = text_of(await who.get("/de-cu/tim", params={"q": question}))
    rows = page.partition("Tình trạng")[2]
    places = sorted((rows.find(f"{name} Giáo viên"), name) for name in set(OURS))
    return [name for place, name in places if place >= 0]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("nguyen thi ai", ["Nguyễn Thị Ai", "Nguyễn Thị Ái"]),  # exactly this one, then the other
        ("Nguyễn Thị Ái", ["Nguyễn Thị Ái", "Nguyễn Thị Ai"]),
        (unicodedata.normalize("NFD", "Nguyễn Thị Ái"), ["Nguyễn Thị Ái", "Nguyễn Thị Ai"]),
        ("ái nguyễn", ["Nguyễn Thị Ái", "Ái Nguyễn", "Nguyễn Thị Ai"]),
        ("hoà", ["Nguyễn Thị Hòa"]),
        ("toán tin", ["Tổ Toán - Tin"]),
        ("ngu", ["Nguyễn Thị Ai", "Nguyễn Thị Ái", "Nguyễn Thị Hòa", "Ái Nguyễn"]),
        ("0005", ["Trần Văn Ân"]),
        ("tb-24", ["Nguyễn Thị Ai", "Nguyễn Thị Ái", "Trần Văn Ân", "Nguyễn Thị Hòa", "Ái Nguyễn", "Tổ Toán - Tin"]),
        ("nguyen van", []),
        ("' or 1=1 --", []),
    ],
)
async def test_what_is_found_and_in_which_order(site: Site, question: str, names: list[str]) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL) as teacher:
        assert await found(teacher, question) == names


async def test_one_finds_and_counts_what_one_may_see(site: Site) -> None:
    question = {"q": "nguyen thi ai"}
    told = {}
    for role, unit in (("nominator", make.SCHOOL), ("nominator", make.OTHER_SCHOOL), ("officer", None)):
        async with site.signed_in(role, unit=unit) as person:
            told[role, unit] = (await person.get("/de-cu/tim/so", params=question)).text
    assert told == {("nominator", make.SCHOOL): "2", ("nominator", make.OTHER_SCHOOL): "1", ("officer", None): "3"}


async def test_a_full_code_leads_to_its_page_where_one_may_see_it(site: Site) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL) as teacher:
        ours = await teacher.get("/de-cu/tim", params={"q": " tb 24 0002"})
        theirs = await teacher.get("/de-cu/tim", params={"q": "TB-24-0007"})
    assert (ours.status_code, ours.headers["location"]) == (303, "/de-cu/ho-so/TB-24-0002")
    assert theirs.status_code == 200
    assert "Không thấy «TB-24-0007» ở đây." in text_of(theirs)


async def test_a_page_for_every_question(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        empty = await officer.get("/de-cu/tim")
        long = await officer.get("/de-cu/tim", params={"q": "a" * 201})
        many = await officer.get("/de-cu/tim", params={"q": "a b c d e f g h i"})
        sheet = await officer.get("/de-cu/tim", params={"q": "ai", "dang": "xlsx"})
        page = await officer.get("/de-cu/tim", params={"q": "thị & ái"})
    assert (empty.status_code, "Hãy gõ chữ hoặc số cần tìm." in text_of(empty)) == (200, True)
    assert (long.status_code, "Câu hỏi dài quá 200 chữ cái." in text_of(long)) == (422, True)
    assert (many.status_code, "Chỉ 8 từ đầu được tìm." in text_of(many)) == (200, True)
    assert (sheet.status_code, sheet.content[:2]) == (200, b"PK")
    # The question goes along to the other services, as it was typed; only to those that are open to the person.
    assert 'href="/xet-duyet/tim?q=th%E1%BB%8B%20%26%20%C3%A1i"' in page.text
    assert 'hx-get="/lan-toa/tim/so?q=th%E1%BB%8B%20%26%20%C3%A1i"' in page.text
    async with site.signed_in("nominator", unit=make.SCHOOL) as teacher:
        assert "/xet-duyet/tim" not in (await teacher.get("/de-cu/tim", params={"q": "ái"})).text


async def shown(who: httpx2.AsyncClient, path: str) -> list[list[str]]:
    """The codes on each page from here on."""
    pages: list[list[str]] = []
    while path and len(pages) < 10:
        page = (await who.get(path)).text
        pages.append(re.findall(r">(TB-24-[0-9]{4})</a>", page))
        following = re.search(r'class="btn" href="([^"]*sau=[^"]*)"', page)
        path = unescape(following[1]) if following else ""
    return pages


async def test_pages_of_what_was_found_go_on_where_they_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.listing.PAGE", 2)
    async with site.signed_in("nominator", unit=make.SCHOOL) as teacher:
        pages = await shown(teacher, "/de-cu/tim?q=ng")
    assert pages == [["TB-24-0001", "TB-24-0002"], ["TB-24-0003", "TB-24-0004"]]


@pytest.mark.parametrize(
    ("question", "pages", "first"),
    [
        # Of the five called so, three are looked at; each is shown once.
        ("nguyễn thị", [["TB-24-0001", "TB-24-0002"], ["TB-24-0003"]], "2 dòng trên trang này, ít nhất 3 dòng tất cả"),
        # Of a word that is not finished those are looked at that come first: Ai and Ái before Ân.
        ("a", [["TB-24-0001", "TB-24-0002"], ["TB-24-0004"]], "2 dòng trên trang này, ít nhất 3 dòng tất cả"),
        # As many as are looked at: that is all there is.
        ("thị ai", [["TB-24-0001", "TB-24-0002"], ["TB-24-0007"]], "2 dòng trên trang này, 3 dòng tất cả"),
    ],
)
async def test_where_too_much_is_found_the_page_says_so_and_its_pages_stay_right(
    site: Site, monkeypatch: pytest.MonkeyPatch, question: str, pages: list[list[str]], first: str
) -> None:
    monkeypatch.setattr("shared.listing.PAGE", 2)
    monkeypatch.setattr("shared.search.MOST_FOUND", 3)
    cut = "ít nhất" in first
    path = f"/de-cu/tim?{urlencode({'q': question})}"
    async with site.signed_in("officer") as officer:
        told = text_of(await officer.get(path))
        found = await shown(officer, path)
        count = (await officer.get(path.replace("?", "/so?"))).text
        file = await officer.get(f"{path}&dang=xlsx")
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert (first in told, TOO_MANY in told) == (True, cut)
    assert (found, count) == (pages, "3+" if cut else "3")
    assert sorted(row[0] for row in rows[2:]) == sorted(code for page in pages for code in page)
    assert ("3 dòng trên trang này, ít nhất 3 dòng tất cả" in str(rows[0])) is cut
