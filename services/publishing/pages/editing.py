"""Editing: the list of stories, their words, asking for consent, where they were told."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.publishing import queries, rules
from services.publishing.actions import consents, stories
from services.publishing.pages.desk import AtDesk, back
from shared.identity.allowed import allowed
from shared.looks import CATEGORIES

router = APIRouter(prefix="/lan-toa")


@router.get("/bai", dependencies=[allowed("story.read")])
async def list_work(desk: AtDesk, truoc: str = "") -> Response:
    """All stories."""
    limit = 50
    async with desk.database.reading() as session:
        found = await queries.list_work(session, agency=desk.agency, before=truoc, limit=limit)
    following = f"/lan-toa/bai?truoc={found[-1].code}" if len(found) == limit else None
    return desk.pages.render(desk.request, "works.html", found=found, categories=CATEGORIES, following=following)


@router.get("/bai/{code}", dependencies=[allowed("story.read")])
async def show_work(desk: AtDesk, code: str) -> Response:
    """One story."""
    return desk.show(await desk.find(code))


@router.post("/bai/{code}", dependencies=[allowed("story.edit")])
async def write(
    desk: AtDesk,
    code: str,
    title: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Save the words."""
    by = desk.rights.actor("story.edit")
    found = await desk.find(code)
    values = {"title": title, "text": text, "version": str(version)}
    try:
        async with desk.database.transaction() as session:
            await stories.write(session, story_id=found.work.story.id, title=title, text=text, version=version, by=by)
    except rules.BadText as refusal:
        return desk.show(found, {refusal.field: str(refusal)}, values)
    except rules.ChangedMeanwhile as refusal:
        theirs = await desk.find(code)
        current = {**values, "version": str(theirs.work.story.version)}
        return desk.show(theirs, {"text": str(refusal)}, current, changed=True)
    except rules.Refusal as refusal:
        return desk.show(found, {"text": str(refusal)}, values)
    return back(code)


@router.post("/bai/{code}/xin-dong-y", dependencies=[allowed("consent.ask")])
async def ask(desk: AtDesk, code: str) -> Response:
    """Ask everybody whose word is needed."""
    by = desk.rights.actor("consent.ask")
    found = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await consents.ask(session, story_id=found.work.story.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return desk.show(found, {"ask": str(refusal)})
    return back(code)


@router.get("/luot-gui", dependencies=[allowed("delivery.read")])
async def list_deliveries(desk: AtDesk) -> Response:
    """Which channel was told what, and how it answered."""
    async with desk.database.reading() as session:
        found = await queries.list_deliveries(session, agency=desk.agency)
    return desk.pages.render(desk.request, "deliveries.html", found=found)
