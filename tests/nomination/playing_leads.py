"""What people type about leads."""

import re

from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

LEAD, ONE = "POST /de-cu/nhan-to/moi", "/de-cu/nhan-to/{lead_id}"


async def leads(play: Played) -> None:
    """Leads by their forms, also by the public one; each page and list of theirs."""
    for number in range(len(BUNDLES)):
        place = (await play.post(LEAD, "/de-cu/nhan-to/moi", number)).headers["location"]
        for part in ("/buoc", "", "/so", "/nhan", "/de-cu"):  # put aside: units are in an order of their names
            await play.post(f"POST {ONE}{part}", place + part, number, kind="gap")
            if number < SOME:
                await play.post(f"POST {ONE}{part}", place + part, number, refused=True)
        await play.get(f"GET lead {number}", place)
        await play.post("POST /gioi-thieu", "/gioi-thieu", number, unit="")
        if number < SOME:
            await play.post(LEAD, "/de-cu/nhan-to/moi", number, refused=True)
            await play.post("POST /gioi-thieu", "/gioi-thieu", number, refused=True)
    sheet = await play.get("GET leads sheet", "/de-cu/nhan-to?dang=xlsx")
    assert sheet.status_code == 200
    page = await play.get("GET leads", "/de-cu/nhan-to")
    for number, place in enumerate(sorted(set(re.findall(r'href="(/de-cu/nhan-to/[0-9a-f-]{36})"', page.text)))):
        await play.get(f"GET told {number}", place)
    await play.get("GET leads of mine", "/de-cu/nhan-to/toi-ghi")
