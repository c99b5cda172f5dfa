"""Hostile words typed wherever supervision and the training register take some."""

import re

from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
VISIT, ONE = "POST /de-cu/giam-sat/moi", "POST /de-cu/giam-sat/{visit_id}"
FINDING, DUTY = ONE + "/dieu/{finding_id}", "POST /de-cu/giam-sat/phan-cong/moi"
COURSE, PEOPLE = "POST /de-cu/tap-huan/moi", "POST /de-cu/tap-huan/{course_id}/nguoi"
CORRECTED, ATTENDED = "POST /de-cu/tap-huan/{course_id}/sua", PEOPLE + "/{attendance_id}"
UNSEEN = (
    # Chosen from lists; the day that belongs to asking again, where a finding is closed; an address that names no unit.
    *(f"refused {form} {name}" for form in (VISIT, f"{ONE}/sua") for name in ("unit", "met")),
    *(f"refused {DUTY} units", f"refused {PEOPLE} unit"),
    f"refused {FINDING}/dong due_on",
    "visited unit",
)
"""What is answered without being told again."""


async def supervised(play: Played) -> None:
    """Visits with their findings, said to and fro, and duties; each page and list of theirs."""
    place = "/de-cu/giam-sat"
    for number in range(len(BUNDLES)):
        visit = (await play.post(VISIT, f"{place}/moi", number)).headers["location"]
        await play.get(f"GET visit told {number}", visit)
        await play.post(f"{ONE}/sua", f"{visit}/sua", number)
        await play.post(f"{ONE}/dieu", f"{visit}/dieu", number)
        name = play.texts.in_path("visit file", number) + ".pdf"
        await play.post(f"{ONE}/tep", f"{visit}/tep", number, files={"file": (name, PDF)})
        page = await play.get(f"GET visit found {number}", visit)
        finding = re.findall(rf'href="({visit}/dieu/[^"]+)"', page.text)[0]
        for kind in ("tra-loi", "hoi-lai", "dong"):
            if number < SOME:
                await play.post(f"{FINDING}/{kind}", f"{finding}/{kind}", number, refused=True)
            await play.post(f"{FINDING}/{kind}", f"{finding}/{kind}", number)
        await play.get(f"GET finding {number}", finding)
        await play.post(DUTY, f"{place}/phan-cong/moi", number)
        if number < SOME:
            await play.post(VISIT, f"{place}/moi", number, refused=True)
            await play.post(f"{ONE}/sua", f"{visit}/sua", number, refused=True)
            await play.post(f"{ONE}/dieu", f"{visit}/dieu", number, refused=True)
            await play.post(f"{ONE}/tep", f"{visit}/tep", number, refused=True)
            await play.post(DUTY, f"{place}/phan-cong/moi", number, refused=True)
            await play.get(f"GET visit again {number}", f"{visit}/sua")
    for name, path in {"visits": "", "visits sheet": "?dang=xlsx", "duties sheet": "/phan-cong?dang=xlsx"}.items():
        await play.get(f"GET {name}", place + path)
    listed = await play.get("GET duties", f"{place}/phan-cong")
    for number, duty in enumerate(sorted(set(re.findall(rf'href="({place}/phan-cong/[0-9a-f-]{{36}})"', listed.text)))):
        await play.get(f"GET duty {number}", duty)
    await play.get("GET new visit", f"{place}/moi", **{"don-vi": play.texts.in_path("visited unit")})


async def trained(play: Played) -> None:
    """Courses, who took part, and their lists."""
    place = "/de-cu/tap-huan"
    for number in range(len(BUNDLES)):
        course = (await play.post(COURSE, f"{place}/moi", number)).headers["location"]
        await play.post(PEOPLE, f"{course}/nguoi", number)
        page = await play.get(f"GET course {number}", course)
        person = re.findall(rf'href="({course}/nguoi/[^"]+)"', page.text)[0]
        await play.get(f"GET course again {number}", f"{course}/sua")
        await play.get(f"GET attendance {number}", person)
        await play.get(f"GET course off {number}", f"{course}/bo")
        await play.post(f"{ATTENDED}", person, number, version="1")
        await play.post(f"{CORRECTED}", f"{course}/sua", number, version="1")
        await play.get(f"GET course anew {number}", course)
        if number < SOME:
            await play.post(COURSE, f"{place}/moi", number, refused=True)
            await play.post(PEOPLE, f"{course}/nguoi", number, refused=True)
            await play.post(CORRECTED, f"{course}/sua", number, refused=True)
            await play.post(ATTENDED, person, number, refused=True)
            await play.post("POST /de-cu/tap-huan/{course_id}/bo", f"{course}/bo", number, refused=True)
    for name, path in {
        "courses": "",
        "courses sheet": "?dang=xlsx",
        "trained": "/nguoi",
        "trained sheet": "/nguoi?dang=xlsx",
    }.items():
        await play.get(f"GET {name}", place + path)
