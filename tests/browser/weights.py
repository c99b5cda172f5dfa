"""What a page's first view costs: bytes over the line, requests, and when its largest part stands there."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from playwright.async_api import BrowserContext

SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""400 kbit/s and 400 ms, as on a poor line in the evening."""

_LARGEST = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().at(-1).startTime))
    .observe({ type: "largest-contentful-paint", buffered: true });
  setTimeout(() => done(-1), 10000);
})"""
_SHIFTED = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) if (!one.hadRecentInput) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@dataclass(frozen=True)
class Weight:
    """Kilobytes over the line by kind of resource, without headers, and how many requests."""

    kilobytes: dict[str, float]
    requests: int

    @property
    def total(self) -> float:
        """All kilobytes."""
        return sum(self.kilobytes.values())


@dataclass(frozen=True)
class Budget:
    """The most that a first view may cost, in kilobytes and requests; `again`: the next page of the same kind."""

    total: float
    requests: int
    html: float
    css: float
    js: float
    again: float | None = None

    def over(self, first: Weight, again: Weight) -> list[str]:
        """What costs too much, in words."""
        told = [("total", first.total, self.total), ("requests", first.requests, self.requests)]
        told += [
            (kind, first.kilobytes.get(kind, 0.0), most)
            for kind, most in (("Document", self.html), ("Stylesheet", self.css), ("Script", self.js))
        ]
        told += [("again", again.total, self.again)] if self.again else []
        return [f"{name}: {found:.1f}, at most {most}" for name, found, most in told if found > most]


async def weigh(context: BrowserContext, url: str) -> tuple[Weight, Weight]:
    """The first view of a page with an empty cache, and the second."""
    page = await context.new_page()
    line = await context.new_cdp_session(page)
    await line.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: Counter[str] = Counter()
    heads: Counter[str] = Counter()

    def answered(event: dict[str, Any]) -> None:
        # The icon of the tab is fetched when all else is there.
        if not event["response"].get("fromDiskCache") and "/static/logo.svg" not in event["response"]["url"]:
            kinds[event["requestId"]] = event["type"]
            heads[event["requestId"]] = event["response"]["encodedDataLength"]

    def loaded(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = event["encodedDataLength"]

    line.on("Network.responseReceived", answered)
    line.on("Network.loadingFinished", loaded)
    found = []
    await line.send("Network.clearBrowserCache")
    for _ in range(2):
        kinds.clear()
        sizes.clear()
        await page.goto(url, wait_until="networkidle")
        by_kind: Counter[str] = Counter()
        for request, kind in kinds.items():
            by_kind[kind] += sizes[request] - heads[request]
        found.append(Weight({kind: size / 1000 for kind, size in by_kind.items()}, len(kinds)))
    await page.close()
    return found[0], found[1]


async def painted(context: BrowserContext, url: str) -> tuple[float, float]:
    """Seconds until the largest part of the page stood there on a slow line, and how far things moved (CLS)."""
    page = await context.new_page()
    line = await context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send("Network.clearBrowserCache")
    await line.send("Network.emulateNetworkConditions", SLOW)
    await page.goto(url, wait_until="load")
    seconds, moved = await page.evaluate(_LARGEST) / 1000, await page.evaluate(_SHIFTED)
    await page.close()
    return seconds, moved
