"""The editor's desk where tiers meet: releasing, asking anew, signed papers, doubts, and what the person then reads."""

from datetime import date, timedelta
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from services.publishing.actions import consents, elsewhere, papers, receipts
from services.publishing.consumers.background import look_at_all
from services.publishing.queries import get_asked
from services.publishing.rules import Purpose, fingerprint
from services.publishing.tables import OtherHonour, Story
from shared.clock import FixedClock
from shared.events import Category, HonourStanding, Word
from shared.files import accept, path_of
from tests.support import factories as make
from tests.support.site import ADDRESS, Site, Sites, text_of

pytestmark = pytest.mark.db

WORK = "/lan-toa/bai/TB-24-0001"
PORTAL, UPPER, PRESS, SOCIAL = Purpose
LATER = make.AT + timedelta(days=31)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
CITY = "Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh"
MINISTRY = "Bộ Giáo dục và Đào tạo"


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("publishing")
    await make.consent_rule(made.database)
    return made


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def state(site: Site) -> object:
    ((found,),) = await rows(site, "select state from stories")
    return found


async def refer(site: Site, story: Story, *holders: str) -> None:
    async with site.database.transaction() as session:
        for one in holders:
            about = receipts.About.model_validate(story.model_dump())
            await receipts.note_holder(session, about, to_agency=one, at=make.AT)


async def standing(site: Site, story: Story, state: HonourStanding, *, minutes: int = 0, agency: str = "hcm") -> None:
    """Another agency's honour of it stands like that, since so many minutes later."""
    told = OtherHonour(
        agency="tan-binh",
        origin_agency=story.origin_agency,
        nomination_id=story.nomination_id,
        by_agency=agency,
        honour_id=UUID(int=5),
        told_by="hcm",
        standing=state,
        decision_number="900/QĐ-SGDĐT",
        decision_date=date(2024, 10, 14),
        form="Bằng khen",
        level="cấp thành phố",
        changed_at=make.AT + timedelta(minutes=minutes),
    )
    await refer(site, story, "hcm")
    async with site.database.transaction() as session:
        await elsewhere.take(session, told, at=make.AT)


async def test_a_story_from_below_is_released_and_the_desk_says_whose_word_is_missing(site: Site) -> None:
    story = await make.story(site.database, origin="hai-phong")
    async with site.signed_in("editor") as editor:
        page = await editor.get(WORK)
        missing = "Còn thiếu ý kiến, bài chưa đăng được Người trong bài"
        shown = [one in text_of(page) for one in ("Duyệt đăng", missing, "Hải Phòng")]
        assert (shown, "xin-dong-y" in page.text) == ([True] * 3, False)
        asked = await editor.post(f"{WORK}/xin-dong-y")
        assert (asked.status_code, "nơi đề cử đã xin ý kiến" in text_of(asked)) == (422, True)
        stale = await editor.post(f"{WORK}/duyet-dang", data={"version": "1"})
        assert (stale.status_code, "Có người vừa lưu bài này" in text_of(stale)) == (422, True)
        assert (await editor.post(f"{WORK}/duyet-dang", data={"version": story.version})).status_code == 303
        assert missing in text_of(await editor.get(WORK))
        await make.heard_word(site.database, story, Word.GIVEN, PORTAL)
        told = f"{missing} : đã trả lời, nhưng không đồng ý đăng ở trang cơ quan cấp trên"
        assert told.replace(" :", ":") in text_of(await editor.get(WORK)).replace(" :", ":")
        await make.heard_word(site.database, story, Word.GIVEN, UPPER, at=LATER)
        assert missing not in text_of(await editor.get(WORK))
    assert await state(site) == "live"


@pytest.mark.parametrize("act", ["duyet-dang", "xin-lai", "hien-lai"])
async def test_only_an_editor_decides(site: Site, act: str) -> None:
    await make.story(site.database, origin="hai-phong")
    for role in ("officer", "signer", "supervisor"):
        async with site.signed_in(role) as person:
            answer = await person.post(f"{WORK}/{act}", data={"version": "2", "seen": "x"})
            assert (answer.status_code, "Cần vai trò «Biên tập viên»" in text_of(answer)) == (403, True)


async def test_who_let_the_time_pass_is_asked_anew_under_another_link(site: Site) -> None:
    story = await make.story(site.database)
    old = (await make.asked(site.database, story.id))["self"]
    async with site.signed_in("editor") as editor:
        early = await editor.post(f"{WORK}/xin-lai")
        assert (early.status_code, "Không có ai cần xin lại ý kiến" in text_of(early)) == (422, True)
    async with site.database.transaction() as session:
        await session.execute(text("update consents set expires_at = :at"), {"at": make.AT - timedelta(seconds=1)})
    async with site.signed_in("editor") as editor:
        page = text_of(await editor.get(WORK))
        assert ("Hết hạn trả lời" in page, "Người được hỏi: Người trong bài." in page) == (True, True)
        assert (await editor.post(f"{WORK}/xin-lai")).status_code == 303
        assert "Hết hạn trả lời" not in text_of(await editor.get(WORK))
    [(consent_id, again)] = await rows(site, "select id, state from consents")
    assert (consent_id != old.id, again) == (True, "asked")
    asked = "select count(*) from outbox where type like '%ConsentAsked%'"
    assert await rows(site, asked) == [(2,)]
    async with site.anybody() as person:
        gone = await person.get("/dong-y/" + site.links.mint("consent", old.id, LATER))
    assert gone.status_code == 410


async def test_a_child_that_grew_into_another_band_is_hidden_until_the_new_word_is_there(site: Site) -> None:
    both = ("self", "guardian")
    story = await make.story(site.database, category=Category.PUPIL, born_on=date(2017, 10, 16), people=both)
    asked = await make.asked(site.database, story.id)
    await make.answer(site.database, asked["guardian"].id, PORTAL)
    assert (sorted(asked), await state(site)) == (["guardian"], "live")
    await look_at_all(site.database, FixedClock())
    assert await state(site) == "live"
    birthday = FixedClock(at=make.AT + timedelta(days=1))
    for _ in range(2):
        await look_at_all(site.database, birthday)
        assert await state(site) == "consent"
    async with site.database.transaction() as session:
        [own] = await consents.ask_again(session, story_id=story.id, at=birthday.at, by=make.EDITOR)
    assert own.relation == "self"
    async with site.database.transaction() as session:
        await consents.answer(session, consent_id=own.id, purposes=[PORTAL], at=birthday.at)
    assert await state(site) == "live"


async def test_a_story_that_cannot_be_looked_at_keeps_no_other_on_the_portal(site: Site) -> None:
    for code in ("TB-24-0001", "TB-24-0002"):
        born_on = date(2017, 10, 16)
        story = await make.story(
            site.database, category=Category.PUPIL, born_on=born_on, people=("self", "guardian"), code=code
        )
        await make.answer(site.database, (await make.asked(site.database, story.id))["guardian"].id, PORTAL)
    async with site.database.transaction() as session:
        await session.execute(
            text("create function stuck() returns trigger language plpgsql as $$ begin raise 'stuck'; end $$")
        )
        stuck = "create trigger stuck before update on stories for each row when (old.code = 'TB-24-0001')"
        await session.execute(text(f"{stuck} execute function stuck()"))
    with pytest.raises(RuntimeError, match="1 of 2 stories could not be looked at"):
        await look_at_all(site.database, FixedClock(at=make.AT + timedelta(days=1)))
    states = await rows(site, "select code, state from stories order by code")
    assert states == [("TB-24-0001", "live"), ("TB-24-0002", "consent")]


def paper(**changes: object) -> dict[str, object]:
    return {"who": "self", "purpose": ["portal", "press"], "signed": "14/10/2024", "checked": "1"} | changes


async def hand_in(client: httpx2.AsyncClient, **changes: object) -> httpx2.Response:
    return await client.post(f"{WORK}/giay", data=paper(**changes), files={"scan": ("giấy.pdf", PDF)})


@pytest.mark.parametrize("asked_before", [True, False])
async def test_a_signed_paper_counts_like_an_answer_and_its_scan_stays_on_the_desk(
    site: Site, asked_before: bool
) -> None:
    story = await make.story(site.database, people=("self",) if asked_before else ())
    if asked_before:
        await make.asked(site.database, story.id)
    async with site.signed_in("officer") as officer:
        assert (await officer.get(f"{WORK}/giay")).status_code == 200
        assert (await hand_in(officer)).status_code == 303
        page = await officer.get(WORK)
        assert "Giấy ký ngày 14/10/2024, đối chiếu lúc 09:00 15/10/2024 (Cán bộ phụ trách)" in text_of(page)
        [(consent_id,)] = await rows(site, "select id from consents")
        scan = await officer.get(f"{WORK}/giay/{consent_id}")
        assert (scan.content, scan.headers["cache-control"]) == (PDF, "private, no-store")
        assert scan.headers["content-disposition"] == "attachment; filename*=UTF-8''gi%E1%BA%A5y.pdf"
    said = "select convert_from(body, 'UTF8')::jsonb ->> 'method' from outbox where type like '%ConsentAnswered%'"
    assert (await state(site), await rows(site, said)) == ("live", [("paper",)])
    kept = "select c.state, c.method, c.purposes, p.checked_as, p.sha256 from consents c join papers p on true"
    sha256 = accept("x.pdf", PDF).sha256
    assert await rows(site, kept) == [("given", "paper", ["portal", "press"], "officer", sha256)]
    assert await site.runtime.objects.get(path_of("publishing", sha256)) == PDF
    async with site.anybody() as anybody:
        for path in (f"{WORK}/giay/{consent_id}", f"{WORK}/giay"):
            assert (await anybody.get(path)).status_code == 303
    async with site.signed_in("member") as member:
        assert (await member.get(f"{WORK}/giay/{consent_id}")).status_code == 403


async def test_what_is_wrong_with_a_paper_is_told_at_its_field_and_nothing_is_kept(site: Site) -> None:
    story = await make.story(site.database)
    await make.asked(site.database, story.id)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"checked": ""}, "Hãy đối chiếu bản quét với giấy gốc"),
        ({"who": "guardian"}, "Hãy chọn người đã ký giấy"),
        ({"purpose": []}, "Hãy đánh dấu ít nhất một nơi"),
        ({"signed": "16/10/2024"}, "không sau hôm nay"),
        ({"signed": "mai"}, "Hãy ghi ngày ký giấy"),
    ]
    async with site.signed_in("editor") as editor:
        for change, told in wrong:
            answer = await hand_in(editor, **change)
            assert (answer.status_code, told in text_of(answer)) == (422, True), change
        empty = await editor.post(f"{WORK}/giay", data=paper(), files={"scan": ("giay.pdf", b"")})
        assert (empty.status_code, "Tệp này trống" in text_of(empty)) == (422, True)
    async with site.signed_in("signer") as signer:
        assert (await hand_in(signer)).status_code == 403
    assert await rows(site, "select state from consents") == [("asked",)]
    assert await rows(site, "select 1 from papers") == []


async def test_a_paper_is_taken_back_at_the_desk_and_a_link_is_not(site: Site) -> None:
    story = await make.story(site.database)
    async with site.database.transaction() as session:
        given = await papers.record(
            session,
            story_id=story.id,
            who="self",
            purposes=[PORTAL],
            signed_on=make.TODAY,
            scan=accept("x.pdf", PDF),
            at=make.AT,
            by=make.EDITOR,
        )
    assert await state(site) == "live"
    async with site.signed_in("editor") as editor:
        assert "Ghi nhận rút đồng ý" in text_of(await editor.get(WORK))
        assert (await editor.post(f"{WORK}/rut-dong-y/{given.id}")).status_code == 303
        assert (await state(site), (await editor.get(WORK)).status_code) == ("refused", 200)
        async with site.database.transaction() as session:
            await session.execute(text("update consents set method = 'link'"))
        assert (await editor.post(f"{WORK}/rut-dong-y/{given.id}")).status_code == 404
    verb = "select role from audit where verb = 'consent.withdrawn'"
    assert await rows(site, verb) == [("editor",)]


async def test_the_person_reads_what_every_holder_did(site: Site) -> None:
    story, consent = await make.live(site.database, UPPER)
    await refer(site, story, "hcm", "moet")
    await standing(site, story, HonourStanding.IN_FORCE, agency="vneu")
    link = "/dong-y/" + site.links.mint("consent", consent.id, LATER)
    async with site.anybody() as person:
        assert "cơ quan cấp trên đang giữ hồ sơ cũng được báo" in text_of(await person.get(link))
        assert (await person.post(link + "/rut")).status_code == 200
        await answer(site, story, consent.id, "hcm", shown=True)
        await answer(site, story, consent.id, "vneu", shown=False)
        page = text_of(await person.get(link))
    assert page.partition("câu trả lời mới nhất. ")[2] == (
        f"{CITY}: đã gỡ lúc 09:00 15/10/2024 {MINISTRY}: đã được báo, chưa trả lời"
        " Công đoàn Giáo dục Việt Nam: chưa từng đăng Về trang đầu"
    )
    async with site.signed_in("editor") as editor:
        assert f"{CITY}: đã gỡ lúc 09:00 15/10/2024" in text_of(await editor.get(WORK))


async def answer(site: Site, story: Story, consent_id: UUID, by: str, *, shown: bool) -> None:
    about = receipts.About.model_validate(story.model_dump())
    told = receipts.Answer(consent_id=consent_id, by_agency=by, shown=shown, done_at=make.AT)
    async with site.database.transaction() as session:
        await receipts.take_answer(session, about, told, told_by="hcm", at=make.AT)


async def test_a_story_in_doubt_is_shown_again_by_an_editor_who_saw_why(site: Site) -> None:
    story, _ = await make.live(site.database)
    await standing(site, story, HonourStanding.HELD)
    notice = f"Khen thưởng của {CITY} đã tạm dừng"
    async with site.anybody() as anybody, site.signed_in("editor") as editor:
        assert (await anybody.get(story.path)).status_code == 410
        page = await editor.get(WORK)
        assert (notice in text_of(page), "Hiện lại bài" in text_of(page)) == (True, True)
        seen = f"{UUID(int=5)}@{make.AT.isoformat()}"
        assert f'name="seen" value="{seen}"' in page.text.replace("&#43;", "+")
        for nothing in ({}, {"seen": "x"}, {"seen": f"{UUID(int=5)}@2024-01-01T00:00:00+00:00"}):
            refused = await editor.post(f"{WORK}/hien-lai", data=nothing)
            assert (refused.status_code, "Vừa có thay đổi mới" in text_of(refused)) == (422, True)
        assert (await editor.post(f"{WORK}/hien-lai", data={"seen": seen})).status_code == 303
        assert ((await anybody.get(story.path)).status_code, await state(site)) == (200, "live")
        await standing(site, story, HonourStanding.REVOKED, minutes=5)
        page = await editor.get(WORK)
        assert f"Khen thưởng của {CITY} đã thu hồi" in text_of(page)


async def test_the_public_page_names_the_honours_in_force_of_every_tier(site: Site) -> None:
    story, _ = await make.live(site.database)
    ours = (
        "Được Phòng Giáo dục và Đào tạo quận Tân Bình khen theo Quyết định số 152/QĐ-PGDĐT ngày 15/10/2024: Giấy khen"
    )
    theirs = f"Được {CITY} khen theo Quyết định số 900/QĐ-SGDĐT ngày 14/10/2024: Bằng khen, cấp thành phố"
    async with site.anybody() as anybody:
        await standing(site, story, HonourStanding.IN_FORCE)
        assert f"Khen thưởng {ours} {theirs} Xem" in text_of(await anybody.get(story.path))
        told = (await anybody.get(story.path + ".json")).json()
        assert told == {
            "title": story.title,
            "text": story.text,
            "unit": "Trường THCS Hoa Mai",
            "category": "teacher",
            "purposes": ["portal"],
            "honours": [
                {
                    "agency": "Phòng Giáo dục và Đào tạo quận Tân Bình",
                    "number": "152/QĐ-PGDĐT",
                    "date": "2024-10-15",
                    "form": "Giấy khen",
                    "level": "",
                },
                {
                    "agency": CITY,
                    "number": "900/QĐ-SGDĐT",
                    "date": "2024-10-14",
                    "form": "Bằng khen",
                    "level": "cấp thành phố",
                },
            ],
            "sha256": fingerprint(story.title, story.text),
            "url": ADDRESS + story.path,
        }
        await standing(site, story, HonourStanding.HELD, minutes=1)
        gone = await anybody.get(story.path + ".json")
        assert (gone.status_code, gone.headers["cache-control"], "Thảo" in gone.text) == (410, "no-store", False)
        assert (await anybody.get("/guong/giao-vien-khong.json")).status_code == 404


async def test_a_consent_that_is_no_more_is_not_found(site: Site) -> None:
    async with site.database.reading() as session:
        assert await get_asked(session, consent_id=UUID(int=9)) is None
