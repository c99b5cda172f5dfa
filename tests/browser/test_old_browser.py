"""A browser in which what is newer is missing: the page's script stays quiet, and a form does its work."""

import re

import pytest
from playwright.async_api import Page, Route, expect

from shared.static_files import StaticFiles
from tests.browser import others
from tests.browser.town import Town
from tests.support.browser import launched, sign_in

pytestmark = pytest.mark.browser

OLD = """
for (const name of ["fetch", "Request", "Response", "AbortController", "structuredClone", "createImageBitmap",
    "DataTransfer", "ResizeObserver", "IntersectionObserver", "HTMLDialogElement", "ToggleEvent", "navigation"])
  delete window[name];
for (const [of, names] of [
    [Element.prototype, ["replaceChildren", "checkVisibility", "setHTMLUnsafe"]],
    [HTMLElement.prototype, ["showPopover", "hidePopover", "togglePopover", "popover", "inert"]],
    [HTMLFormElement.prototype, ["requestSubmit"]], [Array.prototype, ["at", "findLast", "toSorted"]],
    [String.prototype, ["replaceAll", "at", "matchAll"]], [Object, ["hasOwn", "groupBy"]],
    [Promise, ["allSettled", "any"]], [Navigator.prototype, ["clipboard", "share", "sendBeacon"]]])
  for (const name of names) delete of[name];
"""
"""Takes away what browsers of spring 2019 lack, and some what they have, before any script of a page."""
GONE = "() => [typeof fetch, typeof createImageBitmap, typeof document.body.showPopover, typeof [].at]"
NEWER = re.compile(
    r"[^{};]*(?::has\(|:is\(|:where\(|:focus-visible)[^{}]*\{[^{}]*\}|[\w-]+:[^;{}]*color-mix\([^;{}]*;?"
    r"|(?<![\w-])(?:gap|inset|aspect-ratio|text-wrap|accent-color|(?:padding|margin)-inline):[^;{}]*;?"
)
"""What such a browser drops of a stylesheet: rules with selectors, and lines with words, that it does not know."""
WORDS = "Dạy Ngữ văn bằng dự án đọc sách; tỷ lệ mượn sách tăng từ 31% lên 78%."


async def styled(route: Route) -> None:
    """A stylesheet as such a browser takes it."""
    name = route.request.url.rsplit("/", 1)[1].partition("?")[0]
    css = StaticFiles().files[name].content.decode()
    await route.fulfill(body=NEWER.sub("", css), content_type="text/css")


async def fits(page: Page) -> bool:
    """Nothing scrolls sideways, and the bar at the bottom stays there."""
    wide: int = await page.evaluate("document.documentElement.scrollWidth")
    bar = await page.locator(".bar").bounding_box() if await page.locator(".bar").count() else None
    return wide <= 360 and (bar is None or round(bar["y"] + bar["height"]) == 740)


async def test_a_form_does_its_work_where_newer_interfaces_are_missing(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
        await context.add_init_script(OLD)
        await context.route("**/static/*.css*", styled)
        page = await sign_in(context, town.address, "Lê Thị Minh Hạnh")
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(f"{error} {error.stack}"))
        assert (await page.evaluate(GONE), await fits(page)) == (["undefined"] * 4, True)

        await page.goto(f"{town.address}/de-cu/ho-so/moi")
        for field in ("unit", "round"):
            await page.select_option(f"#f-{field}", index=1)
        await page.get_by_label("Giáo viên").check()
        await page.fill("#f-name", "Trịnh Thị Ẩn")
        await page.get_by_role("button", name="Bắt đầu").dblclick()
        await page.wait_for_url(re.compile(r"/de-cu/ho-so/TB-"))
        code = page.url.rsplit("/", 1)[1]
        await page.locator(".tasks a").first.click()
        await page.wait_for_url(re.compile(r"/tieu-chi/"))
        await page.fill("#f-text", WORDS)
        while not await page.evaluate("Object.values(sessionStorage).some(text => text.includes('78%'))"):
            await page.wait_for_timeout(100)  # kept in this browser, for the server cannot be asked
        await page.reload()
        await page.get_by_role("button", name="Khôi phục").click()
        await expect(page.locator("#f-text")).to_have_value(WORDS)
        assert await fits(page)
        await page.fill("#f-proof", "Sáng kiến cấp trường số 12")
        await page.get_by_role("button", name="Lưu", exact=True).click()
        await page.wait_for_url(f"{town.address}/de-cu/ho-so/{code}*")
        await others.write_the_rest(town.address, code, but=["GV1"])
        await others.confirm(town.address, code)
        await page.goto(f"{town.address}/de-cu/ho-so/{code}/gui")
        await expect(page.locator("main")).to_contain_text(WORDS)
        await page.get_by_label("Không", exact=True).check()
        await page.get_by_role("button", name="Gửi hồ sơ").click()
        await page.wait_for_url(f"{town.address}/de-cu/ho-so/{code}/hanh-trinh")
        await expect(page.locator("main")).to_contain_text("Đã gửi hồ sơ")
        ours = [one for one in errors if "/htmx.js" not in one]  # which no page asks for anything
        assert (ours, await fits(page)) == ([], True)
