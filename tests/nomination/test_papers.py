"""What a dossier needs beside its claims: opinions, the nominee's answer by their own link, the head's confirmation."""

import asyncio
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from services.nomination.actions import criteria, papers
from services.nomination.rules import ChangedMeanwhile, NotADraft
from services.nomination.rules.papers import Answered
from services.nomination.tables import Nomination
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PACK = "du/1"
FILE = "/de-cu/ho-so/TB-24-0001"
NEEDS: dict[str, dict[str, Any]] = {
    "window": {"opinions": 1, "agreement": True, "confirmation": True},
    "standing": {"confirmation": True},
}
CRITERIA: list[dict[str, Any]] = [
    {"code": "GV1", "category": Category.TEACHER, "text": "Tiêu chí GV1", "compulsory": True},
    {"code": "HS2", "category": Category.PUPIL, "text": "Tiêu chí HS2", "compulsory": True},
    {"code": "G", "text": "Trên hết.", "overall": True, "forms": ["exemplar", "model", "deed"]},
]
OPINION = {"voice": "colleague", "who": "giáo viên cùng tổ", "text": "Cô luôn giúp đồng nghiệp mới."}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("nomination")
    await make.plan(made.database)
    async with made.database.transaction() as session:
        await criteria.enter_criteria(
            session, make.AGENCY, pack=PACK, criteria=CRITERIA, papers=NEEDS, by=make.CLERK, since=make.TODAY
        )
        await session.execute(text("update rounds set kind = 'standing' where name = 'đợt sau'"))
        await session.execute(text("update rounds set opens_on = '2024-09-01' where name = 'đợt sau'"))
    return made


def nominator(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh")


def head(site: Site, subject: str = "hieu-truong") -> httpx2.AsyncClient:
    return site.signed_in("head", unit=make.SCHOOL, subject=subject)


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def begin(site: Site, by: httpx2.AsyncClient, round_name: str = "đợt này", **more: str) -> str:
    """A draft with its claim; the path of its page."""
    [(round_id,)] = await rows(site, f"select id from rounds where name = '{round_name}'")
    form = {"unit": str(make.SCHOOL), "round": str(round_id), "category": "teacher", "name": "Lê Thị Ánh"} | more
    file = str((await by.post("/de-cu/ho-so/moi", data=form)).headers["location"])
    code = {"pupil": "HS2"}.get(form["category"], "G" if "form" in more else "GV1")
    await by.post(f"{file}/tieu-chi/{code}", data={"text": "Dạy giỏi.", "proof": "Sáng kiến", "version": "0"})
    return file


async def link(by: httpx2.AsyncClient, file: str) -> str:
    """A fresh link of the nominee: the path of its page."""
    page = (await by.post(f"{file}/dong-y")).text
    found = re.search(r"<code>https?://[^/]+(/tra-loi/gioi-thieu/[^<]+)</code>", page)
    assert found, page
    return found[1]


async def confirm(by: httpx2.AsyncClient, file: str) -> httpx2.Response:
    edits = re.search(r'name="edits" value="(\d+)"', (await by.get(f"{file}/xac-nhan")).text)
    return await by.post(f"{file}/xac-nhan", data={"edits": edits[1] if edits else "0"})


async def test_a_dossier_is_a_list_of_tasks_with_one_next_step(site: Site) -> None:
    async with nominator(site) as by, head(site) as chief, site.anybody() as nominee:
        file = await begin(site, by, on_behalf="tổ Ngữ văn")
        told = []

        async def look() -> None:
            page = text_of(await by.get(file))
            done = re.search(r"Xong (\d/\d)", page)
            following = re.search(r"Việc kế tiếp: (.*?) Thành tích theo tiêu chí", page)
            told.append((done and done[1], following and following[1]))

        await look()
        for form in ({}, OPINION | {"who": "cô Lan 0903123456"}, OPINION | {"text": "Tốt."}):
            assert (await by.post(f"{file}/y-kien", data=form)).status_code == 422
        assert (await by.post(f"{file}/y-kien", data=OPINION)).status_code == 303
        await look()
        path = await link(by, file)
        await look()
        await nominee.post(path, data={"word": "agree"})
        await look()
        assert (await confirm(chief, file)).status_code == 303
        await look()
        page = text_of(await by.get(file))
        assert re.search(r"Người viết \S.* Viết thay cho tổ Ngữ văn", page)
        assert "Cô luôn giúp đồng nghiệp mới." in text_of(await by.get(f"{file}/gui"))
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303
    assert told == [
        ("3/8", "Ý kiến của mọi người"),
        ("4/8", "Ý kiến người được giới thiệu"),
        ("4/8", "Ý kiến người được giới thiệu"),
        ("5/8", None),  # the head's turn
        ("6/8", "Kiểm tra và gửi"),
    ]
    assert await rows(site, "select state, edits from nominations") == [("submitted", 3)]
    verbs = "select verb, role from audit where verb ~ '^(opinion|nominee|nomination)' order by id"
    assert await rows(site, verbs) == [
        ("nomination.started", "nominator"),
        ("opinion.written", "nominator"),
        ("nominee.asked", "nominator"),
        ("nominee.agreed", "nominee"),
        ("nomination.confirmed", "head"),
        ("nomination.submitted", "nominator"),
    ]


async def test_what_is_lacking_keeps_it_from_being_handed_in(site: Site) -> None:
    async with nominator(site) as by:
        file = await begin(site, by)
        refused = await by.post(f"{file}/gui", data=make.NO_KIN)
        sent = await by.post("/api/v1/nomination/nominations/TB-24-0001/submission", headers={"idempotency-key": "a"})
    assert (refused.status_code, sent.status_code) == (422, 422)
    assert {one["pointer"]: one["detail"] for one in sent.json()["errors"]} == {
        "/opinions": "Có 0/1 ý kiến.",
        "/agreement": "Chưa hỏi ý kiến người được giới thiệu.",
        "/confirmation": "Thủ trưởng đơn vị chưa xác nhận.",
    }
    assert "Có 0/1 ý kiến." in text_of(refused)


async def test_a_sudden_deed_needs_fewer_papers(site: Site) -> None:
    async with nominator(site) as by, head(site) as chief:
        file = await begin(site, by, "đợt sau", form="deed", name="Trả lại của rơi")
        page = text_of(await by.get(file))
        assert ("Xong 3/6" in page, "Ý kiến người được giới thiệu Chưa xong" in page, "GV1" in page) == (
            True,
            False,
            False,
        )
        await confirm(chief, file)
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303


async def test_opening_the_link_changes_nothing_and_the_first_word_counts(site: Site) -> None:
    async with nominator(site) as by, site.anybody() as nominee:
        file = await begin(site, by)
        path = await link(by, file)
        for _ in range(2):
            page = await nominee.get(path)
            assert (page.status_code, page.headers["referrer-policy"], page.headers["cache-control"]) == (
                200,
                "no-referrer",
                "no-store",
            )
            assert "Dạy giỏi." in page.text
        assert (await nominee.post(path, data={"word": "có"})).status_code == 422
        assert await rows(site, "select agreed from agreements") == [(None,)]
        words = [text_of(await nominee.post(path, data={"word": word})) for word in ("agree", "decline")]
        assert ["Bạn đã đồng ý lúc" in page for page in words] == [True, True]
        again = text_of(await nominee.get(path))
        assert ("Bạn đã đồng ý lúc" in again, "Dạy giỏi." in again) == (True, False)
        refused = await by.post(f"{file}/dong-y")
        assert (refused.status_code, "Người được giới thiệu đã trả lời rồi." in refused.text) == (422, True)
    assert await rows(site, "select agreed, relation from agreements") == [(True, "self")]


async def test_who_declines_is_not_put_forward(site: Site) -> None:
    async with nominator(site) as by, head(site) as chief, site.anybody() as nominee:
        file = await begin(site, by, "đợt sau")  # where nobody has to be asked
        await confirm(chief, file)
        await nominee.post(await link(by, file), data={"word": "decline"})
        refused = await by.post(f"{file}/gui", data=make.NO_KIN)
        assert (refused.status_code, "xin không được giới thiệu" in text_of(refused)) == (422, True)
    assert await rows(site, "select state from nominations") == [("draft",)]


async def test_a_newer_link_a_late_one_and_a_foreign_one_are_gone(site: Site) -> None:
    async with nominator(site) as by, site.anybody() as nominee:
        file = await begin(site, by)
        old, new = await link(by, file), await link(by, file)
        gone = [(await nominee.get(old)).status_code, (await nominee.post(old, data={"word": "agree"})).status_code]
        trail = (await by.post(f"{file}/nhat-ky/lien-ket")).status_code
        cut = (await nominee.get(new[:-3])).status_code
        assert (gone, trail, cut, (await nominee.get(new)).status_code) == ([410, 410], 403, 410, 200)
        async with site.database.transaction() as session:
            await session.execute(text("update agreements set expires_at = expires_at - interval '31 days'"))
        assert (await nominee.post(new, data={"word": "agree"})).status_code == 410
    assert await rows(site, "select distinct agreed from agreements") == [(None,)]


async def test_a_pupils_guardian_is_asked(site: Site) -> None:
    async with nominator(site) as by, site.anybody() as guardian:
        file = await begin(site, by, category="pupil")
        page = text_of(await guardian.get(await link(by, file)))
    assert "chúng tôi hỏi cha, mẹ hoặc người giám hộ" in page
    assert await rows(site, "select relation from agreements") == [("guardian",)]


async def test_two_answers_at_once_leave_one(site: Site) -> None:
    async with nominator(site) as by:
        await begin(site, by)
    nomination_id = UUID(str((await rows(site, "select id from nominations"))[0][0]))
    async with site.database.transaction() as session:
        asked = await papers.ask_nominee(session, nomination_id=nomination_id, at=make.AT, by=make.NOMINATOR)

    async def say(agreed: bool) -> None:
        async with site.database.transaction() as session:
            await papers.answer(session, agreement_id=asked.id, agreed=agreed, at=make.AT)

    done = await asyncio.gather(say(True), say(False), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Answered", "NoneType"]
    with pytest.raises(Answered):
        await say(True)


async def test_the_head_confirms_what_they_saw_and_nobody_in_their_place(site: Site) -> None:
    async with nominator(site) as by, head(site) as chief, head(site, "co-hanh") as own:
        file = await begin(site, by)
        assert (await by.post(f"{file}/xac-nhan", data={"edits": "1"})).status_code == 403
        stale = await chief.post(f"{file}/xac-nhan", data={"edits": "0"})
        assert (stale.status_code, "Hồ sơ vừa được sửa" in stale.text) == (409, True)
        assert (await confirm(chief, file)).status_code == 303
        assert "Đã xác nhận lúc" in text_of(await chief.get(f"{file}/xac-nhan"))
        await by.post(f"{file}/y-kien", data=OPINION)
        assert "Hồ sơ đã sửa sau khi thủ trưởng xác nhận." in text_of(await by.get(file))
        assert (await confirm(own, file)).status_code == 303  # who is head confirms what they wrote, too
    async with site.signed_in("officer", unit=make.OTHER_SCHOOL) as officer:
        assert (await officer.get(f"{file}/xac-nhan")).status_code == 403
    async with site.signed_in("officer") as officer:
        for leave in ({}, {"leave": "1"}):
            refused = await officer.post(f"{file}/xac-nhan", data={"edits": "3"} | leave)
            assert (refused.status_code, "thủ trưởng đơn vị xác nhận" in text_of(refused)) == (409, True)
    assert await rows(site, "select edits from confirmations order by edits") == [(2,), (3,)]


async def test_an_opinion_is_taken_out_again_and_only_from_its_own_dossier(site: Site) -> None:
    async with nominator(site) as by:
        file = await begin(site, by)
        await by.post(f"{file}/y-kien", data=OPINION)
        [(opinion_id,)] = await rows(site, "select id from opinions")
        other = await begin(site, by)
        for foreign in (str(opinion_id), "lời"):
            assert (await by.post(f"{other}/y-kien", data={"remove": foreign})).status_code == 404
        assert (await by.post(f"{file}/y-kien", data={"remove": str(opinion_id)})).status_code == 303
    assert await rows(site, "select 1 from opinions") == []


async def test_what_was_handed_in_is_neither_asked_about_nor_confirmed(site: Site) -> None:
    plan = await rows(site, "select id from rounds where name = 'đợt này'")
    made: Nomination = await make.submitted(site.database, plan[0][0])  # type: ignore[arg-type]
    about: dict[str, Any] = {"nomination_id": made.id, "at": make.AT + timedelta(hours=1), "by": make.NOMINATOR}
    async with site.database.transaction() as session:
        with pytest.raises(NotADraft):
            await papers.ask_nominee(session, **about)
        with pytest.raises(NotADraft):
            await papers.confirm(session, edits=made.edits, **about)
    draft = await make.draft(site.database, plan[0][0])  # type: ignore[arg-type]
    async with site.database.transaction() as session:
        with pytest.raises(ChangedMeanwhile):
            await papers.confirm(session, nomination_id=draft.id, edits=draft.edits + 1, at=make.AT, by=make.HEAD)
