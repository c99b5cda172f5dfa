"""A person's messages."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification import queries
from services.notification.actions import messages
from services.notification.rules import body_of, subject_of
from services.notification.tables import Message
from shared.identity.allowed import Granted, allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list
from shared.web import Db, Now

router = APIRouter()

COLUMNS = (Column("Thông báo"), Column("Nội dung", minor=True), Column("Lúc", ("cu", "moi")), Column("Tình trạng"))


def link_of(message: Message) -> Link:
    """A message in one line, and where it leads."""
    return Link(subject_of(message.notice, message.code), message.path or "/thong-bao", ours=True)


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await queries.page_of_messages(session, agency=reader.agency, recipient=reader.identity, asked=asked)


def _cells(_reader: Reader, row: tuple[Message]) -> tuple[Cell, ...]:
    message = row[0]
    state = Tag("message", "unread" if message.read_at is None else "read")
    return link_of(message), Said(body_of(message.notice, message.code)), message.at, state


INBOX = ListKind(
    "/thong-bao",
    "message.read",
    "Thông báo của tôi",
    "thong-bao",
    queries.MESSAGE_ORDERS,
    queries.MESSAGE_FILTERS,
    COLUMNS,
    _find,
    _cells,
)


@router.get("/thong-bao", dependencies=[allowed("message.read")])
async def inbox(request: Request) -> Response:
    """A person's messages, newest first."""
    return await show_list(request, INBOX, "inbox.html")


@router.post("/thong-bao/da-doc", dependencies=[allowed("message.read")])
async def read(rights: Granted, database: Db, clock: Now) -> Response:
    """Mark all as seen."""
    async with database.transaction() as session:
        await messages.mark_read(
            session, agency=database.speaker.agency, recipient="|".join(rights.person.identity), at=clock.now()
        )
    return RedirectResponse("/thong-bao", 303)
