"""Two people on a phone, by their taps: a teacher who puts somebody forward, a mother who is asked for a word."""

import asyncio
import re
from itertools import count

import httpx2
import pytest
from playwright.async_api import Page, expect

from deploy.local.demo.candidates import PUPIL
from tests.browser import others
from tests.browser.taps import PHONE, Taps
from tests.browser.town import Town
from tests.support.browser import launched, sign_in
from tests.support.pictures import photo

pytestmark = pytest.mark.browser

ROBOTS = (
    ("GET", "facebookexternalhit/1.1"),
    ("GET", "Mozilla/5.0 (compatible; Zalo)"),
    ("HEAD", "TelegramBot (like TwitterBot)"),
    ("GET", "Microsoft Office/16.0 (Microsoft Outlook; Pro)"),
    ("HEAD", "Mozilla/5.0 (compatible; Barracuda Sentinel)"),
)


async def write_five_claims(by: Taps) -> None:
    """One criterion after the other, two of them with a photo."""
    page = by.page
    for number in count(1):
        await page.get_by_label("Thành tích").fill(f"Việc thứ {number}: dạy bằng dự án đọc sách, 12 tiết một học kỳ.")
        await page.get_by_label("Thêm minh chứng").fill("Sáng kiến cấp trường số 12")
        if await page.locator("#f-level").count():
            await page.select_option("#f-level", "Hoàn thành tốt nhiệm vụ")
        if number == 5:
            break
        if number > 2:
            await by.button("Lưu, sang tiêu chí kế")
            continue
        await by.button("Lưu và thêm ảnh")
        picture = {
            "name": f"lop-{number}.jpg",
            "mimeType": "image/jpeg",
            "buffer": photo("JPEG", (2000, 1500), noise=number),
        }
        await by.tap(page.get_by_label("Ảnh, PDF"), leads_on=False)
        await page.get_by_label("Ảnh, PDF").set_input_files(picture)  # type: ignore[arg-type]
        await by.button("Gửi tệp")
        await expect(page.locator("main")).to_contain_text(f"lop-{number}.jpg, ")
        await by.button("Lưu, sang tiêu chí kế")
    await by.button("Lưu")


async def hear_others(by: Taps, address: str, code: str) -> None:
    """A colleague's opinion, the nominee's answer by a link, an address, the head's word."""
    page = by.page
    await by.link("Việc kế tiếp: Ý kiến của mọi người")
    await by.tap(page.get_by_label("Đồng nghiệp"), leads_on=False)
    await page.get_by_label("Vai trò của người đó").fill("giáo viên cùng tổ")
    await page.get_by_label("Ý kiến", exact=True).fill("Cô luôn giúp đồng nghiệp mới.")
    await by.button("Ghi ý kiến")
    await by.link("Về hồ sơ")
    await by.link("Việc kế tiếp: Ý kiến người được giới thiệu")
    await by.button("Lập liên kết")
    link = await page.locator("code").inner_text()
    await by.link("Về hồ sơ")
    await others.agree(address, link.removeprefix(address))
    await by.link("Ghi địa chỉ liên hệ")
    await page.get_by_label("Địa chỉ thư").fill("an-ha@hoa-mai.example")
    await by.button("Lưu")
    await others.confirm(address, code)


async def test_a_teacher_puts_a_colleague_forward_without_javascript(town: Town, chromium: str) -> None:
    async with launched(chromium) as browser:
        options = {"viewport": PHONE, "locale": "vi-VN", "has_touch": True, "java_script_enabled": False}
        context = await browser.new_context(**options)  # type: ignore[arg-type]
        page = await sign_in(context, town.address, "Lê Thị Minh Hạnh")
        await page.goto(f"{town.address}/de-cu/ho-so/moi")  # as a message leads there
        by = Taps(page)
        await by.tap(page.get_by_label("Giáo viên"), leads_on=False)
        await page.get_by_label("Họ và tên").fill("Đỗ Thị Ẩn Hạ")
        await page.get_by_label("Chức vụ").fill("giáo viên Ngữ văn")
        await by.button("Bắt đầu")
        code = page.url.rsplit("/", 1)[1]
        await by.tap(page.locator(".tasks a").first)
        await write_five_claims(by)
        await page.goto(f"{town.address}/de-cu/ho-so/{code}/tieu-chi/GV5/minh-chung/number")
        by.taps += 2  # the criterion, the kind of evidence
        for name, text in {"what": "tỷ lệ mượn sách", "before": "31", "after": "78", "measure": "%"}.items():
            await page.fill(f"#f-{name}", text)
        await by.button("Thêm minh chứng")
        await by.link("Về hồ sơ")
        await expect(page.locator("main")).to_contain_text("Đạt 6/6 tiêu chí.")
        await hear_others(by, town.address, code)
        await by.link("Kiểm tra và gửi")
        await by.tap(page.get_by_label("Không", exact=True), leads_on=False)
        await by.button("Gửi hồ sơ")
        told = " ".join((await page.locator("main").inner_text()).split())
        assert (page.url, by.taps <= 30) == (f"{town.address}/de-cu/ho-so/{code}/hanh-trinh", True), by.taps
        assert re.search(
            r"Đã nhận hồ sơ lúc \d\d:\d\d \d\d/\d\d/\d{4} Hội đồng xét duyệt của Phòng Giáo dục và Đào tạo quận"
            r" Tân Bình đọc và chấm từ ngày \d\d/\d\d/\d{4}\.",
            told,
        )


async def link_to(town: Town, email: str) -> str:
    """The one-time link that went to an address."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        letters = (await client.get(f"{town.sinks}/letters.json")).json()
    found = [re.search(r"/dong-y/\S+", one["body"]) for one in letters if email in one["to"]]
    return next(one[0] for one in found if one)


async def test_a_mother_answers_a_link_that_robots_opened_and_takes_it_back(town: Town, chromium: str) -> None:
    assert PUPIL.guardian is not None
    path = await link_to(town, PUPIL.guardian[1])
    host = town.address.split("//")[1]
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{host.split(':')[1]}", trust_env=False) as robot:
        for method, agent in ROBOTS:
            answer = await robot.request(method, path, headers={"host": host, "user-agent": agent})
            head = answer.text.partition("</head>")[0]
            assert (answer.status_code, PUPIL.name in head) == (200, False), (method, agent)
    async with launched(chromium) as browser:
        page = await browser.new_page(viewport=PHONE, locale="vi-VN", has_touch=True)  # type: ignore[arg-type]
        by = Taps(page)
        by.taps += 1  # the link in the message
        await page.goto(town.address + path)
        assert PUPIL.name not in await page.title()
        looks = (
            "one => { const s = getComputedStyle(one); return [s.color, s.backgroundColor, s.fontSize, s.fontWeight] }"
        )
        yes, no = [
            await page.get_by_role("button", name=name, exact=True).evaluate(looks)
            for name in ("Đồng ý nơi đã đánh dấu", "Không đồng ý")
        ]
        assert yes == no
        await by.tap(page.get_by_label("Đăng trên trang của đơn vị"), leads_on=False)
        await by.button("Đồng ý nơi đã đánh dấu")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Đã ghi nhận ý kiến")
        shown = await story_of(page, town.address + path)

        later = await browser.new_page(viewport=PHONE, locale="vi-VN", has_touch=True)  # type: ignore[arg-type]
        again = Taps(later)
        again.taps += 1
        await later.goto(town.address + path)
        await again.button("Rút đồng ý")
        await expect(later.get_by_role("heading", level=1)).to_have_text("Đã rút đồng ý")
        for _ in range(600):
            gone = await later.goto(town.address + shown)
            if gone is not None and gone.status == 410:
                break
            await asyncio.sleep(0.1)
        assert (gone is not None and gone.status, by.taps <= 6, again.taps <= 4) == (410, True, True)
        assert PUPIL.name not in await later.content()


async def story_of(page: Page, link: str) -> str:
    """Where the story is shown, by the receipt."""
    for _ in range(600):
        await page.goto(link)
        shown = page.get_by_role("link", name="Xem bài đang đăng")
        if await shown.count():
            return str(await shown.get_attribute("href"))
        await asyncio.sleep(0.1)
    raise AssertionError("the story was never shown")
