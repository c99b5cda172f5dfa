"""Whom a dossier is about is told for numbers while the dossier is open."""

import pytest
from sqlalchemy import text

from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


async def groups(site: Site) -> list[str]:
    async with site.database.reading() as session:
        told: list[str] = await session.scalar(text("select groups from subjects"))
        return told


async def test_groups_are_told_until_the_dossier_is_handed_in_and_again_when_it_is_returned(sites: Sites) -> None:
    site: Site = await sites("nomination")
    code = (await make.draft(site.database, (await make.plan(site.database)).open)).code
    path, change = f"/de-cu/ho-so/{code}/nhom", "update nominations set state = :state"
    found = []
    async with site.signed_in("nominator", unit=make.SCHOOL) as nominator:
        for state, group in (("draft", "women"), ("submitted", "small"), ("withdrawn", ""), ("returned", "")):
            async with site.database.transaction() as session:
                await session.execute(text(change), {"state": state})
            form = await nominator.get(path)
            sent = await nominator.post(path, data={"group": [group]})
            closed = "Hồ sơ đã gửi nên không sửa được nữa." in text_of(sent)
            found.append((state, 'name="group"' in form.text, sent.status_code, closed, await groups(site)))
    assert found == [
        ("draft", True, 303, False, ["women"]),
        ("submitted", False, 422, True, ["women"]),
        ("withdrawn", False, 422, True, ["women"]),
        ("returned", True, 303, False, []),
    ]
