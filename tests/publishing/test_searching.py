"""Searching among stories: by code, by the title as it is now, by the decision."""

import pytest

from services.publishing.actions import stories
from tests.support import factories as make
from tests.support.site import Sites

pytestmark = pytest.mark.db


async def test_a_story_is_found_by_the_title_it_has_now(sites: Sites) -> None:
    site = await sites("publishing")
    await make.consent_rule(site.database)
    made = await make.story(site.database)
    questions = ("thao nguyen", "152", "0001", "những trang")

    async def counted() -> list[str]:
        async with site.signed_in("editor") as editor:
            return [(await editor.get("/lan-toa/tim/so", params={"q": one})).text for one in questions]

    before = await counted()
    async with site.database.transaction() as session:
        title, text = "Cô giáo và những trang đọc sách", "Dạy học bằng dự án đọc sách, cả trường cùng đọc."
        await stories.write(session, story_id=made.id, title=title, text=text, version=made.version, by=make.EDITOR)
    assert (before, await counted()) == (["1", "1", "1", "0"], ["0", "1", "1", "1"])
    async with site.signed_in("editor") as editor:
        page = await editor.get("/lan-toa/tim", params={"q": "trang doc"})
        code = await editor.get("/lan-toa/tim", params={"q": "TB-24-0001"})
    assert ">TB-24-0001</a>" in page.text
    assert (code.status_code, code.headers["location"]) == (303, "/lan-toa/bai/TB-24-0001")
