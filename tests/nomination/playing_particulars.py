"""Hostile words in what an award's form asks of a person."""

import re
from collections.abc import Sequence
from datetime import date

from services.nomination.actions import particulars
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played
from tests.support.site import Site

CHOOSE, OPEN = "POST /de-cu/ho-so/{code}/giay-to/mau", "POST /de-cu/ho-so/{code}/giay-to/mo"
UNSEEN = (OPEN + " field", f"refused {OPEN} field", f"refused {CHOOSE} form")
"""What is chosen, or opened by those alone who may."""


async def asked(play: Played, site: Site, files: Sequence[tuple[str, str]]) -> None:
    """A form is entered and chosen, its fields are written, refused, opened; the nominee writes one, too."""
    ask = {"field": "a", "label": play.texts.whole("ask label"), "why": play.texts.whole("ask why")}
    form = {"code": "mau", "title": play.texts.whole("form title"), "basis": play.texts.whole("form basis")}
    told = form | {"valid_from": date(2024, 1, 1), "categories": ["pupil"], "asks": [ask]}
    async with site.database.transaction() as session:
        await particulars.enter_award_forms(session, make.AGENCY, forms=[told], by=make.CLERK)
    for number in range(len(BUNDLES)):
        here = f"/de-cu/ho-so/{files[number][0]}/giay-to"
        offered = re.search(r'name="form" value="([0-9a-f-]{36})"', (await play.who.get(here)).text)
        assert offered
        await play.post(CHOOSE, f"{here}/mau", number, refused=True)
        await play.post(CHOOSE, f"{here}/mau", number, form=offered[1])
        value = play.texts("particular", number)
        play.note(f"particular {number}", await play.who.post(here, data={"p-a": value}))
        for name, data in (("long", {"p-a": value + " x" * 150}), ("strange", {"p-b": value, "p-a": value})):
            play.note(f"particular {name} {number}", await play.who.post(here, data=data))
        await play.get(f"GET particulars {number}", here)
        await play.post(OPEN, f"{here}/mo", number, field="a")
        if number < SOME:
            await play.post(OPEN, f"{here}/mo", number, refused=True)
        await play.get(f"GET erasing {number}", f"{here}/xoa")
