"""A published page as our process serves it, against an application on the same server that only sends its bytes."""

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from shared.settings import Settings
from tests.bench import measure
from tests.bench.serving import FLOOR, reading, serving
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.site import make_secrets, settings_of

REQUESTS = 4_000
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


def floor(app: ASGIApp, _settings: Settings) -> ASGIApp:
    """See `serving.Floor`."""
    return WithFloor(app)


async def ratio(databases: Databases, rounds: int) -> measure.Row:
    """How near a published page comes to the floor, by so many readers at once."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        database = await databases.service("publishing")
        await make.consent_rule(database)
        story, _ = await make.live(database, told={"points": [PARAGRAPH] * 12})
        make_secrets(folder)
        port = await stack.enter_async_context(serving("publishing", __name__, settings_of(folder, database)))
        await reading(port, story.path, REQUESTS)()
        found = await measure.rates(rounds, reading(port, story.path, REQUESTS), reading(port, FLOOR, REQUESTS))
    return measure.Row("published page / raw ASGI reply", found, 0.60)
