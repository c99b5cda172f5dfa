"""What programs read: feeds with what was taken away, the map of the site, and where to report a hole."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from services.publishing import queries
from services.publishing.pages import feed
from services.publishing.pages.kept import public_page
from services.publishing.tables import Story
from shared.database import Database
from shared.portal import base_of, show
from shared.runtime import Runtime
from shared.web import Db, Html, Now

router = APIRouter()

MOST_IN_MAP = 20_000
"""Stories in the map; the protocol allows 50,000 addresses, and each story has two."""
PAGES = ("/", "/guong", "/nguon", "/tro-giup", "/quyen-rieng-tu", "/tiep-can")
DESKS = ("/viec", "/vao", "/de-cu/", "/xet-duyet/", "/lan-toa/", "/thong-bao", "/dong-y/", "/tra-loi/", "/tim", "/api/")
"""What search engines have no business with."""


@router.get("/nguon", dependencies=[public_page()])
async def feeds(request: Request, pages: Html) -> Response:
    """Where the feeds are and how to use them."""
    return show(request, pages, "feeds.html", path="/nguon")


async def _told(database: Database) -> tuple[Sequence[Story], Sequence[tuple[str, datetime]]]:
    agency = database.speaker.agency
    async with database.reading() as session:
        return await queries.list_live(session, agency=agency), await queries.list_gone(session, agency=agency)


@router.get("/nguon/guong.atom", dependencies=[public_page()])
async def atom(request: Request, database: Db, clock: Now) -> Response:
    """The Atom feed. The generator stamps nothing of its own, so equal stories give equal bytes."""
    runtime: Runtime = request.app.state.runtime
    stories, gone = await _told(database)
    content = feed.as_atom(
        name=runtime.agency.name,
        address=runtime.settings.address,
        base=base_of(request),
        stories=stories,
        gone=gone,
        now=clock.now(),
    )
    return Response(content, media_type="application/atom+xml", headers={"Cache-Control": "no-cache"})


@router.get("/nguon/guong.json", dependencies=[public_page()])
async def json_feed(request: Request, database: Db) -> Response:
    """The JSON feed."""
    runtime: Runtime = request.app.state.runtime
    stories, gone = await _told(database)
    content = feed.as_json(
        name=runtime.agency.name,
        address=runtime.settings.address,
        base=base_of(request),
        stories=stories,
        gone=gone,
    )
    text = json.dumps(content, ensure_ascii=False)
    return Response(text, media_type="application/feed+json", headers={"Cache-Control": "no-cache"})


@router.get("/sitemap.xml", dependencies=[public_page()])
async def sitemap(request: Request, database: Db) -> Response:
    """Every page that search engines may list, with its copy in the other language."""
    address = request.app.state.runtime.settings.address
    async with database.reading() as session:
        stories = await queries.list_live(session, agency=database.speaker.agency, limit=MOST_IN_MAP)
    paths = [(path, "") for path in PAGES] + [(one.path, one.moved_at.date().isoformat()) for one in stories]
    content = "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">',
            *(_entry(address, path, day, base) for path, day in paths for base in ("", "/en")),
            "</urlset>\n",
        ]
    )
    return Response(content, media_type="application/xml", headers={"Cache-Control": "no-cache"})


def _entry(address: str, path: str, day: str, base: str) -> str:
    copies = {"vi": address + path, "en": (f"{address}/en{path}").rstrip("/")}
    links = "".join(
        f'<xhtml:link rel="alternate" hreflang="{name}" href="{escape(where)}"/>' for name, where in copies.items()
    )
    changed = f"<lastmod>{day}</lastmod>" if day else ""
    return f"<url><loc>{escape(copies['en' if base else 'vi'])}</loc>{changed}{links}</url>"


@router.get("/robots.txt", dependencies=[public_page()])
async def robots(request: Request) -> Response:
    """What search engines may read (RFC 9309)."""
    address = request.app.state.runtime.settings.address
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in DESKS), "", f"Sitemap: {address}/sitemap.xml", ""]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "no-cache"})


@router.get("/.well-known/security.txt", dependencies=[public_page()])
async def security(request: Request, clock: Now) -> Response:
    """Where to report a hole (RFC 9116); it expires, so that nobody writes to who is gone."""
    address = request.app.state.runtime.settings.address
    until = (clock.real() + timedelta(days=180)).strftime("%Y-%m-%dT00:00:00Z")
    lines = [
        f"Contact: {address}/tro-giup#lo-hong",
        f"Expires: {until}",
        "Preferred-Languages: vi, en",
        f"Canonical: {address}/.well-known/security.txt",
        "",
    ]
    return PlainTextResponse("\n".join(lines), headers={"Cache-Control": "no-cache"})
