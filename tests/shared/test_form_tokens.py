"""What forms carry: of this browser, of our page, masked anew each time; without it nothing is done or lost."""

import re
from urllib.parse import urlencode

import pytest
from lxml import html
from sqlalchemy import text

from shared.identity.form_tokens import FIELD, FORM_COOKIE, is_of, masked, new_value, put_into
from shared.identity.sessions import COOKIE
from tests.support import factories as make
from tests.support.site import SAME_ORIGIN, Sites

pytestmark = pytest.mark.db

NEW = "/de-cu/ho-so/moi"


def test_a_value_is_carried_in_another_form_each_time() -> None:
    value, other = new_value(), new_value()
    seen = {masked(value) for _ in range(50)}
    assert len(seen) == 50
    assert [is_of(value, one) for one in seen] == [True] * 50
    assert [is_of(other, one) for one in seen] == [False] * 50


@pytest.mark.parametrize("carried", ["", "x", "A" * 43, "==", "⟦ộ⟧", "A" * 4000])
def test_what_is_no_value_is_of_no_browser(carried: str) -> None:
    assert not is_of(new_value(), carried)


def test_only_forms_that_change_something_carry_it() -> None:
    page = '<form action="/tim"></form><form class="a" method="post" action="/x"></form>'
    made = put_into(page, new_value())
    assert re.sub(r'value="[^"]+"', "…", made) == page.replace(
        'action="/x">', f'action="/x"><input type="hidden" name="{FIELD}" …>'
    )


@pytest.mark.parametrize("carried", [None, "", "of another browser", "unmasked"])
async def test_a_form_that_is_not_ours_does_nothing_and_keeps_its_words(sites: Sites, carried: str | None) -> None:
    site = await sites("nomination")
    plan = await make.plan(site.database)
    value = new_value()
    field = {None: {}, "": {FIELD: ""}, "of another browser": {FIELD: masked(new_value())}, "unmasked": {FIELD: value}}
    typed = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Bưởi"}
    token = site.token("nominator", unit=make.SCHOOL)
    async with site.client(SAME_ORIGIN | {"cookie": f"{COOKIE}={token}; {FORM_COOKIE}={value}"}) as browser:
        # As bytes, so that this browser adds nothing of its own.
        sent = urlencode(typed | field[carried]).encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        answer = await browser.post(NEW, content=sent, headers=kind)
        [form] = html.fromstring(answer.text).xpath("//main//form")
        again = {one.get("name"): one.get("value") for one in form.xpath(".//input")}
        kept = {name: again[name] for name in typed}
        done = await browser.post(NEW, content=urlencode(again).encode(), headers=kind)
    async with site.database.reading() as session:
        names = list(await session.scalars(text("select name from subjects")))
    assert (answer.status_code, kept, done.status_code, names) == (403, typed, 303, ["Lê Thị Bưởi"])
