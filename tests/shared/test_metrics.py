"""What /metrics tells an operator: right now, and above all while nothing works."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local.postgres import Postgres
from shared.audit import Actor
from shared.clock import Clock
from shared.inbox import Kind, operating
from shared.inbox.worker import Pace
from shared.runtime import Runtime
from tests.support import toy
from tests.support.line import Line, running, until
from tests.support.toy import Broken, Later, counted
from tests.support.toy_runtime import build, client
from tests.support.wire import make

pytestmark = pytest.mark.kafka

OPERATOR = Actor("system:test", "operator")
NOWHERE = "127.0.0.1:9"


async def told(parts: Runtime) -> dict[str, float]:
    """Every figure of this agency and service, by its name and what else labels it; buckets and birthdays left out."""
    async with client(parts) as anybody:
        answer = await anybody.get("/metrics")
    own = {"agency": parts.settings.agency, "service": parts.service}
    return {
        " ".join([one.name.removeprefix("guongsang_"), *(v for k, v in sorted(one.labels.items()) if k not in own)]): (
            one.value
        )
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
        if own.items() <= one.labels.items() and not one.name.endswith(("_bucket", "_created"))
    }


def tells(parts: Runtime, name: str, right: Callable[[float], bool]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return right((await told(parts))[name])

    return look


def without_ages(figures: dict[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if "age_seconds" not in name}


NOTHING_ASIDE = {f"set_aside {kind}": 0.0 for kind in Kind}


async def test_the_outbox_is_measured_while_the_broker_is_away_and_after_it_came(line: Line, tmp_path: Path) -> None:
    parts = build(line, "nomination", tmp_path, kafka_servers=NOWHERE)
    await parts.start(work=True)
    try:
        assert without_ages(await told(parts)) == {"outbox_unsent": 0, **NOTHING_ASIDE}
        await line.say(1)
        first, second = await told(parts), await told(parts)
        assert without_ages(second) == {"outbox_unsent": 3, **NOTHING_ASIDE}
        assert 0 < first["outbox_age_seconds"] < second["outbox_age_seconds"]
        async with running(line.relay()):
            await line.sent()
        after = await told(parts)
        assert without_ages(after) == {"outbox_unsent": 0, "outbox_sent_total": 3, **NOTHING_ASIDE}
        assert after["outbox_age_seconds"] == 0
    finally:
        await parts.stop()


async def test_the_horizon_is_held_up_by_anybodys_open_transaction(
    line: Line, tmp_path: Path, postgres: Postgres
) -> None:
    """Of another role in another database, whose sessions this one may not look at."""
    parts = build(line, "nomination", tmp_path, kafka_servers=NOWHERE)
    await parts.start(work=True)
    stranger = await postgres.connect()
    try:
        async with stranger.transaction():
            await stranger.execute("select pg_current_xact_id()")
            await line.say(1)
            await until(tells(parts, "horizon_age_seconds", lambda age: age > 0), "somebody holds the horizon up")
        await until(tells(parts, "horizon_age_seconds", lambda age: age == 0), "nobody holds it up")
    finally:
        await stranger.close()
        await parts.stop()


async def test_what_cannot_be_measured_is_left_out(line: Line, tmp_path: Path, postgres: Postgres) -> None:
    parts = build(line, "nomination", tmp_path, kafka_servers=NOWHERE)
    await parts.start(work=True)
    name = parts.database.url.rsplit("/", 1)[1]
    admin = await postgres.connect()
    try:
        assert (await told(parts))["outbox_unsent"] == 0
        await admin.execute(f"alter database {name} allow_connections false")
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", name)
        assert await told(parts) == {}
        await admin.execute(f"alter database {name} allow_connections true")
        assert (await told(parts))["outbox_unsent"] == 0
    finally:
        await admin.close()
        await parts.stop()


async def test_the_inbox_tells_what_it_handled_what_stands_aside_and_what_is_still_to_come(
    line: Line, tmp_path: Path
) -> None:
    away = True

    async def on_later(session: AsyncSession, event: Any) -> None:
        if away:
            raise ConnectionError
        await toy.on_counted(session, event)

    worker = line.worker(pace=Pace(tick=0.2))
    worker._hearing = replace(worker._hearing, handlers={**toy.HANDLERS, Later: on_later})
    parts = replace(build(line, "review", tmp_path, kafka_servers=NOWHERE), worker=worker, hearing=worker._hearing)
    await parts.database.close()
    parts = replace(parts, database=line.heard)
    parts.work = True
    now = Clock().now()
    async with running(worker):
        await line.put(make(Broken(thing="c", number=1, occurred_at=now), 1, agency=line.agency))
        await until(tells(parts, "set_aside parked", lambda count: count == 1), "one is parked")
        await line.put(
            *(make(counted("a", n), n, agency=line.agency) for n in (1, 2, 3, 4)),
            *(make(counted("b", n), n, agency=line.agency) for n in (2, 3)),
        )
        await until(tells(parts, "set_aside waiting", lambda count: count == 2), "two wait")
        await until(lambda: handled(line, [1, 2, 3, 4]), "four took effect")
        await line.put(*(make(Later(thing="d", number=n, occurred_at=now), n, agency=line.agency) for n in (1, 2, 3)))
        await until(tells(parts, "inbox_lag", lambda lag: lag == 3), "three are still to come")
        figures = await told(parts)
        assert figures.pop("handler_seconds_sum Counted") > 0
        ages = {name: age for name, age in figures.items() if "set_aside_age_seconds" in name}
        assert {name: age > 0 for name, age in ages.items()} == {
            f"set_aside_age_seconds {kind}": kind in (Kind.PARKED, Kind.WAITING) for kind in Kind
        }
        assert without_ages(figures) == {
            **NOTHING_ASIDE,
            "outbox_unsent": 0,
            "set_aside parked": 1,
            "set_aside waiting": 2,
            "inbox_lag": 3,
            "inbox_records_total handled": 4,
            "inbox_records_total parked": 1,
            "inbox_records_total waiting": 2,
            "handler_seconds_count Counted": 4,
        }
        away = False
        await until(tells(parts, "inbox_lag", lambda lag: lag == 0), "all were taken in")
    figures = await told(parts)
    assert "inbox_lag" not in figures  # nobody hears: an old figure would look like a good one
    assert (figures["inbox_records_total handled"], figures["handler_seconds_count Later"]) == (7, 3)
    async with line.heard.reading() as session:
        [waiting, _] = [r.id for r in await operating.list_set_aside(session, kinds=[Kind.WAITING])]
    await operating.skip_gap(line.heard, worker._hearing, waiting, actor=OPERATOR, reason="lost")
    assert without_ages(await told(parts))["set_aside waiting"] == 0


async def handled(line: Line, expected: list[int]) -> bool:
    return (await line.counted()).get("a") == expected
