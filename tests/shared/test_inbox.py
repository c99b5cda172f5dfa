"""The inbox on PostgreSQL: each record gets exactly one of the outcomes."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from asyncpg import CheckViolationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.inbox import Hearing, Kind, TooManyParked, event_id_of, operating
from shared.inbox.arrivals import checked, receive
from shared.inbox.batch import take
from tests.support import toy
from tests.support.databases import Databases
from tests.support.line import until
from tests.support.toy import Answered, Broken, Counted, Later, Mood, Unheard, counted, effects
from tests.support.wire import Record, make

pytestmark = pytest.mark.db

AGENCY = "tan-binh"
TOPIC = f"{AGENCY}.nomination.internal"
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
    return dict(await take(database, hearing, [receive(record, hearing.gate) for record in records], offsets))


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


async def test_what_waits_counts_without_effect_when_another_door_brought_it_meanwhile(
    database: Database, hearing: Hearing
) -> None:
    first, waiting = one(1), one(2)
    named = dict(waiting.headers) | {"ce_sequence": b"1"}
    again = replace(waiting, topic=f"{AGENCY}.nomination.public", headers=list(named.items()))
    assert await hear(database, hearing, waiting) == {"waiting": 1}
    assert await hear(database, hearing, again) == {"handled": 1}
    assert await hear(database, hearing, first) == {"handled": 1, "counted": 1}
    assert (await effects(database), await aside(database)) == ([("a", 2), ("a", 1)], [])


async def test_two_issuers_may_give_one_id_to_their_events(database: Database, hearing: Hearing) -> None:
    own = one(1)
    number = UUID(dict(own.headers)["ce_id"].decode())
    foreign = make(counted("a", 7), 1, agency="phuong-nam", event_id=number)
    assert await hear(database, hearing, foreign) == {"refused": 1}  # without a gate no other agency is listened to
    hearing = replace(hearing, others=checked)
    assert await hear(database, hearing, own, foreign, own, foreign) == {"handled": 2, "duplicate": 2}
    assert await effects(database) == [("a", 1), ("a", 7)]


async def test_two_batches_that_name_their_streams_in_opposite_order_do_not_deadlock(
    database: Database, hearing: Hearing
) -> None:
    """Each meets a stream that is held elsewhere between two that both want: whoever locks as they come, deadlocks."""
    m, n, x, y = (one(1, thing=thing) for thing in "mnxy")
    await hear(database, hearing, m, n, x, y)

    async def both_wait() -> bool:
        async with database.reading() as session:
            sql = (
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            return bool(await session.scalar(text(sql)) == 2)

    async with database.transaction() as session:
        await session.execute(text("select from inbox_streams where key in ('m', 'n') for update"))
        batches = [asyncio.create_task(hear(database, hearing, *those)) for those in ((x, m, y), (y, n, x))]
        await until(both_wait, "both batches wait")
    assert await asyncio.gather(*batches) == [{"duplicate": 3}, {"duplicate": 3}]


async def test_a_handler_may_ask_for_the_id_of_its_event(database: Database, hearing: Hearing) -> None:
    asked = []

    async def ask(session: AsyncSession, event: Any) -> None:
        asked.append((event.number, event_id_of(session)))

    hearing.handlers = {Counted: ask}
    first, second = one(1), one(2)
    await hear(database, hearing, first, second)
    assert asked == [(n, UUID(dict(r.headers)["ce_id"].decode())) for n, r in ((1, first), (2, second))]


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


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (
            "select cast('Nguyễn Thị Hoa' as int)",
            "DBAPIError: (sqlalchemy.dialects.postgresql.asyncpg.Error) invalid input syntax for type integer: …",
        ),
        (
            "insert into inbox_streams (topic, key) values ('t', 'Hoa'), ('t', 'Hoa')",
            "IntegrityError: (sqlalchemy.dialects.postgresql.asyncpg.UniqueViolationError) duplicate key value violates"
            ' unique constraint "pk_inbox_streams"',
        ),
    ],
)
async def test_why_a_record_was_parked_tells_no_values(
    database: Database, hearing: Hearing, statement: str, reason: str
) -> None:
    async def fails(session: AsyncSession, _event: Any) -> None:
        await session.execute(text(statement))

    await hear(database, replace(hearing, handlers={toy.Counted: fails}), one(1))
    async with database.reading() as session:
        assert [found.reason for found in await operating.list_set_aside(session)] == [reason]


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


async def test_failures_that_are_not_in_a_row_park_and_stop_nothing(database: Database, hearing: Hearing) -> None:
    hearing.most_parked_in_a_row = 2
    mixed = [broken(1, thing="a"), one(1, thing="b"), broken(1, thing="c"), one(1, thing="d")]
    assert await hear(database, hearing, *mixed) == {"parked": 2, "handled": 2}
    assert hearing.parked_in_a_row == 0


async def test_a_failure_that_passes_takes_nothing_parks_nothing_and_counts_none_in_a_row(
    database: Database, hearing: Hearing
) -> None:
    """The second record loses its connection, however often the batch comes: the first one is parked once, at last."""
    away, calls = True, 0

    async def on_later(session: AsyncSession, event: Any) -> None:
        nonlocal calls
        calls += 1
        if away:
            raise ConnectionError
        await toy.on_counted(session, event)

    hearing.most_parked_in_a_row = 2
    hearing.handlers = {**toy.HANDLERS, Later: on_later}
    batch = broken(1), make(Later(thing="b", number=1, occurred_at=Clock().now()), 1, agency=AGENCY)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await hear(database, hearing, *batch)
    with pytest.raises(ConnectionError):
        await hear(database, hearing, batch[1])
    assert (await effects(database), await aside(database), calls) == ([], [], 4)  # never at once again
    away = False
    assert await hear(database, hearing, *batch) == {"parked": 1, "handled": 1}
    assert (await effects(database), await aside(database)) == ([("b", 1)], [(Kind.PARKED, 1)])


async def test_unreadable_and_foreign_records_are_refused_apart_each_with_its_reason(
    database: Database, hearing: Hearing
) -> None:
    good, second = one(1), one(2)
    named = dict(second.headers)

    def but(**changed: Any) -> Record:
        return replace(second, **changed)

    def headers(**changed: bytes | None) -> list[tuple[str, bytes | None]]:
        return list({**named, **changed}.items())

    not_utf8 = "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"
    bad = [
        (but(headers=headers(x=b"\xff")), not_utf8),
        (but(headers=headers(ce_id=b"\xff\xfe")), not_utf8),
        (but(headers=headers(ce_id=None)), "header ce_id is null"),
        (but(headers=headers(x=None)), "header x is null"),
        (but(headers=headers(ce_sequence=b"0")), "sequence is not a number from 1 on"),
        (but(headers=headers(ce_source=b"tan-binh")), "source is not /<agency>/<service>"),
        (but(value=None), "the record has no body"),
        (but(key=None), "the record has no key"),
        (but(key=b"\xff"), not_utf8),
        (but(key=b"other"), "subject differs from the record's key"),
        (make(counted("a", 2), 2, agency="other", topic=TOPIC), f"source /other/nomination does not own topic {TOPIC}"),
        (
            make(counted("a", 2), 2, agency=AGENCY, service="review", topic=TOPIC),
            f"source /{AGENCY}/review does not own topic {TOPIC}",
        ),
        (
            make(Answered(thing="a", occurred_at=Clock().now()), 2, agency=AGENCY),
            "type vn.guongsang.review.Answered.v1 is not said by nomination",
        ),
    ]
    assert await hear(database, hearing, *(record for record, _ in bad), good, second) == {
        "refused": len(bad),
        "handled": 2,
    }
    assert await effects(database) == [("a", 1), ("a", 2)]
    async with database.reading() as session:
        told = [(r.kind, r.reason) for r in await operating.list_set_aside(session)]
    assert told == [(Kind.REFUSED, reason) for _, reason in bad]


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


async def test_effect_and_offset_stand_or_fall_together(database: Database, hearing: Hearing) -> None:
    async def change(how: str) -> None:
        async with database.transaction() as session:
            await session.execute(text(how))

    hearing.most_parked_in_a_row = 1  # a handler that cannot write stops the worker and parks nothing
    for table in ("inbox_offsets", "effects"):
        await change(f"alter table {table} add constraint no_{table} check (false)")
        with pytest.raises((TooManyParked, CheckViolationError), match=f'"no_{table}"'):
            await hear(database, hearing, one(1))
        await change(f"alter table {table} drop constraint no_{table}")
        async with database.reading() as session:
            offsets = await session.scalar(text("select count(*) from inbox_offsets"))
        assert (offsets, await effects(database), await aside(database)) == (0, [], [])
