"""Keys that change while events are on their way: what was refused for want of a key takes effect by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from shared import runtime
from shared.clock import Clock
from shared.database import Database
from shared.events import CATALOGUE
from shared.refused import LOOKS, SecondLook
from tests.support.apart import Apart, Passed
from tests.support.line import running, until
from tests.support.signing import key_entry

pytestmark = pytest.mark.kafka

TODAY = Clock().today()
TOMORROW = TODAY + timedelta(days=1)


def rotate(apart: Apart, **new: str) -> None:
    """A second key from today; the first one is retired tomorrow."""
    apart.own(2)
    old = key_entry(apart.key(1), retired_at=str(TOMORROW))
    apart.publish(old, key_entry(apart.key(2), **{"since": str(TODAY), **new}))


async def refused(apart: Apart, count: int) -> bool:
    return len(await apart.refused()) == count


async def test_what_was_signed_with_a_key_that_a_reader_does_not_know_yet_takes_effect_when_it_does(
    apart: Apart,
) -> None:
    hearing = apart.hearing()
    looks = SecondLook(apart.heard, hearing)
    assert await looks.look(apart.files["review"].current.sha256, TODAY) == 0
    async with running(apart.relay(), apart.worker()):
        await apart.say(1)
        await apart.settled()
        rotate(apart)
        apart.look("said")
        await apart.say(2, 3)
        await apart.settled()
        unknown = f"signed by '{apart.key(2)}': the federation file has no such key"
        assert await apart.refused() == [unknown] * 6
        assert await looks.look(apart.files["review"].current.sha256, TODAY) == 0
        apart.look("review")
        await apart.say(4)  # verified at once, and waits for what is refused
        await apart.settled()
        assert await apart.counted() == {thing: [1] for thing in "abc"}
        assert await looks.look(apart.files["review"].current.sha256, TODAY) == 6
        assert await looks.look(apart.files["review"].current.sha256, TODAY) == 0
        await apart.say(5)
        await apart.settled()
    assert await apart.counted() == {thing: [1, 2, 3, 4, 5] for thing in "abc"}
    assert await apart.aside() == []
    assert await replayed(apart.heard) == [("system:inbox", "event.replayed")] * 6


async def replayed(database: Database) -> list[tuple[str, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text("select actor, verb from audit order by id"))]


async def test_a_key_that_every_reader_knows_before_its_first_day_refuses_nothing(apart: Apart) -> None:
    """The operator's way: publish the new key with a `from` to come; until then the old one signs."""
    rotate(apart, since=str(TOMORROW))
    apart.look("said")
    async with running(apart.relay(), apart.worker()):
        await apart.say(1)
        rotate(apart)
        apart.hearing()
        apart.look("review", "said")
        await apart.say(2)
        await apart.settled()
    used = [dict(one.headers)["ce_keyid"].decode() for one in await apart.outbox()]
    assert used == [apart.key(1)] * 3 + [apart.key(2)] * 3
    assert (await apart.counted(), await apart.aside()) == ({thing: [1, 2] for thing in "abc"}, [])


async def test_a_forged_record_stays_refused_however_often_it_is_looked_at(apart: Apart) -> None:
    await apart.say(1, things=["a"])
    [honest] = await apart.outbox()
    forged = type(honest)(**{**vars(honest), "value": b"{}"})
    looks = SecondLook(apart.heard, apart.hearing())
    async with running(apart.worker()):
        await apart.put(forged)
        await until(lambda: refused(apart, 1), "it is refused")
        for _ in range(LOOKS + 1):
            assert await looks.look("changed", TODAY) == 0
        async with running(apart.relay()):
            await apart.settled()
    assert (await apart.counted(), len(await apart.refused())) == ({"a": [1]}, 1)


async def test_a_look_that_fails_is_taken_the_next_time(apart: Apart) -> None:
    apart.publish()
    hearing = apart.hearing()
    await apart.say(1)
    async with running(apart.relay(), apart.worker()):
        await apart.settled()
    assert await refused(apart, 3)
    apart.publish(key_entry(apart.key(1)))
    apart.look("review")
    away = Database(apart.heard.url.replace("test_", "away_"), password="x", speaker=apart.heard.speaker)
    looks = SecondLook(away, hearing)
    with capture_logs() as logged:
        assert await looks.look("changed", TODAY) == 0
    await away.close()
    assert [one["event"] for one in logged] == ["inbox.second_look_failed"]
    looks._database = apart.heard
    assert await looks.look("changed", TODAY) == 3
    assert (await apart.counted(), await apart.aside()) == ({thing: [1] for thing in "abc"}, [])


async def test_a_running_service_looks_again_by_itself(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "FEDERATION_SECONDS", 0.3)
    monkeypatch.setitem(CATALOGUE, Passed.type_name(), Passed)
    apart.publish()
    reader = apart.process()
    await apart.say(1)
    await reader.start(work=True)
    async with running(apart.relay()):
        await until(lambda: refused(apart, 3), "they are refused")
        apart.publish(key_entry(apart.key(1)))

        async def taken() -> bool:
            return await apart.counted() == {thing: [1] for thing in "abc"}

        await until(taken, "they take effect")
    await reader.stop()
    assert await apart.aside() == []
