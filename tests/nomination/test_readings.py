"""Who read a dossier is written down before it is shown, and seen by whom it concerns."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from shared import readings
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

FILE = "/de-cu/ho-so/TB-24-0001"
API = "/api/v1/nomination/nominations/TB-24-0001"
READ = "select actor, role, unit_id, verb from audit where verb like '%.read' or verb like '%.exported' order by id"


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    made = await make.plan(site.database)
    await make.draft(site.database, made.open)
    return made


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_each_reader_leaves_one_line_an_hour_for_the_dossier_one_for_contacts_one_for_an_export(
    site: Site, plan: Plan
) -> None:
    async with site.signed_in("officer", subject="can-bo") as officer:
        for path in (FILE, f"{FILE}/gui", f"{FILE}/hanh-trinh", f"{FILE}/lien-he", f"{FILE}/lien-he", FILE, API, API):
            assert (await officer.get(path)).status_code == 200
    async with site.signed_in("head", unit=make.SCHOOL, subject="hieu-truong") as head:
        assert (await head.get(FILE)).status_code == 200
        assert (await head.get("/de-cu/ho-so/TB-24-9999")).status_code == 404
    async with site.signed_in("nominator", unit=make.OTHER_SCHOOL) as other:
        assert (await other.get(FILE)).status_code == 404
    officer_, head_ = ("https://id|can-bo", "officer", make.SCHOOL), ("https://id|hieu-truong", "head", make.SCHOOL)
    lines = [(*officer_, "dossier.read"), (*officer_, "contacts.read"), (*officer_, "dossier.exported")]
    assert await rows(site, READ) == [*lines, (*head_, "dossier.read")]
    async with site.database.transaction() as session:
        await session.execute(text("update audit set recorded_at = recorded_at - interval '61 minutes'"))
    async with site.signed_in("officer", subject="can-bo") as officer:
        assert (await officer.get(FILE)).status_code == 200
    assert (await rows(site, READ))[4:] == [(*officer_, "dossier.read")]


@pytest.mark.parametrize("path", [FILE, f"{FILE}/lien-he", f"{FILE}/tieu-chi/GV1", f"{FILE}/gui", API])
async def test_what_cannot_be_written_down_is_not_shown(site: Site, plan: Plan, path: str) -> None:
    async with site.database.transaction() as session:
        await session.execute(
            text("create function full_disk() returns trigger language plpgsql as $$ begin raise 'no room'; end $$")
        )
        await session.execute(
            text("create trigger full_disk before insert on audit for each row execute function full_disk()")
        )
    async with site.signed_in("officer") as officer:
        answer = await officer.get(path)
    told = [word in answer.text for word in ("Thảo Nguyên", "nguyen@hoa-mai.example", "đọc sách")]
    assert (answer.status_code, told) == (500, [False] * 3)


async def test_the_supervisor_and_the_head_of_the_unit_see_who_read(site: Site, plan: Plan) -> None:
    async with site.signed_in("officer", subject="can-bo") as officer:
        await officer.get(f"{FILE}/lien-he")
        assert (await officer.get(f"{FILE}/nhat-ky")).status_code == 403
    for who in (site.signed_in("supervisor"), site.signed_in("head", unit=make.SCHOOL)):
        async with who as person:
            page = await person.get(f"{FILE}/nhat-ky")
        assert page.headers["cache-control"] == "private, no-store"
        told = text_of(page)
        assert "Xem liên hệ và ngày sinh can-bo Cán bộ phụ trách Trường THCS Hoa Mai" in told
        assert "Viết thành tích co-hanh Người đề cử Trường THCS Hoa Mai" in told
        assert "Thảo Nguyên" not in told
    async with site.signed_in("head", unit=make.OTHER_SCHOOL) as other:
        assert (await other.get(f"{FILE}/nhat-ky")).status_code == 404


async def test_a_long_log_is_read_page_by_page(site: Site, plan: Plan) -> None:
    [(nomination_id,)] = await rows(site, "select id from nominations")
    async with site.database.transaction() as session:
        many = "insert into audit (agency, at, actor, role, verb, object, correlation_id) select 'tan-binh', now(),"
        many += " 'https://id|so-' || n, 'officer', 'dossier.read', :id, '' from generate_series(1, 130) n"
        await session.execute(text(many), {"id": str(nomination_id)})
    async with site.signed_in("supervisor") as supervisor:
        first = await supervisor.get(f"{FILE}/nhat-ky")
        older = re.search(rf'href="({FILE}/nhat-ky\?truoc=\d+)"', first.text)
        assert older
        second = await supervisor.get(older[1])
    seen = [number for page in (first, second) for number in re.findall(r">so-(\d+)<", page.text)]
    assert seen == [str(number) for number in range(130, 0, -1)]


async def test_the_person_concerned_sees_by_a_link_who_read_and_nobodys_name(site: Site, plan: Plan) -> None:
    async with site.signed_in("officer", subject="can-bo") as officer:
        await officer.get(FILE)
        before = await officer.get(f"{FILE}/nhat-ky/lien-ket")
        assert "/tra-loi/nhat-ky/" not in before.text
        made = await officer.post(f"{FILE}/nhat-ky/lien-ket")
        link = re.search(r"<code>https://tan-binh\.localhost(/tra-loi/nhat-ky/[^<]+)</code>", made.text)
    assert link
    async with site.anybody() as anybody:
        page = await anybody.get(link[1])
        told = text_of(page)
        assert (page.status_code, page.headers["referrer-policy"], page.headers["cache-control"]) == (
            200,
            "no-referrer",
            "no-store",
        )
        assert "Hồ sơ TB-24-0001" in told
        assert "Đọc hồ sơ Cán bộ phụ trách Trường THCS Hoa Mai" in told
        assert [word in page.text for word in ("can-bo", "co-hanh", "Thảo Nguyên", "Lập liên kết")] == [False] * 4
        for wrong in (f"{link[1]}x", f"/tra-loi/nhat-ky/{_minted(site, 'consent')}", _unknown(site), _old(site)):
            assert (await anybody.get(wrong)).status_code == 410
    assert await rows(site, "select actor, role from audit where verb = 'trail.shared'") == [
        ("https://id|can-bo", "officer")
    ]


def _minted(site: Site, purpose: str, days: int = 1) -> str:
    return site.links.mint(purpose, UUID(int=5), site.runtime.clock.real() + timedelta(days=days))


def _unknown(site: Site) -> str:
    return f"/tra-loi/nhat-ky/{_minted(site, 'readings')}"


def _old(site: Site) -> str:
    return f"/tra-loi/nhat-ky/{_minted(site, 'readings', days=-1)}"


def test_every_act_of_a_log_has_words() -> None:
    assert {verb for verb in readings.READ if verb not in readings.VERBS} == set()
