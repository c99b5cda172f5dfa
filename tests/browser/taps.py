"""A person on a phone, counted by their taps.

What is a tap: every press of a link, a button, a box. Typing, and choosing in the phone's own lists and albums, is not.
"""

import re

from playwright.async_api import Locator, Page

PHONE = {"width": 360, "height": 740}


class Taps:
    """A person at one page: counts, and sees after each tap that nothing scrolls sideways."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    async def tap(self, what: Locator, *, leads_on: bool = True) -> None:
        """One tap; `leads_on`: another page comes."""
        self.taps += 1
        if leads_on:
            async with self.page.expect_navigation():
                await what.tap()
        else:
            await what.tap()
        wide = await self.page.locator("html").evaluate("page => page.scrollWidth")
        assert wide <= PHONE["width"], f"{self.page.url} is {wide} px wide"

    async def link(self, name: str) -> None:
        """Tap a link."""
        await self.tap(self.page.get_by_role("link", name=re.compile(name)).first)

    async def button(self, name: str) -> None:
        """Tap a button."""
        await self.tap(self.page.get_by_role("button", name=name, exact=True))
