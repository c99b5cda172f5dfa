"""The inbox on PostgreSQL: each record gets exactly one of the outcomes."""

from collections import Counter

import pytest
from sqlalchemy import text

from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.inbox import Hearing, Kind, TooManyParked, operating
from shared.inbox.arrivals import receive
from shared.inbox.batch import take
from tests.support import toy
from tests.support.databases import Databases
from tests.support.toy import Broken, Later, Mood, Unheard, counted, effects
from tests.support.wire import Record, make

pytestmark = pytest.mark.db

AGENCY = "tan-binh"
OPERATOR = Actor("system:test", "operator")


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(toy.METADATA, agency=AGENCY, service="review")


@pytest.fixture
def hearing() -> Hearing:
    Mood.mended = False
    return toy.hearing(AGENCY)


async def hear(database: Database, hearing: Hearing, *records: Record) -> dict[str, int]:
    offsets = {(r.topic, r.partition): r.offset + 1 for r in records}
    return dict(await take(database, hearing, [receive(record) for record in records], offsets))


def one(sequence: int, number: int | None = None, *, thing: str = "a") -> Record:
    return make(counted(thing, number or sequence), sequence, agency=AGENCY)


def broken(sequence: int, *, thing: str = "a") -> Record:
    return make(Broken(thing=thing, number=sequence, occurred_at=Clock().now()), sequence, agency=AGENCY)


async def aside(database: Database) -> list[tuple[Kind, int | None]]:
    async with database.reading() as session:
        return [(r.kind, r.sequence) for r in await operating.list_set_aside(session)]


async def ids(database: Database) -> list[int]:
    async with database.reading() as session:
        return [r.id for r in await operating.list_set_aside(session)]


async def test_records_take_effect_in_order_and_once(database: Database, hearing: Hearing) -> None:
    first, second = one(1), one(2)
    assert await hear(database, hearing, first, second) == {"handled": 2}
    assert await hear(database, hearing, first, second, one(3)) == {"duplicate": 2, "handled": 1}
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]


async def test_a_gap_waits_and_is_taken_by_itself_when_it_fills(database: Database, hearing: Hearing) -> None:
    first, second, third, fourth = one(1), one(2), one(3), one(4)
    assert await hear(database, hearing, first, third, fourth) == {"handled": 1, "waiting": 2}
    assert await hear(database, hearing, third) == {"duplicate": 1}
    assert await effects(database) == [("a", 1)]
    assert await hear(database, hearing, second) == {"handled": 3}
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3), ("a", 4)]
    assert await aside(database) == []


async def test_a_gap_that_fills_within_one_batch_leaves_nothing_aside(database: Database, hearing: Hearing) -> None:
    outcome = await hear(database, hearing, one(2), one(3), one(1))
    assert outcome == {"waiting": 2, "handled": 3}
    assert await effects(database) == [("a", 1), ("a", 2), ("a", 3)]
    assert await aside(database) == []


async def test_a_gap_holds_only_its_own_stream(database: Database, hearing: Hearing) -> None:
    await hear(database, hearing, one(2), one(1, thing="b"))
    assert await effects(database) == [("b", 1)]


async def test_another_event_at_a_seen_place_is_a_fork_that_holds_nobody(database: Database, hearing: Hearing) -> None:
    await hear(database, hearing, one(1))
    assert await hear(database, hearing, one(1, 99), one(2)) == {"fork": 1, "handled": 1}
    assert await aside(database) == [(Kind.FORK, 1)]
    assert await effects(database) == [("a", 1), ("a", 2)]


async def test_two_that_wait_for_one_place_the_first_wins_the_other_is_a_fork(
    database: Database, hearing: Hearing
) -> None:
    await hear(database, hearing, one(2, 20), one(2, 21))
    await hear(database, hearing, one(1))
    assert await effects(database) == [("a", 1), ("a", 20)]
    assert await aside(database) == [(Kind.FORK, 2)]


async def test_what_was_pruned_is_a_duplicate(database: Database, hearing: Hearing) -> None:
    old = one(1)
    await hear(database, hearing, old, one(2))
    async with database.transaction() as session:
        await session.execute(text("delete from inbox"))
        await session.execute(text("update inbox_streams set pruned = 2"))
    assert await hear(database, hearing, old) == {"duplicate": 1}


async def test_the_same_event_on_another_door_counts_without_effect(database: Database, hearing: Hearing) -> None:
    record = one(1)
    again = make(counted("a", 1), 1, agency=AGENCY, topic=f"{AGENCY}.nomination.public", headers=record.headers)
    assert await hear(database, hearing, record, again) == {"handled": 1, "counted": 1}
    assert await effects(database) == [("a", 1)]


async def test_a_type_without_handler_is_skipped_and_moves_its_stream(database: Database, hearing: Hearing) -> None:
    unheard = make(Unheard(thing="a", occurred_at=Clock().now()), 1, agency=AGENCY)
    assert await hear(database, hearing, unheard, one(2)) == {"skipped": 1, "handled": 1}


async def test_an_unknown_type_is_set_aside_and_taken_by_the_build_that_knows_it(
    database: Database, hearing: Hearing
) -> None:
    later = make(Later(thing="a", number=1, occurred_at=Clock().now()), 1, agency=AGENCY)
    assert await hear(database, toy.hearing(AGENCY, old=True), later, one(2)) == {"unknown": 1, "handled": 1}
    assert await operating.take_unknown(database, hearing) == 1
    assert await operating.take_unknown(database, hearing) == 0
    assert (await effects(database), await aside(database)) == ([("a", 2), ("a", 1)], [])


async def test_a_lasting_failure_parks_and_holds_back_its_stream_only(database: Database, hearing: Hearing) -> None:
    outcome = await hear(database, hearing, one(1), broken(2), one(3), one(1, thing="b"))
    assert outcome == {"handled": 2, "parked": 1, "waiting": 1}
    assert await effects(database) == [("a", 1), ("b", 1)]
    assert await aside(database) == [(Kind.PARKED, 2), (Kind.WAITING, 3)]


async def test_a_parked_record_that_comes_again_is_a_duplicate(database: Database, hearing: Hearing) -> None:
    failing = broken(1)
    await hear(database, hearing, failing)
    assert await hear(database, hearing, failing) == {"duplicate": 1}
    assert await hear(database, hearing, one(1)) == {"fork": 1}


async def test_a_replayed_record_takes_effect_and_frees_those_behind(database: Database, hearing: Hearing) -> None:
    await hear(database, hearing, broken(1), one(2))
    number = (await ids(database))[0]
    assert await operating.replay(database, hearing, number, actor=OPERATOR) is Kind.PARKED
    Mood.mended = True
    number = min(i for i, (kind, _) in zip(await ids(database), await aside(database), strict=True) if kind == "parked")
    assert await operating.replay(database, hearing, number, actor=OPERATOR) is None
    assert (await effects(database), await aside(database)) == ([("a", 1), ("a", 2)], [])


async def test_a_discarded_record_counts_as_seen_and_frees_those_behind(database: Database, hearing: Hearing) -> None:
    failing = broken(1)
    await hear(database, hearing, failing, one(2))
    number = (await ids(database))[0]
    with pytest.raises(operating.NotPossible, match="reason"):
        await operating.discard(database, hearing, number, actor=OPERATOR, reason=" ")
    await operating.discard(database, hearing, number, actor=OPERATOR, reason="withdrawn by phone")
    assert (await effects(database), await aside(database)) == ([("a", 2)], [])
    assert await hear(database, hearing, failing, one(3)) == {"duplicate": 1, "handled": 1}
    async with database.reading() as session:
        rows = await session.execute(text("select actor, verb, note from audit"))
        assert [tuple(row) for row in rows] == [("system:test", "event.discarded", "withdrawn by phone")]


async def test_a_gap_that_nobody_can_fill_is_skipped_with_a_reason(database: Database, hearing: Hearing) -> None:
    await hear(database, hearing, one(1), one(4), one(5))
    number = (await ids(database))[0]
    assert await operating.skip_gap(database, hearing, number, actor=OPERATOR, reason="lost with the old broker") == (
        2,
        3,
    )
    assert (await effects(database), await aside(database)) == ([("a", 1), ("a", 4), ("a", 5)], [])


async def test_too_many_failures_in_a_row_stop_instead_of_parking_the_topic(
    database: Database, hearing: Hearing
) -> None:
    hearing.most_parked_in_a_row = 3
    with pytest.raises(TooManyParked):
        await hear(database, hearing, *(broken(1, thing=f"t{n}") for n in range(3)))
    assert await aside(database) == []


async def test_unreadable_and_foreign_records_are_refused_apart(database: Database, hearing: Hearing) -> None:
    good = one(1)
    bad = [
        make(counted("b", 1), 1, agency=AGENCY, headers=[*good.headers, ("x", b"\xff")]),
        make(counted("b", 1), 1, agency=AGENCY, headers=[("ce_id", b"\xff\xfe"), *good.headers[1:]]),
        make(counted("b", 1), 1, agency=AGENCY, headers=[("ce_id", None)]),
        make(counted("b", 1), 1, agency=AGENCY, value=None),
        make(counted("b", 1), 1, agency=AGENCY, key=None),
        make(counted("b", 1), 1, agency=AGENCY, key=b"other"),
        make(counted("b", 1), 1, agency="other", topic=f"{AGENCY}.nomination.internal"),
        make(counted("b", 1), 1, agency=AGENCY, service="review", topic=f"{AGENCY}.nomination.internal"),
    ]
    outcome = await hear(database, hearing, *bad[1:], good)
    assert outcome == {"refused": 7, "handled": 1}
    assert await effects(database) == [("a", 1)]
    assert Counter(kind for kind, _ in await aside(database)) == {Kind.REFUSED: 7}


async def test_a_poison_body_is_parked_at_its_place(database: Database, hearing: Hearing) -> None:
    poison = make(counted("a", 1), 1, agency=AGENCY, value=b'{"thing": 7')
    assert await hear(database, hearing, poison, one(2), one(1, thing="b")) == {
        "parked": 1,
        "waiting": 1,
        "handled": 1,
    }
    assert await aside(database) == [(Kind.PARKED, 1), (Kind.WAITING, 2)]


async def test_offsets_are_stored_with_the_batch(database: Database, hearing: Hearing) -> None:
    await hear(database, hearing, one(1), one(2))
    async with database.reading() as session:
        rows = await session.execute(text("select topic, partition, next from inbox_offsets"))
        assert [tuple(row) for row in rows] == [(f"{AGENCY}.nomination.internal", 0, 2)]
