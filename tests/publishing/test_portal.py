"""The portal's lists: what stands on them, what narrows them, what is found in them, and how much they weigh."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from lxml import etree

from services.publishing.rules import HonourState, Purpose
from shared.static_files import StaticFiles
from tests.publishing.portal_site import MAI, ROSE, TOLD, filled, move, titles
from tests.support import factories as make
from tests.support.site import ADDRESS, Site, Sites, text_of

pytestmark = pytest.mark.db

ALL = [name for _, _, name, _, _ in reversed(TOLD)]


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("publishing")


def doors(text: str) -> list[tuple[str, str]]:
    """The links that narrow a list, each with its count."""
    found = re.findall(r'<li><a href="([^"]+)">[^/]*?(?:</span>)?</a> <span class="muted">\((\d+)\)', text)
    return [(href.replace("&amp;", "&"), count) for href, count in found]


async def test_an_empty_portal_says_what_will_stand_there(site: Site) -> None:
    async with site.anybody() as anybody:
        said = [text_of(await anybody.get(path)) for path in ("/", "/guong")]
    nothing = "Chưa có bài gương nào được đăng. Nhận tin khi có bài mới"
    assert said == [f"Gương người tốt, việc tốt Tìm gương: tên, việc, đơn vị, mã Tìm {nothing}", f"Các gương {nothing}"]


async def test_the_first_page_has_the_newest_stories_and_doors_to_all(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        home = (await anybody.get("/")).text
    assert titles(home) == ALL
    assert doors(home) == [
        ("/guong?loai=tap-the", "1"),
        ("/guong?loai=giao-vien", "2"),
        ("/guong?loai=hoc-sinh", "1"),
        ("/guong?don-vi=truong-thcs-hoa-hong", "2"),
        ("/guong?don-vi=truong-thcs-hoa-mai", "2"),
        ("/guong?nam=2024", "4"),
    ]


@pytest.mark.parametrize(
    ("query", "found", "removed"),
    [
        ("", ALL, []),
        ("?loai=giao-vien", ["Lê Hòa", "Nguyễn Thị Ánh Tuyết"], ["/guong"]),
        (
            "?loai=giao-vien&don-vi=truong-thcs-hoa-hong",
            ["Lê Hòa"],
            ["/guong?don-vi=truong-thcs-hoa-hong", "/guong?loai=giao-vien"],
        ),
        ("?nam=2024", ALL, ["/guong"]),
        ("?nam=2023", [], ["/guong"]),
        ("?don-vi=khong-co", [], ["/guong"]),
        ("?loai=khong-co&nam=x&trang=0", ALL, []),
        ("?q=to+xe", [], ["/guong"]),
        ("?q=tu+sach", ["Tổ Ngữ văn"], ["/guong"]),
    ],
)
async def test_a_list_is_narrowed_by_its_address(site: Site, query: str, found: list[str], removed: list[str]) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        page = await anybody.get("/guong" + query)
    chips = re.search(r'<ul class="chips".*?</ul>', page.text, re.S)
    links = re.findall(r'href="([^"]+)"', chips[0]) if chips else []
    assert (page.status_code, titles(page.text)) == (200, found)
    assert [link.replace("&amp;", "&") for link in links] == removed


async def test_counts_keep_to_the_other_conditions(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        page = (await anybody.get("/guong?don-vi=truong-thcs-hoa-mai")).text
    both = "don-vi=truong-thcs-hoa-mai"
    assert doors(page) == [
        (f"/guong?loai=giao-vien&{both}", "1"),
        (f"/guong?loai=hoc-sinh&{both}", "1"),
        ("/guong?don-vi=truong-thcs-hoa-hong", "2"),
        (f"/guong?{both}&nam=2024", "2"),
    ]


async def test_a_long_list_has_pages(site: Site) -> None:
    await make.consent_rule(site.database)
    for number in range(26):
        told = {"name": f"Người thứ {number:02}", "position": ""}
        await make.live(site.database, code=f"TB-24-{number:04}", told=told)
    async with site.anybody() as anybody:
        first, second = await anybody.get("/guong"), await anybody.get("/guong?trang=2")
        third = await anybody.get("/guong?trang=3")
        home = await anybody.get("/")
    names = [f"Người thứ {number:02}" for number in reversed(range(26))]
    assert (titles(first.text), titles(second.text), third.status_code) == (names[:24], names[24:], 404)
    assert "1–24 trong 26 gương" in text_of(first)
    assert 'href="/guong?trang=2" rel="next"' in first.text
    assert 'href="/guong" rel="prev"' in second.text
    assert titles(home.text) == names[:7]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("anh tuyet", ["Nguyễn Thị Ánh Tuyết"]),
        ("Ánh Tuyết", ["Nguyễn Thị Ánh Tuyết"]),
        ("A\u0301nh tuye\u0302\u0301t", ["Nguyễn Thị Ánh Tuyết"]),
        ("DANG MINH", ["Đặng Minh Ẩn"]),
        ("hòa", ["Lê Hòa", "Đặng Minh Ẩn", "Tổ Ngữ văn", "Nguyễn Thị Ánh Tuyết"]),
        ("le", ["Lê Hòa"]),
        ("vườn, thuốc!", ["Lê Hòa"]),
        ("hoa hong", ["Tổ Ngữ văn", "Lê Hòa"]),
        ("TB-24-0003", ["Tổ Ngữ văn"]),
        ("152/QĐ-PGDĐT", ALL),
        ("%", []),
        ("_", []),
        ("không có ai", []),
    ],
)
async def test_search_finds_with_marks_and_without(site: Site, query: str, found: list[str]) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        page = await anybody.get("/tim", params={"q": query})
    assert (page.status_code, titles(page.text)) == (200, found)
    assert '<meta name="robots" content="noindex">' in page.text


async def test_whole_words_come_first(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        page = await anybody.get("/tim?q=an")  # «Ẩn» is a word, «Ánh» only begins so; «văn» has it at its end
    assert titles(page.text) == ["Đặng Minh Ẩn", "Nguyễn Thị Ánh Tuyết"]


async def test_search_offers_to_verify_a_code(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        page = await anybody.get("/tim?q=tb-24-0003")
        idle = await anybody.get("/tim")
    assert 'href="/xac-minh/TB-24-0003"' in page.text
    assert (titles(idle.text), "có dấu hay không dấu đều được" in text_of(idle)) == ([], True)


async def test_a_name_that_the_story_does_not_tell_finds_nothing(site: Site) -> None:
    await make.consent_rule(site.database)
    story = await make.story(site.database)
    async with site.signed_in("editor") as editor:
        words = {"title": "Một cô giáo ở Tân Bình", "text": "Mười năm dạy chữ cho trẻ xa nhà.", "version": "2"}
        assert (await editor.post("/lan-toa/bai/TB-24-0001", data=words)).status_code == 303
    consents = await make.asked(site.database, story.id)
    await make.answer(site.database, consents["self"].id, Purpose.PORTAL)
    async with site.anybody() as anybody:
        found = [titles((await anybody.get("/tim", params={"q": q})).text) for q in ("thao nguyen", "muoi nam")]
    assert found == [[], ["Một cô giáo ở Tân Bình"]]


@pytest.mark.parametrize("end", [HonourState.HELD, HonourState.REVOKED])
async def test_what_went_is_on_no_list_and_found_by_no_word(site: Site, end: HonourState) -> None:
    stories = await filled(site)
    paths = ["/", "/guong", "/guong?loai=hoc-sinh", "/tim?q=an", "/nguon/guong.atom", "/nguon/guong.json"]
    paths += ["/sitemap.xml", stories[0].path, stories[3].path, stories[3].path + ".json"]
    copies = [*paths, *("/en" + path.rstrip("/") for path in paths)]
    async with site.anybody() as anybody:
        for path in copies:
            await anybody.get(path)  # what is kept now must not be sent afterwards
        await move(site, stories[3], end)
        after = {path: await anybody.get(path) for path in copies}
    assert [path for path, page in after.items() if "Minh Ẩn" in page.text or "đem trả" in page.text] == []
    gone = [path for path, page in after.items() if page.status_code != 200]
    assert gone == [copy + stories[3].path + more for copy in ("", "/en") for more in ("", ".json")]
    assert {after[path].status_code for path in gone} == {410}
    maps = [after["/sitemap.xml"], after["/en/sitemap.xml"]]
    assert [stories[3].path in one.text for one in maps] == [False, False]


async def test_feeds_tell_the_same_each_in_its_form(site: Site) -> None:
    stories = await filled(site)
    await move(site, stories[0], HonourState.HELD)
    seen = {}
    async with site.anybody() as anybody:
        for kind in ("guong", "giao-vien", "hoc-sinh", "nhan-vien"):
            told = (await anybody.get(f"/nguon/{kind}.json")).json()
            atom = etree.fromstring((await anybody.get(f"/nguon/{kind}.atom")).content)
            names = [one["title"] for one in told["items"]]
            assert names == [one.text for one in atom.findall("{*}entry/{*}title")]
            assert [one["id"] for one in told["items"]] == [one.text for one in atom.findall("{*}entry/{*}id")]
            gone = [one["id"] for one in told["_guongsang_gone"]]
            assert gone == [one.get("ref") for one in atom.findall("{*}deleted-entry")]
            seen[kind] = (names, gone)
        strange = [(await anybody.get(f"/nguon/khong-co.{form}")).status_code for form in ("atom", "json")]
    held = [ADDRESS + stories[0].path]
    assert seen == {
        "guong": (ALL[:-1], held),
        "giao-vien": (["Lê Hòa"], held),
        "hoc-sinh": (["Đặng Minh Ẩn"], []),
        "nhan-vien": ([], []),
    }
    assert strange == [404, 404]


async def test_a_json_feed_keeps_to_its_form(site: Site) -> None:
    story = (await filled(site))[0]
    async with site.anybody() as anybody:
        answer = await anybody.get("/en/nguon/giao-vien.json")
    assert answer.headers["content-type"] == "application/feed+json"
    told = answer.json()
    assert told.pop("items")[-1] == {
        "id": ADDRESS + story.path,
        "url": f"{ADDRESS}/en{story.path}",
        "title": "Nguyễn Thị Ánh Tuyết",
        "content_text": "Dạy chữ cho trẻ xa nhà.",
        "date_published": make.AT.isoformat(),
        "date_modified": make.AT.isoformat(),
        "language": "vi",
        "tags": ["Teacher"],
    }
    agency = "Phòng Giáo dục và Đào tạo quận Tân Bình"
    assert told == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": f"Exemplars and good deeds – {agency}: Teacher",
        "home_page_url": f"{ADDRESS}/en/guong?loai=giao-vien",
        "feed_url": f"{ADDRESS}/en/nguon/giao-vien.json",
        "language": "vi",
        "authors": [{"name": agency, "url": f"{ADDRESS}/"}],
        "_guongsang_gone": [],
    }


async def test_every_link_of_the_portal_leads_somewhere(site: Site) -> None:
    await filled(site)
    elsewhere = ("/viec", "/gioi-thieu", "/xac-minh", "/en/xac-minh", "/static/")
    waiting, seen = ["/", "/en", "/sitemap.xml", "/robots.txt", "/.well-known/security.txt"], dict[str, int]()
    async with site.anybody() as anybody:
        while waiting:
            path = waiting.pop()
            if path in seen or path.startswith(elsewhere):
                continue
            page = await anybody.get(path)
            seen[path] = page.status_code
            if page.headers["content-type"].startswith("text/html"):
                links = re.findall(r'(?:href|action)="([^"]+)"', page.text)
                waiting += [_local(link.replace("&amp;", "&")) for link in links if not link.startswith("#")]
    assert {path: status for path, status in seen.items() if status != 200} == {}
    assert len(seen) > 40


def _local(link: str) -> str:
    parts = urlsplit(link)
    assert parts.netloc in ("", "tan-binh.localhost"), link
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


async def test_pages_keep_their_budget(site: Site) -> None:
    """Compressed sizes and requests of a first view: pages.md gives 14 kB, 6 kB, 8 requests and 110 kB."""
    await make.consent_rule(site.database)
    for number in range(24):
        told = {
            "points": [f"Việc thứ {number}. " + "Mỗi chiều cô ở lại dạy chữ cho trẻ xa nhà, mưa cũng như nắng. " * 6]
        }
        await make.live(site.database, code=f"TB-24-{number:04}", told=told)
    files = StaticFiles().files
    fonts = [name for name in files if name.endswith(".woff2")]
    paths = ["/", "/guong", "/tim?q=chu", "/nguon", "/tro-giup", "/quyen-rieng-tu", "/tiep-can"]
    async with site.anybody() as anybody:
        paths.append(re.findall(r'href="(/guong/[^"]+)"', (await anybody.get("/")).text)[0])
        for path in [*paths, *("/en" + path for path in paths)]:
            page = await anybody.get(path)
            html = len(gzip.compress(page.content, 9))
            named = set(re.findall(r'(?:href|src)="/static/([\w.-]+)\?', page.text)) | set(fonts)
            sizes = {name: len(files[name].compressed or files[name].content) for name in named}
            assert (html <= 14_000, "<script src" in page.text) == (True, False), (path, html)
            assert sizes["portal.css"] <= 6_000
            assert (len(named) + 1 <= 8, html + sum(sizes.values()) <= 110_000) == (True, True), (path, sizes)


async def test_every_page_leads_to_the_form_for_telling_of_somebody(site: Site) -> None:
    async with site.anybody() as anybody:
        pages = [(await anybody.get(path)).text for path in ("/", "/tro-giup", "/en", "/en/tro-giup")]
    found = [re.findall(r'<a href="(/gioi-thieu[^"]*)">([^<]+)</a>', page) for page in pages]
    told, english = ("/gioi-thieu", "Giới thiệu một tấm gương"), ("/gioi-thieu?lang=en", "Tell us of an exemplar")
    assert found == [[told], [told], [english], [english]]


async def test_lists_name_units_as_they_are_written(site: Site) -> None:
    await filled(site)
    async with site.anybody() as anybody:
        text = text_of(await anybody.get("/guong"))
    assert (ROSE in text, MAI in text) == (True, True)


async def test_a_page_that_is_not_there_leads_on_in_its_own_language(site: Site) -> None:
    async with site.anybody() as anybody:
        answers = [await anybody.get(path) for path in ("/khong-co", "/en/khong-co")]
    said = [
        (
            answer.status_code,
            re.findall('<html lang="(..)"', answer.text),
            re.findall('href="(/(?!static)[^"]*)"', answer.text),
        )
        for answer in answers
    ]
    assert said == [
        (404, ["vi"], ["/", "/khong-co?lang=en", "/"]),
        (404, ["en"], ["/en", "/khong-co", "/en"]),
    ]
