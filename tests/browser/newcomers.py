"""People who come to the system for the first time, on a phone: they know what they want to say, and for the way only
what the page in front of them tells."""

import re

from playwright.async_api import BrowserContext, Page, expect

from deploy.local.demo.candidates import Candidate, Claim
from tests.browser.taps import Taps

ROUND = {"name": "Đợt tháng 10", "opens_on": "01/10/2024", "closes_on": "31/10/2024"}
"""What an officer enters where the paper names no days on which files are taken now."""


async def make_plan(by: Taps, text: str, *, number: str) -> str:
    """An officer makes a plan of a text; how it is called. `number`: what the paper says, if the text lost it."""
    page = by.page
    await by.link("Kế hoạch")
    await by.link("Nhập từ văn bản")
    await page.get_by_label("Nội dung văn bản").fill(text)
    await by.button("Đọc văn bản")
    for box in await page.get_by_label("Đúng, dùng dòng này").all():
        await by.tap(box, leads_on=False)
    draft = "Lập bản nháp từ các dòng đã đánh dấu"
    await by.button(draft)
    if await page.locator(".error-summary").count():  # what could not be read is asked for
        await expect(page.locator(".error-summary")).to_contain_text("«Số ký hiệu» còn trống.")
        await page.get_by_label("Số ký hiệu").first.fill(number)
        await by.button(draft)
    title = await page.locator("main .muted").first.inner_text()
    while "/ban-hanh" not in page.url:
        if page.url.endswith("/dot"):
            await _enter_round(by)
        await _next_step(by)
    await expect(page.locator(".t-stop")).to_have_count(0)
    await by.button("Ban hành")
    await expect(page.get_by_role("heading", level=1)).to_contain_text(title, ignore_case=True)
    return title


async def _enter_round(by: Taps) -> None:
    for name, value in ROUND.items():
        await by.page.fill(f"#f-{name}", value)
    await by.tap(by.page.get_by_label("Từ ngày đến ngày"), leads_on=False)
    await by.button("Lưu dòng này")
    await expect(by.page.locator(".tasks")).to_contain_text(ROUND["name"])


async def _next_step(by: Taps) -> None:
    onwards = by.page.get_by_role("link", name=re.compile("^Sang bước kế"))
    await by.tap(onwards if await onwards.count() else by.page.locator("main form .btn-primary").first)


async def begin_dossier(by: Taps, candidate: Candidate, plan: str) -> None:
    """Somebody of a school begins a dossier in the round that the plan opened."""
    page = by.page
    await by.link("Hồ sơ đề cử")
    await by.link("Giới thiệu")
    rounds = page.locator("#f-round option", has_text=ROUND["name"]).filter(has_text=plan)
    await page.locator("#f-round").select_option(await rounds.last.get_attribute("value"))
    await by.tap(page.locator(f"input[name=category][value={candidate.category}]"), leads_on=False)
    await page.get_by_label("Họ và tên").fill(candidate.name)
    await page.get_by_label("Chức vụ").fill(candidate.position)
    await by.button("Bắt đầu")
    await expect(page.locator("main")).to_contain_text(plan, ignore_case=True)


class Follower:
    """Whoever writes a dossier by taking, again and again, the next step that its page offers."""

    def __init__(self, by: Taps, candidate: Candidate, head: BrowserContext, nominee: BrowserContext) -> None:
        self.by, self.candidate, self.head, self.nominee = by, candidate, head, nominee

    async def follow(self) -> None:
        """From the empty dossier to where it says that it was received."""
        page = self.by.page
        while not page.url.endswith("/hanh-trinh"):
            step = page.get_by_role("link", name=re.compile("^Việc kế tiếp"))
            if not await step.count():  # somebody else's turn
                await confirm(self.head, page.url)
                await page.reload()
                continue
            await self.by.tap(step)
            await self._take(page.url.rsplit("/", 2)[-2:])

    async def _take(self, place: list[str]) -> None:
        """What a step asks for, by its place."""
        match place:
            case ["tieu-chi", criterion]:
                await self._claim(self.candidate.claims[criterion])
            case [_, "y-kien"]:
                await self._opinion()
            case [_, "dong-y"]:
                await self._agreement()
            case [_, "lien-he"]:
                await self._contacts()
            case [_, "gui"]:
                await self._send()
            case _:
                raise AssertionError(f"nobody was told what to do at {self.by.page.url}")

    async def _claim(self, claim: Claim) -> None:
        page = self.by.page
        if claim.option:
            await self.by.tap(page.locator(f"input[name=options][value={claim.option}]"), leads_on=False)
        if claim.level:
            await page.select_option("#f-level", claim.level)
        if claim.rests:
            await page.select_option("#f-rests_on", index=1)
        await page.locator("#f-text").fill(claim.text)
        await page.get_by_label("Thêm minh chứng").fill(claim.proof)
        await self.by.button("Lưu")
        for kind, fields in claim.proofs.items():
            if f"/minh-chung/{kind}" not in page.url:
                code = page.locator(f"a[href$='/minh-chung/{kind}']")
                if not await code.count():
                    await self.by.tap(page.get_by_role("link", name=re.compile("^Việc kế tiếp")))
                    code = page.locator(f"a[href$='/minh-chung/{kind}']")
                await self.by.tap(code)
            for name, value in fields.items():
                await page.fill(f"#f-{name}", value)
            await self.by.button("Thêm minh chứng")
        if "/tieu-chi/" in page.url:
            await self.by.link("Về hồ sơ")

    async def _opinion(self) -> None:
        voice, who, words = self.candidate.opinion
        await self.by.tap(self.by.page.locator(f"input[name=voice][value={voice}]"), leads_on=False)
        await self.by.page.get_by_label("Vai trò của người đó").fill(who)
        await self.by.page.get_by_label("Ý kiến", exact=True).fill(words)
        await self.by.button("Ghi ý kiến")
        await self.by.link("Về hồ sơ")

    async def _agreement(self) -> None:
        await self.by.button("Lập liên kết")
        link = await self.by.page.locator("code").inner_text()
        await agree(await self.nominee.new_page(), link)
        await self.by.link("Về hồ sơ")

    async def _contacts(self) -> None:
        told = {"email-self": self.candidate.email, "born": self.candidate.born}
        if self.candidate.guardian:
            told |= dict(zip(("guardian", "email-guardian"), self.candidate.guardian, strict=True))
        for name, value in told.items():
            if value:
                await self.by.page.fill(f"#f-{name}", value)
        await self.by.button("Lưu")

    async def _send(self) -> None:
        if await self.by.page.locator("input[name=related]").count():
            await self.by.tap(self.by.page.get_by_label("Không", exact=True), leads_on=False)
        await self.by.button("Gửi hồ sơ")


async def agree(page: Page, link: str) -> None:
    """The nominee opens the link on a phone and says yes."""
    by = Taps(page)
    await page.goto(link)
    await by.button("Tôi đồng ý được giới thiệu")
    await expect(page.locator("main")).to_contain_text("Bạn đã đồng ý")
    await page.close()


async def confirm(head: BrowserContext, dossier: str) -> None:
    """The head of the unit takes the one next step that the same page offers them."""
    page = await head.new_page()
    by = Taps(page)
    await page.goto(dossier)
    await by.link("^Việc kế tiếp: Thủ trưởng xác nhận")
    await by.tap(page.locator("main form .btn-primary"))
    await page.close()
