"""The portal, the feed, the consent link, the editor's desk."""

import re
from datetime import date, timedelta

import httpx2
import pytest
from lxml import etree
from sqlalchemy import text

from services.publishing.actions import stories
from services.publishing.rules import HonourState, Purpose
from services.publishing.tables import Story
from shared.events import Category
from shared.identity.sessions import COOKIE
from tests.support import factories as make
from tests.support.site import ADDRESS, Site, Sites, text_of

pytestmark = pytest.mark.db

GONE = "Bài này hiện không được đăng. Xem các gương khác"
WORK = "/lan-toa/bai/TB-24-0001"
LATER = make.AT + timedelta(days=30)


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("publishing")
    await make.consent_rule(made.database)
    return made


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def move(site: Site, story: Story, state: HonourState) -> None:
    async with site.database.transaction() as session:
        found = await stories.lock(session, story.id)
        assert found.honour_id
        await stories.move_honour(session, honour_id=found.honour_id, state=state, at=make.AT)


async def test_the_portal_shows_what_is_published_and_nothing_else(site: Site) -> None:
    story = await make.story(site.database)
    shown = ("/", "/guong", "/nguon/guong.atom")
    async with site.anybody() as anybody:

        async def named() -> list[bool]:
            return ["Thảo Nguyên" in (await anybody.get(path)).text for path in shown]

        assert await named() == [False] * 3
        asked = await make.asked(site.database, story.id)
        assert (await anybody.get(story.path)).status_code == 404  # not even that it waits
        assert await named() == [False] * 3
        await make.answer(site.database, asked["self"].id, Purpose.PORTAL)
        page = await anybody.get(story.path)
        assert (page.status_code, await named()) == (200, [True] * 3)
        assert "Quyết định số 152/QĐ-PGDĐT" in text_of(page)
        assert "cookie" not in page.headers.get("vary", "").lower()
    async with site.signed_in("editor") as editor:
        signed_in = await editor.get(story.path)
    assert signed_in.content == page.content


@pytest.mark.parametrize("end", [HonourState.HELD, HonourState.REVOKED])
async def test_what_went_says_only_that_and_is_kept_in_no_cache(site: Site, end: HonourState) -> None:
    story, _ = await make.live(site.database)
    await move(site, story, end)
    async with site.anybody() as anybody:
        page = await anybody.get(story.path)
        feed = await anybody.get("/nguon/guong.atom")
        home = await anybody.get("/")
        assert (page.status_code, page.headers["cache-control"], text_of(page)) == (410, "no-store", GONE)
        assert ["Thảo Nguyên" in one.text for one in (page, feed, home)] == [False] * 3
        tombstones = etree.fromstring(feed.content).findall("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
        assert [dict(one.attrib) for one in tombstones] == [{"ref": ADDRESS + story.path, "when": make.AT.isoformat()}]
        if end is HonourState.HELD:
            await move(site, story, HonourState.IN_FORCE)
            assert (await anybody.get(story.path)).status_code == 200
            assert b"deleted-entry" not in (await anybody.get("/nguon/guong.atom")).content


async def test_a_reader_that_has_the_feed_is_told_so(site: Site) -> None:
    await make.live(site.database)
    async with site.anybody() as anybody:
        first = await anybody.get("/nguon/guong.atom")
        again = await anybody.get("/nguon/guong.atom", headers={"if-none-match": first.headers["etag"]})
    assert (first.headers["content-type"], again.status_code, again.content) == ("application/atom+xml", 304, b"")


async def consent_link(site: Site, **more: object) -> tuple[Story, str]:
    story = await make.story(site.database, **more)  # type: ignore[arg-type]
    asked = await make.asked(site.database, story.id)
    return story, "/dong-y/" + site.links.mint("consent", next(iter(asked.values())).id, LATER)


STATES = "select c.state, s.state, c.answered_at from consents c join stories s on s.id = c.story_id"


async def test_opening_a_link_changes_nothing(site: Site) -> None:
    _, link = await consent_link(site)
    async with site.anybody() as scanner:
        for _ in range(3):
            opened, looked = await scanner.get(link), await scanner.head(link)
            assert (opened.status_code, looked.status_code) == (200, 200)
    assert await rows(site, STATES) == [("asked", "consent", None)]
    assert "checked" not in opened.text
    wanted = {"referrer-policy": "no-referrer", "cache-control": "no-store", "x-robots-tag": "noindex"}
    assert {name: opened.headers[name] for name in wanted} == wanted
    assert "Dạy học bằng dự án đọc sách, cả trường cùng đọc." in text_of(opened)


async def test_the_button_counts_once_and_the_link_then_shows_the_receipt(site: Site) -> None:
    story, link = await consent_link(site)
    async with site.anybody() as person:
        nothing = await person.post(link, data={"word": "agree"})
        assert (nothing.status_code, "Hãy đánh dấu ít nhất một nơi" in text_of(nothing)) == (422, True)
        unclear = await person.post(link, data={"purpose": ["portal"]})
        assert (unclear.status_code, await rows(site, STATES)) == (422, [("asked", "consent", None)])
        answered = await person.post(link, data={"word": "agree", "purpose": ["portal", "press", "moon"]})
        assert text_of(answered).startswith("Đã ghi nhận ý kiến Bạn đã đồng ý cho đăng")
        assert "Gửi cho báo chí" in text_of(answered)
        for word in ("refuse", "agree"):
            again = await person.post(link, data={"word": word, "purpose": ["social"]})
            assert (again.status_code, "Gửi cho báo chí" in text_of(again)) == (200, True)
        assert text_of(await person.get(link)) == text_of(answered)
        assert await rows(site, STATES) == [("given", "live", make.AT)]
        withdrawn = await person.post(link + "/rut")
        assert text_of(withdrawn).startswith("Đã rút đồng ý")
        assert (await person.get(story.path)).status_code == 410
        assert text_of(await person.post(link + "/rut")).startswith("Đã rút đồng ý")
    assert await rows(site, "select purposes from consents") == [(["portal", "press"],)]
    said = "select count(*) from outbox where type like '%Consent%' and type not like '%Asked%'"
    assert await rows(site, said) == [(2,)]


async def test_an_older_browser_answers_too(site: Site) -> None:
    """Before Sec-Fetch-Site (Safari 16.4) a page that sends no referrer says `Origin: null` even to its own site."""
    _, link = await consent_link(site)
    transport = httpx2.ASGITransport(site.app)
    async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers={"origin": "null"}) as person:
        answered = await person.post(link, data={"word": "agree", "purpose": ["portal"]})
        elsewhere = await person.post(link + "/rut", headers={"origin": "https://evil.example"})
        signed_in = await person.post(link + "/rut", headers={"cookie": f"{COOKIE}={site.token('editor')}"})
    assert (answered.status_code, elsewhere.status_code, signed_in.status_code) == (200, 403, 403)
    assert await rows(site, STATES) == [("given", "live", make.AT)]


async def test_a_no_is_kept(site: Site) -> None:
    _, link = await consent_link(site)
    async with site.anybody() as person:
        answered = await person.post(link, data={"word": "refuse", "purpose": ["portal"]})
    assert "Bạn đã không đồng ý" in text_of(answered)
    assert await rows(site, STATES) == [("refused", "refused", make.AT)]


async def test_a_link_that_is_old_cut_foreign_or_for_something_else_does_nothing(site: Site) -> None:
    story = await make.story(site.database)
    consent = (await make.asked(site.database, story.id))["self"]
    bad = [
        site.links.mint("consent", consent.id, make.AT),
        site.links.mint("consent", consent.id, LATER)[:-3],
        site.links.mint("confirm", consent.id, LATER),
        site.links.mint("consent", story.id, LATER),
        "khong-phai-lien-ket",
    ]
    async with site.anybody() as person:
        for token in bad:
            for answer in (
                await person.get(f"/dong-y/{token}"),
                await person.post(f"/dong-y/{token}", data={"word": "agree", "purpose": ["portal"]}),
                await person.post(f"/dong-y/{token}/rut"),
            ):
                assert (answer.status_code, answer.headers["cache-control"]) == (410, "no-store")
                assert text_of(answer).startswith("Liên kết không còn dùng được")
    assert await rows(site, STATES) == [("asked", "consent", None)]


async def test_nobody_is_asked_any_more_when_the_honour_is_gone(site: Site) -> None:
    story, link = await consent_link(site)
    await move(site, story, HonourState.REVOKED)
    async with site.anybody() as person:
        answer = await person.get(link)
    assert (answer.status_code, "Thảo Nguyên" in answer.text) == (410, False)


async def test_a_guardian_is_told_why_their_word_is_needed(site: Site) -> None:
    _, link = await consent_link(site, category=Category.PUPIL, born_on=date(2018, 1, 1), people=("self", "guardian"))
    async with site.anybody() as person:
        assert "Vì người trong bài là học sinh" in text_of(await person.get(link))


async def test_an_editor_writes_and_asks_and_then_changes_nothing_more(site: Site) -> None:
    await make.story(site.database)
    words = {"title": "Cả trường cùng đọc", "text": "Đoạn một dài hơn.\r\n\r\nĐoạn hai cũng vậy.\0"}
    async with site.signed_in("editor") as editor:
        version = re.search(r'name="version" value="(\d+)"', (await editor.get(WORK)).text)
        assert version
        short = await editor.post(WORK, data={"title": "a", "text": words["text"], "version": version[1]})
        assert (short.status_code, "Đoạn hai cũng vậy." in short.text) == (422, True)
        assert (await editor.post(WORK, data=words | {"version": version[1]})).status_code == 303
        stale = await editor.post(
            WORK, data={"title": "Tên khác", "text": "Chữ của người thứ hai.", "version": version[1]}
        )
        assert stale.status_code == 409
        both = [one in stale.text for one in ("Cả trường cùng đọc", "Đoạn hai cũng vậy.", "Chữ của người thứ hai.")]
        assert both == [True] * 3
        assert (await editor.post(f"{WORK}/xin-dong-y")).status_code == 303
        for path in (WORK, f"{WORK}/xin-dong-y"):
            late = await editor.post(path, data=words | {"version": "9"})
            assert (late.status_code, "không sửa được nữa" in text_of(late)) == (422, True)
    assert await rows(site, "select title, text, state from stories") == [
        ("Cả trường cùng đọc", "Đoạn một dài hơn.\n\nĐoạn hai cũng vậy.", "consent")
    ]
    assert await rows(site, "select verb, role from audit where actor like 'https%' order by id") == [
        ("story.written", "editor"),
        ("consent.asked", "editor"),
    ]


@pytest.mark.parametrize(("role", "reads"), [("signer", True), ("supervisor", True), ("member", False)])
async def test_only_an_editor_writes_and_only_some_read(site: Site, role: str, reads: bool) -> None:
    await make.story(site.database)
    async with site.signed_in(role) as person:
        for path in (WORK, "/lan-toa/bai"):
            assert (await person.get(path)).status_code == (200 if reads else 403)
        for path in (WORK, f"{WORK}/xin-dong-y"):
            answer = await person.post(path, data={"title": "Tên khác", "text": "x" * 30, "version": "2"})
            assert (answer.status_code, "Cần vai trò «Biên tập viên»" in text_of(answer)) == (403, True)
    async with site.signed_in("editor") as editor:
        assert (await editor.get("/lan-toa/bai/TB-24-9999")).status_code == 404
    assert await rows(site, "select state, version from stories") == [("draft", 2)]
