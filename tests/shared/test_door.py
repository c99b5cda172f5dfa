"""The door between two agencies over real connections: brought, fetched, cut short, lost on the way."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import orjson
import pytest
from prometheus_client import REGISTRY
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.front import Front
from deploy.local.front import make_app as make_front
from shared import door, parcels
from shared.door import serving
from shared.parcels import ParcelState
from tests.support.doors import CHILD, PARENT, House, Roads, described, free_port, listening, parcel_of
from tests.support.line import until

pytestmark = pytest.mark.db

MANIFEST, FILES = parcel_of()


async def test_a_parcel_is_brought_taken_and_kept_no_longer(child: House, parent: House, roads: Roads) -> None:
    sealed = await child.store(PARENT)
    path = f"review/door/tan-binh/parcels/{sealed.parcel_id}.age"
    async with parent.listening(roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
        assert parent.files() == {path}
        await door.send(child.runtime, PARENT, sealed)
        known = {"parcel_id": sealed.parcel_id, "agency": PARENT, "other": CHILD, "way": "in"}
        known |= {"sha256": sealed.sha256, "size": sealed.size}
        assert await parent.rows(f"select {', '.join(known)} from door_parcels") == [known]
        for _ in range(2):
            await parent.expect(sealed, owner=door.owner_of(CHILD))
        async with parent.working():
            assert await parent.until(ParcelState.TAKEN) == (sealed.parcel_id, None)
        await door.send(child.runtime, PARENT, sealed)
    about = {"case_id": str(UUID(int=7))}
    assert [(told, opened.manifest, opened.files) for told, opened in parent.taken] == [(about, MANIFEST, FILES)]
    assert parent.files() == {f"review/files/{sha256}" for sha256 in FILES}


async def test_a_parcel_that_was_offered_is_fetched(child: House, parent: House, roads: Roads) -> None:
    sealed = await parent.store(CHILD)
    await child.expect(sealed, owner="review", lies_at=PARENT)
    async with parent.runtime.database.transaction() as session:
        await door.offer(session, sealed, CHILD)
    async with parent.listening(roads.ports[PARENT]), child.working():
        assert await child.until(ParcelState.TAKEN) == (sealed.parcel_id, None)
    assert [(opened.manifest, opened.files) for _, opened in child.taken] == [(MANIFEST, FILES)]
    assert child.files() == {f"review/files/{sha256}" for sha256 in FILES}
    assert parent.files() == {f"review/parcels/{sealed.parcel_id}.age"}


async def test_a_large_parcel_comes_whole_through_the_front(child: House, parent: House, roads: Roads) -> None:
    sealed = await child.put(os.urandom(30_000_000))
    behind = free_port()
    front = make_front(Front(roads.ports[PARENT], {PARENT: {"review": f"127.0.0.1:{behind}"}}))
    async with parent.listening(behind), listening(front, roads.ports[PARENT], lifespan="on"):
        await door.send(child.runtime, PARENT, sealed)
        async with parent.runtime.database.transaction() as session:
            offered = await parent.put(os.urandom(30_000_000))
            await door.offer(session, offered, CHILD)
        content = await door.fetch(child.runtime, PARENT, offered)
    assert described(content).sha256 == offered.sha256
    stored = (parent.objects / f"review/door/tan-binh/parcels/{sealed.parcel_id}.age").read_bytes()
    assert described(stored).sha256 == sealed.sha256


async def test_a_large_parcel_that_is_refused_at_once_is_told_why(child: House, parent: House, roads: Roads) -> None:
    sealed = await child.put(os.urandom(30_000_000))
    roads.keys[f"{CHILD}/review/1"] = {"revoked_at": "2024-10-15"}
    roads.write()
    parent.runtime.federation_file.look()
    async with parent.listening(roads.ports[PARENT]):
        with pytest.raises(door.DoorRefused) as refused:
            await door.send(child.runtime, PARENT, sealed)
    assert (refused.value.reason, str(refused.value)) == ("key-revoked", "the door of hcm refuses: key-revoked")
    assert parent.files() == set()


async def test_what_was_cut_at_sixty_per_cent_leaves_nothing_and_comes_whole_the_next_time(
    child: House, parent: House, roads: Roads
) -> None:
    sealed = await child.store(PARENT)
    content = await child.runtime.objects.get(parcels.path_of("review", sealed.parcel_id))
    head = f"PUT /door/review/parcels/{sealed.parcel_id} HTTP/1.1\r\nhost: hcm\r\n"
    head += "content-type: application/octet-stream\r\n"
    head += f"authorization: Bearer {child.token(PARENT, 'put', sealed)}\r\ncontent-length: {sealed.size}\r\n\r\n"
    async with parent.listening(roads.ports[PARENT]):
        _, writer = await asyncio.open_connection("127.0.0.1", roads.ports[PARENT])
        writer.write(head.encode() + content[: sealed.size * 6 // 10])
        await writer.drain()
        await until(lambda: counted(parent, "select jti from door_tokens"), "the token was shown")
        before = cut_short()
        writer.close()
        await writer.wait_closed()
        await until(lambda: asyncio.sleep(0, cut_short() == before + 1), "the door heard that")
        assert (parent.files(), await parent.rows("select parcel_id from door_parcels")) == (set(), [])
        await door.send(child.runtime, PARENT, sealed)
    assert parent.files() == {f"review/door/tan-binh/parcels/{sealed.parcel_id}.age"}


async def test_who_stands_still_in_the_middle_is_not_waited_for(
    child: House, parent: House, roads: Roads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "IDLE_SECONDS", 0.05)
    sealed = await child.put(b"content")
    head = f"PUT /door/review/parcels/{sealed.parcel_id} HTTP/1.1\r\nhost: hcm\r\n"
    head += "content-type: application/octet-stream\r\n"
    head += f"authorization: Bearer {child.token(PARENT, 'put', sealed)}\r\ncontent-length: {sealed.size}\r\n\r\ncon"
    async with parent.listening(roads.ports[PARENT]):
        reader, writer = await asyncio.open_connection("127.0.0.1", roads.ports[PARENT])
        writer.write(head.encode())
        assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()
        await writer.wait_closed()
    assert (parent.files(), await parent.rows("select parcel_id from door_parcels")) == (set(), [])


async def counted(house: House, query: str) -> bool:
    return bool(await house.rows(query))


def cut_short() -> float:
    labels = {"agency": PARENT, "service": "review", "neighbour": CHILD, "outcome": "cut-short"}
    return REGISTRY.get_sample_value("guongsang_door_total", labels) or 0


async def test_an_answer_that_was_lost_is_asked_for_again(child: House, parent: House, roads: Roads) -> None:
    sealed = await child.store(PARENT)
    behind = free_port()
    async with parent.listening(behind):
        async with forgetful(roads.ports[PARENT], behind):
            with pytest.raises(door.DoorAway) as away:
                await door.send(child.runtime, PARENT, sealed)
        assert (away.value.reason, len(parent.files())) == ("RemoteProtocolError", 1)
    async with parent.listening(roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
    assert len(await parent.rows("select parcel_id from door_parcels")) == 1


@contextlib.asynccontextmanager
async def forgetful(port: int, behind: int) -> AsyncIterator[None]:
    """A way on which requests arrive and answers get lost."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, onward = await asyncio.open_connection("127.0.0.1", behind)

        async def there() -> None:
            while piece := await reader.read(65536):
                onward.write(piece)
                await onward.drain()

        going = asyncio.create_task(there())
        await answers.read(65536)
        going.cancel()
        for end in (onward, writer):
            end.close()

    server = await asyncio.start_server(carry, "127.0.0.1", port)
    async with server:
        yield


async def test_where_nobody_can_be_called_is_said_at_once(child: House, parent: House, roads: Roads) -> None:
    sealed = await child.store(PARENT)
    reasons = []
    for to in ("moet", "nobody"):
        with pytest.raises(door.NoAddress) as refused:
            await door.send(child.runtime, to, sealed)
        reasons.append(str(refused.value))
    with pytest.raises(door.NoAddress):
        await door.fetch(child.runtime, "moet", sealed)
    assert reasons == ["the federation file has no address of moet", "the federation file has no address of nobody"]
    with pytest.raises(door.DoorAway, match="ConnectError"):
        await door.send(child.runtime, PARENT, sealed)


async def test_a_copy_of_ours_that_is_gone_or_another_is_not_sent(child: House, parent: House, roads: Roads) -> None:
    gone, short, long, other = [await child.put(b"as it was") for _ in range(4)]
    folder = child.objects / "review/parcels"
    (folder / f"{gone.parcel_id}.age").unlink()
    for sealed, content in ((short, b"as it"), (long, b"as it was and more"), (other, b"as it had")):
        (folder / f"{sealed.parcel_id}.age").write_bytes(content)
    reasons = []
    async with parent.listening(roads.ports[PARENT]):
        for sealed in (gone, short, long, other):
            with pytest.raises(door.DoorRefused) as refused:
                await door.send(child.runtime, PARENT, sealed)
            reasons.append(refused.value.reason)
    assert reasons == ["own-copy-missing", "own-copy-differs", "own-copy-differs", "parcel-other-hash"]
    assert parent.files() == set()


class Stranger:
    """Whoever answers at a neighbour's address. `calls`: how often it was called."""

    def __init__(self, *answers: ASGIApp) -> None:
        self.answers, self.calls = answers, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Each call by the next of the answers, the last one for ever."""
        self.calls += 1
        await self.answers[min(self.calls, len(self.answers)) - 1](scope, receive, send)


def problem(status: int, kind: Any = "/problems/some-reason") -> Response:
    return Response(orjson.dumps({"type": kind}), status, media_type="application/problem+json")


def talkative() -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield bytes(1000)

    return StreamingResponse(pieces(), media_type="application/octet-stream")


@pytest.mark.parametrize(
    ("answer", "error", "reason", "calls"),
    [
        (problem(400), door.DoorRefused, "some-reason", 1),
        (problem(401), door.DoorRefused, "some-reason", 2),
        (problem(403), door.DoorRefused, "some-reason", 1),
        (problem(409), door.DoorRefused, "some-reason", 1),
        (problem(413), door.DoorRefused, "some-reason", 1),
        (problem(422, "/problems/Nguyễn Thị Ánh"), door.DoorRefused, "http-422", 1),
        (problem(415, 7), door.DoorRefused, "http-415", 1),
        (problem(429), door.DoorAway, "some-reason", 1),
        (problem(507, "/problems/quota-full"), door.DoorAway, "quota-full", 1),
        (Response("<h1>bảo trì</h1>", 503), door.DoorAway, "http-503", 1),
        (Response(b"x" * 100_000, 502), door.DoorAway, "http-502", 1),
        (Response(status_code=307, headers={"location": "/elsewhere"}), door.DoorAway, "http-307", 1),
        (Response(status_code=204), door.DoorAway, "http-204", 1),
        (problem(404), door.DoorAway, "some-reason", 1),
    ],
)
async def test_what_an_answer_means(
    child: House,
    parent: House,
    roads: Roads,
    answer: Response,
    error: type[Exception],
    reason: str,
    calls: int,
) -> None:
    sealed, stranger = await child.put(b"content"), Stranger(answer)
    async with listening(stranger, roads.ports[PARENT]):
        with pytest.raises((door.DoorRefused, door.DoorAway)) as refused:
            await door.send(child.runtime, PARENT, sealed)
    assert isinstance(refused.value, door.DoorRefused | door.DoorAway)
    assert (refused.type, refused.value.reason, stranger.calls) == (error, reason, calls)


async def test_a_token_that_grew_old_on_its_way_is_made_anew_once(child: House, parent: House, roads: Roads) -> None:
    sealed, stranger = await child.put(b"content"), Stranger(problem(401), parent.app)
    async with listening(stranger, roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
    assert (stranger.calls, len(parent.files())) == (2, 1)


async def test_no_more_is_read_than_the_event_says(child: House, parent: House, roads: Roads) -> None:
    sealed = described(b"content")
    async with listening(Stranger(talkative()), roads.ports[PARENT]):
        with pytest.raises(door.DoorRefused) as refused:
            await door.fetch(child.runtime, PARENT, sealed)
    assert refused.value.reason == "parcel-longer"


async def test_a_proxy_of_the_environment_hears_nothing(
    child: House, parent: House, roads: Roads, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed, proxy, port = await child.store(PARENT), Stranger(Response(status_code=201)), free_port()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
    async with listening(proxy, port), parent.listening(roads.ports[PARENT]):
        await door.send(child.runtime, PARENT, sealed)
    assert (proxy.calls, len(parent.files())) == (0, 1)
