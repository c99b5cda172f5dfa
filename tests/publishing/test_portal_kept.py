"""Published pages as kept bytes: the same for everybody, known by their tags, never older than what is published."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import event as hooks
from sqlalchemy import text

from services.publishing.app import build
from services.publishing.pages.kept import Asked
from services.publishing.rules import HonourState
from shared.events import HonourStanding
from shared.federation import FederationFile
from shared.jobs import Jobs
from shared.runtime import Runtime
from tests.publishing.portal_site import filled, move
from tests.support import factories as make
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("publishing")


async def generation(site: Site) -> int:
    async with site.database.reading() as session:
        return int(await session.scalar(text("select sum(generation) from portal")) or 0)


def told_by(answer: httpx2.Response) -> dict[str, str]:
    """The headers but for the id that each request has of its own."""
    return {name: value for name, value in answer.headers.items() if name != "x-correlation-id"}


async def test_a_page_is_the_same_bytes_for_everybody_and_known_by_its_tag(site: Site) -> None:
    story = (await filled(site))[0]
    async with site.anybody() as anybody, site.signed_in("editor", "signer") as editor:
        for path in ("/", "/en", "/guong", "/guong?loai=giao-vien", story.path, "/nguon/guong.atom", "/sitemap.xml"):
            first = await anybody.get(path)
            kept = await anybody.get(path)
            theirs = await editor.get(path, headers={"cookie": "__Host-gs-lang=en", "accept-language": "en"})
            assert first.content == kept.content == theirs.content, path
            assert told_by(first) == told_by(kept) == told_by(theirs)
            told = {name: first.headers[name] for name in ("cache-control", "vary", "content-encoding")}
            assert told == {"cache-control": "no-cache", "vary": "accept-encoding", "content-encoding": "gzip"}
            assert "set-cookie" not in first.headers
            known = await anybody.get(path, headers={"if-none-match": first.headers["etag"]})
            assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", first.headers["etag"])
            plain = await anybody.get(path, headers={"accept-encoding": "identity"})
            assert (plain.content, "content-encoding" in plain.headers) == (first.content, False)
            assert plain.headers["etag"] != first.headers["etag"]
            head = await anybody.head(path)
            assert (head.content, told_by(head)) == (b"", told_by(first))


async def test_a_page_carries_the_headers_of_every_page(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        await anybody.get("/")
        page = await anybody.get("/")
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert re.findall(r"<script(?! type=\"application/ld)|nonce=|style=\"|<style", page.text) == []


async def test_a_kept_page_asks_for_nothing_but_the_generation(site: Site) -> None:
    await filled(site)
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    async with site.anybody() as anybody:
        hooks.listen(site.database.engine.sync_engine, "before_cursor_execute", note)
        first = await anybody.get("/")
        rendering = len(asked)
        kept = await anybody.get("/")
        hooks.remove(site.database.engine.sync_engine, "before_cursor_execute", note)
    assert (kept.content, rendering > 0, len(asked) - rendering) == (first.content, True, 0)


async def another(site: Site) -> Site:
    """A second process of the same service, which hears nothing of what the first one does."""
    runtime = replace(site.runtime, jobs=Jobs(site.database))
    return replace(site, runtime=runtime, app=build(runtime, False))


@pytest.mark.parametrize("end", [HonourState.HELD, HonourState.REVOKED])
async def test_no_process_sends_what_was_taken_back(site: Site, end: HonourState) -> None:
    story = (await filled(site))[0]
    other = await another(site)
    async with site.anybody() as here, other.anybody() as there:
        before = [await one.get(path) for one in (here, there) for path in ("/", story.path)]
        await move(site, story, end)
        after = [await one.get(path) for one in (here, there) for path in ("/", story.path)]
    assert [one.status_code for one in before] == [200] * 4
    assert [(one.status_code, "Ánh Tuyết" in one.text) for one in after] == [(200, False), (410, False)] * 2


async def test_another_tiers_honour_appears_and_goes(site: Site) -> None:
    story = (await filled(site))[0]
    insert = """
        insert into {0} (agency, origin_agency, nomination_id, {1}) select agency, origin_agency, nomination_id, {2}
        from stories where id = '{3}'"""
    columns = "by_agency, honour_id, told_by, standing, decision_number, decision_date, form, level, changed_at"
    values = "'hcm', gen_random_uuid(), 'hcm', '{}', '900/QĐ', '2024-10-15', 'Bằng khen', '', now()"
    seen = []
    async with site.anybody() as anybody:
        seen.append("Bằng khen" in (await anybody.get(story.path)).text)
        async with site.database.transaction() as session:
            await session.execute(text(insert.format("holders", "to_agency, since", "'hcm', now()", story.id)))
            standing = values.format(HonourStanding.IN_FORCE)
            await session.execute(text(insert.format("other_honours", columns, standing, story.id)))
        seen.append("Bằng khen" in (await anybody.get(story.path)).text)
        async with site.database.transaction() as session:
            await session.execute(text("delete from other_honours"))
        seen.append("Bằng khen" in (await anybody.get(story.path)).text)
    assert seen == [False, True, False]


async def test_the_generation_counts_once_a_transaction_and_only_what_is_shown(site: Site) -> None:
    stories = await filled(site)
    start = await generation(site)
    await make.story(site.database, code="TB-24-0009")  # a draft
    drafted = await generation(site)
    async with site.database.transaction() as session:
        await session.execute(text("update stories set title = title || '!' where state = 'live'"))
    counted = await generation(site)
    await move(site, stories[0], HonourState.HELD)
    assert [drafted - start, counted - drafted, await generation(site) - counted] == [0, 1, 1]


async def test_what_is_rolled_back_changes_nothing(site: Site) -> None:
    await filled(site)
    start = await generation(site)
    with pytest.raises(RuntimeError):
        async with site.database.transaction() as session:
            await session.execute(text("update stories set title = 'x' where state = 'live'"))
            raise RuntimeError
    assert await generation(site) == start


async def test_another_federation_file_makes_another_edition(site: Site, tmp_path: Path) -> None:
    await filled(site)
    renamed = tmp_path / "federation.toml"
    told = (site.folder / "federation.toml").read_text()
    renamed.write_text(told.replace("Phòng Giáo dục và Đào tạo quận Tân Bình", "Phòng Giáo dục Tân Bình"))
    runtime: Runtime = site.app.state.runtime
    path = await filled_path(site)
    async with site.anybody() as anybody:
        before = await anybody.get(path)
        runtime.federation_file = FederationFile(renamed)
        after = await anybody.get(path)
    old, new = "Được Phòng Giáo dục và Đào tạo quận Tân Bình khen", "Được Phòng Giáo dục Tân Bình khen"
    assert [(old in one.text, new in one.text) for one in (before, after)] == [(True, False), (False, True)]


async def filled_path(site: Site) -> str:
    async with site.database.reading() as session:
        return str(await session.scalar(text("select path from stories order by code limit 1")))


async def test_the_english_copy_lies_below_en_whatever_the_cookie_says(site: Site) -> None:
    story = (await filled(site))[0]
    async with site.client({"cookie": "__Host-gs-lang=en"}) as english, site.anybody() as anybody:
        for path in ("/", "/guong", "/tim?q=tuyet", "/nguon", "/tro-giup", "/quyen-rieng-tu", "/tiep-can", story.path):
            here, copy = await english.get(path), await anybody.get("/en" + path.rstrip("/"))
            assert [re.findall(r'<html lang="(\w+)"', one.text) for one in (here, copy)] == [["vi"], ["en"]]
            links = re.findall(r'<(?:a|form)[^>]*? (?:href|action)="(/[^"]*)"', copy.text)
            out = {link for link in links if not link.startswith("/en/") and link != "/en"}
            assert out - {"/viec", "/gioi-thieu?lang=en", path, path.replace("&", "&amp;")} == set(), path
            marked = f'<a href="{path}" lang="vi" hreflang="vi">Tiếng Việt</a>'
            assert marked in copy.text
        assert '<span lang="vi">Nguyễn Thị Ánh Tuyết</span>' in (await anybody.get("/en")).text
        await move(site, story, HonourState.HELD)
        page = await anybody.get("/en" + story.path)
    assert (page.status_code, "This story is not published" in page.text) == (410, True)


async def test_only_addresses_that_links_have_are_kept(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        for path in ("/guong?x=1", "/guong?q=tuyet", "/guong?nam=1999", "/tim?q=a", "/guong?nam=2024&loai=giao-vien"):
            page = await anybody.get(path)
            assert (page.status_code, "etag" in page.headers) == (200, False), path
        assert "etag" in (await anybody.get("/guong?loai=giao-vien&nam=2024")).headers


async def test_who_asks_while_it_is_being_asked_gets_the_next_answer() -> None:
    begun: list[int] = []
    go = asyncio.Event()

    async def ask() -> int:
        begun.append(len(begun) + 1)
        number = begun[-1]
        await go.wait()
        return number

    asked = Asked(ask)
    first = [asyncio.create_task(asked.answer()) for _ in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(asked.answer()) for _ in range(3)]
    await asyncio.sleep(0)
    later[0].cancel()  # one who goes away takes nobody's answer along
    go.set()
    assert await asyncio.gather(*first, *later[1:]) == [1, 1, 1, 2, 2]
    assert begun == [1, 2]


async def test_a_question_that_fails_is_asked_again() -> None:
    answers: list[int | Exception] = [ConnectionError("away"), 7]

    async def ask() -> int:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    asked = Asked(ask)
    with pytest.raises(ConnectionError):
        await asked.answer()
    assert await asked.answer() == 7


async def test_without_the_database_nothing_kept_is_sent(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        assert (await anybody.get("/")).status_code == 200
        async with site.database.transaction() as session:
            await session.execute(text("alter table portal rename to away"))
        broken = await anybody.get("/")
        async with site.database.transaction() as session:
            await session.execute(text("alter table away rename to portal"))
        again = await anybody.get("/")
    assert (broken.status_code, "Ánh Tuyết" in broken.text, again.status_code) == (500, False, 200)
