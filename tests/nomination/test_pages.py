"""The pages of nominating: each human step, and who may take it."""

import html
import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import text

from services.nomination.actions import hearing
from services.nomination.rules import State
from shared.events import Category
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


def nominator(site: Site, subject: str = "co-hanh") -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject=subject)


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def test_a_nomination_from_its_first_word_to_its_hand_in(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        page = await by.get("/de-cu/ho-so/moi")
        assert "Trường THCS Hoa Mai" in page.text
        assert "Trường Bình Minh" not in page.text
        assert (str(plan.open) in page.text, str(plan.over) in page.text) == (True, False)
        form = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
        started = await by.post("/de-cu/ho-so/moi", data=form)
        assert (started.status_code, started.headers["location"]) == (303, "/de-cu/ho-so/TB-24-0001")
        claim = "/de-cu/ho-so/TB-24-0001/tieu-chi/GV1"
        saved = await by.post(claim, data={"text": "Dạy giỏi.", "proof": "Sáng kiến số 12", "version": "0"})
        assert (saved.status_code, saved.headers["location"]) == (303, "/de-cu/ho-so/TB-24-0001#GV1")
        kept = await by.post("/de-cu/ho-so/TB-24-0001/lien-he", data={"email-self": "anh@hoa-mai.example"})
        assert kept.status_code == 303
        assert "anh@hoa-mai.example" in (await by.get("/de-cu/ho-so/TB-24-0001/lien-he")).text
        assert "Gửi hồ sơ TB-24-0001" in (await by.get("/de-cu/ho-so/TB-24-0001/gui")).text
        for _ in range(2):  # pressed twice: handed in once
            sent = await by.post("/de-cu/ho-so/TB-24-0001/gui", data=make.NO_KIN)
            assert (sent.status_code, sent.headers["location"]) == (303, "/de-cu/ho-so/TB-24-0001/hanh-trinh")
        journey = text_of(await by.get("/de-cu/ho-so/TB-24-0001/hanh-trinh"))
        listed = text_of(await by.get("/de-cu/ho-so"))
    assert "Ai đang giữ Đang chuyển tới hội đồng" in journey
    assert "Đã gửi hồ sơ" in journey
    assert "TB-24-0001 Lê Thị Ánh Giáo viên Trường THCS Hoa Mai Đã gửi" in listed
    assert await rows(site, "select count(*) from outbox where type like '%NominationSubmitted%'") == [(1,)]
    audited = await rows(site, "select verb, actor, role, unit_id from audit where actor like 'https%' order by id")
    who = ("https://id|co-hanh", "nominator", make.SCHOOL)
    assert audited == [
        (verb, *who)
        for verb in (
            "nomination.started",
            "dossier.read",
            "claim.written",
            "evidence.added",
            "contacts.read",
            "contacts.written",
            "kin.said",
            "nomination.submitted",
        )
    ]


PAGES = ("", "/tieu-chi/GV1", "/lien-he", "/gui", "/hanh-trinh")


async def test_who_is_not_signed_in_is_sent_to_sign_in_and_keeps_the_words(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    file = f"/de-cu/ho-so/{draft.code}"
    async with site.anybody() as anybody:
        for page in PAGES:
            answer = await anybody.get(file + page)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/vao?ve={file}{page}")
        answer = await anybody.post(f"{file}/tieu-chi/GV1", data={"text": "lời", "version": "1"})
    assert answer.status_code == 401
    assert text_of(answer).startswith("Phiên làm việc đã hết Chữ bạn vừa gõ vẫn còn")
    assert 'name="text" value="lời"' in answer.text


async def test_a_foreign_units_file_does_not_exist(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, unit_id=make.OTHER_SCHOOL)
    file = f"/de-cu/ho-so/{draft.code}"
    async with nominator(site) as by:
        unknown = text_of(await by.get("/de-cu/ho-so/TB-24-9999")).split("Mã để báo")[0]
        for page in PAGES:
            answer = await by.get(file + page)
            assert (answer.status_code, text_of(answer).split("Mã để báo")[0]) == (404, unknown)
        for page in ("/tieu-chi/GV1", "/lien-he", "/gui", "/tieu-chi/GV1/tep"):
            form = {"text": "của tôi", "version": "1", "email-self": "toi@nha.vn"}
            assert (await by.post(file + page, data=form)).status_code == 404
        assert draft.code not in (await by.get("/de-cu/ho-so")).text
    assert await rows(site, "select text, version from claims") == [("Dạy học bằng dự án đọc sách.", 1)]


@pytest.mark.parametrize(
    ("role", "unit", "status"), [("head", True, 200), ("officer", False, 200), ("supervisor", False, 200)]
)
async def test_who_may_read_may_not_therefore_write(site: Site, plan: Plan, role: str, unit: bool, status: int) -> None:
    draft = await make.draft(site.database, plan.open)
    file = f"/de-cu/ho-so/{draft.code}"
    async with site.signed_in(role, unit=make.SCHOOL if unit else None) as reader:
        assert (await reader.get(file)).status_code == status
        for page in ("/tieu-chi/GV1", "/lien-he", "/gui", "/tieu-chi/GV1/tep"):
            answer = await reader.post(file + page, data={"text": "x", "version": "1"})
            assert answer.status_code == 403
            assert "Cần vai trò «Người đề cử»" in text_of(answer)
        assert (await reader.get("/de-cu/ho-so/moi")).status_code == 403


@pytest.mark.parametrize("role", ["editor", "member", "operator"])
async def test_who_has_nothing_to_do_here_is_told_which_role_is_missing(site: Site, plan: Plan, role: str) -> None:
    await make.draft(site.database, plan.open)
    async with site.signed_in(role) as other:
        for page in ("/de-cu/ho-so", "/de-cu/ho-so/TB-24-0001"):
            answer = await other.get(page)
            assert (answer.status_code, "«Người đề cử»" in text_of(answer)) == (403, True)


async def test_two_editors_of_one_claim_see_both_texts_and_lose_nothing(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    claim = f"/de-cu/ho-so/{draft.code}/tieu-chi/GV1"
    async with nominator(site, "co-hanh") as first, nominator(site, "thay-viet") as second:
        seen = re.search(r'name="version" value="(\d+)"', (await second.get(claim)).text)
        assert seen
        saved = await first.post(claim, data={"text": "Lời của cô Hạnh.", "version": seen[1]})
        assert saved.status_code == 303
        typed = {"text": "Lời của thầy Việt.", "proof": "Sổ số 3", "version": seen[1]}
        answer = await second.post(claim, data=typed)
        assert answer.status_code == 409
        assert [word in answer.text for word in ("Lời của cô Hạnh.", "Lời của thầy Việt.", "Sổ số 3")] == [True] * 3
        current = re.search(r'name="version" value="(\d+)"', answer.text)
        assert current
        merged = {"text": "Lời của cả hai.", "proof": "Sổ số 3", "version": current[1]}
        assert (await second.post(claim, data=merged)).status_code == 303
    assert await rows(site, "select text, version from claims") == [("Lời của cả hai.", 3)]
    assert await rows(site, "select text from evidence order by id") == [("Sáng kiến số 12",), ("Sổ số 3",)]


async def test_a_returned_file_shows_why_and_can_be_changed_again(site: Site, plan: Plan) -> None:
    made = await make.submitted(site.database, plan.open)
    file = f"/de-cu/ho-so/{made.code}"
    async with nominator(site) as by:
        late = await by.post(f"{file}/tieu-chi/GV1", data={"text": "sau khi gửi", "version": "1"})
        assert (late.status_code, "đã gửi nên không sửa được nữa" in late.text) == (422, True)
        async with site.database.transaction() as session:
            await hearing.note_step(
                session, nomination_id=made.id, at=make.AT, what="returned", holder="unit", state=State.RETURNED
            )
            await hearing.take_reason(session, nomination_id=made.id, revision=1, reason="Cần <b>biên bản</b>.")
        page = await by.get(file)
        assert "Cần &lt;b&gt;biên bản&lt;/b&gt;." in page.text
        assert "Kiểm tra và gửi" in text_of(page)
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303
        journey = text_of(await by.get(f"{file}/hanh-trinh"))
    assert "Đã bổ sung và gửi lại" in journey
    assert await rows(site, "select state, revision from nominations") == [("submitted", 2)]


@pytest.mark.parametrize(
    ("heard", "holder"),
    [
        (["honoured"], "Bộ phận lan tỏa"),
        (["honoured", "published"], "Cổng thông tin"),
        (["honoured", "published", "held"], "Hội đồng xét duyệt"),
        (["honoured", "published", "held", "retracted"], "Hội đồng xét duyệt"),
        (["honoured", "published", "retracted", "held", "resumed"], "Bộ phận lan tỏa"),
        (["honoured", "published", "retracted", "held", "published", "resumed"], "Cổng thông tin"),
        (["honoured", "published", "revoked", "retracted"], "Hồ sơ đã đóng"),
        (["published", "honoured"], "Cổng thông tin"),
    ],
)
async def test_after_an_honour_the_last_words_of_review_and_publishing_say_who_has_the_file(
    site: Site, plan: Plan, heard: list[str], holder: str
) -> None:
    made = await make.submitted(site.database, plan.open)
    for number, what in enumerate(heard):
        async with site.database.transaction() as session:
            at = make.AT + timedelta(minutes=number)
            await hearing.note_step(
                session, nomination_id=made.id, at=at, what=what, holder="review", state=State.HONOURED
            )
    async with nominator(site) as by:
        journey = text_of(await by.get(f"/de-cu/ho-so/{made.code}/hanh-trinh"))
    assert f"Ai đang giữ {holder} " in journey


async def test_a_long_list_is_read_page_by_page(site: Site, plan: Plan) -> None:
    async with site.database.transaction() as session:
        await session.execute(text("insert into counters (agency, year, last) values ('tan-binh', 2024, 0)"))
    for _ in range(51):
        await make.draft(site.database, plan.open, claims={}, contacts=False)
    async with nominator(site) as by:
        first = await by.get("/de-cu/ho-so")
        following = re.search(r'href="(/de-cu/ho-so\?[^"]*sau=[^"]+)"', first.text)
        assert following
        second = await by.get(html.unescape(following[1]))
    codes = [re.findall(r">(TB-24-\d{4})</a>", page.text) for page in (first, second)]
    assert [len(one) for one in codes] == [50, 1]
    assert [*codes[0], *codes[1]] == [f"TB-24-{n:04}" for n in range(51, 0, -1)]


async def test_whoever_saves_a_criterion_goes_on_where_they_chose(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, claims={})
    file = f"/de-cu/ho-so/{draft.code}"
    led = []
    async with nominator(site) as by:
        for version, (criterion, then) in enumerate(
            (("GV1", "photo"), ("GV1", "next"), ("GV1", ""), ("GV1", "//evil.example"), ("GV4", "next"))
        ):
            form = {"text": "Dạy giỏi.", "version": str(version if criterion == "GV1" else 0), "then": then}
            led.append((await by.post(f"{file}/tieu-chi/{criterion}", data=form)).headers["location"])
    assert led == [f"{file}/tieu-chi/GV1#f-file", f"{file}/tieu-chi/GV4", f"{file}#GV1", f"{file}#GV1", f"{file}#GV4"]


async def test_a_pupil_is_put_forward_with_birthday_and_guardian(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, category=Category.PUPIL, contacts=False)
    file = f"/de-cu/ho-so/{draft.code}"
    async with nominator(site) as by:
        refused = await by.post(f"{file}/gui", data=make.NO_KIN)
        assert (refused.status_code, "Hãy ghi ngày sinh của học sinh" in text_of(refused)) == (422, True)
        form = {"email-self": "bao@nha.vn", "born": "31/02/2011", "guardian": "Lan", "email-guardian": "me@nha.vn"}
        wrong = await by.post(f"{file}/lien-he", data=form)
        assert (wrong.status_code, "kiểu 05/09/2012" in text_of(wrong), "me@nha.vn" in wrong.text) == (422, True, True)
        assert (await by.post(f"{file}/lien-he", data=form | {"born": "05/09/2011"})).status_code == 303
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303


async def test_nobody_writes_down_their_own_address_for_somebody_else(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open, contacts=False)
    contacts = f"/de-cu/ho-so/{draft.code}/lien-he"
    async with site.signed_in("nominator", unit=make.SCHOOL, email="co.hanh@hoa-mai.example") as by:
        own = await by.post(contacts, data={"email-self": "Co.Hanh@hoa-mai.example"})
        assert (own.status_code, "Đây là địa chỉ của bạn" in text_of(own)) == (422, True)
        assert (await by.post(contacts, data={"email-self": "nguyen@hoa-mai.example"})).status_code == 303
