"""Bad input (what people really send): each time a clear message, nothing lost, nothing half done."""

import asyncio
import html
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from sqlalchemy import text

from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.pictures import photo
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PNG = photo()
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


def nominator(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL)


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def said(site: Site) -> list[tuple[object, ...]]:
    """What left the service, units aside."""
    aside = "%(UnitOpened|PlanPublished|NominationStarted)%"
    return await rows(site, f"select type from outbox where type not similar to '{aside}'")


async def test_a_nomination_without_evidence_says_where_and_stays_a_draft(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, evidence=False)
    async with nominator(site) as by:
        answer = await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)
    assert (answer.status_code, await said(site)) == (422, [])
    assert "GV1: Có lời nhưng chưa có minh chứng." in text_of(answer)
    assert "Dạy học bằng dự án đọc sách." in answer.text
    assert await rows(site, "select state, revision from nominations") == [("draft", 0)]


async def test_after_the_rounds_end_the_draft_is_kept(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    async with site.database.transaction() as session:
        await session.execute(text("update rounds set closes_on = '2024-10-14'"))
    async with nominator(site) as by:
        sent = await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)
        form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
        started = await by.post("/de-cu/ho-so/moi", data=form)
    assert (sent.status_code, started.status_code, await said(site)) == (422, 422, [])
    words = "Đợt này đã đóng ngày 14/10/2024."
    assert [words in text_of(one) for one in (sent, started)] == [True, True]
    assert await rows(site, "select code, state from nominations") == [(draft.code, "draft")]


async def test_nobody_is_put_forward_for_a_school_that_is_not_ones_own(site: Site, plan: Plan) -> None:
    form = {"round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh", "position": "giáo viên"}
    async with nominator(site) as by:
        answers = [
            await by.post("/de-cu/ho-so/moi", data=form | {"unit": unit})
            for unit in (str(make.OTHER_SCHOOL), "01900000-0000-7000-8000-00000000ffff")
        ]
        unknown = await by.post(
            "/de-cu/ho-so/moi", data=form | {"unit": str(make.SCHOOL), "round": str(make.OTHER_SCHOOL)}
        )
    for answer in answers:
        assert answer.status_code == 422
        assert "Bạn chỉ giới thiệu được người của đơn vị mình." in text_of(answer)
        assert 'value="Lê Thị Ánh"' in answer.text
    assert unknown.status_code == 404
    assert await rows(site, "select 1 from nominations union select 1 from subjects") == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"unit": ""}, "Hãy chọn đơn vị."),
        ({"round": "x"}, "Hãy chọn đợt giới thiệu."),
        ({"category": "king"}, "Hãy chọn loại đối tượng."),
        ({"name": " "}, "Hãy ghi họ và tên"),
        ({"name": "a" * 201}, "từ 2 đến 200 chữ"),
        ({"position": "a" * 201}, "Dài quá 200 chữ cái."),
    ],
)
async def test_a_form_with_a_mistake_comes_back_with_its_words(
    site: Site, plan: Plan, change: dict[str, str], words: str
) -> None:
    form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
    async with nominator(site) as by:
        answer = await by.post("/de-cu/ho-so/moi", data=form | {"position": "giáo viên"} | change)
    assert (answer.status_code, words in text_of(answer)) == (422, True)
    assert all(value in answer.text for name, value in form.items() if name not in change and name != "unit")
    assert await rows(site, "select 1 from nominations") == []


async def test_characters_that_no_database_takes_are_left_out(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, claims={})
    async with nominator(site) as by:
        form = {"text": "Dạy\0 giỏi\x07.\r\n\r\nHai.", "proof": "số\0 12", "version": "0"}
        assert (await by.post(f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1", data=form)).status_code == 303
    assert await rows(site, "select c.text, e.text from claims c join evidence e on true") == [
        ("Dạy giỏi.\n\nHai.", "số 12")
    ]


async def test_words_that_are_too_many_come_back(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, claims={})
    claim = f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1"
    async with nominator(site) as by:
        text_too_long = await by.post(claim, data={"text": "ế" * 6001, "version": "0"})
        proof_too_long = await by.post(claim, data={"text": "ngắn", "proof": "ế" * 2001, "version": "0"})
        empty = await by.post(claim, data={"text": "  ", "proof": "số 1", "version": "0"})
    assert [one.status_code for one in (text_too_long, proof_too_long, empty)] == [422] * 3
    assert "Dài quá 6000 chữ cái." in text_of(text_too_long)
    assert "ế" * 6001 in text_too_long.text
    assert "Dài quá 2000 chữ cái." in text_of(proof_too_long)
    assert await rows(site, "select 1 from claims union select 1 from evidence") == []


async def test_words_keep_themselves_while_they_are_typed(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, claims={})
    keep = f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1/luu"
    async with nominator(site) as by:
        first = await by.post(keep, data={"text": "Dạy học bằng dự án.", "version": "0"})
        second = await by.post(keep, data={"text": "Dạy học bằng dự án đọc sách.", "version": "1"})
        stale = await by.post(keep, data={"text": "Lời khác.", "version": "1"})
        empty = await by.post(keep, data={"text": "  ", "version": "2"})
        long = await by.post(keep, data={"text": "a" * 7000, "version": "2"})
        assert [(one.status_code, one.json().get("version") if one.content else None) for one in (first, second)] == [
            (200, 1),
            (200, 2),
        ]
        assert (stale.status_code, empty.status_code, long.status_code) == (409, 204, 422)
        assert (await by.post(keep.replace("GV1", "GV99"), data={"text": "x", "version": "0"})).status_code == 404
    assert await rows(site, "select text, version from claims") == [("Dạy học bằng dự án đọc sách.", 2)]
    assert await rows(site, "select count(*) from evidence") == [(0,)]


async def test_a_form_sent_twice_begins_one_draft_and_one_filled_in_anew_another(site: Site, plan: Plan) -> None:
    form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
    async with nominator(site) as by:
        page = await by.get("/de-cu/ho-so/moi")
        once = re.search(r'name="once" value="([^"]+)"', page.text)
        assert once
        form["once"] = once[1]
        both = await asyncio.gather(*(by.post("/de-cu/ho-so/moi", data=form) for _ in range(2)))
        assert [(answer.status_code, answer.headers["location"]) for answer in both] == [
            (303, "/de-cu/ho-so/TB-24-0001"),
            (303, "/de-cu/ho-so/TB-24-0001"),
        ]
        other = await by.post("/de-cu/ho-so/moi", data=form | {"name": "Trần Văn Ba"})
        assert other.headers["location"] == "/de-cu/ho-so/TB-24-0002"
    assert await rows(site, "select name from subjects order by name") == [("Lê Thị Ánh",), ("Trần Văn Ba",)]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Lê Thị Ánh 👩\u200d🏫", "Lê Thị Ánh 👩\u200d🏫"),
        ("Lê \u202eThị\u202c Ánh", "Lê Thị Ánh"),
        ("“Lê\u00a0Thị\u200b Ánh”\u00ad", "“Lê Thị Ánh”"),
        ("a" * 10_000, None),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
async def test_odd_names_are_kept_readable_or_refused_in_words(
    site: Site, plan: Plan, name: str, kept: str | None
) -> None:
    form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": name}
    async with nominator(site) as by:
        answer = await by.post("/de-cu/ho-so/moi", data=form)
        if kept is None:
            assert (answer.status_code, "từ 2 đến 200 chữ" in answer.text, name in answer.text) == (422, True, True)
        else:
            assert answer.status_code == 303
            page = (await by.get(answer.headers["location"])).text
            assert (html.escape(kept, quote=False) in page, "<script>alert" in page) == (True, False)
    assert await rows(site, "select name from subjects") == ([(kept,)] if kept else [])


async def test_a_paste_beyond_all_bounds_is_refused_in_words(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    async with nominator(site) as by:
        answer = await by.post(f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1", data={"text": "a" * 50_000_000})
    assert (answer.status_code, "Nội dung gửi quá lớn" in text_of(answer)) == (413, True)


async def test_a_body_that_drips_is_not_waited_for(site: Site, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.web.SLOWEST", 0.05)
    draft = await make.draft(site.database, plan.open)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"text=mot"
        await asyncio.sleep(5)
        yield b"hai"

    async with nominator(site) as by:
        answer = await by.post(
            f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1",
            content=dripping(),
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    assert (answer.status_code, "Đường truyền quá chậm" in text_of(answer)) == (408, True)
