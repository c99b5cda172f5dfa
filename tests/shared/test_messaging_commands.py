"""What an operator does on the command line: look at what stands aside, replay, discard, skip a gap, rebase."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from shared.clock import Clock
from shared.federation import Federation
from shared.inbox import Kind
from tests.support import toy
from tests.support.databases import Databases
from tests.support.line import Line, running, until
from tests.support.toy import Broken, counted
from tests.support.toy_runtime import Operator, make_topics, settings_of
from tests.support.wire import make

pytestmark = pytest.mark.kafka


@pytest.fixture
def operator(line: Line, tmp_path: Path) -> Operator:
    made = Operator(settings_of(line, tmp_path))
    make_topics(line, Federation.load(tmp_path / "federation.toml"), Clock().today())
    return made


async def has_aside(line: Line, count: int) -> bool:
    return len(await line.aside()) == count


async def test_what_stands_aside_is_listed_shown_replayed_discarded_and_its_gap_skipped(
    line: Line, operator: Operator
) -> None:
    broken = [Broken(thing=thing, number=1, occurred_at=Clock().now()) for thing in "ab"]
    async with running(line.worker()):
        await line.put(
            *(make(event, 1, agency=line.agency) for event in broken), make(counted("c", 3), 3, agency=line.agency)
        )
        await until(lambda: has_aside(line, 3), "three stand aside")
    numbers = {}
    code, listed = await operator.run(line.heard, "parked", "list")
    for told in listed.splitlines():
        number, kind, _since, _type, key, _reason = told.split("\t")
        numbers[key] = (number, kind)
    assert (code, {key: kind for key, (_, kind) in numbers.items()}) == (
        0,
        {"a": Kind.PARKED, "b": Kind.PARKED, "c": Kind.WAITING},
    )
    code, shown = await operator.run(line.heard, "parked", "show", numbers["a"][0])
    assert (code, json.loads(shown)["reason"]) == (0, "ValueError: this never works")
    assert (await operator.run(line.heard, "parked", "replay", numbers["a"][0]))[0] == 1
    assert (await operator.run(line.heard, "parked", "discard", numbers["b"][0]))[0] == 2  # no reason
    assert await operator.run(line.heard, "parked", "discard", numbers["b"][0], "--reason", "a mistake") == (
        0,
        "discarded",
    )
    assert await operator.run(line.heard, "parked", "skip-gap", numbers["c"][0], "--reason", "lost") == (
        0,
        "1 to 2 were given up",
    )
    assert await operator.run(line.heard, "parked", "discard", "999999", "--reason", "x") == (
        1,
        "nothing is set aside under 999999",
    )
    assert (await line.counted(), [(kind, key) for kind, key, _ in await line.aside()]) == (
        {"c": [3]},
        [(Kind.PARKED, "a")],
    )
    async with line.heard.reading() as session:
        rows = await session.execute(text("select actor, role, verb, note from audit order by id"))
        assert [tuple(row) for row in rows] == [
            ("system:command-line", "operator", "event.replayed", None),
            ("system:command-line", "operator", "event.discarded", "a mistake"),
            ("system:command-line", "operator", "gap.skipped", f"{line.topic} 1-2: lost"),
        ]


async def test_rebase_works_where_every_other_command_is_refused(line: Line, operator: Operator) -> None:
    await line.say(1)
    async with line.said.transaction() as session:
        await session.execute(text("update relay set system_identifier = '1'"))
    await line.said.close()
    code, refused = await operator.run(line.said, "status")
    assert (code, "Run the command `rebase`" in refused) == (1, True)
    code, told = await operator.run(line.said, "rebase")
    assert (code, told.splitlines()[0].rsplit(" ", 1)[0], told.splitlines()[1:]) == (
        0,
        "moved from PostgreSQL cluster 1 to",
        [
            "events numbered anew before they are sent: 0",
            "events in the log that this database no longer knows: 0",
        ],
    )
    async with running(line.relay(), line.worker()):
        await line.say(2)
        await line.settled()
    assert await line.counted() == {thing: [1, 2] for thing in "abc"}


async def test_rebase_names_every_event_that_an_older_copy_lost(
    line: Line, databases: Databases, operator: Operator
) -> None:
    copy = await databases.copy(line.said)
    async with running(line.relay()):
        await line.say(1, things=["a"])
        await line.sent()
    [lost] = await line.outbox()
    await toy.say(copy, counted("a", 7))
    code, told = await operator.run(copy, "rebase")
    assert (code, told.splitlines()) == (
        0,
        [
            "events numbered anew before they are sent: 1",
            "events in the log that this database no longer knows: 1",
            f"  {dict(lost.headers)['ce_id'].decode()}  vn.guongsang.nomination.Counted.v1  {line.topic}  a  1",
        ],
    )
