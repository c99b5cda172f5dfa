"""Forms that awards ask for, as a file enters them, and the keys with which what they ask for is sealed."""

import asyncio
import os
import sys

import pytest

from services.nomination.actions import particulars
from shared.field_keys import KEYS_FILE, FieldKeys, new_key
from shared.settings import PREFIX
from tests.nomination.test_particulars import FORM, HERE, SECRETS, SHORT, needing, nominator, officer, plan, rows, site
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, settings_of

pytestmark = pytest.mark.db
__all__ = ["plan", "site"]


def environment(site: Site) -> dict[str, str]:
    """The settings of the site's service, as its command line is told them."""
    told = {name: str(value) for name, value in settings_of(site.folder, site.database).items()}
    return os.environ | {f"{PREFIX}{name.upper()}": value for name, value in told.items()}


async def test_a_new_key_seals_anew_and_the_old_one_can_go(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
    path = site.folder / "secrets" / KEYS_FILE
    path.write_text(f"{new_key('2')}\n{path.read_text()}")
    both = FieldKeys.from_file(path.parent)
    async with site.database.transaction() as session:
        assert await particulars.seal_anew(session, both, most=1) == 1
    program = (sys.executable, "-m", "services.nomination", "seal-anew")
    child = await asyncio.create_subprocess_exec(*program, env=environment(site), stdout=asyncio.subprocess.PIPE)
    assert ((await child.communicate())[0], child.returncode) == (b"sealed anew: 1\n", 0)
    path.write_text(path.read_text().splitlines()[0])
    site.app.state.field_keys = FieldKeys.from_file(path.parent)
    async with officer(site) as reader:
        assert "Chơ Ro" in (await reader.post(f"{HERE}/mo", data={"field": "ethnicity"})).text


async def test_forms_are_entered_once_and_replaced_by_their_first_day(site: Site, plan: Plan) -> None:
    count = "select verb, count(*) from audit where verb = 'award_form.entered' group by 1"
    assert await rows(site, count) == [("award_form.entered", 4)]
    async with site.database.transaction() as session:
        await particulars.enter_award_forms(
            session, make.AGENCY, forms=[FORM, SHORT | {"confirmed": True}], by=make.CLERK
        )
    assert await rows(site, count) == [("award_form.entered", 5)]
    twice = FORM | {"asks": [*FORM["asks"], *SHORT["asks"]]}  # type: ignore[misc]
    for bad in (twice, FORM | {"categories": ["poet"]}, FORM | {"asks": [{"field": "x"}]}):
        with pytest.raises((ValueError, TypeError)):
            async with site.database.transaction() as session:
                await particulars.enter_award_forms(session, make.AGENCY, forms=[bad], by=make.CLERK)


async def test_what_a_replaced_form_asks_for_no_more_is_forgotten(site: Site, plan: Plan) -> None:
    async with nominator(site) as by:
        await needing(site, by)
        await by.post(HERE, data=SECRETS)
    fewer = FORM | {"asks": FORM["asks"][:1]}  # type: ignore[index]
    async with site.database.transaction() as session:
        await particulars.enter_award_forms(session, make.AGENCY, forms=[fewer], by=make.CLERK)
    assert await rows(site, "select field from particulars") == [("ethnicity",)]
