"""Hostile words wherever those who may be one are shown side by side."""

import csv
import io
from itertools import pairwise

from sqlalchemy import text

from services.nomination.actions import subjects
from services.nomination.rules.people import PEOPLE_COLUMNS
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played
from tests.support.site import Site

PATH = "/de-cu/doi-tuong"
PAIR = f"POST {PATH}/{{subject_id}}/gop/{{other_id}}"
UNSEEN = {f"refused {PAIR} stands"}
"""What is chosen from two."""


async def taken_in(play: Played) -> None:
    """People from a file: a good row with whatever may be typed, and a bad one."""
    place, heads = f"{PATH}/nhap", [column.label for column in PEOPLE_COLUMNS]
    for number in range(len(BUNDLES)):
        name, position = play.texts("person name", number), play.texts("person position", number)
        good = [name, "Giáo viên", f"u{number}", position, "1985", play.texts("person reference", number, 60)]
        bad = [play.texts(f"person {head}", number, 60) for head in heads]
        out = io.StringIO()
        csv.writer(out).writerows([[*heads, play.texts("person head", number)], good, bad])
        file = {"file": (play.texts.in_path("person file", number) + ".csv", out.getvalue().encode())}
        kept = (await play.post(f"POST {place}", place, number, files=file)).headers["location"]
        await play.get(f"GET people {number}", kept)
        await play.get(f"GET people sheet {number}", kept + "/loi.xlsx")
        assert (await play.who.post(kept + "/ghi")).status_code == 303
    await play.get("GET people lists", place)


async def paired(play: Played, site: Site) -> None:
    """Everybody beside the next one: the list, each two side by side, one of them with all that is known."""
    async with site.database.transaction() as session:
        await session.execute(text("update subjects set same_key = 'x', external_ref = ''"))
        await subjects.look_for_others(session, make.AGENCY)
        named = await session.execute(text("select id from subjects order by id limit :most"), {"most": SOME + 1})
        ids = [str(id) for (id,) in named]
    await taken_in(play)
    await play.get("GET pairs", PATH)
    assert (await play.get("GET pairs sheet", f"{PATH}?dang=xlsx")).status_code == 200
    for number, (one, other) in enumerate(pairwise(ids)):
        place = f"{PATH}/{one}/gop/{other}"
        await play.get(f"GET pair {number}", place)
        await play.post(PAIR, place, number, refused=True)
        await play.post(PAIR, place, number, stands=one)
        await play.get(f"GET subject {number}", f"{PATH}/{one}")
