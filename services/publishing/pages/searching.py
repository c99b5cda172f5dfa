"""Searching among stories: by code, number of the decision, and what they tell."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from services.publishing import queries
from services.publishing.pages.desk import AtDesk, back
from services.publishing.pages.editing import cells
from shared import search
from shared.identity.allowed import allowed
from shared.listing import Column, Listing
from shared.search import Sought

router = APIRouter(prefix="/lan-toa")

HINT = "Mã hồ sơ, số quyết định, chữ trong tên bài và trong bài."
COLUMNS = (Column("Mã"), Column("Tên bài"), Column("Loại", minor=True), Column("Tình trạng"))


@router.get("/tim", dependencies=[allowed("story.read")])
async def find(desk: AtDesk) -> Response:
    """What was found among the stories on the desk; a full code leads to its page at once."""
    sought, listing = Sought.of(desk.request), None
    if sought.can_be_found:
        async with desk.database.reading() as session:
            finding = await queries.find_work(session, sought, agency=desk.agency)
            asked = sought.asked(desk.request, finding.orders)
            rows = await finding.rows(session, asked)
        listing = Listing("Bài gương tìm thấy", asked, finding.orders, (), COLUMNS, rows, cells)
        if sought.code and sought.code in [row[0].code for row in rows.found]:
            return back(sought.code)
    return search.show(desk.request, desk.pages, desk.rights, sought, listing, hint=HINT, file="tim-bai-guong")


@router.get("/tim/so", dependencies=[allowed("story.read")])
async def count(desk: AtDesk) -> PlainTextResponse:
    """How many would be found."""
    sought = Sought.of(desk.request)
    if not sought.can_be_found:
        return search.counted("0")
    async with desk.database.reading() as session:
        finding = await queries.find_work(session, sought, agency=desk.agency)
        return search.counted(await finding.count(session))
