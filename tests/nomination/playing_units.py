"""Hostile words typed wherever units take some."""

import csv
import io
from collections.abc import Sequence
from uuid import UUID

from services.nomination.rules.intakes import UNIT_COLUMNS
from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

UNIT = "POST /de-cu/quan-tri/don-vi/{unit_id}"
RENAME = UNIT + "/ten"
UNSEEN = (
    f"{RENAME} code",
    f"refused {UNIT}/thuoc parent",
    f"refused {UNIT}/thuoc line",
    f"refused {UNIT}/thuoc/thoi edge",
    f"refused {UNIT}/thoi successor",
    *(f"{refused}{UNIT}/thoi/chuyen {name}" for refused in ("", "refused ") for name in ("thing", "successor")),
    f"{UNIT}/thoi successor",
    f"{UNIT}/thoi day",
    f"refused {UNIT}/thuoc/thoi until",
)
"""What is chosen from lists, has letters of its own, or is answered without being told again."""


async def named(play: Played, units: Sequence[UUID]) -> None:
    """Units called otherwise, now and one day; their list, its sheet and each page."""
    for number, unit in enumerate(units):
        place = f"/de-cu/quan-tri/don-vi/{unit}"
        await play.post(RENAME, place + "/ten", number, kind="lower-secondary", code=f"ten-{number}")
        if number < SOME:
            await play.post(RENAME, place + "/ten", number, refused=True)
        for part in ("/thuoc", "/thuoc/thoi", "/thoi"):
            await play.post(f"{UNIT}{part}", place + part, number, refused=True)
        await play.get(f"GET named {number}", place)
    for number in range(SOME):
        place = f"/de-cu/quan-tri/don-vi/{units[number]}"
        await play.post(f"{UNIT}/thoi", place + "/thoi", number, successor=str(units[-1]), day="01/01/2030")
        for refused in (False, True):
            moved = {} if refused else {"thing": str(units[0])}
            await play.post(f"{UNIT}/thoi/chuyen", place + "/thoi/chuyen", number, refused=refused, **moved)
        await play.get(f"GET ending {number}", place + "/thoi/chuyen")
        await play.get(f"GET ends {number}", place)
    for number in range(len(BUNDLES)):
        await play.post("POST /de-cu/quan-tri/don-vi/moi", "/de-cu/quan-tri/don-vi/moi", number)
        if number < SOME:
            await play.post("POST /de-cu/quan-tri/don-vi/moi", "/de-cu/quan-tri/don-vi/moi", number, refused=True)
    await play.get("GET units", "/de-cu/quan-tri/don-vi")
    assert (await play.get("GET units sheet", "/de-cu/quan-tri/don-vi?dang=xlsx")).status_code == 200


async def taken_in(play: Played) -> None:
    """Units from a file: a good row with whatever may be typed, a bad one, and a column that means nothing."""
    place, heads = "/de-cu/quan-tri/don-vi/nhap", [column.label for column in UNIT_COLUMNS]
    for number in range(len(BUNDLES)):
        name, reference = play.texts("intake name", number), play.texts("intake reference", number, 60)
        good = [f"nhap-{number}", name, "tổ", "01/09/2024", "", "", reference]
        bad = [play.texts(f"intake {head}", number, 60) for head in heads]
        out = io.StringIO()
        csv.writer(out).writerows([[*heads, play.texts("intake head", number)], good, bad])
        file = {"file": (play.texts.in_path("intake file", number) + ".csv", out.getvalue().encode())}
        answer = await play.post(f"POST {place}", place, number, files=file)
        kept = answer.headers["location"]
        await play.get(f"GET intake {number}", kept)
        await play.get(f"GET intake sheet {number}", kept + "/loi.xlsx")
        assert (await play.who.post(kept + "/ghi")).status_code == 303
    await play.get("GET intakes", place)
