"""Whole agencies for tests: started as `make run` starts them, stopped at the end."""

import asyncio
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console

from deploy.local.runner import Options, Play, Runner, Running
from deploy.local.state import Local

FEDERATION = Path("deploy/federations/2023.toml")
DAY = date(2024, 10, 15)


async def with_agencies(folder: Path, play: Play, *agencies: str) -> tuple[int, str]:
    """Start the agencies, play on them, stop them; returns what `play` returned and what the runner said."""
    local = Local(folder)
    local.acquire()
    said = io.StringIO()
    try:
        runner = Runner(Options(folder, agencies, FEDERATION, None, DAY), local, Console(file=said, width=200))
        return await runner.run(play), said.getvalue()
    finally:
        local.release()


@contextmanager
def system(folder: Path, *agencies: str, day: date = DAY, federation: Path = FEDERATION) -> Iterator[Running]:
    """The agencies for as long as several tests need them; what ends is started again, as `make run` does it.

    They begin on that day; on a folder that an earlier day has filled they go on there, and the days between are over.
    They live in a thread with a loop of its own, for each test has another one.
    """
    local = Local(folder)
    local.acquire()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="agencies")
    thread.start()
    console = Console(file=io.StringIO(), width=200)
    if local.clock_offset(day)[1]:
        (folder / "clock.json").unlink()  # the runner would go on from the first day
    runner = Runner(Options(folder, agencies, federation, None, day), local, console)
    try:
        running = asyncio.run_coroutine_threadsafe(runner.start(), loop).result()
        watch = asyncio.run_coroutine_threadsafe(runner.supervisor.watch(), loop)
        try:
            yield running
        finally:
            watch.cancel()
    finally:
        asyncio.run_coroutine_threadsafe(runner.supervisor.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        local.release()
