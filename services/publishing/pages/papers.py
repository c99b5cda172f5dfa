"""Signed papers on the desk: written down with their scan, which is shown here only."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import Response

from services.publishing import queries, rules
from services.publishing.actions import papers
from services.publishing.pages.consents import PURPOSES
from services.publishing.pages.desk import RELATIONS, AtDesk, Desk, OnDesk, back
from services.publishing.rules import ConsentState, Purpose
from shared import files, readings
from shared.files import FileRefused
from shared.formats import read_day
from shared.identity.allowed import allowed
from shared.objects import Objects, StoreUnavailable
from shared.runtime import Runtime
from shared.uploads import take_in

router = APIRouter(prefix="/lan-toa/bai/{code}/giay")


@router.get("", dependencies=[allowed("paper.check")])
async def form(desk: AtDesk, code: str) -> Response:
    """The form for a signed paper."""
    return _form(desk, await desk.find(code), {})


def _form(
    desk: Desk, found: OnDesk, values: dict[str, str | list[str]], errors: dict[str, str] | None = None
) -> Response:
    answered = {one.relation for one in found.work.consents if one.state is not ConsentState.ASKED}
    return desk.pages.render(
        desk.request,
        "paper.html",
        status_code=422 if errors else 200,
        story=found.work.story,
        whom=[(one, RELATIONS.get(one, one)) for one in found.wanted if one not in answered],
        purposes=[(str(purpose), text) for purpose, text in PURPOSES.items()],
        values={"who": "", "purpose": [], "signed": ""} | values,
        errors=errors or {},
    )


@router.post("", dependencies=[allowed("paper.check")])
async def record(
    desk: AtDesk,
    code: str,
    who: Annotated[str, Form()] = "",
    purpose: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
    signed: Annotated[str, Form()] = "",
    checked: Annotated[str, Form()] = "",
    scan: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Keep a signed paper."""
    by = desk.rights.actor("paper.check")
    found = await desk.find(code)
    values: dict[str, str | list[str]] = {"who": who, "purpose": purpose, "signed": signed}
    if not checked:
        return _form(desk, found, values, {"checked": "Hãy đối chiếu bản quét với giấy gốc rồi đánh dấu ô này."})
    try:
        accepted = await take_in(desk.request.app.state.runtime, scan)
        async with desk.database.transaction() as session:
            await papers.record(
                session,
                story_id=found.work.story.id,
                who=who,
                purposes={Purpose(one) for one in purpose if one in list(Purpose)},
                signed_on=read_day(signed),
                scan=accepted,
                at=desk.clock.now(),
                by=by,
            )
    except FileRefused as refusal:
        return _form(desk, found, values, {"scan": refusal.text})
    except StoreUnavailable:
        return _form(desk, found, values, {"scan": "Kho tệp đang đầy hoặc không ghi được. Hãy thử lại sau."})
    except rules.BadPaper as refusal:
        return _form(desk, found, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return _form(desk, found, values, {"who": str(refusal)})
    return back(code)


@router.get("/{consent_id}", dependencies=[allowed("paper.read")])
async def scan_of(desk: AtDesk, code: str, consent_id: UUID) -> Response:
    """The scan, as a file to keep; nobody but the desk gets it."""
    async with desk.database.reading() as session:
        paper = await queries.get_paper(session, agency=desk.agency, code=code, consent_id=consent_id)
    if paper is None:
        raise HTTPException(404)
    await readings.leave(desk.database, desk.rights.actor("paper.read"), readings.PAPER, consent_id)
    content = await _objects(desk).get(files.path_of("publishing", paper.sha256), most=paper.size)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(paper.file_name, safe='')}",
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=paper.media_type, headers=headers)


def _objects(desk: Desk) -> Objects:
    runtime: Runtime = desk.request.app.state.runtime
    return runtime.objects
