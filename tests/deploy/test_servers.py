"""The local servers by themselves: PostgreSQL's traps, and the evaluation broker."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from confluent_kafka.admin import AdminClient

from deploy.accounts import QUIET
from deploy.local.evaluation_broker import EvaluationBroker
from deploy.local.postgres import Postgres
from deploy.local.server import StartFailed

pytestmark = pytest.mark.db


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres")
    server.start()
    yield server
    server.kill()


async def session(server: Postgres, password: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(server.url("tan_binh_review", "tan_binh_review"), password=password)


async def test_a_role_has_its_password_its_limits_and_its_database(own_postgres: Postgres) -> None:
    await own_postgres.ensure_login("tan_binh_review", "it's")
    await own_postgres.ensure_login("tan_binh_publishing", "x")
    await own_postgres.ensure_database("tan_binh_review", "tan_binh_review")
    await own_postgres.ensure_database("tan_binh_review", "tan_binh_review")  # again: nothing to do
    own = await session(own_postgres, "it's")
    names = ("transaction_timeout", "idle_in_transaction_session_timeout", "max_connections", "TimeZone")
    assert [await own.fetchval(f"show {name}") for name in names] == ["30s", "5s", "300", "UTC"]
    await own.close()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await session(own_postgres, "wrong")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(own_postgres.url("tan_binh_review", "tan_binh_publishing"), password="x")
    with pytest.raises(ValueError, match="not a plain"):
        await own_postgres.ensure_login("review; drop", "x")


async def test_killed_and_started_again_it_has_its_rows(own_postgres: Postgres) -> None:
    admin = await own_postgres.connect()
    await admin.execute("create table kept (word text)")
    await admin.execute("insert into kept values ('mot')")
    admin.terminate()
    own_postgres.kill()
    own_postgres.start()
    admin = await own_postgres.connect()
    assert await admin.fetchval("select word from kept") == "mot"
    await admin.close()


def test_a_strangers_process_with_the_old_pid_neither_hinders_nor_dies(own_postgres: Postgres) -> None:
    own_postgres.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        (own_postgres.cluster / "postmaster.pid").write_text(f"{stranger.pid}\n{own_postgres.cluster}\n0\n")
        own_postgres.start()
        assert own_postgres.is_running()
        own_postgres.stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_killed_server_that_nobody_has_collected_yet_hinders_for_a_moment_only(own_postgres: Postgres) -> None:
    own_postgres.stop()
    dead = subprocess.Popen(["true"])  # ended, and still in the table of processes until it is collected
    (own_postgres.cluster / "postmaster.pid").write_text(f"{dead.pid}\n{own_postgres.cluster}\n0\n")
    collected = threading.Timer(1, dead.wait)
    collected.start()
    own_postgres.start()
    assert own_postgres.is_running()
    collected.join()


def test_a_server_that_its_starter_forgot_is_taken_down_first(own_postgres: Postgres) -> None:
    forgotten = own_postgres.running
    assert forgotten is not None
    second = Postgres(own_postgres.folder)
    second.start()
    assert forgotten.wait(10) == 0
    second.stop()


def test_why_it_did_not_start_is_told(own_postgres: Postgres) -> None:
    own_postgres.stop()
    (own_postgres.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(StartFailed, match="incompatible with server"):
        own_postgres.start()


def test_the_evaluation_broker_has_its_topics_and_comes_back_elsewhere(tmp_path: Path) -> None:
    broker = EvaluationBroker(tmp_path, ["tan-binh.review.internal", "tan-binh.nomination.internal"])
    broker.start()
    first = broker.address
    topics = AdminClient({"bootstrap.servers": first}, logger=QUIET).list_topics(timeout=10).topics
    assert {name: len(one.partitions) for name, one in topics.items()} == dict.fromkeys(broker.topics, 1)
    broker.kill()
    broker.start()
    assert broker.address != first
    broker.stop()
    assert not broker.is_running()
