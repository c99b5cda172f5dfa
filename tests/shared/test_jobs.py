"""Jobs on PostgreSQL: wanted with the act, done after it, tried again, given up; workers that die."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from shared import jobs, migrate
from shared.database import Database
from shared.jobs import GiveUp, Jobs, JobState
from shared.jobs.schema import QUEUE_TABLES
from shared.tracing import current, start, tracing
from tests.support.databases import PASSWORD, Databases
from tests.support.queue import METADATA, QUICK, all_ended, enqueue, make, running, states, until

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(METADATA, agency="tan-binh")


async def test_a_job_is_wanted_with_the_act_or_not_at_all(database: Database) -> None:
    done: list[dict[str, Any]] = []

    async def mail(payload: dict[str, Any]) -> None:
        done.append(payload)

    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await jobs.enqueue(session, "mail", {"n": 0})
            raise RuntimeError
    async with database.transaction() as session:
        with pytest.raises(RuntimeError):
            async with session.begin_nested():
                await jobs.enqueue(session, "mail", {"n": 1})
                raise RuntimeError
        await jobs.enqueue(session, "mail", {"n": 2})
    assert await states(database) == [("mail", JobState.QUEUED, 0, None)]
    made = make(database)
    made.add("mail", mail)
    async with running(made):
        found = await until(all_ended, database)
    assert (found, done, made.names) == ([("mail", JobState.DONE, 0, None)], [{"n": 2}], ["mail"])


async def test_a_payload_holds_ids_as_rows_hold_them_and_nothing_that_is_no_json(database: Database) -> None:
    async with database.transaction() as session:
        read = await session.scalar(text("select '00000000-0000-0000-0000-000000000007'::uuid"))
        await jobs.enqueue(session, "mail", {"id": read, "own": UUID(int=8)})
        with pytest.raises(TypeError):
            await jobs.enqueue(session, "mail", {"id": object()})
    async with database.reading() as session:
        payload = await session.scalar(text("select convert_from(payload, 'UTF8')::jsonb from pgqueuer"))
    assert payload == {"id": str(UUID(int=7)), "own": str(UUID(int=8))}


async def test_a_key_is_wanted_once_until_it_is_done(database: Database) -> None:
    async with database.transaction() as session:
        first = await jobs.enqueue(session, "mail", {}, key="a")
        again = await jobs.enqueue(session, "mail", {}, key="a")
        other = await jobs.enqueue(session, "push", {}, key="a")
        later = await jobs.enqueue(session, "mail", {}, key="b", after=timedelta(days=1))
    assert (isinstance(first, int), again, isinstance(other, int), isinstance(later, int)) == (True, None, True, True)
    async with database.reading() as session:
        rows = {one.id: one.due for one in await jobs.listed(session, JobState.QUEUED)}
    assert sorted(rows) == sorted(one for one in (first, other, later) if one is not None)
    assert all(due is not None for due in rows.values())

    async def mail(_payload: dict[str, Any]) -> None:
        return

    made = make(database)
    made.add("mail", mail)
    async with running(made):
        await until(lambda found: found[0][1] is JobState.DONE, database)
        async with asyncio.timeout(30):
            while await enqueue(database, "mail", key="a") is None:  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # the queue forgets a key a moment after the job ended
        found = await until(lambda found: found[3][1] is JobState.DONE, database)
    assert [(name, state) for name, state, _, _ in found] == [
        ("mail", JobState.DONE),
        ("push", JobState.QUEUED),  # nobody here does it
        ("mail", JobState.QUEUED),  # not yet due
        ("mail", JobState.DONE),
    ]


async def test_no_notice_is_sent_inside_a_transaction_but_a_bell_rings_after_it(database: Database) -> None:
    listener = await database.connect()
    heard: asyncio.Queue[str] = asyncio.Queue()
    await listener.add_listener("ch_pgqueuer", lambda *told: heard.put_nowait(str(told[3])))
    try:
        await enqueue(database, "mail")  # nobody has hung up a bell
        await listener.fetchval("select 1")
        assert heard.empty()
        made = make(database)
        await enqueue(database, "mail")
        assert '"table_changed_event"' in await asyncio.wait_for(heard.get(), 30)
        await made.bell.close()
    finally:
        await listener.close()


async def test_a_bell_wakes_a_worker_that_would_sleep_for_an_hour(database: Database) -> None:
    made = Jobs(database, poll=timedelta(hours=1))
    database.on_jobs[:] = [made.bell.ring]
    done = asyncio.Event()

    async def mail(_payload: dict[str, Any]) -> None:
        done.set()

    made.add("mail", mail)
    async with running(made):
        async with asyncio.timeout(30):
            while made.trouble:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)  # by now it sleeps
        await enqueue(database, "mail")
        await asyncio.wait_for(done.wait(), 30)


async def test_a_job_carries_the_correlation_id_of_the_act(database: Database) -> None:
    seen: list[str] = []

    async def mail(_payload: dict[str, Any]) -> None:
        seen.extend((current().correlation_id, current().traceparent.split("-")[1]))

    trace = start("an-act-of-somebody")
    with tracing(trace):
        await enqueue(database, "mail")
    made = make(database)
    made.add("mail", mail)
    async with running(made):
        await until(all_ended, database)
    assert seen == ["an-act-of-somebody", trace.traceparent.split("-")[1]]


async def test_what_fails_in_passing_is_tried_again_by_its_own_schedule_and_then_given_up(database: Database) -> None:
    tried: list[str] = []
    told: list[tuple[dict[str, Any], str]] = []

    async def flaky(payload: dict[str, Any]) -> None:
        tried.append(payload["who"])
        if payload["who"] == "never" or tried.count("later") < 3:
            raise ConnectionError("the portal is away [Nguyễn Văn A]")

    async def on_failure(_session: AsyncSession, payload: dict[str, Any], reason: str) -> None:
        told.append((payload, reason))

    made = make(database)
    made.add("push", flaky, pauses=QUICK, on_failure=on_failure)
    await enqueue(database, "push", who="later")
    await enqueue(database, "push", who="never")
    with capture_logs() as lines:
        async with running(made):
            found = await until(all_ended, database)
    away = "ConnectionError: the portal is away"
    assert found == [("push", JobState.DONE, 2, None), ("push", JobState.GIVEN_UP, 2, away)]
    assert (sorted(tried), told) == (["later"] * 3 + ["never"] * 3, [({"who": "never"}, away)])
    assert "Nguyễn" not in str(lines)
    assert "who" not in str(lines)


async def test_what_is_of_no_use_fails_at_once_and_an_operator_may_try_it_again(database: Database) -> None:
    hopeless = True

    async def push(_payload: dict[str, Any]) -> None:
        if hopeless:
            raise GiveUp("the partner refused it")

    made = make(database)
    made.add("push", push)
    job_id = await enqueue(database, "push", key="a")
    assert job_id is not None
    async with running(made):
        assert await until(all_ended, database) == [("push", JobState.FAILED, 0, "the partner refused it")]
        hopeless = False
        await _again(database, lambda session: jobs.again(session, job_id))
        assert await until(all_ended, database) == [("push", JobState.DONE, 0, None)]
    async with database.transaction() as session:
        assert not await jobs.again(session, job_id)
        assert not await jobs.again_by_key(session, "push", "a")


async def test_an_older_failure_is_not_tried_again_beside_a_newer_job_of_its_key(database: Database) -> None:
    async def push(_payload: dict[str, Any]) -> None:
        raise GiveUp("no")

    made = make(database)
    made.add("push", push)
    first = await enqueue(database, "push", key="a")
    assert first is not None
    async with running(made):
        await until(all_ended, database)
    await _held(database, first)
    await enqueue(database, "push", key="a")
    async with database.transaction() as session:
        assert not await jobs.again(session, first)
    assert [state for _, state, _, _ in await states(database)] == [JobState.FAILED, JobState.QUEUED]


async def _again(database: Database, act: Callable[[AsyncSession], Any]) -> None:
    async with asyncio.timeout(30):
        while True:
            async with database.transaction() as session:
                if await act(session):
                    return
            await asyncio.sleep(0.02)


async def _held(database: Database, job_id: int) -> None:
    """Wait until the queue, too, knows that a job failed."""
    async with asyncio.timeout(30):
        while True:
            async with database.reading() as session:
                if await session.scalar(text(f"select status = 'failed' from pgqueuer where id = {job_id}")):
                    return
            await asyncio.sleep(0.02)


async def test_one_that_takes_too_long_is_stopped_and_tried_again(database: Database) -> None:
    tries = 0

    async def slow(_payload: dict[str, Any]) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(3600)

    made = make(database)
    made.add("slow", slow, pauses=QUICK, longest=timedelta(milliseconds=50))
    await enqueue(database, "slow")
    async with running(made):
        assert await until(all_ended, database) == [("slow", JobState.DONE, 1, None)]


async def test_a_failure_handler_that_fails_leaves_the_job_open(database: Database) -> None:
    calls = 0

    async def push(_payload: dict[str, Any]) -> None:
        raise GiveUp("no")

    async def on_failure(session: AsyncSession, _payload: dict[str, Any], _reason: str) -> None:
        nonlocal calls
        calls += 1
        await session.execute(text("select 1 / 0"))

    made = make(database)
    made.add("push", push, on_failure=on_failure)
    await enqueue(database, "push")
    async with running(made):
        found = await until(lambda found: calls == 1 and found[0][1] is JobState.QUEUED, database)
    assert found == [("push", JobState.QUEUED, 0, None)]


async def test_what_was_done_long_ago_is_forgotten_and_what_failed_is_not(database: Database) -> None:
    async def work(payload: dict[str, Any]) -> None:
        if payload["n"] == 2:
            raise GiveUp("no")

    made = make(database)
    made.add("work", work)
    await enqueue(database, "work", n=1)
    second = await enqueue(database, "work", n=2)
    assert second is not None
    async with running(made):
        await until(all_ended, database)
    await _held(database, second)
    async with database.transaction() as session:
        assert await jobs.purge(session, datetime.now(UTC) - timedelta(hours=1)) == 0
        assert await jobs.purge(session, datetime.now(UTC) + timedelta(hours=1)) > 1
    assert await states(database) == [("work", JobState.FAILED, 0, "no")]


ENV = """
from alembic import context
from shared import migrate
from tests.support.queue import METADATA

migrate.run(context, METADATA)
"""
MIGRATION = """
from alembic import op
from shared import jobs
from tests.support.queue import METADATA

revision = "1"
down_revision = None


def upgrade():
    jobs.install(op)
    METADATA.create_all(op.get_bind())
    op.execute("insert into relay (system_identifier) select system_identifier::text from pg_control_system()")
"""


async def test_a_migration_installs_the_queue_in_one_line(databases: Databases, tmp_path: Path) -> None:
    (tmp_path / "migrations/versions").mkdir(parents=True)
    (tmp_path / "migrations/env.py").write_text(ENV)
    (tmp_path / "migrations/versions/1.py").write_text(MIGRATION)
    empty = await databases.core(METADATA, agency="tan-binh")
    async with empty.transaction() as session:
        await session.execute(text("drop schema public cascade"))
        await session.execute(text("create schema public"))
    await migrate.upgrade(empty.url, PASSWORD, tmp_path)
    assert await migrate.differences(empty.url, PASSWORD, tmp_path) is None
    await enqueue(empty, "mail")
    assert await states(empty) == [("mail", JobState.QUEUED, 0, None)]


async def test_the_tables_are_those_of_the_queue_that_is_installed() -> None:
    """A new release of the queue that wants other tables must be seen here, and get a migration."""
    from pgqueuer.adapters.persistence.schema_ddl import render_install
    from pgqueuer.domain.settings import DBSettings

    installed = render_install(DBSettings())
    wanted = installed[installed.index("CREATE TYPE") : installed.index("CREATE FUNCTION")]
    assert QUEUE_TABLES.split() == wanted.split()
