"""A service's own application in a process of its own, with a bare floor beside it under one path, and its readers.

python -m tests.bench.serving SETTINGS   (as JSON; a bench starts it)
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from deploy.local.ports import LOOPBACK, free_port
from shared import runtime
from shared.commands import freeze_started
from shared.settings import Settings

READERS = 32
FLOOR = "/floor"

Reading = Callable[[], Awaitable[float]]
Floor = Callable[[ASGIApp, Settings], ASGIApp]
"""Makes of our application one that answers `FLOOR` by the barest means; found as `floor` in the module of a bench."""


@asynccontextmanager
async def serving(service: str, bench: str, settings: dict[str, Any]) -> AsyncIterator[int]:
    """The service's server with the floor of the module `bench`, from when it listens; its port."""
    port = free_port()
    told = settings | {"host": LOOPBACK, "port": port, "service": service, "bench": bench}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.serving", json.dumps(told, default=str)
    )
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield port
    finally:
        process.terminate()
        await process.wait()


def _asked(path: str, headers: dict[str, str]) -> bytes:
    told = {"host": "tan-binh.localhost", "accept-encoding": "gzip"} | headers
    lines = [f"GET {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in told.items()), "\r\n"]
    return "".join(lines).encode()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asked: bytes) -> None:
    writer.write(asked)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(size)


async def steadily(port: int, path: str, rate: int, seconds: int, **headers: str) -> list[float]:
    """Seconds until each of so many requests a second was answered, from when it was due.

    None waits for the ones before: who finds no connection free opens one more.
    """
    asked = _asked(path, headers)
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    begun = time.perf_counter()

    async def one(number: int) -> float:
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        while free and free[-1][0].at_eof():
            free.pop()[1].close()  # it was idle for so long that the server closed it
        connection = free.pop() if free else await asyncio.open_connection(LOOPBACK, port)
        await _read(*connection, asked)
        free.append(connection)
        return time.perf_counter() - due

    found = await asyncio.gather(*(one(number) for number in range(rate * seconds)))
    for _, writer in free:
        writer.close()
    return list(found)


def reading(port: int, path: str, requests: int, *, readers: int = READERS, **headers: str) -> Reading:
    """Seconds in which all readers together have read the page so many times; `headers` beside the usual ones."""
    asked = _asked(path, headers)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(requests // readers):
            await _read(reader, writer, asked)

    async def all_readers() -> float:
        connections = [await asyncio.open_connection(LOOPBACK, port) for _ in range(readers)]
        begun = time.perf_counter()
        await asyncio.gather(*(one(*connection) for connection in connections))
        spent = time.perf_counter() - begun
        for _, writer in connections:
            writer.close()
        return spent

    return all_readers


def serve(told: dict[str, Any]) -> None:
    """The server: as a service's own command starts it, without what it does beside answering."""
    service, bench = told.pop("service"), told.pop("bench")
    settings = Settings(**told)
    handlers = import_module(f"services.{service}.consumers").HANDLERS
    made = runtime.build(service, Path("services", service), settings, handlers)
    app = import_module(f"services.{service}.app").build(made, False)
    floor: Floor = import_module(bench).floor
    config = uvicorn.Config(
        floor(app, settings), settings.host, settings.port, log_config=None, access_log=False, lifespan="off"
    )
    server = uvicorn.Server(config)
    freeze_started()
    server.run()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
