"""Who read a dossier: for the supervisor and the head of its unit, and by a link for the person concerned."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import nominations
from services.nomination.pages.desk import AtDesk
from services.nomination.queries import Dossier
from shared import fence, readings
from shared.database import Database
from shared.fence import Fence, public
from shared.identity.allowed import allowed
from shared.identity.people import ROLE_NAMES
from shared.links import BadLink, Links
from shared.lists import spreadsheet, wants_file
from shared.pages import Pages
from shared.web import Db, Html, Now

router = APIRouter()
own = APIRouter(prefix="/tra-loi/nhat-ky", include_in_schema=False)

READINGS = "readings"
LIFE = timedelta(days=30)
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@router.get("/ho-so/{code}/nhat-ky", dependencies=[allowed("nomination.trail")])
async def trail(desk: AtDesk, code: str, truoc: int = 0) -> Response:
    """All lines of a dossier."""
    as_file = wants_file(desk.request)
    most = readings.AS_FILE if as_file else readings.PAGE
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
        desk.rights.actor("nomination.trail", dossier.nomination.unit_id)
        lines = await readings.lines_of(
            session, agency=desk.agency.id, things=_things(dossier), below=max(truoc, 0), most=most
        )
        units = await _names(session, desk.agency.id)
    if as_file:
        rows = readings.log_rows(lines, units)
        return spreadsheet(desk.request, "Nhật ký hồ sơ", readings.LOG, rows, file=f"nhat-ky-{code}", more=[code])
    older = f"/de-cu/ho-so/{code}/nhat-ky?truoc={lines[-1].id}" if len(lines) == most else None
    return desk.pages.render(
        desk.request,
        "trail.html",
        headers={"Cache-Control": "private, no-store"},
        dossier=dossier,
        lines=lines,
        older=older,
        named=True,
        units=units,
        roles=ROLE_NAMES,
    )


@router.get("/ho-so/{code}/nhat-ky/lien-ket", dependencies=[allowed("nomination.share_trail")])
async def before_sharing(desk: AtDesk, code: str) -> Response:
    """What a link shows, before there is one."""
    return await _share(desk, code, mint=False)


@router.post("/ho-so/{code}/nhat-ky/lien-ket", dependencies=[allowed("nomination.share_trail")])
async def share(desk: AtDesk, code: str) -> Response:
    """A link for the person concerned; it is kept nowhere."""
    return await _share(desk, code, mint=True)


async def _share(desk: AtDesk, code: str, *, mint: bool) -> Response:
    async with desk.database.reading() as session:
        dossier = await desk.dossier(session, code)
    by = desk.rights.actor("nomination.share_trail", dossier.nomination.unit_id)
    links: Links = desk.request.app.state.links
    until, link = desk.clock.real() + LIFE, ""
    if mint:
        async with desk.database.transaction() as session:
            await nominations.note_shared_trail(session, nomination_id=dossier.nomination.id, by=by)
        token = links.mint(READINGS, dossier.nomination.id, until)
        link = f"{desk.runtime.settings.address}{own.prefix}/{token}"
    return desk.pages.render(
        desk.request,
        "trail_share.html",
        headers={"Cache-Control": "private, no-store"},
        dossier=dossier,
        link=link,
        until=until,
    )


@own.get("/{token}", dependencies=[public()])
async def show(request: Request, token: str, database: Db, pages: Html, clock: Now) -> Response:
    """The readings of one's own dossier. Looking changes nothing, so the link works until it is too old."""
    links: Links = request.app.state.links
    try:
        nomination_id = links.read(token, READINGS, clock.real())
    except BadLink:
        return _gone(request, pages)
    # The link is the right: it names one dossier, whatever unit that belongs to.
    with fence.within(Fence(database.speaker.agency, None)):
        found = await _own(database, nomination_id)
    if found is None:
        return _gone(request, pages)
    return pages.render(request, "trail_own.html", headers=HEADERS, older=None, named=False, roles=ROLE_NAMES, **found)


async def _own(database: Database, nomination_id: UUID) -> Mapping[str, Any] | None:
    agency = database.speaker.agency
    async with database.reading() as session:
        code = await queries.code_of(session, agency=agency, nomination_id=nomination_id)
        if code is None:
            return None
        lines = await readings.lines_of(session, agency=agency, things=[nomination_id], verbs=readings.READ, most=500)
        return {"code": code, "lines": lines, "units": await _names(session, agency)}


def _things(dossier: Dossier) -> list[UUID]:
    """The dossier with what is written in it."""
    claims = [answer.claim.id for answer in dossier.answers if answer.claim]
    return [dossier.nomination.id, *claims, *(proof.id for answer in dossier.answers for proof in answer.evidence)]


async def _names(session: AsyncSession, agency: str) -> dict[UUID | None, str]:
    return {unit.id: unit.name for unit in await queries.list_units(session, agency=agency, units=None)}


def _gone(request: Request, pages: Pages) -> Response:
    page = pages.error(
        request,
        410,
        "Liên kết không còn dùng được",
        "Liên kết đã hết hạn, chưa đủ, hoặc hồ sơ không còn. Nếu cần, hãy hỏi đơn vị đã đưa liên kết.",
        actions=(("Về trang đầu", "/"),),
    )
    page.headers.update(HEADERS)
    return page
