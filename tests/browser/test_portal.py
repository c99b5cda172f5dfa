"""The portal in Chromium: none scrolls sideways from 320 px up, nothing comes from elsewhere, no script is needed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from playwright.async_api import Page

from deploy.local.ports import LOOPBACK, free_port
from tests.publishing.portal_site import filled
from tests.support import factories as make
from tests.support.browser import launched
from tests.support.site import Site, Sites

pytestmark = pytest.mark.browser

MARKS = "Ủy viên Nguyễn Thị Ngọc Ẵm, Ằ Ẵ Ễ Ộ Ự, Trường Tiểu học Ẳng Nưa"
LONG = "Nghiêng" * 15
"""A word that no line of a phone holds."""

CUT = """[...document.querySelectorAll('h1, h2, h3')].map(e => getComputedStyle(e)).some(
    style => style.overflow != 'visible' || parseFloat(style.lineHeight) < 1.48 * parseFloat(style.fontSize))"""


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    """The address at which the site listens."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(site.app, LOOPBACK, port, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody when it listens
        await asyncio.sleep(0.02)
    try:
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await task


async def troubles(page: Page, address: str, width: int) -> list[str]:
    """What is wrong with the page at that width: too wide, or a heading whose marks a box cuts off."""
    await page.goto(address)
    found = []
    if await page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"{address} is too wide at {width}")
    if await page.evaluate(CUT):
        found.append(f"{address} cuts marks at {width}")
    return found


async def test_every_page_fits_a_phone_and_needs_no_script(chromium: str, sites: Sites) -> None:
    site, review = await sites("publishing"), await sites("review")
    await filled(site)
    told = {"name": MARKS, "position": LONG, "unit": MARKS, "points": [f"{MARKS} {LONG}"]}
    story, _ = await make.live(site.database, code="TB-24-0005", told=told)
    await make.honoured(review.database)
    paths = ["/", "/guong", "/guong?loai=giao-vien", "/guong?nam=1999", "/tim", "/tim?q=tuyet", story.path, "/nguon"]
    paths += ["/tro-giup", "/quyen-rieng-tu", "/tiep-can", "/guong/khong-co"]
    found, said, foreign = [], list[str](), list[str]()
    async with served(site) as here, served(review) as there, launched(chromium) as browser:
        wanted = [here + base + path.rstrip("/") for base in ("", "/en") for path in paths]
        wanted += [there + "/xac-minh" + more for more in ("", "?ma=abc", "/TB-24-0001", "/TB-24-0009")]
        for width in (320, 360, 1200):
            context = await browser.new_context(
                viewport={"width": width, "height": 740}, java_script_enabled=width != 360, locale="vi-VN"
            )
            page = await context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on(
                "request", lambda asked: foreign.append(asked.url) if not asked.url.startswith((here, there)) else None
            )
            for address in wanted:
                found += await troubles(page, address, width)
            assert await context.cookies() == []
            await context.close()
        await browser.close()
    assert (found, foreign) == ([], [])
    assert {text for text in said if "404" not in text} == set()
