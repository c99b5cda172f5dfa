"""New people on a phone, without help: an officer makes a plan of each text, a school's dossier goes in under it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from deploy.local.demo.candidates import DECLINED, LANGUAGE_TEAM, LIBRARIAN, MANAGER, PUPIL
from deploy.local.demo.story import DISTRICT
from tests.browser.newcomers import Follower, begin_dossier, make_plan
from tests.browser.taps import PHONE, Taps
from tests.nomination.test_plan_texts import GIVEN, OURS
from tests.support.browser import find_chromium, launched, sign_in
from tests.support.system import system

pytestmark = pytest.mark.browser

TEXTS = sorted(GIVEN.glob("*.txt")) or OURS
"""The plans that this product was made for; where they are not, our own in the same manner."""
WHO = (LANGUAGE_TEAM, MANAGER, DECLINED, LIBRARIAN, PUPIL)
"""One of each kind; what a manager leads has to qualify itself, hence the team before."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """An agency in which nobody has done anything yet."""
    find_chromium()
    with system(tmp_path / "local", DISTRICT) as running:
        yield running.addresses[DISTRICT]


async def phone(browser: Browser) -> BrowserContext:
    """Somebody's phone."""
    return await browser.new_context(viewport=PHONE, locale="vi-VN", has_touch=True)  # type: ignore[arg-type]


async def test_a_plan_of_each_text_and_a_dossier_under_it(address: str, chromium: str) -> None:
    async with launched(chromium) as browser:
        officer = Taps(await sign_in(await phone(browser), address, "Ngô Thanh Tâm"))
        teacher = Taps(await sign_in(await phone(browser), address, "Lê Thị Minh Hạnh"))
        head, nominee = await phone(browser), await phone(browser)
        await sign_in(head, address, "Trần Đình Khôi")
        taps = {}
        for number, (path, candidate) in enumerate(zip(TEXTS, WHO, strict=False), start=1):
            for by in (officer, teacher):
                await by.page.goto(f"{address}/viec")
            plan = await make_plan(officer, path.read_text(encoding="utf-8"), number=f"{number}/KH-SGDĐT")
            begun = teacher.taps
            await begin_dossier(teacher, candidate, plan)
            await Follower(teacher, candidate, head, nominee).follow()
            await expect(teacher.page.locator("main")).to_contain_text("Đã nhận hồ sơ lúc")
            taps[path.stem] = teacher.taps - begun
        assert {stem: count for stem, count in taps.items() if count > 45} == {}
