"""What people wrote stays what they wrote: no text of a story runs, ends an element, or breaks a feed."""

import json
import re
from urllib.parse import quote
from uuid import uuid4

import pytest
from lxml import etree

from services.publishing.actions import stories
from services.publishing.rules import FollowedState
from services.publishing.tables import FollowedStory
from shared.events import Category
from tests.publishing.portal_site import titles
from tests.support import factories as make
from tests.support.hostile import CORPUS, Read
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

OURS = {
    "a",
    "article",
    "b",
    "body",
    "br",
    "button",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
}
OURS |= {
    "html",
    "input",
    "label",
    "li",
    "link",
    "main",
    "meta",
    "nav",
    "ol",
    "p",
    "path",
    "section",
    "span",
    "svg",
    "time",
    "title",
}
OURS |= {"ul", "use", "circle", "code", "details", "script", "summary"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("publishing")
    await make.consent_rule(made.database)
    known = made.runtime.federation
    agencies = tuple(
        one.model_copy(update={"address": "http://hcm.localhost"}) if one.id == "hcm" else one
        for one in known.agency_list
    )
    made.runtime.federation_file.current = known.model_copy(update={"agency_list": agencies})
    return made


async def poisoned(site: Site, bad: str) -> str:
    """A live story of which every word is `bad`, as if all that checks on the way had failed; its path."""
    story, _ = await make.live(site.database)
    decision = {"number": bad, "date": "2024-10-15", "form": bad, "level": bad}
    words = dict.fromkeys(("title", "unit", "name", "position", "code"), bad)
    followed = FollowedStory(
        agency="tan-binh",
        issuer_agency="hcm",
        story_id=uuid4(),
        path="/guong/giao-vien-abc234",
        sha256="x",
        category=Category.TEACHER,
        state=FollowedState.SHOWN,
        title=bad,
        summary=bad,
        unit=bad,
        fetched_at=make.AT,
    )
    async with site.database.transaction() as session:
        found = await stories.lock(session, story.id)
        found.sqlmodel_update(words | {"decision": decision, "text": f"{bad}\n\n{bad}"})
        session.add(followed)
    return story.path


@pytest.mark.parametrize("bad", CORPUS)
async def test_no_text_becomes_markup(site: Site, bad: str) -> None:
    path = await poisoned(site, bad)
    async with site.anybody() as anybody:
        lists = [await anybody.get(one, params={"q": bad} if "tim" in one else {}) for one in ("/", "/guong", "/tim")]
        story = await anybody.get(path)
        narrowed = [await anybody.get("/guong", params={name: bad}) for name in ("q", "loai", "don-vi", "nam", "trang")]
        feed = await anybody.get("/nguon/guong.atom")
        as_json = await anybody.get("/nguon/guong.json")
        one = await anybody.get(path + ".json")
        sitemap = await anybody.get("/sitemap.xml")
    for page in [*lists, story, *narrowed]:
        assert page.status_code == 200
        read = Read(page.text)
        assert read.elements <= OURS, read.elements - OURS
        assert {name for name in read.attributes if name.startswith("on") or name in ("style", "srcdoc")} == set()
        strange = [link for link in read.targets if not link.startswith(("/", "#", "https://tan-binh.localhost/"))]
        assert ([link for link in strange if not link.startswith("http://hcm.")], "//evil" in read.targets) == (
            [],
            False,
        )
        assert [one for one in read.scripts if one != {"type": "application/ld+json"}] == []
    assert 'href="http://hcm.localhost/guong/giao-vien-abc234"' in lists[0].text
    (told,) = Read(story.text).data
    assert json.loads(told)["headline"] == bad
    assert titles(lists[1].text) != []
    _check_feeds(bad, feed.content, as_json.content, sitemap.content)
    assert one.json()["title"] == bad


def _check_feeds(bad: str, feed: bytes, as_json: bytes, sitemap: bytes) -> None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    atom = "{http://www.w3.org/2005/Atom}"
    entries = etree.fromstring(feed, parser).findall(f"{atom}entry")
    allowed = re.sub("[\x01\x0b]", "", bad)  # no XML can hold these two
    assert [(one.findtext(f"{atom}title"), one.findtext(f"{atom}summary")) for one in entries] == [(allowed, allowed)]
    assert {one.tag for entry in entries for one in entry} == {
        atom + name for name in ("id", "title", "updated", "link", "summary", "published")
    }
    items = json.loads(as_json)["items"]
    assert [(one["title"], one["content_text"]) for one in items] == [(bad, bad)]
    places = etree.fromstring(sitemap, parser).findall(".//{*}loc")
    assert [
        one.text for one in places if not re.fullmatch(r"https://tan-binh\.localhost/[a-z0-9/-]*", one.text or "")
    ] == []


@pytest.mark.parametrize("bad", CORPUS)
async def test_no_address_becomes_markup(site: Site, bad: str) -> None:
    async with site.anybody() as anybody:
        for path in ("/guong/", "/en/guong/", "/nguon/", "/"):
            page = await anybody.get(path + quote(bad, safe=""))
            assert page.status_code == 404
            assert Read(page.text).elements <= OURS
