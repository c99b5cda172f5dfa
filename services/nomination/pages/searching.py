"""Searching among nominations: by code and by name."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from services.nomination.pages.desk import AtDesk, see_other
from services.nomination.pages.starting import cells
from services.nomination.queries import file_lists
from services.nomination.tables import Nomination, Subject, Unit
from shared import search
from shared.identity.allowed import allowed
from shared.listing import Cell, Column, Link, Listing
from shared.search import Sought

router = APIRouter()

HINT = "Mã hồ sơ, hoặc tên người, tên tập thể được giới thiệu."
COLUMNS = (Column("Mã"), Column("Giới thiệu ai"), Column("Loại", minor=True), Column("Đơn vị"), Column("Tình trạng"))


def _cells(row: tuple[Nomination, Subject, Unit]) -> tuple[Cell, ...]:
    """What was found, leading to the dossier and to all that is known of whom it is about."""
    code, name, *more = cells(row)
    return code, Link(str(name), f"/de-cu/doi-tuong/{row[1].id}"), *more


@router.get("/tim", dependencies=[allowed("nomination.read")])
async def find(desk: AtDesk) -> Response:
    """What was found among the nominations of the person's units; a full code leads to its page at once."""
    sought, listing = Sought.of(desk.request), None
    if sought.can_be_found:
        async with desk.database.reading() as session:
            finding = await file_lists.find_files(session, sought, agency=desk.agency.id, units=desk.units)
            asked = sought.asked(desk.request, finding.orders)
            rows = await finding.rows(session, asked)
        listing = Listing("Hồ sơ đề cử tìm thấy", asked, finding.orders, (), COLUMNS, rows, _cells)
        if sought.code in [row[0].code for row in rows.found]:
            return see_other(f"/de-cu/ho-so/{sought.code}")
    return search.show(desk.request, desk.pages, desk.rights, sought, listing, hint=HINT, file="tim-ho-so-de-cu")


@router.get("/tim/so", dependencies=[allowed("nomination.read")])
async def count(desk: AtDesk) -> PlainTextResponse:
    """How many would be found."""
    sought = Sought.of(desk.request)
    if not sought.can_be_found:
        return search.counted("0")
    async with desk.database.reading() as session:
        finding = await file_lists.find_files(session, sought, agency=desk.agency.id, units=desk.units)
        return search.counted(await finding.count(session))
