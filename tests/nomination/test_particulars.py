"""What an award's form asks of a person: asked only where a form needs it, sealed, opened by few, each time written
down, and gone with the dossier's purpose."""

import io
import re
from datetime import date
from uuid import UUID

import httpx2
import pytest
from docx import Document
from sqlalchemy import text

from services.nomination.actions import hearing, particulars
from services.nomination.actions.withdrawing import withdraw_nomination
from services.nomination.rules import State
from services.nomination.tables import Nomination
from shared.events import Category
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

FILE = "/de-cu/ho-so/TB-24-0001"
HERE = f"{FILE}/giay-to"
SECRETS = {"p-ethnicity": "Chơ Ro", "p-religion": "Cao Đài"}
FORM = {
    "code": "ca-nhan",
    "title": "Báo cáo thành tích cá nhân",
    "basis": "Nghị định thử, Mẫu 03",
    "valid_from": date(2024, 1, 1),
    "categories": ["teacher"],
    "asks": [
        {"field": "ethnicity", "label": "Dân tộc", "why": "Mẫu có mục này."},
        {"field": "religion", "label": "Tôn giáo", "why": "Mẫu có mục này."},
        {"field": "residence", "label": "Nơi thường trú", "why": "Mẫu có mục này."},
    ],
}
SHORT = FORM | {"code": "ngan", "title": "Báo cáo tóm tắt", "asks": FORM["asks"][:1]}  # type: ignore[index]


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    made = await make.plan(site.database)
    await make.draft(site.database, made.open)
    ended = FORM | {"code": "cu", "title": "Mẫu đã hết hiệu lực", "valid_to": date(2024, 2, 1)}
    pupils = FORM | {"code": "hoc-sinh", "title": "Mẫu cho học sinh", "categories": ["pupil"]}
    async with site.database.transaction() as session:
        await particulars.enter_award_forms(session, make.AGENCY, forms=[FORM, SHORT, ended, pupils], by=make.CLERK)
    return made


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def form_of(site: Site, code: str) -> str:
    found = await rows(site, f"select id from award_forms where code = '{code}'")
    return str(found[0][0])


async def needing(site: Site, by: httpx2.AsyncClient, code: str = "ca-nhan") -> None:
    assert (await by.post(f"{HERE}/mau", data={"form": await form_of(site, code)})).status_code == 303


def nominator(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh")


def officer(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("officer", subject="can-bo")


LINES = "select actor, verb, note from audit where verb like 'particular%' or verb like 'award_form.chosen' order by id"


async def test_nothing_is_asked_until_a_form_is_chosen_that_is_for_such_a_dossier_today(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        page = await by.get(HERE)
        offered = re.findall(r'for="f-form[^"]*">([^<]+)<', page.text)
        assert offered == ["Báo cáo thành tích cá nhân", "Báo cáo tóm tắt", "Không cần mẫu nào"]
        assert ("Chưa chọn mẫu nào" in text_of(page), "Dân tộc" in page.text) == (True, False)
        for bad in ("", "x", await form_of(site, "cu"), await form_of(site, "hoc-sinh"), str(UUID(int=9))):
            refused = await by.post(f"{HERE}/mau", data={"form": bad})
            assert (refused.status_code, 'aria-invalid="true"' in refused.text) == (422, True), bad
        refused = await by.post(HERE, data=SECRETS)
        assert (refused.status_code, await rows(site, "select * from particulars")) == (422, [])
        await needing(site, by)
        page = await by.get(HERE)
        assert [word in text_of(page) for word in ("Dân tộc", "Mẫu này chưa xác nhận")] == [True, True]
        assert "Giấy tờ theo hình thức khen" in text_of(await by.get(FILE))


async def test_who_writes_does_not_read_and_whoever_opens_leaves_a_line_each_time(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        assert (await by.post(HERE, data=SECRETS)).status_code == 303
        page = await by.get(HERE)
        assert [word in page.text for word in ("••••", "Chơ Ro", "Cao Đài", "Mở xem")] == [True, False, False, False]
        for path in ("mo", "bao-cao.docx"):
            assert (await by.post(f"{HERE}/{path}", data={"field": "ethnicity"})).status_code == 403
    async with officer(site) as reader:
        closed = await reader.get(HERE)
        assert [word in closed.text for word in ("Chơ Ro", "Cao Đài")] == [False, False]
        for _ in range(2):
            opened = await reader.post(f"{HERE}/mo", data={"field": "ethnicity"})
            assert [word in opened.text for word in ("Chơ Ro", "Cao Đài")] == [True, False]
            assert opened.headers["cache-control"] == "private, no-store"
        assert (await reader.post(f"{HERE}/mo", data={"field": "residence"})).status_code == 422
    own, other = "https://id|co-hanh", "https://id|can-bo"
    assert await rows(site, LINES) == [
        (own, "award_form.chosen", None),
        (own, "particular.written", "ethnicity"),
        (own, "particular.written", "religion"),
        (other, "particular.read", "ethnicity"),
        (other, "particular.read", "ethnicity"),
    ]
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        log = text_of(await head.get(f"{FILE}/nhat-ky"))
        assert (log.count("Mở xem một thông tin riêng"), log.count("Ghi một thông tin riêng")) == (2, 2)


async def test_others_do_not_come_near(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
    async with site.signed_in("supervisor") as supervisor:
        assert (await supervisor.get(HERE)).status_code == 403
        assert (await supervisor.post(f"{HERE}/mo", data={"field": "ethnicity"})).status_code == 403
    async with site.signed_in("head", unit=make.OTHER_SCHOOL) as foreign:
        assert (await foreign.get(HERE)).status_code == 404
        assert (await foreign.post(f"{HERE}/mo", data={"field": "ethnicity"})).status_code == 404


async def test_what_lies_in_the_database_tells_nothing_and_opens_nowhere_else(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS | {"p-residence": "12 Đường Hoa Ban"})
    async with site.database.reading() as session:
        kept = bytes((await session.execute(text("select string_agg(sealed, '') from particulars"))).scalar_one())
    assert [word.encode() in kept for word in ("Chơ Ro", "Cao Đài", "Hoa Ban")] == [False, False, False]
    async with site.database.transaction() as session:
        await session.execute(
            text(
                "update particulars set sealed = (select sealed from particulars where field = 'religion')"
                " where field = 'ethnicity'"
            )
        )
    async with officer(site) as reader:
        refused = await reader.post(f"{HERE}/mo", data={"field": "ethnicity"})
        assert (refused.status_code, "Cao Đài" in refused.text) == (422, False)
        assert "Không mở được một thông tin đã ghi." in text_of(refused)
        assert "Không mở được" in text_of(await reader.post(f"{HERE}/bao-cao.docx"))


async def test_what_cannot_be_written_down_is_not_opened(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
    async with site.database.transaction() as session:
        await session.execute(
            text("create function full_disk() returns trigger language plpgsql as $$ begin raise 'no room'; end $$")
        )
        await session.execute(
            text(
                "create trigger full_disk before insert on audit for each row"
                " when (new.verb = 'particular.read') execute function full_disk()"
            )
        )
    async with officer(site) as reader:
        answer = await reader.post(f"{HERE}/mo", data={"field": "ethnicity"})
        assert (answer.status_code, "Chơ Ro" in answer.text) == (500, False)


async def test_a_blank_field_stays_and_a_long_one_loses_nothing_typed(site: Site, plan: Plan) -> None:
    async with nominator(site) as by, officer(site) as reader:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
        refused = await by.post(HERE, data={"p-ethnicity": "x" * 301, "p-religion": "Hòa Hảo"})
        assert (refused.status_code, 'value="Hòa Hảo"' in refused.text, "x" * 301 in refused.text) == (422, True, True)
        assert (await by.post(HERE, data={"p-ethnicity": " ", "p-religion": " Hòa  Hảo "})).status_code == 303
        shown = [text_of(await reader.post(f"{HERE}/mo", data={"field": field})) for field in ("ethnicity", "religion")]
        assert ["Chơ Ro" in shown[0], "Hòa Hảo" in shown[1]] == [True, True]


async def test_the_paper_holds_them_and_counts_as_opening_each(site: Site, plan: Plan) -> None:
    async with nominator(site) as by, officer(site) as reader:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
        paper = await reader.post(f"{HERE}/bao-cao.docx")
        tables = Document(io.BytesIO(paper.content)).tables
        cells = [[cell.text for cell in row.cells] for row in tables[1].rows]
        assert cells[-3:] == [["Dân tộc", "Chơ Ro"], ["Tôn giáo", "Cao Đài"], ["Nơi thường trú", "…"]]
        assert paper.headers["content-disposition"] == 'attachment; filename="bao-cao-thanh-tich-TB-24-0001.docx"'
    assert [line[1:] for line in (await rows(site, LINES))[-2:]] == [
        ("particular.read", "ethnicity"),
        ("particular.read", "religion"),
    ]


async def test_another_form_keeps_only_what_it_asks_for_and_none_keeps_nothing(site: Site, plan: Plan) -> None:
    left = "select field from particulars order by field"
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
        await needing(site, by, "ngan")
        assert await rows(site, left) == [("ethnicity",)]
        assert (await by.post(f"{HERE}/mau", data={"form": "none"})).status_code == 303
        assert await rows(site, left) == []
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
        assert "Xóa 2 mục đã ghi" in text_of(await by.get(f"{HERE}/xoa"))
        assert (await by.post(f"{HERE}/xoa")).status_code == 303
        assert await rows(site, left) == []
        assert "Hồ sơ chưa ghi thông tin riêng nào." in text_of(await by.get(f"{HERE}/xoa"))


async def put_away(site: Site, nomination_id: UUID, how: str) -> None:
    async with site.database.transaction() as session:
        handed_in = await make.hand_in(session, await session.get_one(Nomination, nomination_id))
        if how == "withdrawn":
            about = {"version": handed_in.version, "by": make.NOMINATOR}
            await withdraw_nomination(session, nomination_id=nomination_id, at=make.AT, **about)  # type: ignore[arg-type]
        else:
            news = {"what": how, "holder": "done"}
            await hearing.note_step(session, nomination_id=nomination_id, at=make.AT, state=State.DECLINED, **news)


@pytest.mark.parametrize("how", ["withdrawn", "declined", "nominee"])
async def test_they_go_when_the_dossier_is_put_away(site: Site, plan: Plan, how: str) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
        async with site.database.reading() as session:
            nomination_id = (await session.execute(text("select id from nominations"))).scalar_one()
        if how == "nominee":
            link = await link_of(by)
            async with site.anybody() as nominee:
                assert (await nominee.post(link, data={"word": "decline"} | SECRETS)).status_code == 200
        else:
            await put_away(site, nomination_id, how)
            assert "Hồ sơ đã khép lại" in text_of(await by.get(HERE))
            assert (await by.post(HERE, data=SECRETS)).status_code == 422
    assert await rows(site, "select * from particulars") == []


async def link_of(by: httpx2.AsyncClient) -> str:
    page = await by.post(f"{FILE}/dong-y")
    found = re.search(r"/tra-loi/gioi-thieu/[\w.-]+", page.text)
    assert found
    return found[0]


async def test_the_nominee_writes_them_by_the_link_and_nobody_else_saw_them(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data={"p-religion": "Cao Đài"})
        link = await link_of(by)
    async with site.anybody() as nominee:
        page = await nominee.get(link)
        assert [word in page.text for word in ("Dân tộc", "Đã ghi; để trống", "Cao Đài")] == [True, True, False]
        refused = await nominee.post(link, data={"word": "agree", "p-ethnicity": "x" * 301, "p-residence": "Xã Hoa"})
        assert (refused.status_code, 'value="Xã Hoa"' in refused.text) == (422, True)
        assert (await nominee.post(link, data={"p-residence": "Xã Hoa"})).status_code == 422
        assert await rows(site, "select field from particulars") == [("religion",)]
        agreed = await nominee.post(link, data={"word": "agree", "p-ethnicity": "Chơ Ro"})
        assert ("Bạn đã đồng ý" in text_of(agreed), "Chơ Ro" in agreed.text) == (True, False)
        await nominee.post(link, data={"word": "agree", "p-ethnicity": "Kinh"})
    async with officer(site) as reader:
        assert "Chơ Ro" in (await reader.post(f"{HERE}/mo", data={"field": "ethnicity"})).text
    assert (await rows(site, LINES))[2] == ("system:link", "particular.written", "ethnicity")


async def test_a_collective_is_asked_for_nothing(site: Site, plan: Plan) -> None:
    await make.draft(site.database, plan.open, category=Category.COLLECTIVE, name="Tổ Ngữ văn")
    async with nominator(site) as by:
        page = text_of(await by.get("/de-cu/ho-so/TB-24-0002/giay-to"))
    assert "Hôm nay chưa có mẫu nào cho loại hồ sơ này." in page


async def test_an_ended_session_leaves_nothing_of_them_on_the_screen(site: Site, plan: Plan) -> None:
    home = "Số 12, đường Hoa Ban, tổ 4, khu phố 2, phường Bình Hòa"
    async with nominator(site) as by:
        await needing(site, by)
    async with site.anybody() as gone:
        page = await gone.post(HERE, data=SECRETS | {"p-residence": home, "other": "chữ khác"})
    seen = [word in page.text for word in ("Chơ Ro", home, "chữ khác", "Thông tin riêng phải ghi lại")]
    assert (page.status_code, seen) == (401, [False, False, True, True])
