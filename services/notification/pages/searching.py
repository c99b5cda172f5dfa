"""Searching among one's own messages: by the code they speak of."""

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from services.notification import queries
from services.notification.pages.inbox import link_of
from services.notification.tables import Message
from shared import search
from shared.identity.allowed import Granted, allowed
from shared.listing import Cell, Column, Listing
from shared.search import Sought
from shared.web import Db, Html

router = APIRouter()

HINT = "Mã hồ sơ, hoặc chữ trong tiêu đề của thông báo."
COLUMNS = (Column("Thông báo"), Column("Lúc"))


def _cells(row: tuple[Message]) -> tuple[Cell, ...]:
    message = row[0]
    return link_of(message), message.at


@router.get("/thong-bao/tim", dependencies=[allowed("message.read")])
async def find(request: Request, rights: Granted, database: Db, pages: Html) -> Response:
    """What was found in the person's inbox."""
    sought, listing = Sought.of(request), None
    if sought.can_be_found:
        recipient = "|".join(rights.person.identity)
        finding = queries.find_messages(sought, agency=database.speaker.agency, recipient=recipient)
        asked = sought.asked(request, finding.orders)
        async with database.reading() as session:
            rows = await finding.rows(session, asked)
        listing = Listing("Thông báo tìm thấy", asked, finding.orders, (), COLUMNS, rows, _cells)
    return search.show(request, pages, rights, sought, listing, hint=HINT, file="tim-thong-bao")


@router.get("/thong-bao/tim/so", dependencies=[allowed("message.read")])
async def count(request: Request, rights: Granted, database: Db) -> PlainTextResponse:
    """How many would be found."""
    sought = Sought.of(request)
    if not sought.can_be_found:
        return search.counted("0")
    recipient = "|".join(rights.person.identity)
    async with database.reading() as session:
        finding = queries.find_messages(sought, agency=database.speaker.agency, recipient=recipient)
        return search.counted(await finding.count(session))
