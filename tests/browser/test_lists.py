"""Lists change in place: only their rows, and the browser's history, the focus and the word that is read out with them.

One service stands alone here; what it is asked of others is not there, and nothing breaks for it.
"""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from shared.listing import PAGE
from tests.support import factories as make
from tests.support.browser import launched
from tests.support.served import seated, served
from tests.support.site import Site, Sites, working

pytestmark = pytest.mark.browser

LIST = "/de-cu/ho-so"
MANY = 1001
COPIES = text(
    "insert into nominations select (jsonb_populate_record(n, jsonb_build_object("
    "'id', gen_random_uuid(), 'code', 'TB-24-' || lpad(i::text, 4, '0')))).*"
    f" from nominations n, generate_series({PAGE + 5}, {MANY}) i where n.code = 'TB-24-0010'"
)
KEPT = "[...document.querySelectorAll('[data-kept]')].map(one => one.tagName)"


@pytest.fixture
async def site(sites: Sites) -> Site:
    site: Site = await sites("nomination")
    plan = await make.plan(site.database)
    async with site.database.transaction() as session:
        await session.execute(text("insert into counters (agency, year, last) values ('tan-binh', 2024, 0)"))
    for _ in range(PAGE + 4):
        await make.draft(site.database, plan.open, claims={}, contacts=False)
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'withdrawn' where code like '%-000_'"))
    return site


async def stands(page: Page, row: str, focus: str) -> None:
    """Waits until the list begins with that row and that element has the focus."""
    await expect(page.locator("tbody th a").first).to_have_text(row)
    await expect(page.locator(f"#{focus}")).to_be_focused()


async def test_a_list_changes_in_place(site: Site, chromium: str) -> None:
    async with launched(chromium) as browser, served(site) as address:
        context = await seated(browser, address, site.token("officer"))
        page = await context.new_page()
        blocked: list[str] = []
        page.on("console", lambda line: blocked.append(line.text) if "Content Security" in line.text else None)
        page.on("pageerror", lambda error: blocked.append(str(error)))
        await page.goto(address + LIST)
        await page.evaluate("for (const one of document.querySelectorAll('h1, #so-dong')) one.dataset.kept = 1")

        await page.locator("#xep-1").focus()
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{address}{LIST}?xep=cu")
        await stands(page, "TB-24-0001", "xep-1")

        await page.get_by_role("link", name="Trang sau").click()
        await page.wait_for_url(f"{address}{LIST}?xep=cu&sau=*")
        await expect(page.locator("#so-dong")).to_have_text("4 dòng trên trang này, 54 dòng tất cả")
        await stands(page, "TB-24-0051", "so-dong")

        await page.get_by_text("Lọc và sắp xếp").click()
        await page.select_option("#loc-trang-thai", "withdrawn")
        await page.locator("#loc-nut").focus()
        await page.keyboard.press("Enter")
        await expect(page.locator("#so-dong")).to_have_text("9 dòng trên trang này, 9 dòng tất cả")
        await stands(page, "TB-24-0001", "loc-nut")
        file = f"{LIST}?trang-thai=withdrawn&xep=cu&dang=xlsx"
        assert (await page.locator("tbody tr").count(), await page.get_attribute("#tai-excel a", "href")) == (9, file)

        await page.locator(".chips a").click()
        await expect(page.locator("#so-dong")).to_have_text("50 dòng trên trang này, 54 dòng tất cả")
        await stands(page, "TB-24-0001", "so-dong")
        assert (await page.input_value("#loc-trang-thai"), await page.evaluate(KEPT)) == ("", ["H1", "P"])

        await page.go_back()
        await expect(page.locator("#so-dong")).to_have_text("9 dòng trên trang này, 9 dòng tất cả")
        await page.locator("tbody th a").first.click()
        await page.wait_for_url(f"{address}{LIST}/TB-24-0001")
        await page.go_back()
        await expect(page.locator("#so-dong")).to_have_text("9 dòng trên trang này, 9 dòng tất cả")
        assert blocked == []


async def test_what_is_no_list_any_more_opens_as_a_page(site: Site, chromium: str) -> None:
    async with launched(chromium) as browser, served(site) as address:
        context = await seated(browser, address, site.token("officer"))
        page = await context.new_page()
        await page.goto(address + LIST)
        await context.clear_cookies()
        await page.locator("#xep-1").click()
        await page.wait_for_url(f"{address}/vao?ve=/de-cu/ho-so%3Fxep%3Dcu")


async def test_a_run_is_followed_where_it_stands(site: Site, chromium: str) -> None:
    async with launched(chromium) as browser, served(site) as address:
        context = await seated(browser, address, site.token("officer"))
        page = await context.new_page()
        async with site.database.transaction() as session:
            await session.execute(COPIES)
        await page.goto(f"{address}{LIST}?xep=cu")
        await page.get_by_role("link", name="Tải Excel").click()
        await page.get_by_role("button", name="Ghi tệp Excel").click()
        await page.wait_for_url("**/de-cu/luot-chay/*")
        await expect(page.locator("#tinh-trang")).to_have_text("Chờ đến lượt")
        await page.evaluate("for (const one of document.querySelectorAll('h1, #tinh-trang')) one.dataset.kept = 1")
        async with working(site):
            file = page.get_by_role("link", name="Tải tệp Excel (1.001 dòng)")
            await expect(file).to_be_visible(timeout=30_000)
        await expect(page.locator("#tinh-trang")).to_have_text("Xong")
        assert await page.evaluate(KEPT) == ["H1", "P"]
        async with page.expect_download() as fetched:
            await file.click()
        assert (await fetched.value).suggested_filename == "ho-so-de-cu.xlsx"
