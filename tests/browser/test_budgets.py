"""What pages may weigh: portal, forms on a phone, the desk with a list of fifty."""

import pytest

from shared.listing import PAGE
from tests.browser.town import Town
from tests.browser.weights import Budget, weigh
from tests.support import factories as make
from tests.support.browser import launched, sign_in
from tests.support.served import seated, served
from tests.support.site import Sites

pytestmark = pytest.mark.browser

PORTAL = Budget(110, 8, html=14, css=6, js=3)
LIGHT = Budget(45, 5, html=14, css=6, js=4)
DESK = Budget(95, 8, html=40, css=22, js=19, again=45)
"""Of the first view, in kilobytes as they come over the line."""


@pytest.mark.long
async def test_portal_forms_and_votes_keep_to_their_budgets(town: Town, chromium: str) -> None:
    pages = {
        None: ((PORTAL, "/"), (PORTAL, "/guong"), (PORTAL, town.story), (PORTAL, "/en"), (PORTAL, "/tim?q=sach")),
        "Lê Thị Minh Hạnh": (
            (LIGHT, f"/de-cu/ho-so/{town.code}"),
            (LIGHT, f"/de-cu/ho-so/{town.code}/lien-he"),
            (LIGHT, "/de-cu/ho-so/moi"),
            (LIGHT, "/thong-bao"),
        ),
        "Đặng Thị Thu Hà": ((DESK, "/viec"), (DESK, f"/xet-duyet/ho-so/{town.waiting}")),
    }
    over = {}
    async with launched(chromium) as browser:
        for name, asked in pages.items():
            context = await browser.new_context(locale="vi-VN")
            if name:
                await (await sign_in(context, town.address, name)).close()
            for budget, path in asked:
                if told := budget.over(*await weigh(context, town.address + path)):
                    over[path] = told
            await context.close()
    assert over == {}


async def test_a_list_of_fifty_keeps_to_its_budget(sites: Sites, chromium: str) -> None:
    site = await sites("nomination")
    plan = await make.plan(site.database)
    for _ in range(PAGE):
        await make.draft(site.database, plan.open, claims={}, contacts=False)
    async with launched(chromium) as browser, served(site) as address:
        context = await seated(browser, address, site.token("officer"))
        assert DESK.over(*await weigh(context, f"{address}/de-cu/ho-so")) == []
