"""Runs: a list too long to wait for is written while its person does something else, and nobody else gets it."""

import asyncio
import io
import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from shared.running.exporting import KEPT, Exports, path_of
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of, working

pytestmark = pytest.mark.db

LIST = "/de-cu/ho-so"
RUNS = "/de-cu/luot-chay"
MANY = 1100
COPIES = text(
    "insert into nominations select (jsonb_populate_record(n, jsonb_build_object("
    "'id', gen_random_uuid(), 'code', 'TB-24-' || lpad(i::text, 4, '0')))).*"
    f" from nominations n, generate_series(3, {MANY}) i where n.code = 'TB-24-0001'"
)


@pytest.fixture
async def site(sites: Sites) -> Site:
    """One nomination of another school among many of one's own."""
    site: Site = await sites("nomination")
    plan = await make.plan(site.database)
    for unit in (make.SCHOOL, make.OTHER_SCHOOL):
        await make.draft(site.database, plan.open, unit_id=unit, claims={}, contacts=False)
    async with site.database.transaction() as session:
        await session.execute(COPIES)
    return site


async def begun(by: httpx2.AsyncClient, query: str = "xep=cu") -> str:
    """A run that was asked for; its path."""
    answer = await by.post(RUNS, data={"danh-sach": f"{LIST}?{query}"})
    assert answer.status_code == 303
    return answer.headers["location"]


async def until(by: httpx2.AsyncClient, place: str, words: str) -> str:
    """What the run's page says once it says these words."""
    async with asyncio.timeout(60):
        while words not in (said := text_of(await by.get(place))):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return said


async def test_a_long_list_is_written_by_a_run_for_whoever_asked(site: Site) -> None:
    async with (
        site.signed_in("head", unit=make.SCHOOL, subject="hieu-truong") as head,
        site.signed_in("officer", subject="can-bo") as officer,
        site.signed_in("administrator", subject="quan-tri") as administrator,
        site.signed_in(subject="hieu-truong") as dismissed,
    ):
        offered = await head.get(f"{LIST}?xep=cu&dang=xlsx")
        assert "Danh sách có hơn 1.000 dòng nên cần ít phút để ghi." in text_of(offered)
        assert re.findall(r'name="danh-sach" value="([^"]*)"', offered.text) == [f"{LIST}?xep=cu"]
        place = await begun(head)
        assert await begun(head) == place, "pressed twice, it is written once"
        waiting = await head.get(place)
        assert "Chờ đến lượt" in text_of(waiting)
        assert ('<noscript><meta http-equiv="refresh"' in waiting.text, 'hx-trigger="every 2s"' in waiting.text) == (
            True,
            True,
        )
        assert (await head.get(f"{place}/tep")).status_code == 404

        async with working(site):
            said = await until(head, place, "Tải tệp Excel (1.099 dòng)")
        assert ("Người hieu-truong" in said, "Chờ đến lượt" in said) == (True, False)
        assert "hx-trigger" not in (await head.get(place)).text.partition("<main")[2]
        file = await head.get(f"{place}/tep")
        assert file.headers["content-disposition"] == 'attachment; filename="ho-so-de-cu.xlsx"'
        sheet: Any = load_workbook(io.BytesIO(file.content)).active
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert rows[0][0].split(" · ")[::2] == [
            "Hồ sơ của đơn vị",
            "Xuất lúc 09:00 15/10/2024, người xuất: Người hieu-truong",
        ]
        assert rows[1] == ["Mã", "Giới thiệu ai", "Loại", "Đơn vị", "Tình trạng"]
        # All of the head's own school and nothing of the other one, whose file has the number 2.
        assert [row[0] for row in rows[2:]] == [f"TB-24-{n:04}" for n in range(1, MANY + 1) if n != 2]
        assert "Xong" in text_of(await head.get(f"{LIST}?xep=cu&dang=xlsx"))

        found = [
            (await one.get(path)).status_code
            for one in (officer, administrator, dismissed)
            for path in (place, f"{place}/tep")
        ]
        assert found == [404, 404, 200, 404, 200, 403]
        assert "Chỉ người bắt đầu tải được tệp." in text_of(await administrator.get(place))


async def test_whoever_may_not_open_a_list_cannot_have_it_written(site: Site) -> None:
    async with site.signed_in("editor") as editor:
        found = [
            (await editor.post(RUNS, data={"danh-sach": what})).status_code
            for what in (LIST, "/de-cu/ke-hoach", "https://other.example/de-cu/ho-so", "")
        ]
    assert found == [403, 422, 403, 422]


async def test_a_run_that_cannot_be_done_says_so_and_can_be_begun_again(site: Site) -> None:
    change = text("update runs set what = :what")
    async with site.signed_in("officer") as officer:
        place = await begun(officer)
        async with site.database.transaction() as session:
            await session.execute(change, {"what": "/de-cu/khong-con"})
        async with working(site), asyncio.timeout(60):
            while not await ended(site):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        async with site.database.transaction() as session:
            await session.execute(change, {"what": f"{LIST}?xep=cu"})
        said = text_of(await officer.get(place))
        assert ("Chưa làm được" in said, "Hãy thử lại." in said, (await officer.get(f"{place}/tep")).status_code) == (
            True,
            True,
            404,
        )
        assert await begun(officer) != place


async def ended(site: Site) -> list[str]:
    async with site.database.reading() as session:
        return list(await session.scalars(text("select state from runs where ended_at is not null")))


async def test_a_file_is_kept_for_a_day(site: Site) -> None:
    exports = Exports(site.runtime, {})
    async with site.signed_in("officer") as officer:
        place = await begun(officer)
        async with working(site):
            await until(officer, place, "Xong")
        run_id, objects = place.rpartition("/")[2], site.runtime.objects
        kept = []
        for age in (KEPT, KEPT + timedelta(seconds=1)):
            async with site.database.transaction() as session:
                await session.execute(text("update runs set ended_at = :at"), {"at": make.AT - age})
            await exports.sweep()
            there = await objects.exists(path_of("nomination", run_id))  # type: ignore[arg-type]
            kept.append((there, (await officer.get(place)).status_code))
    assert kept == [(True, 200), (False, 404)]
