"""The public portal: the same bytes for everybody, nothing that is not published."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from services.publishing import queries
from services.publishing.actions import following, standing
from services.publishing.pages import feed
from services.publishing.pages.naming import name_of
from services.publishing.rules import State, fingerprint
from services.publishing.tables import FollowedStory, Story
from shared.clock import Clock
from shared.database import Database
from shared.events import HonourStanding
from shared.fence import public
from shared.looks import CATEGORIES
from shared.runtime import Runtime
from shared.web import Db, Html, Now, problem

router = APIRouter()

GONE = "Bài này hiện không được đăng."


@dataclass(frozen=True)
class Elsewhere:
    """Another agency's story as the portal points to it."""

    story: FollowedStory
    source: str
    url: str


@router.get("/", dependencies=[public()])
async def home(request: Request, database: Db, pages: Html, clock: Now) -> Response:
    """The first page of the portal."""
    runtime: Runtime = request.app.state.runtime
    federation, us = runtime.federation, database.speaker.agency
    issuers = {one: federation.agency(one) for one in following.follows(federation, us, clock.today())}
    known = {one: agency.address for one, agency in issuers.items() if agency.address}
    async with database.reading() as session:
        stories = await queries.list_live(session, agency=us)
        followed = await queries.list_followed(session, agency=us, issuers=known)
    others = [Elsewhere(one, issuers[one.issuer_agency].name, known[one.issuer_agency] + one.path) for one in followed]
    return pages.render(request, "home.html", stories=stories, others=others, categories=CATEGORIES)


@router.get("/guong", dependencies=[public()])
async def gallery(request: Request, database: Db, pages: Html, clock: Now) -> Response:
    """All stories."""
    return await home(request, database, pages, clock)


@router.get("/guong/{slug}.json", dependencies=[public()])
async def story_as_json(request: Request, database: Db, clock: Now, slug: str) -> Response:
    """A live story as other agencies fetch it: its words with their fingerprint. 410 when it is not shown any more."""
    found = await _find(request, database, clock, slug)
    if found is None:
        gone = problem(410, "gone", GONE)
        gone.headers["Cache-Control"] = "no-store"
        return gone
    runtime: Runtime = request.app.state.runtime
    story = found.story
    content = {
        "title": story.title,
        "text": story.text,
        "unit": story.unit,
        "category": story.category,
        "purposes": found.purposes,
        "honours": [asdict(one) | {"date": one.date.isoformat()} for one in found.honours],
        "sha256": fingerprint(story.title, story.text),
        "url": runtime.settings.address + story.path,
    }
    return JSONResponse(content, headers={"Cache-Control": "no-cache"})


@router.get("/guong/{slug}", dependencies=[public()])
async def story(request: Request, database: Db, pages: Html, clock: Now, slug: str) -> Response:
    """One story; one that was live and is not says only that, whatever the cause, and is kept in no cache."""
    found = await _find(request, database, clock, slug)
    if found is None:
        gone = pages.error(request, 410, GONE, actions=(("Xem các gương khác", "/"),))
        gone.headers["Cache-Control"] = "no-store"
        return gone
    return pages.render(
        request,
        "story.html",
        story=found.story,
        honours=found.honours,
        paragraphs=[part for part in found.story.text.split("\n\n") if part.strip()],
        category=CATEGORIES[found.story.category],
    )


@dataclass(frozen=True)
class Honour:
    """An honour in force, of whatever tier, as the public reads it."""

    agency: str
    number: str
    date: date
    form: str
    level: str


@dataclass(frozen=True)
class Shown:
    """A live story with every honour in force that is known here."""

    story: Story
    honours: list[Honour]
    purposes: list[str]
    """Where it may be shown by everybody's word; others keep to it as this agency does."""


async def _find(request: Request, database: Database, clock: Clock, slug: str) -> Shown | None:
    """The live story at that address; none when it was live and is not (404 when it never was)."""
    us, named = database.speaker.agency, name_of(request)
    async with database.reading() as session:
        found = await queries.find_by_path(session, agency=us, path=f"/guong/{slug}")
        if found is None:
            raise HTTPException(404)
        if found.state is not State.LIVE:
            return None
        others = await standing.other_honours(session, found)
        purposes = await standing.agreed_on(session, found, clock.today())
    told = found.decision
    ours = Honour(named(us), told["number"], date.fromisoformat(told["date"]), told["form"], told["level"])
    theirs = [
        Honour(named(one.by_agency), one.decision_number, one.decision_date, one.form, one.level)
        for one in others
        if one.standing is HonourStanding.IN_FORCE
    ]
    return Shown(found, [ours, *theirs], purposes)


@router.get("/nguon", dependencies=[public()])
async def feeds(request: Request, pages: Html) -> Response:
    """Where the feed is and how to use it."""
    return pages.render(request, "feeds.html")


@router.get("/nguon/guong.atom", dependencies=[public()])
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
