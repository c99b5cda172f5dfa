"""What programs read: feeds with what was taken away, the map of the site, and where to report a hole."""

import json
from datetime import timedelta
from xml.sax.saxutils import escape

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse, Response

from services.publishing import queries
from services.publishing.actions.stories import SLUGS
from services.publishing.pages import feed
from services.publishing.pages.kept import public_page
from shared.database import Database
from shared.language import base_of
from shared.looks import CATEGORIES
from shared.portal import show
from shared.runtime import Runtime
from shared.web import Db, Html, Now

router = APIRouter()

HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
MOST_IN_MAP = 20_000
"""Stories in the map; the protocol allows 50,000 addresses, and each story has two."""
PAGES = ("/", "/guong", "/nguon", "/tro-giup", "/quyen-rieng-tu", "/tiep-can")
DESKS = ("/viec", "/vao", "/de-cu/", "/xet-duyet/", "/lan-toa/", "/thong-bao", "/dong-y/", "/tra-loi/", "/tim", "/api/")
"""What search engines have no business with."""


@router.get("/nguon", dependencies=[public_page()])
async def feeds(request: Request, pages: Html) -> Response:
    """Where the feeds are and how to use them."""
    kinds = [(slug, CATEGORIES[category]) for category, slug in SLUGS.items()]
    return show(request, pages, "feeds.html", path="/nguon", feeds=[(feed.ALL, "Mọi gương"), *kinds])


async def _told(request: Request, database: Database, kind: str) -> feed.Told:
    """What the feed of a kind tells, in the copy that was asked for. Raises HTTPException 404 for no kind."""
    runtime: Runtime = request.app.state.runtime
    category = next((one for one, slug in SLUGS.items() if slug == kind), None)
    if category is None and kind != feed.ALL:
        raise HTTPException(404)
    us = runtime.agency
    async with database.reading() as session:
        stories = await queries.list_live(session, agency=us.id, category=category)
        gone = await queries.list_gone(session, agency=us.id, category=category)
    return feed.Told(us.name, runtime.settings.address, base_of(request.scope), kind, category, stories, gone)


@router.get("/nguon/{kind}.atom", dependencies=[public_page()])
async def atom(request: Request, database: Db, clock: Now, kind: str) -> Response:
    """An Atom feed. The generator stamps nothing of its own, so equal stories give equal bytes."""
    content = feed.as_atom(await _told(request, database, kind), clock.now())
    return Response(content, media_type="application/atom+xml", headers=HEADERS)


@router.get("/nguon/{kind}.json", dependencies=[public_page()])
async def json_feed(request: Request, database: Db, kind: str) -> Response:
    """A JSON feed."""
    content = feed.as_json(await _told(request, database, kind))
    return Response(json.dumps(content, ensure_ascii=False), media_type="application/feed+json", headers=HEADERS)


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
    return Response(content, media_type="application/xml", headers=HEADERS)


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
    return PlainTextResponse("\n".join(lines), headers=HEADERS)


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
    return PlainTextResponse("\n".join(lines), headers=HEADERS)
