"""The parts of one process together: what it hears and says, why it is not ready, how it ends."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.clock import Clock
from shared.outbox import lease
from shared.runtime import Runtime
from tests.support.line import Line, until
from tests.support.toy import Broken
from tests.support.toy_runtime import build, client, make_topics
from tests.support.wire import make

pytestmark = pytest.mark.kafka


async def ready(parts: Runtime) -> tuple[int, dict[str, Any]]:
    """The answer of /readyz, without what the federation file says; /livez is well whatever that is."""
    async with client(parts) as anybody:
        live, told = await anybody.get("/livez"), await anybody.get("/readyz")
    assert (live.status_code, live.json()) == (200, {"live": True})
    return told.status_code, {name: told.json()[name] for name in ("ready", "reasons", "lease", "partitions")}


def says(parts: Runtime, status: int, **expected: Any) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return await ready(parts) == (status, expected)

    return look


async def test_a_process_says_and_hears_its_own_topics_and_another_takes_over_when_it_stops(
    line: Line, tmp_path: Path
) -> None:
    first, second = build(line, "review", tmp_path), build(line, "review", tmp_path)
    make_topics(line, first.federation, first.clock.today())
    assert first.relay.topics == [f"{line.agency}.review.internal"]
    assert first.worker.topics == [
        f"{line.agency}.{name}.internal" for name in ("nomination", "notification", "publishing")
    ]
    first.work = True
    first.worker.trouble = first.relay.trouble = None
    nothing_yet = {"inbox": "no partitions assigned yet"}
    assert await ready(first) == (503, {"ready": False, "reasons": nothing_yet, "lease": False, "partitions": 0})
    await first.start(work=True)
    await until(says(first, 200, ready=True, reasons={}, lease=True, partitions=15), "it is ready")
    await second.start(work=True)
    await until(lambda: hears_too(second), "the other hears and stands by")
    await first.stop()
    await until(says(second, 200, ready=True, reasons={}, lease=True, partitions=15), "the other took over")
    await second.stop()
    connection = await line.heard.connect()
    assert await lease.take(connection) is not None  # nothing of them is left
    await connection.close()


async def hears_too(parts: Runtime) -> bool:
    status, told = await ready(parts)
    return (status, told["lease"]) == (200, False) and 0 < told["partitions"] < 15


async def test_a_part_that_gives_up_ends_the_process(line: Line, tmp_path: Path) -> None:
    worker = line.worker()
    worker._hearing.most_parked_in_a_row = 2
    parts = replace(build(line, "review", tmp_path), worker=worker)
    for thing in "ab":
        await line.put(make(Broken(thing=thing, number=1, occurred_at=Clock().now()), 1, agency=line.agency))
    await parts.start(work=True)

    async def given_up() -> bool:
        return parts.given_up.is_set()

    await until(given_up, "the worker gives up")
    assert (await ready(parts))[1]["reasons"]["inbox"] == "2 in a row, the last: ValueError: this never works"
    await parts.stop()


async def test_who_only_serves_pages_is_ready_without_a_broker_and_measures_nothing(line: Line, tmp_path: Path) -> None:
    parts = build(line, "review", tmp_path, kafka_servers="127.0.0.1:9")
    await parts.start(work=False)
    assert await ready(parts) == (200, {"ready": True, "reasons": {}, "lease": False, "partitions": 0})
    async with client(parts) as anybody:
        metrics: httpx2.Response = await anybody.get("/metrics")
    assert [row for row in metrics.text.splitlines() if line.agency in row and "unsent" in row] == []
    await parts.stop()
