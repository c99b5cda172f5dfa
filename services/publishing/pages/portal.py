"""The public portal: the same bytes for everybody, nothing that is not published."""

import re
from dataclasses import asdict, dataclass
from datetime import date

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from services.publishing import queries
from services.publishing.actions import following, standing
from services.publishing.pages import gallery as lists
from services.publishing.pages.gallery import PAGE, Choice
from services.publishing.pages.kept import do_not_keep, public_page
from services.publishing.pages.naming import name_of
from services.publishing.queries import public as reading
from services.publishing.queries.public import Wanted
from services.publishing.rules import State, fingerprint
from services.publishing.tables import FollowedStory, Story
from shared.clock import Clock
from shared.database import Database
from shared.events import HonourStanding
from shared.fence import public
from shared.language import base_of
from shared.looks import CATEGORIES
from shared.portal import public_answer, show
from shared.runtime import Runtime
from shared.web import Db, Html, Now, problem

router = APIRouter()

GONE = "Bài này hiện không được đăng."
ON_HOME, RELATED, UNITS_ON_HOME = 7, 3, 12
CODE = re.compile(r"[^\W\d_]{1,8}-\d{2}-\d{4,6}")
"""How the code of a dossier, and of its honour, looks."""


@dataclass(frozen=True)
class Elsewhere:
    """Another agency's story as the portal points to it."""

    story: FollowedStory
    source: str
    url: str


@router.get("/", dependencies=[public_page()])
async def home(request: Request, database: Db, pages: Html, clock: Now) -> Response:
    """The first page of the portal: the newest stories, doors to all of them, what neighbours show."""
    us = database.speaker.agency
    runtime: Runtime = request.app.state.runtime
    federation = runtime.federation
    issuers = {one: federation.agency(one) for one in following.follows(federation, us, clock.today())}
    known = {one: agency.address for one, agency in issuers.items() if agency.address}
    async with database.reading() as session:
        stories = await reading.list_cards(session, agency=us, wanted=Wanted(), limit=ON_HOME)
        groups = await reading.list_groups(session, agency=us, wanted=Wanted())
        followed = await queries.list_followed(session, agency=us, issuers=known)
    others = [Elsewhere(one, issuers[one.issuer_agency].name, known[one.issuer_agency] + one.path) for one in followed]
    path = base_of(request.scope) + "/guong"
    return show(
        request,
        pages,
        "home.html",
        path="/",
        stories=stories,
        total=sum(one.count for one in groups),
        kinds=lists.kinds(groups, Choice(), path),
        units=sorted(lists.units(groups, Choice(), path), key=lambda door: -door.count)[:UNITS_ON_HOME],
        years=lists.years(groups, Choice(), path),
        others=others,
        categories=CATEGORIES,
    )


@router.get("/guong", dependencies=[public_page()])
async def gallery(request: Request, database: Db, pages: Html) -> Response:
    """All stories, or those of a kind, a unit, a year, with some words."""
    return await _list(request, database, pages, "/guong")


@router.get("/tim", dependencies=[public_answer()])
async def search(request: Request, database: Db, pages: Html) -> Response:
    """Stories by their words, with marks or without, by code or by number of the decision."""
    return await _list(request, database, pages, "/tim")


async def _list(request: Request, database: Database, pages: Html, path: str) -> Response:
    us, choice, here = database.speaker.agency, Choice.of(request.query_params), base_of(request.scope) + path
    sought = choice.sought
    idle = path == "/tim" and not sought
    async with database.reading() as session:
        groups = [] if idle else await reading.list_groups(session, agency=us, wanted=Wanted(sought=sought))
        wanted, skipped = choice.wanted(groups), (choice.page - 1) * PAGE
        cards = [] if idle else await reading.list_cards(session, agency=us, wanted=wanted, limit=PAGE, skipped=skipped)
    if choice.page > 1 and not cards:
        raise HTTPException(404)
    address = choice.address(path)
    # Kept is what links lead to: of what somebody typed there is no end.
    if sought or not cards or request.url.path + ("?" + request.url.query if request.url.query else "") != address:
        do_not_keep(request)
    total = lists.fitting(groups, choice)
    return show(
        request,
        pages,
        "found_stories.html" if path == "/tim" else "gallery.html",
        path=address,
        indexed=path != "/tim" and not choice.words,
        rows=cards,
        choice=choice,
        idle=idle,
        code=choice.words.upper() if CODE.fullmatch(choice.words) else None,
        total=total,
        first=skipped + 1,
        chips=lists.chips(groups, choice, here),
        doors=(
            ("Loại gương", lists.kinds(groups, choice, here)),
            ("Đơn vị", lists.units(groups, choice, here)),
            ("Năm", lists.years(groups, choice, here)),
        ),
        newer=lists.turned(choice, here, choice.page - 1) if choice.page > 1 else None,
        older=lists.turned(choice, here, choice.page + 1) if skipped + PAGE < total else None,
        categories=CATEGORIES,
    )


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


@router.get("/guong/{slug}", dependencies=[public_page()])
async def story(request: Request, database: Db, pages: Html, clock: Now, slug: str) -> Response:
    """One story; one that was live and is not says only that, whatever the cause, and is kept in no cache."""
    found = await _find(request, database, clock, slug)
    if found is None:
        headers = {"Cache-Control": "no-store"}
        return show(
            request, pages, "gone.html", path="/guong", indexed=False, status_code=410, headers=headers, gone=GONE
        )
    async with database.reading() as session:
        related = await reading.list_related(session, found.story, limit=RELATED)
    paragraphs = [part for part in found.story.text.split("\n\n") if part.strip()]
    return show(
        request,
        pages,
        "story.html",
        path=found.story.path,
        story=found.story,
        honours=found.honours,
        paragraphs=paragraphs,
        summary=" ".join(paragraphs[0].split()) if paragraphs else "",
        kind=lists.kind_of(found.story.category),
        unit=lists.slug_of(found.story.unit),
        related=related,
        categories=CATEGORIES,
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
