"""Takes the pictures of docs/images/ anew, from an agency in which the demo's story was played.

    python -m tests.browser [folder]

The texts on them are the demo's: invented people of an invented office.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import ViewportSize

from tests.browser.town import Town, built
from tests.support.browser import find_chromium, launched, sign_in

OFFICE: ViewportSize = {"width": 1120, "height": 700}
PHONE: ViewportSize = {"width": 360, "height": 640}
MOST = 150_000
PICTURES: dict[str, tuple[str | None, str, ViewportSize]] = {
    "tasks": ("Nguyễn Hữu Đức", "/viec", OFFICE),
    "case": ("Đặng Thị Thu Hà", "/xet-duyet/ho-so/{waiting}", OFFICE),
    "list-on-a-phone": ("Lê Thị Minh Hạnh", "/de-cu/ho-so", PHONE),
    "search": ("Ngô Thanh Tâm", "/de-cu/tim?q=nguyen", OFFICE),
    "portal": (None, "/", OFFICE),
    "portal-story": (None, "{story}", PHONE),
    "components": (None, "/thanh-phan", OFFICE),
}
"""By file name: who looks, at which page, how wide."""


async def take(town: Town, chromium: str, folder: Path) -> list[str]:
    """Take every picture; what is wrong with them."""
    wrong = []
    async with launched(chromium) as browser:
        for file, (name, path, size) in PICTURES.items():
            options: dict[str, Any] = {"viewport": size, "locale": "vi-VN", "reduced_motion": "reduce"}
            context = await browser.new_context(**options)
            page = await (sign_in(context, town.address, name) if name else context.new_page())
            answer = await page.goto(
                town.address + path.format(code=town.code, waiting=town.waiting, story=town.story),
                wait_until="networkidle",
            )
            picture = await page.screenshot(animations="disabled")
            (folder / f"{file}.png").write_bytes(picture)
            if answer is None or not answer.ok or len(picture) > MOST:
                wrong.append(f"{file}: {answer and answer.status}, {len(picture)} bytes")
            await context.close()
    return wrong


def main() -> int:
    """Build the agency, take the pictures; the exit code."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images")
    with tempfile.TemporaryDirectory() as home, built(Path(home) / "local") as town:
        wrong = asyncio.run(take(town, find_chromium(), folder))
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
