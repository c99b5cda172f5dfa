"""The inbox on PostgreSQL: what fails or cannot be read is set aside, and how it comes back."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.audit import Actor
from shared.clock import Clock
from shared.database import Database
from shared.inbox import Hearing, Kind, TooManyParked, operating
from tests.shared.hearing import AGENCY, TOPIC, aside, broken, hear, ids, one
from tests.support import toy
from tests.support.databases import Databases
from tests.support.toy import Answered, Later, Mood, counted, effects
from tests.support.wire import Record, make

pytestmark = pytest.mark.db

OPERATOR = Actor("system:test", "operator")


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(toy.METADATA, agency=AGENCY, service="review")


@pytest.fixture
def hearing() -> Hearing:
    Mood.mended = False
    return toy.hearing(AGENCY)


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
