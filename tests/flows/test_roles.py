"""A role that is given and taken back, across all services of an agency on real parts."""

import asyncio
import re

import pytest

from deploy.local.demo.people import Person, expect
from deploy.local.runner import Running

pytestmark = pytest.mark.flow

AGENCY = "tan-binh"
PEOPLE = "/viec/quan-tri/nguoi"
PAGES = ("/viec", "/de-cu/ho-so", "/xet-duyet/ho-so", "/lan-toa/bai")
"""A page for signed-in people of each service."""


async def asked_to_sign_in(person: Person, path: str) -> bool:
    """Whether the page led to the provider instead."""
    return str((await person.get(path)).request.headers["host"]).startswith("id.localhost")


async def test_a_role_taken_back_is_gone_in_every_service_within_a_minute(running: Running) -> None:
    address = running.addresses[AGENCY]
    chief = await Person(address).sign_in("quan-tri")
    teacher = await Person(address).sign_in("nguoi-de-cu")
    expect(await teacher.get("/lan-toa/bai"), 403)
    page = expect(await chief.get(PEOPLE), 200)
    (identity,) = re.findall(r'value="(http://id\.localhost:\d+\|nguoi-de-cu)"', page.text[page.text.find("<select") :])
    expect(await chief.post(PEOPLE, {"identity": identity, "role": "editor", "unit": "ca-co-quan"}), 200)
    # Two browsers; what they hold names the new role.
    browsers = [await Person(address).sign_in("nguoi-de-cu") for _ in range(2)]
    for browser in browsers:
        expect(await browser.get("/lan-toa/bai"), 200)
    page = expect(await chief.get(PEOPLE), 200)
    (grant,) = re.findall(rf'action="({PEOPLE}/thu-hoi/[0-9a-f-]+)"', page.text)
    expect(await chief.post(grant), 200)
    async with asyncio.timeout(60):
        for browser in (teacher, *browsers):
            for path in PAGES:
                while not await asked_to_sign_in(browser, path):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
    again = await Person(address).sign_in("nguoi-de-cu")
    expect(await again.get("/de-cu/ho-so"), 200)
    expect(await again.get("/lan-toa/bai"), 403)
    expect(await chief.get(PEOPLE), 200)  # nobody else's session ended
    for person in (chief, teacher, again, *browsers):
        await person.close()
