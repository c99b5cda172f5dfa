"""Other agencies' stories: announced on their public door, fetched from their portal, dropped when taken back."""

import asyncio
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any, ClassVar
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from services.publishing.consumers import HANDLERS
from services.publishing.consumers.fetching import follow
from services.publishing.rules import Purpose, fingerprint
from shared.events import Category, StoryPublished, StoryRetracted
from shared.events import Event as Said
from shared.jobs import GiveUp
from shared.outbox import record
from tests.support import factories as make
from tests.support import signing
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

ID = UUID(int=11)
PATH = "/guong/giao-vien-abc234"
TITLE, TEXT = "Cô giáo <b>vùng cao</b>", "Đoạn một của bài.\n\nĐoạn hai của bài."
WORDS = {"title": TITLE, "text": TEXT, "unit": "Trường THPT Biển Xanh", "purposes": ["portal", "upper"]}
ROWS = "select issuer_agency, state, title, summary, unit from followed_stories"
SHOWN = ("hcm", "shown", TITLE, "Đoạn một của bài.", "Trường THPT Biển Xanh")
GONE = ("hcm", "gone", "", "", "")
AWAITED = ("hcm", "awaited", "", "", "")


class Portal(BaseHTTPRequestHandler):
    """Another agency's portal."""

    status: ClassVar[int] = 200
    body: ClassVar[bytes] = b""
    headers_more: ClassVar[dict[str, str]] = {}
    seen: ClassVar[list[tuple[str, str]]] = []
    asked: ClassVar[Event] = Event()
    go: ClassVar[Event] = Event()

    def do_GET(self) -> None:
        self.seen.append((self.headers["host"].partition(":")[0], self.path))
        self.asked.set()
        self.go.wait(20)
        self.send_response(self.status)
        for name, value in self.headers_more.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        try:
            self.wfile.write(self.body)
        except ConnectionError:
            return  # the reader has had enough

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def portal() -> Iterator[int]:
    Portal.status, Portal.body, Portal.headers_more, Portal.seen = 200, orjson.dumps(WORDS), {}, []
    Portal.asked, Portal.go = Event(), Event()
    Portal.go.set()
    server = HTTPServer(("127.0.0.1", 0), Portal)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    Portal.go.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Following:
    """The district with its real pages, and the others who say what they show."""

    def __init__(self, site: Site, country: Neighbours) -> None:
        self.site, self.country = site, country

    async def say(self, agency: str, *events: Said) -> None:
        async with self.country.databases[agency].transaction() as session:
            for event in events:
                record(session, event)
        assert set((await self.country.carry())["tan-binh"]) == {"handled"}

    async def jobs(self) -> list[dict[str, Any]]:
        query = "select convert_from(payload, 'UTF8') from pgqueuer where entrypoint = 'follow' order by id"
        async with self.site.database.reading() as session:
            return [orjson.loads(one) for one in await session.scalars(text(query))]

    async def fetch(self) -> None:
        """Do the newest job."""
        await follow(self.site.runtime, (await self.jobs())[-1])

    async def rows(self) -> list[tuple[object, ...]]:
        async with self.site.database.reading() as session:
            return [tuple(row) for row in await session.execute(text(ROWS))]


@pytest.fixture
async def following(sites: Sites, databases: Databases, portal: int) -> Following:
    site = await sites("publishing")
    others = {one: await databases.service("publishing", agency=one) for one in ("hcm", "hai-phong")}
    federation = signing.federation("hcm/publishing/1", "hai-phong/publishing/1")
    address = f"http://hcm.localhost:{portal}"
    agencies = tuple(
        one.model_copy(update={"address": address}) if one.id in others else one for one in federation.agency_list
    )
    site.runtime.federation_file.current = federation.model_copy(update={"agency_list": agencies})
    return Following(site, Neighbours(federation, "publishing", others | {"tan-binh": site.database}, HANDLERS))


def published(**changes: Any) -> StoryPublished:
    about = {"story_id": ID, "nomination_id": UUID(int=12), "origin_agency": "hcm", "unit_id": UUID(int=13)}
    words = {"category": Category.TEACHER, "path": PATH, "sha256": fingerprint(TITLE, TEXT), "occurred_at": make.AT}
    return StoryPublished.model_validate(about | words | changes)


def retracted() -> StoryRetracted:
    return StoryRetracted.model_validate(published().model_dump())


async def test_a_neighbours_story_is_fetched_and_pointed_to_and_stays_out_of_our_feed(following: Following) -> None:
    await following.say("hcm", published())
    assert (await following.rows(), await following.jobs()) == (
        [AWAITED],
        [{"issuer_agency": "hcm", "story_id": str(ID)}],
    )
    await following.fetch()
    assert (await following.rows(), Portal.seen) == ([SHOWN], [("hcm.localhost", PATH + ".json")])
    async with following.site.anybody() as anybody:
        home = await anybody.get("/")
        feed = await anybody.get("/nguon/guong.atom")
    told = "Gương từ các cơ quan khác Cô giáo <b>vùng cao</b> Giáo viên · Trường THPT Biển Xanh · Nguồn: Sở Giáo dục"
    assert told in text_of(home)
    assert "<b>vùng cao" not in home.text
    assert f'href="http://hcm.localhost:{feed_port(following)}{PATH}"' in home.text
    assert "vùng cao" not in feed.text
    await following.fetch()  # a second start changes nothing
    assert (await following.rows(), len(Portal.seen)) == ([SHOWN], 1)


def feed_port(following: Following) -> str:
    return str(following.site.runtime.federation.agency("hcm").address).rpartition(":")[2]


async def test_what_is_taken_back_leaves_nothing_and_may_come_again(following: Following) -> None:
    await following.say("hcm", published())
    await following.fetch()
    await following.say("hcm", retracted())
    assert await following.rows() == [GONE]
    async with following.site.anybody() as anybody:
        assert "Gương từ các cơ quan khác" not in text_of(await anybody.get("/"))
    await following.say("hcm", published())
    await following.fetch()
    assert (await following.rows(), len(await following.jobs())) == ([SHOWN], 2)


async def test_what_is_taken_back_while_it_is_fetched_is_not_kept(following: Following) -> None:
    Portal.go.clear()
    await following.say("hcm", published())
    fetching = asyncio.create_task(following.fetch())
    assert await asyncio.to_thread(Portal.asked.wait, 20)
    await following.say("hcm", retracted())
    Portal.go.set()
    await fetching
    assert await following.rows() == [GONE]


async def test_whom_we_do_not_follow_is_not_asked(following: Following) -> None:
    await following.say("hai-phong", published())
    await following.fetch()
    assert (await following.rows(), Portal.seen) == ([], [])
    await following.say("hai-phong", retracted())
    assert await following.rows() == []


async def test_what_was_not_agreed_to_for_others_pages_is_not_kept(following: Following) -> None:
    Portal.body = orjson.dumps(WORDS | {"purposes": ["portal", "press"]})
    await following.say("hcm", published())
    await following.fetch()
    assert await following.rows() == []


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (200, orjson.dumps(WORDS | {"text": "Lời khác."}), "not those that were announced"),
        (200, b"<html>", "no story"),
        (200, orjson.dumps(WORDS | {"title": "x" * 201}), "no story"),
        (200, b" " * 1_000_001, "more than 1000000 bytes"),
        (410, b"", "not shown there"),
    ],
)
async def test_what_is_not_what_was_announced_is_given_up(
    following: Following, status: int, body: bytes, reason: str
) -> None:
    Portal.status, Portal.body = status, body
    await following.say("hcm", published())
    with pytest.raises(GiveUp, match=reason):
        await following.fetch()
    assert await following.rows() == [AWAITED]


@pytest.mark.parametrize("status", [302, 500])
async def test_a_redirect_is_not_followed_and_a_failure_is_tried_again(following: Following, status: int) -> None:
    Portal.status, Portal.headers_more = status, {"location": "/elsewhere"}
    await following.say("hcm", published())
    with pytest.raises(ConnectionError, match=str(status)):
        await following.fetch()
    assert Portal.seen == [("hcm.localhost", PATH + ".json")]
    Portal.status = 200
    await following.fetch()
    assert await following.rows() == [SHOWN]


@pytest.mark.parametrize("path", ["@127.0.0.1:9/guong/x", "/lan-toa/bai", "//evil.example/guong/x", "/guong/../bai"])
async def test_an_address_that_leads_elsewhere_is_not_opened(following: Following, path: str) -> None:
    await following.say("hcm", published(path=path))
    with pytest.raises(GiveUp, match="none of a story"):
        await following.fetch()
    assert Portal.seen == []


async def test_the_json_form_tells_where_a_story_may_be_shown(following: Following) -> None:
    await make.consent_rule(following.site.database)
    story, _ = await make.live(following.site.database, Purpose.UPPER)
    async with following.site.anybody() as anybody:
        told = (await anybody.get(story.path + ".json")).json()
    assert (told["purposes"], told["sha256"]) == (["portal", "upper"], fingerprint(story.title, story.text))
