"""Who read a case, and what was done with it: for the supervisor."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.review import queries
from services.review.pages.desk import AtDesk
from shared import readings
from shared.identity.allowed import allowed
from shared.identity.people import ROLE_NAMES
from shared.lists import spreadsheet, wants_file

router = APIRouter()


@router.get("/ho-so/{code}/nhat-ky", dependencies=[allowed("case.trail")])
async def trail(desk: AtDesk, code: str, truoc: int = 0) -> Response:
    """All lines of a case, of its ballots, its hand-overs and its honour."""
    as_file = wants_file(desk.request)
    most = readings.AS_FILE if as_file else readings.PAGE
    case = await desk.find(code)
    async with desk.database.reading() as session:
        things = await queries.things_of(session, case)
        lines = await readings.lines_of(session, agency=desk.agency, things=things, below=max(truoc, 0), most=most)
        units = await queries.unit_names(session, agency=desk.agency)
    if as_file:
        rows = readings.log_rows(lines, units)
        return spreadsheet(desk.request, "Nhật ký hồ sơ", readings.LOG, rows, file=f"nhat-ky-{code}", more=[code])
    older = f"/xet-duyet/ho-so/{code}/nhat-ky?truoc={lines[-1].id}" if len(lines) == most else None
    return desk.pages.render(
        desk.request,
        "trail.html",
        headers={"Cache-Control": "private, no-store"},
        case=case,
        lines=lines,
        older=older,
        named=True,
        units=units,
        roles=ROLE_NAMES,
    )
