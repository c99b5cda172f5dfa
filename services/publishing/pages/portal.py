"""The public portal: the same bytes for everybody, nothing that is not published."""

import hashlib

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from services.publishing import queries
from services.publishing.pages import feed
from services.publishing.rules import State
from shared.looks import CATEGORIES
from shared.runtime import Runtime
from shared.web import Db, Html, Now

router = APIRouter()

GONE = "Bài này hiện không được đăng."


@router.get("/")
async def home(request: Request, database: Db, pages: Html) -> Response:
    """The first page of the portal."""
    async with database.reading() as session:
        stories = await queries.list_live(session, agency=database.speaker.agency)
    return pages.render(request, "home.html", stories=stories, categories=CATEGORIES)


@router.get("/guong")
async def gallery(request: Request, database: Db, pages: Html) -> Response:
    """All stories."""
    return await home(request, database, pages)


@router.get("/guong/{slug}")
async def story(request: Request, database: Db, pages: Html, slug: str) -> Response:
    """One story; one that was live and is not says only that, whatever the cause, and is kept in no cache."""
    async with database.reading() as session:
        found = await queries.find_by_path(session, agency=database.speaker.agency, path=f"/guong/{slug}")
    if found is None:
        raise HTTPException(404)
    if found.state is not State.LIVE:
        gone = pages.error(request, 410, GONE, actions=(("Xem các gương khác", "/"),))
        gone.headers["Cache-Control"] = "no-store"
        return gone
    paragraphs = [part for part in found.text.split("\n\n") if part.strip()]
    return pages.render(request, "story.html", story=found, paragraphs=paragraphs, category=CATEGORIES[found.category])


@router.get("/nguon")
async def feeds(request: Request, pages: Html) -> Response:
    """Where the feed is and how to use it."""
    return pages.render(request, "feeds.html")


@router.get("/nguon/guong.atom")
async def atom(request: Request, database: Db, clock: Now) -> Response:
    """The Atom feed; 304 when the reader has it already."""
    runtime: Runtime = request.app.state.runtime
    agency = runtime.agency
    async with database.reading() as session:
        stories = await queries.list_live(session, agency=agency.id)
        gone = await queries.list_gone(session, agency=agency.id)
    content = feed.render(
        name=agency.name, address=runtime.settings.address, stories=stories, gone=gone, now=clock.now()
    )
    # The generator stamps nothing of its own, so equal stories give equal bytes.
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=0, must-revalidate"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/atom+xml", headers=headers)
