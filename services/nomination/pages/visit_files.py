"""Photos and other files of a visit: sent in, opened again, taken off."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import Response

from services.nomination.actions import visit_files as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.kept_files import FULL, attachment, small_picture
from services.nomination.pages.supervision import PATH, get_seen, writable
from services.nomination.pages.visits import show_visit
from services.nomination.rules.supervision import BadVisit
from services.nomination.tables import VisitFile
from shared.files import FileRefused
from shared.identity.allowed import allowed
from shared.objects import StoreUnavailable
from shared.uploads import take_in

router = APIRouter()
FILES = "/giam-sat/{visit_id}/tep"


@router.post(FILES, dependencies=[allowed("visit.write")])
async def add(
    desk: AtDesk,
    visit_id: UUID,
    file: Annotated[UploadFile | None, File()] = None,
    caption: Annotated[str, Form()] = "",
) -> Response:
    """Tie a file to a visit; the same file sent twice is there once."""
    by = desk.rights.actor("visit.write", (await writable(desk, visit_id)).visit.unit_id)
    try:
        accepted = await take_in(desk.runtime, file)
        async with desk.database.transaction() as session:
            await acting.add_file(session, visit_id=visit_id, file=accepted, caption=caption, by=by)
    except FileRefused as refusal:
        errors = {"file": refusal.text}
    except StoreUnavailable:
        errors = {"file": FULL}
    except BadVisit as refusal:
        errors = {refusal.field: str(refusal)}
    else:
        return see_other(f"{PATH}/{visit_id}#tep")
    return await show_visit(desk, visit_id, errors, {"caption": caption})


@router.post(FILES + "/{sha256}/bo", dependencies=[allowed("visit.write")])
async def remove(desk: AtDesk, visit_id: UUID, sha256: str) -> Response:
    """Take a file off a visit."""
    by = desk.rights.actor("visit.write", (await writable(desk, visit_id)).visit.unit_id)
    async with desk.database.transaction() as session:
        await acting.remove_file(session, visit_id=visit_id, sha256=sha256, by=by)
    return see_other(f"{PATH}/{visit_id}#tep")


@router.get(FILES + "/{sha256}", dependencies=[allowed("visit.read")])
async def download(desk: AtDesk, visit_id: UUID, sha256: str) -> Response:
    """A file of a visit, always as an attachment."""
    kept = await _kept(desk, visit_id, sha256)
    return await attachment(desk, sha256, name=kept.file_name, media_type=kept.media_type, size=kept.size)


@router.get(FILES + "/{sha256}/nho", dependencies=[allowed("visit.read")])
async def small(desk: AtDesk, visit_id: UUID, sha256: str) -> Response:
    """The small picture of a picture."""
    await _kept(desk, visit_id, sha256)
    return await small_picture(desk, sha256)


async def _kept(desk: Desk, visit_id: UUID, sha256: str) -> VisitFile:
    """The file of a visit that the person may see; 404 for any other."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, visit_id)
    found = next((one for one in seen.files if one.sha256 == sha256), None)
    if found is None:
        raise HTTPException(404)
    return found
