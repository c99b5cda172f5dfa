"""One's own sessions: where one is signed in, and how to end that."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from services.notification import queries
from services.notification.actions import accounts
from shared.audit import Actor
from shared.identity.allowed import allowed
from shared.identity.guard import SignedIn
from shared.web import Db, Html, Now

router = APIRouter(include_in_schema=False, dependencies=[allowed("session.manage")])


@router.get("/phien")
async def own_sessions(request: Request, person: SignedIn, database: Db, pages: Html, clock: Now) -> Response:
    """Where one is signed in."""
    async with database.reading() as session:
        found = await queries.list_sessions(
            session,
            agency=database.speaker.agency,
            identity="|".join(person.identity),
            real=clock.real(),
            idle=request.app.state.runtime.settings.session_idle,
        )
    return pages.render(request, "sessions.html", found=found, this=person.session_id)


@router.post("/phien")
async def end_others(
    person: SignedIn, database: Db, clock: Now, phien: Annotated[str | None, Form(max_length=80)] = None
) -> Response:
    """End one of one's sessions, or without `phien` all but this one. Somebody else's is not found, so nothing ends."""
    identity = "|".join(person.identity)
    async with database.transaction() as session:
        await accounts.end_sessions(
            session,
            agency=database.speaker.agency,
            actor=Actor(identity, "person"),
            identity=identity,
            at=clock.now(),
            but=person.session_id if phien is None else None,
            only=phien,
        )
    return RedirectResponse("/phien", 303)
