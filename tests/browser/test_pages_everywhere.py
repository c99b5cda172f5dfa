"""Every page that links lead to, for every account: it answers, reads, fits, and anybody can use it.

Pages are told apart by their path without codes and ids and by the forms on them: one that looks like one already seen
is only asked whether it answers, has a heading, and a way on.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, ViewportSize

from tests.browser.town import Town
from tests.support.browser import launched, sign_in

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 360, "height": 740}
OFFICE: ViewportSize = {"width": 1280, "height": 800}
AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
ASK = Path(__file__).with_name("pages.js").read_text().split("\n", 1)[1]
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ\u1ea0-\u1ef9]")
ENGLISH = re.compile(
    r"\b(?:the|and|of|your|please|not found|error|loading|submit|save|search|sign in)\b", re.IGNORECASE
)
NAMES = re.compile(r"Gương Sáng|Tiếng Việt|Phòng Giáo dục và Đào tạo quận Tân Bình|\d+/QĐ-\w+")
"""What is called the same in every language."""
BEGIN = ("/viec", *(f"/{one}/tim?q=nguyen" for one in ("de-cu", "xet-duyet", "lan-toa")))
BEGIN += ("/thong-bao/tim?q=TB", "/de-cu/tim", "/viec/quan-tri/nguoi", "/khong-co")
FORBIDDEN = {"/de-cu/tim", "/xet-duyet/tim", "/lan-toa/tim", "/viec/quan-tri/nguoi", "/khong-co"}
"""Begun with by everybody: some may not open these, and see a page that says so."""
DESK = re.compile(r"/(?:de-cu|xet-duyet|lan-toa|viec|thong-bao|phien)(?:/|$)")
"""What only people who are signed in visit; all else is the same bytes for everybody."""


def kind_of(url: str) -> str:
    """A page's kind: its path without what differs from record to record, and the names of what it is asked."""
    parts = urlsplit(url)
    path = re.sub(r"[A-Z]{2,8}-\d\d-\d{4,}", "{code}", parts.path)
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{64}", "{id}", path)
    path = re.sub(r"(/tieu-chi|/guong|/don-vi|/phong-trao|/nam|/ke-hoach)/(?!moi\b)[^/{]+", r"\1/{one}", path)
    return path + "?" + "&".join(sorted({name for name, _ in parse_qsl(parts.query)} - {"lang"}))


@dataclass
class Walk:
    """One browser's way through the pages of an agency. `wrong` gathers what is not as it should be."""

    town: Town
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    looked_at: set[str] = field(default_factory=set)
    answered: dict[str, set[str]] = field(default_factory=dict)
    """By account, the addresses that were visited."""

    async def by(self, name: str | None, **options: Any) -> None:
        """All kinds of pages that somebody finds by following links (None: who is not signed in)."""
        context = await self.browser.new_context(viewport=OFFICE, locale="vi-VN", **options)
        page = await (sign_in(context, self.town.address, name) if name else context.new_page())
        who = name or "visitor"
        page.on("pageerror", lambda error: self.wrong.append(f"{who} {page.url}: {error}"))
        page.on("console", lambda line: self._heard(who, page, line.type, line.text))
        again: list[str] = []
        waiting = [self.town.address + path for path in (BEGIN if name else ("/", "/thanh-phan"))]
        kinds = {kind_of(one) for one in waiting}
        visited = self.answered.setdefault(who, set())
        while waiting:
            url = waiting.pop(0)
            visited.add(url)
            for link in await self._visit(page, who, url, again):
                if self._leads_on(link, name) and kind_of(link) not in kinds:
                    kinds.add(kind_of(link))
                    waiting.append(link)
        for number, url in enumerate(again if name else ()):  # the portal has pages of its own in English
            await self._look_in_english(page, who, url, chosen=number > 0)
        await context.close()

    def _heard(self, who: str, page: Page, kind: str, text: str) -> None:
        known = urlsplit(page.url).path in FORBIDDEN and "Failed to load resource" in text
        if kind == "error" and not known:
            self.wrong.append(f"{who} {page.url}: the console says {text}")

    def _leads_on(self, link: str, name: str | None) -> bool:
        query = dict(parse_qsl(urlsplit(link).query))
        path = urlsplit(link).path
        asset = re.search(r"/static/|\.(?:atom|json|ics|xlsx|docx|pdf)$|/tep/|/ra$|/giay/", path)
        ours = link.startswith(self.town.address + "/") and bool(DESK.match(path)) is bool(name)
        return ours and not asset and not {"lang", "dang"} & query.keys()

    async def _visit(self, page: Page, who: str, url: str, again: list[str]) -> list[str]:
        answer = await page.goto(url)
        path = urlsplit(url).path
        if answer is None or (answer.status >= 400 and (path not in FORBIDDEN or answer.status not in (403, 404))):
            self.wrong.append(f"{who} {url}: answers {answer and answer.status}")
            return []
        told = await page.evaluate(ASK)
        self._check(who, url, told, "en" if re.match(r"/en(?:/|$)", path) else "vi")
        forms = " ".join(sorted({kind_of(one) for one in told["forms"]}))
        kind = f"{kind_of(url).split('?')[0]} {forms}" if answer.ok else str(answer.status)
        if kind not in self.looked_at:
            self.looked_at.add(kind)
            await self._look(page, who, url)
            again.append(url)
        return [link.split("#")[0] for link in told["links"]]

    def _check(self, who: str, url: str, told: dict[str, Any], language: str) -> None:
        if told["lang"] != language or told["h1"] != 1 or not told["ways"]:
            seen = {name: told[name] for name in ("lang", "h1", "ways")}
            self.wrong.append(f"{who} {url}: {seen}")
        letters = VIETNAMESE if language == "en" else ENGLISH
        for marked, text in told["told"]:
            if marked == language and letters.search(NAMES.sub("", text)):
                self.wrong.append(f"{who} {url} ({language}): «{text[:80]}»")

    async def _look(self, page: Page, who: str, url: str) -> None:
        """At the width of a desk and of a phone, with axe."""
        await self._fits(page, who, url, "at 1280 px")
        await page.set_viewport_size(PHONE)
        await self._fits(page, who, url, "at 360 px")
        await self._axe(page, who, url, "at 360 px")
        await page.set_viewport_size(OFFICE)

    async def _look_in_english(self, page: Page, who: str, url: str, *, chosen: bool) -> None:
        """The same page in the other language, which stays chosen."""
        await page.goto(url if chosen else url + ("&" if "?" in url else "?") + "lang=en")
        told = await page.evaluate(ASK)
        self._check(who, url, told, "en")
        await self._axe(page, who, url, "in English at 1280 px")
        await page.set_viewport_size(PHONE)
        await self._fits(page, who, url, "in English at 360 px")
        await page.set_viewport_size(OFFICE)

    async def _fits(self, page: Page, who: str, url: str, how: str) -> None:
        wide, room = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        if wide > room:
            self.wrong.append(f"{who} {url}: {wide} px wide where there are {room}, {how}")

    async def _axe(self, page: Page, who: str, url: str, how: str) -> None:
        found = await Axe().run(page, options=AXE)
        for one in found.response["violations"]:
            where = one["nodes"][0]["html"][:160]
            self.wrong.append(f"{who} {url} {how}: axe {one['id']} ({len(one['nodes'])}): {where}")


@pytest.mark.long
async def test_every_page_of_every_account(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        walk = Walk(town, browser)
        for name in (None, *town.accounts):
            await walk.by(name)
        assert not walk.wrong, "\n".join(walk.wrong)
    kinds = {kind.split(" ")[0] for kind in walk.looked_at}
    known = {"/viec", "/de-cu/ho-so/{code}", "/xet-duyet/ho-so/{code}", "/lan-toa/bai/{code}", "/guong/{one}"}
    assert known <= kinds
    assert len(walk.answered) == len(town.accounts) + 1
