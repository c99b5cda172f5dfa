"""What waits for a person, and what is new."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.notification import queries
from services.notification.actions import messages
from services.notification.pages import people, sessions
from shared.identity.allowed import Granted, allowed
from shared.web import Db, Html, Now

router = APIRouter(include_in_schema=False)
for part in (people, sessions):
    router.include_router(part.router)

WAYS = (
    ("nomination.read", "/de-cu/ho-so", "Hồ sơ đề cử của đơn vị"),
    ("case.read", "/xet-duyet/ho-so", "Hồ sơ xét"),
    ("story.read", "/lan-toa/bai", "Bài gương"),
)


@router.get("/viec", dependencies=[allowed("work.read")])
async def work(request: Request, rights: Granted, database: Db, pages: Html) -> Response:
    """Where everybody lands after signing in."""
    agency, recipient = database.speaker.agency, "|".join(rights.person.identity)
    async with database.reading() as session:
        unread = await queries.count_unread(session, agency=agency, recipient=recipient)
        newest = await queries.list_messages(session, agency=agency, recipient=recipient, limit=5)
    ways = [(path, text) for act, path, text in WAYS if rights.opens(act)]
    return pages.render(request, "work.html", unread=unread, newest=newest, ways=ways)


@router.get("/thong-bao", dependencies=[allowed("message.read")])
async def inbox(request: Request, rights: Granted, database: Db, pages: Html) -> Response:
    """A person's messages, newest first."""
    async with database.reading() as session:
        found = await queries.list_messages(
            session, agency=database.speaker.agency, recipient="|".join(rights.person.identity)
        )
    return pages.render(request, "inbox.html", found=found)


@router.post("/thong-bao/da-doc", dependencies=[allowed("message.read")])
async def read(rights: Granted, database: Db, clock: Now) -> Response:
    """Mark all as seen."""
    async with database.transaction() as session:
        await messages.mark_read(
            session, agency=database.speaker.agency, recipient="|".join(rights.person.identity), at=clock.now()
        )
    return RedirectResponse("/thong-bao", 303)
