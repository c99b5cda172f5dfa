"""What is forgotten after a while: how the public can be asked, texts of plans; what came of them stays."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from services.nomination.actions import leads, plan_texts, plans
from tests.nomination.test_importing import COMMUNE, PATH, fields_of, lines_of
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_how_somebody_of_the_public_can_be_asked_is_forgotten(site: Site) -> None:
    told = {"category": "teacher", "name": "Thầy Đặng Minh Quân", "deed": "Sáng nào thầy cũng đón học trò qua đường."}
    async with site.anybody() as anybody:
        assert "tự xóa sau 180 ngày" in text_of(await anybody.get("/gioi-thieu"))
        assert (await anybody.post("/gioi-thieu", data=told | {"contact": "bác bảo vệ cổng trước"})).status_code == 201
    kept = []
    for days in (179, 181):
        async with site.database.transaction() as session:
            await leads.forget_contacts(session, make.AT + timedelta(days=days) - leads.CONTACT_KEPT)
        kept += await rows(site, "select contact, deed from leads")
    assert kept == [("bác bảo vệ cổng trước", told["deed"]), ("", told["deed"])]


async def test_a_text_is_forgotten_and_the_plan_that_was_made_of_it_stays(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        places = [(await officer.post(PATH, data={"text": COMMUNE})).headers["location"] for _ in range(2)]
        page = (await officer.get(places[0])).text
        made = await officer.post(places[0], data=fields_of(page) | {"take": lines_of(page)})
        kept = []
        for days in (29, 31):
            async with site.database.transaction() as session:
                await plan_texts.tidy(session, make.AT + timedelta(days=days) - plan_texts.KEPT)
            kept += await rows(site, "select count(*) from plan_texts")
        assert kept == [(2,), (0,)]
        again, gone = [await officer.get(place) for place in places]
        assert (again.headers["location"], gone.status_code) == (made.headers["location"], 404)


async def test_what_is_done_each_hour_forgets_and_calls_for_reports(site: Site) -> None:
    deadline = {"what": "Báo cáo tổng kết năm", "duty": "report", "each": "10-25"}
    about = {"code": "kh-2", "title": "Kế hoạch", "issuer": "Phòng", "period": "2024", "deadlines": [deadline]}
    about |= {"grounds": [], "movements": [], "subjects": []}
    async with site.database.transaction() as session:
        await plans.enter_plan(session, make.AGENCY, plan=about, rounds=[], targets=[], at=make.AT, by=make.CLERK)
        long_ago = {"at": make.AT - plan_texts.KEPT - timedelta(hours=1), "by": make.CLERK}
        await plan_texts.enter(session, make.AGENCY, text=COMMUNE, file_name="", **long_ago)  # type: ignore[arg-type]
    for chore in site.runtime.jobs._chores:
        await chore()
    called = "select u.name, d.what, d.due_on::text from due_reports d join units u on u.id = d.unit_id order by 1"
    assert (await rows(site, "select count(*) from plan_texts"), await rows(site, called)) == (
        [(0,)],
        [(name, "Báo cáo tổng kết năm", "2024-10-25") for name in ("Trường Bình Minh", "Trường THCS Hoa Mai")],
    )
