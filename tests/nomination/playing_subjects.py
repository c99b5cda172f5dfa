"""Hostile words wherever those who may be one are shown side by side."""

from itertools import pairwise

from sqlalchemy import text

from services.nomination.actions import subjects
from tests.support import factories as make
from tests.support.hostile import SOME
from tests.support.playing import Played
from tests.support.site import Site

PATH = "/de-cu/doi-tuong"
PAIR = f"POST {PATH}/{{subject_id}}/gop/{{other_id}}"
UNSEEN = {f"refused {PAIR} stands"}
"""What is chosen from two."""


async def paired(play: Played, site: Site) -> None:
    """Everybody beside the next one: the list, each two side by side, one of them with all that is known."""
    async with site.database.transaction() as session:
        await session.execute(text("update subjects set same_key = 'x', external_ref = ''"))
        await subjects.look_for_others(session, make.AGENCY)
        named = await session.execute(text("select id from subjects order by id limit :most"), {"most": SOME + 1})
        ids = [str(id) for (id,) in named]
    await play.get("GET pairs", PATH)
    assert (await play.get("GET pairs sheet", f"{PATH}?dang=xlsx")).status_code == 200
    for number, (one, other) in enumerate(pairwise(ids)):
        place = f"{PATH}/{one}/gop/{other}"
        await play.get(f"GET pair {number}", place)
        await play.post(PAIR, place, number, refused=True)
        await play.post(PAIR, place, number, stands=one)
        await play.get(f"GET subject {number}", f"{PATH}/{one}")
