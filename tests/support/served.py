"""One service's application behind a real server, for a browser: no broker, no other service."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from playwright.async_api import Browser, BrowserContext, ViewportSize

from shared.identity.sessions import COOKIE
from tests.support.site import Site


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The address at which the site answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(site.app, lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def seated(browser: Browser, address: str, token: str, width: int = 1200, *, js: bool = True) -> BrowserContext:
    """A browser of somebody who is signed in with that token."""
    size: ViewportSize = {"width": width, "height": 800}
    context = await browser.new_context(viewport=size, locale="vi-VN", java_script_enabled=js)
    cookie = {"name": COOKIE, "value": token, "url": address.replace("http://", "https://"), "secure": True}
    await context.add_cookies([cookie])  # type: ignore[list-item]
    return context
