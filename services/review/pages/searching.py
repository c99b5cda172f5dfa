"""Searching among cases: by code, unit, number of the decision and, of who is no child, name."""

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, Response

from services.review import queries, rules
from services.review.pages.cases import place_of
from services.review.pages.desk import AtDesk, back_to
from services.review.tables import Case, Unit
from shared import search
from shared.events import Category
from shared.identity.allowed import allowed
from shared.listing import Cell, Column, Link, Listing, Said, Tag
from shared.looks import CATEGORIES
from shared.search import Sought

router = APIRouter()

HINT = "Mã hồ sơ, tên người lớn hoặc tập thể được đề nghị, tên đơn vị, số quyết định. Học sinh: tìm theo mã."
COLUMNS = (Column("Mã"), Column("Giới thiệu ai"), Column("Loại", minor=True), Column("Đơn vị"), Column("Tình trạng"))


@router.get("/tim", dependencies=[allowed("case.read")])
async def find(desk: AtDesk) -> Response:
    """What was found among the agency's cases; a full code leads to its page at once."""
    sought, listing = Sought.of(desk.request), None
    if sought.can_be_found:
        async with desk.database.reading() as session:
            finding = await queries.find_cases(session, sought, agency=desk.agency)
            asked = sought.asked(desk.request, finding.orders)
            rows = await finding.rows(session, asked)

        def cells(row: tuple[Case, Unit | None, str | None]) -> tuple[Cell, ...]:
            case, unit, name = row
            shown = rules.name_to_find(name or "", child=case.category is Category.PUPIL)
            code = Link(case.code, f"/xet-duyet/ho-so/{case.code}")
            place = place_of(desk, case, unit)
            return code, shown, Said(CATEGORIES[case.category]), place, Tag("case", case.state)

        listing = Listing("Hồ sơ xét tìm thấy", asked, finding.orders, (), COLUMNS, rows, cells)
        if sought.code and sought.code in [row[0].code for row in rows.found]:
            return back_to(sought.code)
    return search.show(desk.request, desk.pages, desk.rights, sought, listing, hint=HINT, file="tim-ho-so-xet")


@router.get("/tim/so", dependencies=[allowed("case.read")])
async def count(desk: AtDesk) -> PlainTextResponse:
    """How many would be found."""
    sought = Sought.of(desk.request)
    if not sought.can_be_found:
        return search.counted("0")
    async with desk.database.reading() as session:
        finding = await queries.find_cases(session, sought, agency=desk.agency)
        return search.counted(await finding.count(session))
