"""Handing in by several at once: the action of nomination, against bare asyncpg saying its very statements with the
same values, and against plain sessions that say the same with objects, one flush after the other.

Each leg has a copy of one database, whose dossiers were read before; a few hand-ins warm its connections.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import asyncpg
import orjson
from sqlalchemy import event as hooks
from sqlalchemy import text
from sqlalchemy.orm import DeclarativeBase
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from services.nomination import queries, rules
from services.nomination.actions import dossiers, nominations
from services.nomination.queries import Dossier, packing
from services.nomination.rules import State
from services.nomination.rules.targets import Bound
from services.nomination.tables import METADATA, Nomination, Plan, Revision, Round, Step, Subject, Target
from shared import envelope, fence
from shared.clock import local_date
from shared.database import Database
from shared.envelope import Envelope
from shared.events import Door, NominationSubmitted, topic
from shared.fence import UNFENCED, Fence
from shared.outbox.recording import signed
from shared.tracing import current
from tests.bench import measure
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases

CONNECTIONS = 8
WARMING, MEASURED = 80, 400
WITHIN = Fence("tan-binh", (make.SCHOOL,), make.NOMINATOR.identity)
NOT_SAID = ("BEGIN", "COMMIT", "'jit'", "typeinfo_tree")
"""What asyncpg asks for itself."""

Statement = tuple[str, Sequence[Any]]
Submit = Callable[[Dossier], Awaitable[object]]


class _Kept(DeclarativeBase):
    metadata = METADATA


class _Audit(_Kept):
    __table__ = METADATA.tables["audit"]


class _Stream(_Kept):
    __table__ = METADATA.tables["streams"]


class _Said(_Kept):
    __table__ = METADATA.tables["outbox"]


async def ratios(databases: Databases, rounds: int) -> list[measure.Row]:
    """Rates by those of both floors."""
    legs = await Legs.ready(databases)
    return [
        measure.Row("submit / same statements on asyncpg", await measure.rates(rounds, legs.ours, legs.bare), 0.35),
        measure.Row("submit / plain SQLModel sessions", await measure.rates(rounds, legs.ours, legs.plain), 2.0),
    ]


class Legs:
    """The three ways of handing in the same dossiers."""

    def __init__(self, databases: Databases, first: Database, dossiers: list[Dossier]) -> None:
        self._databases, self._first, self._dossiers = databases, first, dossiers
        self._statements: dict[str, list[Statement]] = {}

    @classmethod
    async def ready(cls, databases: Databases) -> "Legs":
        """So many dossiers that can be handed in, and what the action says for each."""
        first = await databases.service("nomination")
        plan = await make.plan(first)
        made = [await make.draft(first, plan.open) for _ in range(WARMING + MEASURED)]
        async with first.reading() as session:
            told = [await queries.get_dossier(session, agency=one.agency, code=one.code, units=None) for one in made]
        legs = cls(databases, first, [one for one in told if one is not None])
        await legs._record()
        return legs

    async def _record(self) -> None:
        """Note what the action says for each dossier."""
        database = await self._copy()
        with _heard(database) as said:
            for one in self._dossiers:
                said.clear()
                await _submit(database, one)
                await asyncio.sleep(0)  # asyncpg tells of what it said a moment later
                self._statements[one.nomination.code] = list(said)
        counts = {len(statements) for statements in self._statements.values()}
        assert len(counts) == 1, counts
        await database.close()

    async def _copy(self) -> Database:
        copied = await self._databases.copy(self._first)
        return self._databases.keep(
            Database(copied.url, password=PASSWORD, speaker=copied.speaker, pool_size=CONNECTIONS)
        )

    async def ours(self) -> float:
        """By the action."""
        database = await self._copy()
        return await self._timed(database, lambda one: _submit(database, one))

    async def bare(self) -> float:
        """By what the action says, from memory."""
        database = await self._copy()
        pool = await asyncpg.create_pool(
            database.url, password=PASSWORD, min_size=CONNECTIONS, max_size=CONNECTIONS, server_settings=UNFENCED
        )

        async def submit(one: Dossier) -> None:
            async with pool.acquire() as connection, connection.transaction():
                for sql, args in self._statements[one.nomination.code]:
                    await connection.fetch(sql, *args)

        async with pool:
            return await self._timed(database, submit)

    async def plain(self) -> float:
        """By objects."""
        database = await self._copy()
        return await self._timed(database, lambda one: _by_objects(database, one))

    async def _timed(self, database: Database, submit: Submit) -> float:
        """Seconds in which so many at once have handed in all; whoever did less than all would be found out."""
        await _together(self._dossiers[:WARMING], submit)
        begun = time.perf_counter()
        await _together(self._dossiers[WARMING:], submit)
        spent = time.perf_counter() - begun
        assert await _left(database) == (len(self._dossiers),) * 5
        await database.close()
        return spent


async def _together(dossiers: Sequence[Dossier], submit: Submit) -> None:
    waiting = iter(dossiers)

    async def one_after_the_other() -> None:
        for one in waiting:
            await submit(one)

    await asyncio.gather(*(one_after_the_other() for _ in range(CONNECTIONS)))


async def _left(database: Database) -> tuple[int, ...]:
    """How many dossiers were handed in, and how many rows say so in each way."""
    counts = """select (select count(*) from nominations where state = 'submitted' and revision = 1),
                       (select count(*) from revisions), (select count(*) from steps),
                       (select count(*) from audit where verb = 'nomination.submitted'),
                       (select count(*) from outbox where type like '%NominationSubmitted%')"""
    async with database.reading() as session:
        return tuple((await session.execute(text(counts))).one())


async def _submit(database: Database, one: Dossier) -> None:
    """As a page does it."""
    with fence.within(WITHIN):
        async with database.transaction() as session:
            await nominations.submit_nomination(
                session,
                nomination_id=one.nomination.id,
                version=one.nomination.version,
                ready=one.readiness,
                content=packing.content_of(one),
                dossier=make.PARCEL,
                at=make.AT,
                by=make.NOMINATOR,
            )


async def _by_objects(database: Database, one: Dossier) -> None:
    """As who has nothing but sessions does it: the same reads, and a flush for each row."""
    speaker = database.speaker
    with fence.within(WITHIN):
        async with AsyncSession(database.engine, expire_on_commit=False) as session, session.begin():
            await fence.say(session)
            locked = select(Nomination).where(col(Nomination.id) == one.nomination.id).with_for_update()
            nomination = (await session.exec(locked)).one()
            rules.check_editable(nomination.state)
            plan = await session.get_one(Plan, nomination.plan_id)
            rules.check_in_force(plan.state)
            await session.get_one(Round, nomination.round_id)
            limits = select(Target).where(col(Target.plan_id) == plan.id, col(Target.bound) == Bound.AT_MOST)
            assert (await session.exec(limits)).first() is None
            rules.check_complete(one.readiness.lacking)
            subject = await session.get_one(Subject, nomination.subject_id)
            nomination.state, nomination.submitted_at = State.SUBMITTED, make.AT
            nomination.handed_in_on = local_date(make.AT)
            nomination.revision += 1
            nomination.version += 1
            await session.flush()
            about: dict[str, Any] = {"agency": nomination.agency, "nomination_id": nomination.id, "at": make.AT}
            step = Step(**about, what="submitted", holder="review")
            revision = Revision(**about, number=nomination.revision, content=packing.content_of(one))
            audited = _Audit(
                agency=nomination.agency,
                at=speaker.clock.now(),
                actor=make.NOMINATOR.identity,
                role=make.NOMINATOR.role,
                unit_id=make.NOMINATOR.unit_id,
                verb="nomination.submitted",
                object=str(nomination.id),
                correlation_id=current().correlation_id,
            )
            for row in (revision, step, audited):
                session.add(row)
                await session.flush()
            event = NominationSubmitted.model_validate(
                dossiers.told(nomination, make.AT)
                | {"category": subject.category, "plan_id": nomination.plan_id, "round_id": nomination.round_id}
                | {"rule_set": nomination.rule_set, "revision": nomination.revision, "dossier": make.PARCEL}
            )
            await _say_by_objects(session, database, event)


async def _say_by_objects(session: AsyncSession, database: Database, event: NominationSubmitted) -> None:
    """The first event of its stream in this copy was that the draft began: this is the second."""
    speaker = database.speaker
    name = topic(speaker.agency, speaker.service, str(Door.INTERNAL))
    stream: Any = await session.get_one(_Stream, (name, event.key), with_for_update=True)
    stream.last += 1
    await session.flush()
    body = event.model_dump_json(exclude_none=True).encode()
    source = envelope.source(speaker.agency, speaker.service)
    around = Envelope(
        uuid7(), event.type_name(), source, event.key, speaker.clock.now(), stream.last, current().child()
    )
    headers = signed(speaker, name, event.key, envelope.to_headers(around, body), body)
    session.add(
        _Said(
            position=stream.position,
            agency=speaker.agency,
            event_id=around.id,
            topic=name,
            key=event.key,
            sequence=stream.last,
            type=around.type,
            headers=orjson.dumps(headers),
            body=body,
        )
    )
    await session.flush()


@contextmanager
def _heard(database: Database) -> Iterator[list[Statement]]:
    """The statements that run inside with their values, by the session and by its raw connection alike."""
    said: list[Statement] = []

    def note_session(_connection: Any, _cursor: Any, statement: str, values: Sequence[Any], *_more: Any) -> None:
        said.append((statement, values))

    def note_raw(record: Any) -> None:
        if not any(words in record.query for words in NOT_SAID):
            said.append((record.query, record.args))

    def listen(connection: Any, _entry: Any) -> None:
        connection.driver_connection.add_query_logger(note_raw)

    engine = database.engine.sync_engine
    hooks.listen(engine, "connect", listen)
    hooks.listen(engine, "before_cursor_execute", note_session)
    try:
        yield said
    finally:
        hooks.remove(engine, "connect", listen)
        hooks.remove(engine, "before_cursor_execute", note_session)
