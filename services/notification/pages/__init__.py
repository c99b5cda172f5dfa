"""The pages of notifying: what waits for a person, what is new, sessions, roles."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.notification import queries
from services.notification.actions import messages
from services.notification.pages import people, searching, sessions, work
from shared.identity.allowed import Granted, allowed
from shared.web import Db, Html, Now

router = APIRouter(include_in_schema=False)
for part in (work, people, searching, sessions):
    router.include_router(part.router)


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
