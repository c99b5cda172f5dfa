"""Hostile words typed wherever reports take some."""

from collections.abc import Sequence
from uuid import UUID

from tests.support.hostile import BUNDLES, SOME
from tests.support.playing import Played

NEW, REPORT = "POST /de-cu/bao-cao/moi", "POST /de-cu/bao-cao/{report_id}"
GROUPS, AREAS = "POST /de-cu/ho-so/{code}/nhom", "POST /de-cu/quan-tri/don-vi/{unit_id}/vung"
UNSEEN = (
    *(f"{NEW} {name}" for name in ("from_on", "until_on")),
    *(f"refused {NEW} {name}" for name in ("kind", "to", "unit")),
    *(f"{refused}{REPORT} then" for refused in ("", "refused ")),
    *(f"{refused}{AREAS} area" for refused in ("", "refused ")),
    f"refused {AREAS}/thoi entry",
    f"{GROUPS} group",
)
"""What is chosen from lists, or answered without being told again."""


async def told(play: Played, units: Sequence[UUID], files: Sequence[tuple[str, str]]) -> None:
    """Reports that are written, sent and given back; what is counted apart."""
    for number in range(len(BUNDLES)):
        begun = await play.post(
            NEW,
            "/de-cu/bao-cao/moi",
            number,
            unit=str(units[0]),
            from_on="01/09/2024",
            until_on="30/09/2024",
            due_on="",
            kind="yearly",
        )
        place = begun.headers["location"]
        await play.post(REPORT, place, number, version="1", then="gui")
        await play.get(f"GET report {number}", place)
        await play.get(f"GET report sheet {number}", place + "/so-lieu.xlsx")
        await play.post(REPORT + "/tra", place + "/tra", number)
        await play.get(f"GET report again {number}", place)
        await play.post(
            AREAS,
            f"/de-cu/quan-tri/don-vi/{units[number % len(units)]}/vung",
            number,
            area="remote",
            since="01/01/2030",
        )
        if number < SOME:
            await play.post(NEW, "/de-cu/bao-cao/moi", number, refused=True)
            await play.post(REPORT, place, number, refused=True)
            await play.post(REPORT + "/tra", place + "/tra", number, refused=True)
            await play.post(AREAS, f"/de-cu/quan-tri/don-vi/{units[0]}/vung", number, refused=True)
            await play.post(AREAS + "/thoi", f"/de-cu/quan-tri/don-vi/{units[0]}/vung/thoi", number, refused=True)
            await play.post(GROUPS, f"/de-cu/ho-so/{files[number][0]}/nhom", number)
    await play.get("GET reports", "/de-cu/bao-cao")
    await play.get("GET reports sheet", "/de-cu/bao-cao?dang=xlsx")
    for number in range(len(units)):
        await play.get(f"GET areas {number}", f"/de-cu/quan-tri/don-vi/{units[number]}/vung")
