"""How long pages take on a poor line in Chromium, as shares of what they may take, and how far things move."""

import asyncio
import tempfile
from pathlib import Path

from tests.bench.measure import Row
from tests.browser.town import Town, built
from tests.browser.weights import painted
from tests.support.browser import find_chromium, launched, sign_in

MOST_MOVED = 0.02
NOMINATOR, MEMBER = "Lê Thị Minh Hạnh", "Đặng Thị Thu Hà"
SECONDS = {"portal": 2.8, "light": 3.0, "desk": 4.5}
"""Until the largest part stands there, at 400 kbit/s and 400 ms."""


def rows(rounds: int) -> list[Row]:
    """A row per kind of page, and one for all that moved. For a thread without a loop."""
    with tempfile.TemporaryDirectory() as folder, built(Path(folder) / "local") as town:
        return asyncio.run(_rows(town, rounds))


async def _rows(town: Town, rounds: int) -> list[Row]:
    ratios: dict[str, list[float]] = {kind: [] for kind in SECONDS}
    moves = []
    asked = {
        "portal": (None, ("/", "/guong", town.story)),
        "light": (NOMINATOR, (f"/de-cu/ho-so/{town.code}", "/thong-bao")),
        "desk": (MEMBER, ("/viec", f"/xet-duyet/ho-so/{town.waiting}")),
    }
    async with launched(find_chromium()) as browser:
        for kind, (name, paths) in asked.items():
            context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
            if name:
                await (await sign_in(context, town.address, name)).close()
            for path in paths * rounds:
                seconds, moved = await painted(context, town.address + path)
                ratios[kind].append(seconds / SECONDS[kind])
                moves.append(moved / MOST_MOVED)
            await context.close()
    told = [Row(f"{kind}: largest paint / {SECONDS[kind]} s", found, 1.0, most=True) for kind, found in ratios.items()]
    return [*told, Row(f"layout shift / {MOST_MOVED}", moves, 1.0, most=True)]
