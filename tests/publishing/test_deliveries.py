"""Who is told of a story: channels of the purposes agreed to, each in order, the last telling being what holds."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from standardwebhooks import Webhook

from services.publishing import queries
from services.publishing.actions import consents, deliveries, stories
from services.publishing.consumers import background
from services.publishing.rules import DeliveryState, HonourState, Purpose
from services.publishing.tables import Story
from shared.database import Database
from shared.events import DeliveryFailed
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.saying import said_in
from tests.support.site import ADDRESS

pytestmark = pytest.mark.db

SHOWN, GONE = "story.published", "story.retracted"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
async def database(databases: Databases) -> Database:
    made = await databases.service("publishing")
    await make.consent_rule(made)
    await make.channel(made, "press", Purpose.PRESS)
    await make.channel(made, "social", Purpose.SOCIAL)
    return made


async def told(database: Database) -> list[tuple[str, str, str]]:
    """All tellings: channel, what, state, oldest first."""
    query = "select c.code, d.what, d.state from deliveries d join channels c on c.id = d.channel_id order by d.id"
    async with database.reading() as session:
        return [(row[0], row[1], row[2]) for row in await session.execute(text(query))]


async def ids(database: Database) -> list[UUID]:
    async with database.reading() as session:
        return list(await session.scalars(text("select id from deliveries order by id")))


async def move(database: Database, story: Story, state: HonourState) -> None:
    async with database.transaction() as session:
        found = await stories.lock(session, story.id)
        assert found.honour_id
        await stories.move_honour(session, honour_id=found.honour_id, state=state, at=make.AT)


async def overtaken(database: Database) -> list[bool]:
    async with database.reading() as session:
        return [(await queries.to_deliver(session, one)).overtaken for one in await ids(database)]


async def test_only_channels_of_the_purposes_agreed_to_are_told(database: Database) -> None:
    await make.live(database, Purpose.PRESS)
    assert await told(database) == [("press", SHOWN, "queued")]
    async with database.reading() as session:
        jobs = list(await session.scalars(text("select convert_from(payload, 'UTF8') from pgqueuer")))
    assert [orjson.loads(one) for one in jobs] == [{"delivery_id": str(one)} for one in await ids(database)]


async def test_who_was_told_is_told_that_it_is_gone_and_older_tellings_are_overtaken(database: Database) -> None:
    story, _ = await make.live(database, Purpose.PRESS)
    await move(database, story, HonourState.HELD)
    assert (await told(database), await overtaken(database)) == (
        [("press", SHOWN, "queued"), ("press", GONE, "queued")],
        [True, False],
    )
    await move(database, story, HonourState.IN_FORCE)
    assert await overtaken(database) == [True, True, False]


async def test_a_hold_that_becomes_a_revocation_still_tells_that_the_story_is_gone(database: Database) -> None:
    story, _ = await make.live(database, Purpose.PRESS)
    await move(database, story, HonourState.HELD)
    await move(database, story, HonourState.REVOKED)
    assert await told(database) == [("press", SHOWN, "queued"), ("press", GONE, "queued")]
    assert await overtaken(database) == [True, False]


async def test_a_word_taken_back_during_a_hold_still_tells_that_the_story_is_gone(database: Database) -> None:
    story, consent = await make.live(database, Purpose.PRESS)
    await move(database, story, HonourState.HELD)
    async with database.transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=make.AT)
    assert await overtaken(database) == [True, False]


async def test_a_late_answer_makes_the_newest_telling_go_again(database: Database) -> None:
    story, _ = await make.live(database, Purpose.PRESS)
    await move(database, story, HonourState.HELD)
    shown, gone = await ids(database)
    for one in (gone, shown):
        async with database.transaction() as session:
            await deliveries.note(session, delivery_id=one, state=DeliveryState.SENT, answer="204", at=make.AT)
    assert await told(database) == [("press", SHOWN, "sent"), ("press", GONE, "sent"), ("press", GONE, "queued")]


async def test_a_channel_that_could_not_be_told_is_said(database: Database) -> None:
    story, _ = await make.live(database, Purpose.PRESS)
    (delivery_id,) = await ids(database)
    async with database.transaction() as session:
        await deliveries.note(session, delivery_id=delivery_id, state=DeliveryState.FAILED, answer="503", at=make.AT)
        assert said_in(session) == [
            DeliveryFailed(
                story_id=story.id,
                nomination_id=story.nomination_id,
                origin_agency="tan-binh",
                unit_id=story.unit_id,
                delivery_id=delivery_id,
                channel="press",
                occurred_at=make.AT,
            )
        ]
    assert await told(database) == [("press", SHOWN, "failed")]


class Press(BaseHTTPRequestHandler):
    """A newspaper that keeps what it is sent."""

    kept: ClassVar[list[tuple[dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.kept.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def press() -> Iterator[str]:
    Press.kept = []
    server = HTTPServer(("127.0.0.1", 0), Press)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/press"
    server.shutdown()
    server.server_close()
    thread.join()


async def test_a_telling_is_signed_and_a_retraction_says_only_that_it_is_gone(
    database: Database, press: str, tmp_path: Path
) -> None:
    (tmp_path / "press.key").write_text(SECRET)
    async with database.transaction() as session:
        await deliveries.enter_channel(
            session, agency="tan-binh", by=make.CLERK, code="press", url=press, name="", purpose="", secret_file=""
        )
    story, _ = await make.live(database, Purpose.PRESS)
    await move(database, story, HonourState.HELD)
    for one in await ids(database):
        async with database.reading() as session:
            found = await queries.to_deliver(session, one)
        assert await background.tell(found, tmp_path, ADDRESS) == 204
    bodies = []
    for (headers, body), one in zip(Press.kept, await ids(database), strict=True):
        assert headers["webhook-id"] == str(one)
        Webhook(SECRET).verify(body, headers)
        bodies.append(orjson.loads(body))
    data = {"story_id": str(story.id), "url": ADDRESS + story.path}
    when = make.AT.isoformat()
    words = {"title": story.title, "text": story.text, "unit": story.unit}
    assert bodies == [
        {"type": SHOWN, "timestamp": when, "data": data | words},
        {"type": GONE, "timestamp": when, "data": data},
    ]
