"""In which movement and for which main task whom a dossier is about was found."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import origins
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import Dossier, movements
from services.nomination.rules.movements import NO_MOVEMENT
from shared.forms import uuid_of
from shared.identity.allowed import allowed

router = APIRouter()


@router.get("/ho-so/{code}/phong-trao", dependencies=[allowed("nomination.write")])
async def ask_origin(desk: AtDesk, code: str) -> Response:
    """The form with what is known."""
    dossier = await desk.read(code)
    desk.rights.actor("nomination.write", dossier.nomination.unit_id)
    known = {"movement": str(dossier.nomination.movement_id or ""), "task": dossier.nomination.task}
    return await _origin(desk, dossier, known, {})


async def _origin(desk: Desk, dossier: Dossier, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    async with desk.database.reading() as session:
        current = await movements.list_current(
            session, agency=desk.agency.id, today=desk.clock.today(), besides=dossier.nomination.movement_id
        )
    return desk.pages.render(
        desk.request,
        "origin.html",
        status_code=422 if errors else 200,
        code=dossier.nomination.code,
        whom=dossier.subject.name,
        open=dossier.is_open(origins.PART),
        movements=[(one.id, one.name) for one in current],
        values=values,
        errors=errors,
    )


@router.post("/ho-so/{code}/phong-trao", dependencies=[allowed("nomination.write")])
async def tell_origin(
    desk: AtDesk, code: str, movement: Annotated[str, Form()] = "", task: Annotated[str, Form()] = ""
) -> Response:
    """Say it anew, or take it off."""
    dossier = await desk.read(code)
    by, movement_id = desk.rights.actor("nomination.write", dossier.nomination.unit_id), uuid_of(movement)
    values = {"movement": movement, "task": task}
    if movement and movement_id is None:
        return await _origin(desk, dossier, values, {"movement": NO_MOVEMENT})
    nomination_id = dossier.nomination.id
    try:
        async with desk.database.transaction() as session:
            await origins.tell_origin(session, nomination_id=nomination_id, movement_id=movement_id, task=task, by=by)
    except rules.FieldRefusal as refusal:
        return await _origin(desk, dossier, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return await _origin(desk, dossier, values, {"movement": str(refusal)})
    return see_other(f"/de-cu/ho-so/{code}")
