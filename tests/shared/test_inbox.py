"""The inbox on PostgreSQL: records take effect in order and once, with their offsets."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from asyncpg import CheckViolationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock
from shared.database import Database
from shared.inbox import Hearing, Kind, TooManyParked, event_id_of, operating
from shared.inbox.arrivals import checked
from tests.shared.hearing import AGENCY, aside, hear, one
from tests.support import toy
from tests.support.databases import Databases
from tests.support.line import until
from tests.support.toy import Counted, Later, Mood, Unheard, counted, effects
from tests.support.wire import make

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(toy.METADATA, agency=AGENCY, service="review")


@pytest.fixture
def hearing() -> Hearing:
    Mood.mended = False
    return toy.hearing(AGENCY)


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
