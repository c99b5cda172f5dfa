"""Debian's Chromium for tests: where it is, how it starts, how somebody signs in with it."""

import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Where Chromium is; without it the test is skipped, or fails where the browser is required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        missing = "Chromium is missing: on Debian run  apt-get install chromium"
        if "browser" in os.environ.get("REQUIRE", "").split(","):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return found


@asynccontextmanager
async def launched(chromium: str, *flags: str) -> AsyncIterator[Browser]:
    """A browser of one's own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=[*FLAGS, *flags])
        try:
            yield browser
        finally:
            await browser.close()


async def sign_in(context: BrowserContext, address: str, name: str) -> Page:
    """Sign somebody of the sample accounts in; their page, at the desk."""
    page = await context.new_page()
    await page.goto(f"{address}/viec")
    await page.get_by_role("button", name=re.compile(name)).click()
    await page.wait_for_url("**/viec")
    return page
