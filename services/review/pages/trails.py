"""Who read a case, and what was done with it: for the supervisor."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.review import queries
from services.review.pages.desk import AtDesk
from shared import readings
from shared.identity.allowed import allowed
from shared.identity.people import ROLE_NAMES

router = APIRouter()

MOST = 100


@router.get("/ho-so/{code}/nhat-ky", dependencies=[allowed("case.trail")])
async def trail(desk: AtDesk, code: str, truoc: int = 0) -> Response:
    """All lines of a case, of its ballots, its hand-overs and its honour."""
    case = await desk.find(code)
    async with desk.database.reading() as session:
        things = await queries.things_of(session, case)
        lines = await readings.lines_of(session, agency=desk.agency, things=things, below=max(truoc, 0), most=MOST)
        units = await queries.unit_names(session, agency=desk.agency)
    older = f"/xet-duyet/ho-so/{code}/nhat-ky?truoc={lines[-1].id}" if len(lines) == MOST else None
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
