"""The same subject across units, lines and years: found again, told on the pages where it matters."""

import re
import unicodedata
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from services.nomination.tables import Evidence, Nomination
from tests.support import factories as make
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

ANH, OTHER_ANH = "Lê Thị Ánh", unicodedata.normalize("NFD", "LÊ THỊ ÁNH")


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    return made


async def drafts(site: Site, *told: tuple[str, Any]) -> list[Nomination]:
    """A draft for each name and unit."""
    plan = await make.plan(site.database)
    return [await make.draft(site.database, plan.open, name=name, unit_id=unit) for name, unit in told]


async def attach(site: Site, nomination: Nomination, sha256: str) -> None:
    """Put a file behind a claim of a dossier."""
    async with site.database.transaction() as session:
        found = await session.scalar(text("select id from claims where nomination_id = :id"), {"id": nomination.id})
        file = {"sha256": sha256, "file_name": "a.pdf", "media_type": "application/pdf", "size": 1}
        session.add(Evidence(agency="tan-binh", claim_id=found, text="Bằng khen", **file))  # type: ignore[arg-type]


def others(page: httpx2.Response) -> list[list[str]]:
    """What a page says of other dossiers that may be of the same subject, cell by cell."""
    found = re.search(r'<section id="nghi-trung">.*?<tbody[^>]*>(.*?)</tbody>', page.text, re.DOTALL)
    rows = re.findall(r"<tr.*?</tr>", found[1], re.DOTALL) if found else []
    return [[_words(cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)] for row in rows]


def _words(cell: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", cell).split())


async def test_others_that_may_be_the_same_are_told_before_confirming_and_before_sending(site: Site) -> None:
    here, there = make.SCHOOL, make.OTHER_SCHOOL
    one, *_ = await drafts(site, (ANH, here), (OTHER_ANH, there), ("Le Thi Anh", here), ("Lê Văn Ánh", here))
    async with site.signed_in("head", "nominator") as person:
        pages = [await person.get(f"/de-cu/ho-so/{one.code}/{part}") for part in ("xac-nhan", "gui")]
    told = [
        ["TB-24-0003", "Le Thi Anh", "Trường THCS Hoa Mai", "2024", "Đang soạn", "cùng đơn vị, tên chỉ khác dấu"],
        ["TB-24-0002", "LÊ THỊ ÁNH", "Trường Bình Minh", "2024", "Đang soạn", "cùng tên"],
    ]
    assert [others(page) for page in pages] == [told, told]


async def test_what_the_reader_may_not_see_is_not_told(site: Site) -> None:
    one, two = await drafts(site, (ANH, make.SCHOOL), (ANH, make.OTHER_SCHOOL))
    for nomination in (one, two):
        await attach(site, nomination, "a" * 64)
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        page = await head.get(f"/de-cu/ho-so/{one.code}/xac-nhan")
    assert (page.status_code, others(page), two.code in page.text) == (200, [], False)


async def test_who_holds_the_same_file_is_told_whatever_the_name(site: Site) -> None:
    one, two, _ = await drafts(site, (ANH, make.SCHOOL), ("Trần Văn Ba", make.OTHER_SCHOOL), ("Đỗ Thị Ẩn", make.SCHOOL))
    for nomination in (one, two):
        await attach(site, nomination, "a" * 64)
    async with site.signed_in("officer", "nominator") as person:
        page = await person.get(f"/de-cu/ho-so/{one.code}/gui")
    row = ["TB-24-0002", "Trần Văn Ba", "Trường Bình Minh", "2024", "Đang soạn", "cùng tệp minh chứng"]
    assert others(page) == [row]
