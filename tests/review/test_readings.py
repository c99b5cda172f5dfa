"""Who read a case is written down before it is shown, and seen by the supervisor."""

import pytest
from sqlalchemy import text

from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

CASE = "/xet-duyet/ho-so/TB-24-0001"
BOOK = "/xet-duyet/so-khen/TB-24-0001"


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("review")


async def test_the_supervisor_sees_who_read_a_case_and_nothing_of_a_vote(site: Site) -> None:
    await make.honoured(site.database)
    async with site.signed_in("officer", subject="can-bo") as officer:
        assert (await officer.get(CASE)).status_code == 200
        assert (await officer.get(f"{CASE}/nhat-ky")).status_code == 403
    async with site.signed_in("supervisor") as supervisor:
        told = text_of(await supervisor.get(f"{CASE}/nhat-ky"))
        assert (await supervisor.get("/xet-duyet/ho-so/TB-24-9999/nhat-ky")).status_code == 404
    assert "Đọc hồ sơ can-bo Cán bộ phụ trách" in told
    assert ("Hệ thống mở hồ sơ xét – Hệ thống Cả cơ quan" in told, "system:" in told) == (True, False)
    assert [word in told for word in ("Mở phiếu thu-ky", "Kết luận chu-tich", "Đồng ý", "Bỏ phiếu")] == [True] * 2 + [
        False
    ] * 2


async def test_a_case_whose_reading_cannot_be_written_down_is_not_shown(site: Site) -> None:
    await make.honoured(site.database)
    async with site.database.transaction() as session:
        await session.execute(
            text("create function full_disk() returns trigger language plpgsql as $$ begin raise 'no room'; end $$")
        )
        await session.execute(
            text("create trigger full_disk before insert on audit for each row execute function full_disk()")
        )
    async with site.signed_in("officer") as officer:
        for path in (CASE, BOOK):
            answer = await officer.get(path)
            assert (answer.status_code, "Thảo Nguyên" in answer.text) == (500, False)
