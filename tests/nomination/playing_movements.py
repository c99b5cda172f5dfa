"""Hostile words typed wherever movements take some."""

import re

from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

NEW, ONE = "POST /de-cu/phong-trao/moi", "POST /de-cu/phong-trao/{movement_id}"
ORIGIN = "POST /de-cu/ho-so/{code}/phong-trao"
JOINED = ONE + "/dang-ky/{registration_id}"
UNSEEN = (
    # Chosen from lists, or written over by what is said anew.
    *(f"refused {NEW} unit", f"{NEW} issuer", f"{NEW} name", f"{NEW} paper", f"{NEW} task"),
    *(f"refused {ONE}/dang-ky {name}" for name in ("unit", "taker")),
    f"refused {ONE}/hoat-dong at_unit",
    f"refused {ONE}/sua unit",
    *(f"refused POST /de-cu/{form} movement" for form in ("ho-so/moi", "nhan-to/moi", "nhan-to/{lead_id}")),
    f"refused {ORIGIN} movement",
    "POST /de-cu/ho-so/moi task",
)
"""What is answered without being told again."""


async def moved(play: Played) -> None:
    """Movements launched and said anew, activities, teams that join, results; each page and list of theirs."""
    for number in range(len(BUNDLES)):
        place = (await play.post(NEW, "/de-cu/phong-trao/moi", number)).headers["location"]
        await play.post(f"{ONE}/sua", place + "/sua", number)
        await play.post(f"{ONE}/hoat-dong", place + "/hoat-dong", number)
        await play.post(f"{ONE}/ket-qua", place + "/ket-qua", number)
        await play.post(f"{ONE}/dang-ky", place + "/dang-ky", number)
        page = await play.get(f"GET movement {number}", place)
        assert page.status_code == 200
        listed = await play.get(f"GET registrations {number}", place + "/dang-ky")
        joined = re.findall(rf'href="({place}/dang-ky/[^"?]+)"', listed.text)[0]
        await play.post(f"{JOINED}/ket-qua", joined + "/ket-qua", number)
        await play.get(f"GET registration {number}", joined)
        if number < SOME:
            await play.post(NEW, "/de-cu/phong-trao/moi", number, refused=True)
            for part in ("sua", "hoat-dong", "ket-qua", "dang-ky"):
                await play.post(f"{ONE}/{part}", f"{place}/{part}", number, refused=True)
            await play.post(f"{JOINED}/ket-qua", joined + "/ket-qua", number, refused=True)
            await play.who.post(place + "/ket-thuc")
            await play.post(f"{ONE}/mo-lai", place + "/mo-lai", number, refused=True)
            await play.post(f"{ONE}/mo-lai", place + "/mo-lai", number)
            await play.get(f"GET activities {number}", place + "/hoat-dong?dang=xlsx")
            await play.get(f"GET registrations sheet {number}", place + "/dang-ky?dang=xlsx")
    await play.get("GET movements", "/de-cu/phong-trao")
    await play.get("GET movements sheet", "/de-cu/phong-trao?dang=xlsx")
    await play.get("GET movements asked", "/de-cu/phong-trao", q=play.texts.in_path("movement asked"))
