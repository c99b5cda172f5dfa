"""Workers of jobs that stop, lose their database, or die."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared import jobs
from shared.database import Database
from shared.jobs import JobState
from tests.support.databases import PASSWORD, Databases
from tests.support.queue import METADATA, all_ended, enqueue, make, running, states, until

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.core(METADATA, agency="tan-binh")


async def test_a_stopped_worker_puts_back_what_it_has_in_hand(database: Database) -> None:
    begun = asyncio.Event()
    hang = True

    async def work(_payload: dict[str, Any]) -> None:
        begun.set()
        if hang:
            await asyncio.sleep(3600)

    made = make(database)
    made.add("work", work)
    await enqueue(database, "work")
    for _ in range(jobs.worker.MOST_STARTS + 2):
        begun.clear()
        async with running(made):
            await asyncio.wait_for(begun.wait(), 30)
        assert await states(database) == [("work", JobState.QUEUED, 0, None)]
    hang = False
    async with running(made):
        assert await until(all_ended, database) == [("work", JobState.DONE, 0, None)]


async def cut_all(database: Database, databases: Databases) -> None:
    """End every connection to a database."""
    admin = await databases.postgres.connect()
    await admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()",
        database.url.rsplit("/", 1)[1],
    )
    await admin.close()


async def test_a_lost_connection_ends_a_session_and_the_next_goes_on(database: Database, databases: Databases) -> None:
    done: list[int] = []

    async def work(payload: dict[str, Any]) -> None:
        done.append(payload["n"])

    made = make(database)
    made.add("work", work)
    async with running(made):
        await enqueue(database, "work", n=1)
        await until(all_ended, database)
        await cut_all(database, databases)
        await enqueue(await databases.again(database), "work", n=2)  # by connections that nobody has cut
        found = await until(lambda found: len(found) == 2 and all_ended(found), database)
    assert (done, [state for _, state, _, _ in found]) == ([1, 2], [JobState.DONE, JobState.DONE])


async def test_connections_lost_again_and_again_lose_no_job(database: Database, databases: Databases) -> None:
    done: set[int] = set()
    tried: set[int] = set()

    async def work(payload: dict[str, Any]) -> None:
        await asyncio.sleep(0.02)
        if payload["n"] not in tried:
            tried.add(payload["n"])
            raise ConnectionError
        done.add(payload["n"])

    made = make(database, heartbeat=1)
    made.add("work", work, pauses=(timedelta(milliseconds=10),) * 50)
    async with database.transaction() as session:
        for n in range(60):
            await jobs.enqueue(session, "work", {"n": n})
    async with running(made):
        for cut in range(1, 6):
            async with asyncio.timeout(30):
                while len(done) < 8 * cut:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            await cut_all(database, databases)
        async with asyncio.timeout(60):
            while len(done) < 60:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        found = await until(all_ended, database)
    assert {state for _, state, _, _ in found} == {JobState.DONE}
    assert done == set(range(60))


async def test_what_the_queue_holds_without_a_known_end_is_mended(database: Database) -> None:
    done: list[int] = []

    async def work(payload: dict[str, Any]) -> None:
        done.append(payload["n"])

    await enqueue(database, "work", n=1)
    async with database.transaction() as session:
        await session.execute(text("update pgqueuer set status = 'failed'"))
    made = make(database)
    made.add("work", work)
    async with running(made):
        assert await until(all_ended, database) == [("work", JobState.DONE, 0, None)]
    assert done == [1]


async def test_a_job_that_kills_its_worker_is_taken_over_and_in_the_end_given_up(database: Database) -> None:
    await enqueue(database, "deadly", n=7)
    for _ in range(jobs.worker.MOST_STARTS):
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.support.job_worker",
            database.url,
            PASSWORD,
            stdout=asyncio.subprocess.PIPE,
            cwd=Path.cwd(),
        )
        assert child.stdout is not None
        said = await asyncio.wait_for(child.stdout.readline(), 60)
        child.kill()
        await child.wait()
        assert said == b"begun 7\n"
    assert await states(database) == [("deadly", JobState.RUNNING, 0, None)]
    begun = []

    async def deadly(_payload: dict[str, Any]) -> None:
        begun.append(1)

    made = make(database, heartbeat=1)
    made.add("deadly", deadly)
    async with running(made):
        found = await until(all_ended, database)
    assert (found, begun) == ([("deadly", JobState.GIVEN_UP, 0, "ended its worker 5 times")], [])


async def test_another_worker_goes_on_with_the_job_of_a_killed_one(database: Database) -> None:
    await enqueue(database, "deadly", n=1)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.job_worker", database.url, PASSWORD, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    await asyncio.wait_for(child.stdout.readline(), 60)
    child.kill()
    await child.wait()
    done: list[dict[str, Any]] = []

    async def deadly(payload: dict[str, Any]) -> None:
        done.append(payload)

    made = make(database, heartbeat=1)
    made.add("deadly", deadly)
    async with running(made):
        assert await until(all_ended, database) == [("deadly", JobState.DONE, 0, None)]
    assert done == [{"n": 1}]


async def test_a_chore_is_done_when_a_session_begins_and_its_failure_keeps_no_job_waiting(database: Database) -> None:
    done: list[str] = []

    async def fails() -> None:
        done.append("fails")
        raise ConnectionError("the store is away")

    async def works() -> None:
        done.append("works")

    async def work(_payload: dict[str, Any]) -> None:
        done.append("job")

    made = make(database)
    made.add("work", work)
    made.every_hour(fails)
    made.every_hour(works)
    async with running(made):
        async with asyncio.timeout(30):
            while len(done) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await enqueue(database, "work")
        assert await until(all_ended, database) == [("work", JobState.DONE, 0, None)]
    assert done == ["fails", "works", "job"]
