"""What pages owe to eyes and hands: whole marks, no motion for who wants none, every key, no script needed."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.browser.town import Town
from tests.support.browser import launched, sign_in

pytestmark = pytest.mark.browser

OFFICE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
STACKED = "Ẳ Ễ Ộ Ự"
MARKED = ("h1", "h2", ".tag", ".logo b")
"""What must not cut a letter with two marks."""
KINDS = {
    "Lê Thị Minh Hạnh": [
        "/viec",
        "/de-cu/ho-so",
        "/de-cu/ho-so/moi",
        "/de-cu/ho-so/{code}",
        "/thong-bao",
        "/de-cu/tim?q=ng",
    ],
    "Nguyễn Hữu Đức": ["/xet-duyet/ho-so", "/xet-duyet/ho-so/{code}", "/xet-duyet/so-khen", "/xet-duyet/tim?q=tb"],
    "Lý Gia Hân": ["/lan-toa/bai", "/lan-toa/bai/{code}", "/lan-toa/luot-gui"],
}


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with launched(chromium) as made:
        yield made


async def at_desk(browser: Browser, town: Town, name: str, **options: Any) -> Page:
    """Somebody's desk."""
    options = {"viewport": OFFICE, "locale": "vi-VN", **options}
    return await sign_in(await browser.new_context(**options), town.address, name)


async def test_pages_need_no_script(town: Town, browser: Browser) -> None:
    wrong = []
    for name, paths in KINDS.items():
        page = await at_desk(browser, town, name, viewport=PHONE, java_script_enabled=False)
        for path in paths:
            answer = await page.goto(town.address + path.format(code=town.code))
            width = await page.evaluate("document.documentElement.scrollWidth")
            headings = await page.locator("h1").count()
            ways = await page.locator("main a[href], main button").count()
            if answer is None or (answer.status, width <= 360, headings, ways > 0) != (200, True, 1, True):
                wrong.append((name, path, answer and answer.status, width, headings, ways))
    assert wrong == []


async def test_nothing_scrolls_sideways_with_letters_twice_as_large(town: Town, chromium: str) -> None:
    wide = []
    async with launched(chromium, "--blink-settings=defaultFontSize=32") as browser:
        for name, paths in KINDS.items():
            page = await at_desk(browser, town, name)
            for path in (*paths, "/thanh-phan", "/"):
                await page.goto(town.address + path.format(code=town.code))
                size = await page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
                width = await page.evaluate("document.documentElement.scrollWidth")
                if (size, width <= OFFICE["width"]) != (32, True):
                    wide.append((path, size, width))
    assert wide == []


async def test_letters_with_two_marks_are_whole(town: Town, browser: Browser) -> None:
    page = await at_desk(browser, town, "Ngô Thanh Tâm")
    found: dict[tuple[str, ...], bool] = {}
    for path in ("/viec", "/thanh-phan"):
        await page.goto(town.address + path)
        for kind in MARKED:
            if not await page.locator(f"{kind}:visible").count():
                continue
            one = page.locator(f"{kind}:visible").first
            await one.evaluate("(element, text) => { element.textContent = text; }", STACKED)
            await one.scroll_into_view_if_needed()
            box = await one.bounding_box()
            assert box is not None
            clip: Any = {
                "x": max(box["x"] - 4, 0),
                "y": max(box["y"] - 16, 0),
                "width": box["width"] + 8,
                "height": box["height"] + 32,
            }
            before = await page.screenshot(clip=clip, animations="disabled")
            await one.evaluate(
                "element => { for (let one = element; one; one = one.parentElement)"
                " one.style.setProperty('overflow', 'visible', 'important'); }"
            )
            found[path, kind] = before == await page.screenshot(clip=clip, animations="disabled")
            ratio = await one.evaluate(
                "one => parseFloat(getComputedStyle(one).lineHeight) / parseFloat(getComputedStyle(one).fontSize)"
            )
            found[path, kind, "lines apart"] = kind == ".tag" or ratio >= 1.48
    assert [one for one, whole in found.items() if not whole] == []


async def test_nothing_moves_for_who_wants_no_motion(town: Town, browser: Browser) -> None:
    page = await at_desk(browser, town, "Ngô Thanh Tâm", reduced_motion="reduce")
    moving = {}
    for path in ("/viec", "/xet-duyet/ho-so", "/thanh-phan", "/"):
        await page.goto(town.address + path)
        moving[path] = await page.evaluate(
            "[...document.querySelectorAll('*')].filter(one => { const told = getComputedStyle(one);"
            " const times = `${told.transitionDuration},${told.animationDuration}`;"
            " return times.split(',').some(time => parseFloat(time) > 0.01); })"
            ".map(one => one.tagName + '.' + one.className).slice(0, 5)"
        )
    assert {path: some for path, some in moving.items() if some} == {}


SEEN = """() => {
  const at = document.activeElement, told = getComputedStyle(at);
  const part = at.closest("form.find, main, nav.side, nav.bar, header, footer");
  const shown = told.outlineStyle !== "none" && parseFloat(told.outlineWidth) > 0 || told.boxShadow !== "none";
  return [part ? part.className || part.tagName.toLowerCase() : "", shown, at === document.body];
}"""


async def test_everything_is_reached_by_keys_and_seen_there(town: Town, browser: Browser) -> None:
    page = await at_desk(browser, town, "Ngô Thanh Tâm")
    await page.goto(town.address + "/xet-duyet/ho-so")
    parts, unseen = set(), 0
    for _ in range(80):
        await page.keyboard.press("Tab")
        part, shown, nowhere = await page.evaluate(SEEN)
        if nowhere:
            break
        parts.add(part)
        unseen += not shown
    assert ({"find", "main", "side"} <= parts, unseen) == (True, 0), parts


async def test_keys_of_search_and_of_lists(town: Town, browser: Browser) -> None:
    page = await at_desk(browser, town, "Ngô Thanh Tâm")
    await page.goto(town.address + "/xet-duyet/ho-so")
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "tim"
    rows = page.locator("[data-keys] tbody th a")
    await rows.nth(0).focus()
    places = []
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "End", "Home"):
        await page.keyboard.press(key)
        places.append(await rows.evaluate_all("all => all.indexOf(document.activeElement)"))
    assert places == [1, 2, 1, await rows.count() - 1, 0]
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/xet-duyet/ho-so/TB-*")


async def test_the_box_finds_and_the_other_parts_are_counted(town: Town, browser: Browser) -> None:
    page = await at_desk(browser, town, "Ngô Thanh Tâm")
    await page.keyboard.press("/")
    await page.keyboard.type("thao nguyen")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/de-cu/tim?q=thao+nguyen")
    counts = page.locator(".tabs .count")
    await expect(counts).to_have_text(["1", "1", re.compile(r"\d")])
    await page.get_by_role("link", name="TB-24-").click()
    await page.wait_for_url(f"**/de-cu/ho-so/{town.code}")
