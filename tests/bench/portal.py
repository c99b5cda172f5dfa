"""A published page as our process serves it, against an application on the same server that only sends its bytes."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.local.ports import LOOPBACK, free_port
from services.publishing.app import build
from shared import runtime
from shared.settings import Settings
from tests.bench import measure
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.site import make_secrets, settings_of

REQUESTS = 4_000
READERS = 32
FLOOR = "/floor"
PARAGRAPH = "Mỗi chiều cô ở lại dạy chữ cho trẻ xa nhà, mưa cũng như nắng; cả trường cùng đọc sách với các em."


class WithFloor:
    """Our application, and beside it under one path the bytes and headers of the page that was read last, bare."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.start: dict[str, Any] = {}
        self.body: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["path"] == FLOOR:
            await send(self.start)
            await send(self.body)
            return

        async def noting(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.start = message
            else:
                self.body = message
            await send(message)

        await self.app(scope, receive, send if self.body else noting)


async def ratio(databases: Databases, rounds: int) -> measure.Row:
    """How near a published page comes to the floor, by so many readers at once."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = await databases.service("publishing")
        await make.consent_rule(database)
        story, _ = await make.live(database, told={"points": [PARAGRAPH] * 12})
        make_secrets(folder)
        port = free_port()
        settings = settings_of(folder, database) | {"host": LOOPBACK, "port": port}
        await stack.enter_async_context(_serving(settings))

        def reading(path: str) -> Callable[[], Awaitable[float]]:
            return lambda: _read(port, path)

        await _read(port, story.path)
        found = await measure.rates(rounds, reading(story.path), reading(FLOOR))
    return measure.Row("published page / raw ASGI reply", found, 0.60)


@asynccontextmanager
async def _serving(settings: dict[str, Any]) -> Any:
    """The process of the server, from when it listens."""
    told = json.dumps(settings, default=str)
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.bench.portal", told)
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection(LOOPBACK, settings["port"])
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                break
        yield process
    finally:
        process.terminate()
        await process.wait()


async def _read(port: int, path: str) -> float:
    """Seconds in which all readers together have read the page so many times."""
    asked = f"GET {path} HTTP/1.1\r\nhost: tan-binh.localhost\r\naccept-encoding: gzip\r\n\r\n".encode()
    connections = [await asyncio.open_connection(LOOPBACK, port) for _ in range(READERS)]

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(REQUESTS // READERS):
            writer.write(asked)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(size)

    begun = time.perf_counter()
    await asyncio.gather(*(one(*connection) for connection in connections))
    spent = time.perf_counter() - begun
    for _, writer in connections:
        writer.close()
    return spent


def serve(told: dict[str, Any]) -> None:
    """The server: as a service's own command starts it, without what it does beside answering."""
    settings = Settings(**told)
    handlers = import_module("services.publishing.consumers").HANDLERS
    made = runtime.build("publishing", Path("services", "publishing"), settings, handlers)
    app = WithFloor(build(made, False))
    config = uvicorn.Config(app, settings.host, settings.port, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
