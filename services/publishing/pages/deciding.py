"""What an editor decides about a story: releasing it, asking anew, showing it again, writing a withdrawal down."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.publishing import rules
from services.publishing.actions import consents, elsewhere, stories
from services.publishing.pages.desk import AtDesk, back
from services.publishing.rules import Method
from shared.identity.allowed import allowed

router = APIRouter(prefix="/lan-toa/bai/{code}")


@router.post("/duyet-dang", dependencies=[allowed("story.release")])
async def release(desk: AtDesk, code: str, version: Annotated[int, Form()] = 0) -> Response:
    """Let a story from below be shown."""
    by = desk.rights.actor("story.release")
    found = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await stories.release(session, story_id=found.work.story.id, version=version, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(found, {"ask": str(refusal)})
    return back(code)


@router.post("/xin-lai", dependencies=[allowed("consent.ask")])
async def ask_again(desk: AtDesk, code: str) -> Response:
    """Ask those whose word is needed and is not being waited for."""
    by = desk.rights.actor("consent.ask")
    found = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await consents.ask_again(session, story_id=found.work.story.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(found, {"again": str(refusal)})
    return back(code)


@router.post("/hien-lai", dependencies=[allowed("story.release")])
async def show_again(
    desk: AtDesk,
    code: str,
    seen: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Show a story although another agency's honour does not count."""
    by = desk.rights.actor("story.release")
    found = await desk.find(code)
    changes = {change for one in seen if (change := elsewhere.read_mark(one))}
    try:
        async with desk.database.transaction() as session:
            await elsewhere.show_again(session, story_id=found.work.story.id, seen=changes, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(await desk.find(code), {"doubt": str(refusal)})
    return back(code)


@router.post("/rut-dong-y/{consent_id}", dependencies=[allowed("paper.check")])
async def withdraw(desk: AtDesk, code: str, consent_id: UUID) -> Response:
    """Write down that somebody who had signed a paper took the word back; who has a link does so alone."""
    by = desk.rights.actor("paper.check")
    found = await desk.find(code)
    if consent_id not in {one.id for one in found.work.consents if one.method is Method.PAPER}:
        raise HTTPException(404)
    try:
        async with desk.database.transaction() as session:
            await consents.withdraw(session, consent_id=consent_id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(found, {"paper": str(refusal)})
    return back(code)
