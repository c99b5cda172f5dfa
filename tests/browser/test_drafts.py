"""Words are never lost: they save themselves, outlive a broken line and an ended session, and two people keep both."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from shared.identity.sessions import COOKIE
from tests.browser.town import Town
from tests.support.browser import launched, sign_in

pytestmark = pytest.mark.browser

NOMINATOR = "Lê Thị Minh Hạnh"
FIRST = "Dạy Ngữ văn bằng dự án đọc sách."
MORE = " Tỷ lệ học sinh mượn sách tăng từ 31% lên 78%."
LAST = " Cả tổ cùng làm theo."


async def started(browser: Browser, town: Town) -> tuple[Page, str]:
    """A new draft's first criterion, open at the nominator's phone; and its address."""
    context = await browser.new_context(viewport={"width": 360, "height": 740}, locale="vi-VN")
    page = await sign_in(context, town.address, NOMINATOR)
    await page.goto(f"{town.address}/de-cu/ho-so/moi")
    for field in ("unit", "round"):
        await page.select_option(f"#f-{field}", index=1)
    await page.get_by_label("Giáo viên").check()
    await page.fill("#f-name", "Trịnh Thị Ẩn")
    await page.get_by_role("button", name="Bắt đầu").dblclick()
    await page.wait_for_url(re.compile(r"/de-cu/ho-so/TB-"))
    await page.locator(".tasks a").first.click()
    await page.wait_for_url(re.compile(r"/tieu-chi/"))
    return page, page.url


async def test_words_outlive_a_broken_line_and_an_ended_session(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        page, address = await started(browser, town)
        words = page.locator("#f-text")
        await words.fill(FIRST)
        await expect(page.locator(".saved")).to_contain_text("Đã lưu lúc", timeout=15_000)
        await page.reload()
        await expect(words).to_have_value(FIRST)

        await page.context.set_offline(True)
        await words.fill(FIRST + MORE)
        await expect(page.locator(".saved")).to_contain_text("Mất mạng", timeout=15_000)
        while not await page.evaluate("Object.values(sessionStorage).some(text => text.includes('78%'))"):
            await page.wait_for_timeout(100)  # the policy of the page forbids Playwright's own way of waiting
        await page.context.set_offline(False)
        await page.goto(address)
        await expect(words).to_have_value(FIRST)
        await page.get_by_role("button", name="Khôi phục").click()
        await expect(words).to_have_value(FIRST + MORE)

        await page.context.clear_cookies(name=COOKIE)
        await words.fill(FIRST + MORE + LAST)
        await page.get_by_role("button", name="Lưu", exact=True).click()
        await expect(page.locator("h1")).to_have_text("Phiên làm việc đã hết")
        await expect(page.locator("main")).to_contain_text(LAST.strip())
        await (await sign_in(page.context, town.address, NOMINATOR)).close()
        await page.get_by_role("button", name="Đã vào lại, gửi tiếp").click()
        await page.wait_for_url(re.compile(r"/de-cu/ho-so/TB-[^/]+$"))
        await page.goto(address)
        await expect(words).to_have_value(FIRST + MORE + LAST)
        drafts = await page.context.new_page()
        await drafts.goto(f"{town.address}/de-cu/ho-so?trang-thai=draft")
        assert await drafts.get_by_text("Trịnh Thị Ẩn").count() == 1, "a double click began one draft"


async def test_words_that_were_sent_are_not_offered_again(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        page, address = await started(browser, town)
        await page.locator("#f-text").fill(FIRST)
        await page.locator("#f-proof").fill("Sổ dự giờ của tổ")  # its field is empty once it is kept
        await page.get_by_role("button", name="Lưu", exact=True).click()
        await page.wait_for_url(re.compile(r"/de-cu/ho-so/TB-[^/]+$"))
        await page.goto(address)
        await expect(page.locator("main")).to_contain_text("Sổ dự giờ của tổ")
        assert await page.get_by_role("button", name="Khôi phục").count() == 0


async def test_two_tabs_keep_both_texts(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        page, address = await started(browser, town)
        other = await page.context.new_page()
        await other.goto(address)
        await page.locator("#f-text").fill(FIRST)
        await page.get_by_role("button", name="Lưu", exact=True).click()
        await page.wait_for_url(re.compile(r"/de-cu/ho-so/TB-[^/]+$"))
        await other.locator("#f-text").fill(LAST.strip())
        await other.get_by_role("button", name="Lưu", exact=True).click()
        await expect(other.locator("main")).to_contain_text("Nội dung vừa được người khác lưu")
        await expect(other.locator("main")).to_contain_text(FIRST)
        await expect(other.locator("#f-text")).to_have_value(LAST.strip())
        await other.locator("#f-text").fill(FIRST + LAST)
        await other.get_by_role("button", name="Lưu", exact=True).click()
        await other.wait_for_url(re.compile(r"/de-cu/ho-so/TB-[^/]+$"))
        await page.goto(address)
        await expect(page.locator("#f-text")).to_have_value(FIRST + LAST)
