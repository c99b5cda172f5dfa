"""The whole story in Chromium at 360 px, with and without JavaScript: each step on its page, none scrolls sideways."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize

from tests.browser import others
from tests.browser.town import Town
from tests.support.browser import launched, sign_in

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 360, "height": 740}
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"


class People:
    """Everybody's phone: one browser context per person."""

    def __init__(self, browser: Browser, address: str, sinks: str, *, javascript: bool, pictures: Path | None) -> None:
        self.browser, self.address, self.sinks = browser, address, sinks
        self.javascript, self.pictures = javascript, pictures
        self._pages: dict[str, Page] = {}
        self._contexts: list[BrowserContext] = []
        self._shot = 0

    async def page(self, name: str) -> Page:
        """The page of somebody, signed in."""
        if name not in self._pages:
            self._pages[name] = await sign_in(await self._phone(), self.address, name)
        return self._pages[name]

    async def anybody(self) -> Page:
        """A phone that nobody has signed in on."""
        return await (await self._phone()).new_page()

    async def _phone(self) -> BrowserContext:
        context = await self.browser.new_context(viewport=PHONE, java_script_enabled=self.javascript, locale="vi-VN")
        self._contexts.append(context)
        return context

    async def open(self, page: Page, path: str) -> Page:
        """Go to a path of the agency and see that nothing scrolls sideways."""
        await page.goto(self.address + path)
        await self.look(page)
        return page

    async def look(self, page: Page) -> None:
        """No page is wider than the phone."""
        # Of an element that is waited for: between two pages there is none. Works with JavaScript off, too.
        width = await page.locator("html").evaluate("page => page.scrollWidth")
        assert width <= PHONE["width"], f"{page.url} is {width} px wide"
        if self.pictures:
            self._shot += 1
            name = re.sub(r"[^a-z0-9]+", "-", page.url.split("/", 3)[3].split("?")[0].lower())[:40]
            await page.screenshot(path=self.pictures / f"{self._shot:02}-{name}.png", full_page=True)

    async def press(self, page: Page, button: str) -> None:
        """Press a button and look at what comes."""
        async with page.expect_navigation():
            await page.get_by_role("button", name=button, exact=True).click()
        await self.look(page)

    async def until(self, page: Page, path: str, words: str) -> None:
        """Reload a page until it says something."""
        for _ in range(150):
            await page.goto(self.address + path)
            if await page.get_by_text(words).count():
                await self.look(page)
                return
            await page.wait_for_timeout(200)
        raise AssertionError(f"{path} never said «{words}»: {await page.locator('main').inner_text()}")

    async def link(self, email: str) -> str:
        """The one-time link that was sent to an address."""
        async with httpx2.AsyncClient(trust_env=False) as client:
            page = await self.anybody()
            for _ in range(150):
                for letter in (await client.get(f"{self.sinks}/letters.json")).json():
                    found = re.search(r"http\S+/dong-y/\S+", letter["body"])
                    if email in letter["to"] and found:
                        return found[0]
                await page.wait_for_timeout(200)
        raise AssertionError("no letter with a link came")

    async def close(self) -> None:
        """Put every phone away."""
        for context in self._contexts:
            await context.close()


@asynccontextmanager
async def people(town: Town, chromium: str, *, javascript: bool, pictures: Path | None = None) -> AsyncIterator[People]:
    async with launched(chromium) as browser:
        everybody = People(browser, town.address, town.sinks, javascript=javascript, pictures=pictures)
        try:
            yield everybody
        finally:
            await everybody.close()


@pytest.mark.parametrize(
    ("javascript", "subject"),
    [pytest.param(False, "Lê Hoàng Nhật Minh", marks=pytest.mark.long), (True, "Đỗ Thị Bích Ngọc")],
)
async def test_the_story_on_a_phone(town: Town, chromium: str, javascript: bool, subject: str) -> None:
    pictures = Path(kept) if javascript and (kept := os.environ.get("PICTURES")) else None
    async with people(town, chromium, javascript=javascript, pictures=pictures) as everybody:
        await story(everybody, subject)


async def story(everybody: People, subject: str) -> None:
    """One teacher, from the first word to the portal, held and resumed."""
    nominator = await everybody.page("Lê Thị Minh Hạnh")
    code = await nominate(everybody, nominator, subject)
    await review(everybody, code)
    await publish(everybody, nominator, code, subject)


async def nominate(everybody: People, page: Page, subject: str) -> str:
    await everybody.open(page, "/de-cu/ho-so/moi")
    await everybody.press(page, "Bắt đầu")  # nothing chosen: the summary says what is missing
    assert await page.locator(".error-summary").count() == 1
    await page.get_by_label("Giáo viên").check()
    await page.get_by_label("Họ và tên").fill(subject)
    await page.get_by_label("Chức vụ").fill("giáo viên Ngữ văn")
    await everybody.press(page, "Bắt đầu")
    code = page.url.rsplit("/", 1)[1]
    await page.get_by_role("link", name=re.compile("GV4")).click()
    await page.get_by_label("Thành tích").fill("Dạy Ngữ văn bằng dự án đọc sách.")
    await page.get_by_label("Thêm minh chứng").fill("Sáng kiến cấp trường số 12")
    await everybody.press(page, "Lưu")
    await everybody.open(page, f"/de-cu/ho-so/{code}/tieu-chi/GV4")
    await page.get_by_label("Ảnh, PDF").set_input_files(
        {"name": "minh-chung.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    await everybody.press(page, "Gửi tệp")
    await everybody.open(page, f"/de-cu/ho-so/{code}/lien-he")
    await page.get_by_label("Địa chỉ thư").fill(f"{code.lower()}@truong.example")
    await everybody.press(page, "Lưu")
    await others.write_the_rest(everybody.address, code, but=["GV4"])
    head = await everybody.page("Trần Đình Khôi")
    await everybody.open(head, f"/de-cu/ho-so/{code}/tieu-chi/GV4")
    await head.get_by_label("Đã xác minh").check()
    await head.get_by_label("Đã xem gì, hỏi ai").fill("Đã dự ba tiết và xem sổ thư viện.")
    await everybody.press(head, "Ghi kết quả xác minh")
    await everybody.open(head, f"/de-cu/ho-so/{code}/xac-nhan")
    await everybody.press(head, "Xác nhận")
    for part in ("", "/y-kien", "/dong-y", "/tieu-chi/GV5", "/tieu-chi/GV5/minh-chung/number"):
        await everybody.open(page, f"/de-cu/ho-so/{code}{part}")
    await everybody.open(page, f"/de-cu/ho-so/{code}/gui")
    await page.get_by_label("Không", exact=True).check()
    await everybody.press(page, "Gửi hồ sơ")
    await everybody.open(page, f"/de-cu/ho-so/{code}/cac-ban")
    await everybody.until(page, f"/de-cu/ho-so/{code}/hanh-trinh", "Hội đồng đã nhận hồ sơ")
    return code


async def review(everybody: People, code: str) -> None:
    case = f"/xet-duyet/ho-so/{code}"
    council = [await everybody.page(name) for name in ("Đặng Thị Thu Hà", "Bùi Xuân Phúc", "Nguyễn Hữu Đức")]
    for page in council:
        await everybody.until(page, case, "Nộp phiếu chấm")
        for mark in await page.get_by_label(re.compile("Điểm GV")).all():
            await mark.fill("9")
        await everybody.press(page, "Nộp phiếu chấm")
    secretary = await everybody.page("Vũ Thị Ngọc Ánh")
    await everybody.open(secretary, case)
    await everybody.press(secretary, "Mở phiếu bầu")
    for page in council:
        await everybody.open(page, case)
        await page.get_by_label("Đồng ý", exact=True).check()
        await everybody.press(page, "Bỏ phiếu")
    await everybody.open(secretary, case)
    await everybody.press(secretary, "Đóng phiếu")
    chair = council[2]
    await everybody.open(chair, case)
    await everybody.press(chair, "Kết luận theo phiếu")
    signer = await everybody.page("Đỗ Minh Quân")
    await everybody.open(signer, case)
    await signer.get_by_role("textbox", name="Số quyết định").fill("152/QĐ-PGDĐT")
    await signer.get_by_label("Ngày quyết định").fill("15/10/2024")
    await everybody.press(signer, "Ghi quyết định khen")


async def publish(everybody: People, nominator: Page, code: str, subject: str) -> None:
    editor = await everybody.page("Lý Gia Hân")
    await everybody.until(editor, f"/lan-toa/bai/{code}", "Xin đồng ý")
    await everybody.press(editor, "Lưu bài")
    await everybody.press(editor, "Xin đồng ý")
    person = await everybody.anybody()
    link = await everybody.link(f"{code.lower()}@truong.example")
    await person.goto(link)
    await everybody.look(person)
    await everybody.press(person, "Đồng ý nơi đã đánh dấu")  # nothing ticked: asked again
    for tick in ("Đăng trên trang của đơn vị", "Gửi cho báo chí"):
        await person.get_by_label(tick).check()
    await everybody.press(person, "Đồng ý nơi đã đánh dấu")
    public = await everybody.anybody()
    await everybody.until(public, "/", subject)
    await public.get_by_role("link", name=re.compile(subject)).click()
    await everybody.look(public)
    shown = public.url
    chair = await everybody.page("Nguyễn Hữu Đức")
    await everybody.open(chair, f"/xet-duyet/so-khen/{code}")
    await chair.locator("form[action$='tam-dung'] select").select_option("objection")
    await everybody.press(chair, "Tạm dừng")
    await status(public, shown, 410)
    await everybody.press(chair, "Khôi phục")
    await status(public, shown, 200)
    await everybody.until(nominator, f"/de-cu/ho-so/{code}/hanh-trinh", "Bài gương đã đăng")
    await everybody.open(nominator, "/thong-bao")
    assert await nominator.get_by_text(f"Đã có kết luận cho hồ sơ {code}").count() > 0


async def status(page: Page, url: str, wanted: int) -> None:
    """Reload until the page answers with that status."""
    answer: Any = None
    for _ in range(150):
        answer = await page.goto(url)
        if answer.status == wanted:
            return
        await page.wait_for_timeout(200)
    raise AssertionError(f"{url} answers {answer.status}, not {wanted}")
