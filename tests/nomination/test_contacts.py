"""Contacts save themselves while they are typed, as far as what is typed can stand."""

import re

import pytest

from shared.events import Category
from tests.support import factories as make
from tests.support.site import Sites

pytestmark = pytest.mark.db

FIELDS = ("email-self", "born", "guardian", "email-guardian")


async def test_what_can_stand_is_kept_as_it_is_typed(sites: Sites) -> None:
    site = await sites("nomination")
    plan = await make.plan(site.database)
    draft = await make.draft(site.database, plan.open, category=Category.PUPIL, contacts=False)
    place = f"/de-cu/ho-so/{draft.code}/lien-he"
    typed = [
        {"email-self": "an@hoa-mai"},
        {"email-self": "an@hoa-mai.example", "born": "5/9/2012"},
        {"email-self": "an@hoa-mai.example", "born": "5/9/2012", "guardian": "Lê Thị Bưởi"},
        {
            "email-self": "an@hoa-mai.example",
            "born": "5/9/2012",
            "guardian": "Lê Thị Bưởi",
            "email-guardian": "an@hoa-mai.example",
        },
        {
            "email-self": "an@hoa-mai.example",
            "born": "5/9/2012",
            "guardian": "Lê Thị Bưởi",
            "email-guardian": "buoi@nha.example",
        },
    ]
    empty, young = ["", "", "", ""], ["an@hoa-mai.example", "05/09/2012", "", ""]
    answers, stands = [], []
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        for form in typed:
            answers.append((await by.post(f"{place}/luu", data=form)).status_code)
            page = (await by.get(place)).text
            stands.append([re.findall(f'name="{name}"[^>]*value="([^"]*)"', page)[0] for name in FIELDS])
        last = await by.post(f"{place}/luu", data=typed[-1])
    assert answers == [422, 200, 204, 422, 200]
    assert stands == [empty, young, young, young, [*young[:2], "Lê Thị Bưởi", "buoi@nha.example"]]
    assert list(last.json()) == ["at"]
