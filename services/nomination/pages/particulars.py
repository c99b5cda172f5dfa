"""What an award's form asks of a person: written blind, opened one by one, each opening written down beforehand."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import particulars
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.particulars_paper import paper_of
from services.nomination.queries import Dossier
from services.nomination.queries.particulars import Needed, get_needed, list_forms
from services.nomination.rules.papers import CLOSED
from services.nomination.rules.particulars import LONGEST, BadParticular
from services.nomination.tables import AwardForm
from shared.field_keys import CannotOpen, FieldKeys
from shared.formats import in_vietnamese
from shared.forms import SENSITIVE, uuid_of
from shared.identity.allowed import allowed
from shared.papers import as_paper

_log = structlog.get_logger("particulars")
router = APIRouter()
PLACE = "/ho-so/{code}/giay-to"
PRIVATE = {"Cache-Control": "private, no-store"}
PREFIX = SENSITIVE
"""Before a field's word in the names of inputs."""
UNREADABLE = "Không mở được một thông tin đã ghi. Hãy báo quản trị hệ thống; đừng ghi lại khi chưa rõ vì sao."


def typed(form: Mapping[str, object]) -> dict[str, str]:
    """What was typed into the fields of a form, by field."""
    return {name.removeprefix(PREFIX): str(text) for name, text in form.items() if name.startswith(PREFIX)}


def at_inputs(values: Mapping[str, str]) -> dict[str, str]:
    """The same, by the names of inputs."""
    return {f"{PREFIX}{field}": text for field, text in values.items()}


def field_error(refusal: BadParticular) -> dict[str, str]:
    """A refusal at the input that it is about."""
    name = refusal.field if refusal.field == "form" else f"{PREFIX}{refusal.field}"
    return {name: str(refusal)}


@router.get(PLACE, dependencies=[allowed("particulars.write")])
async def show(desk: AtDesk, code: str) -> Response:
    """Which form is needed, and which of its fields are written; values are not shown."""
    return await _show(desk, code)


async def _show(
    desk: Desk,
    code: str,
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    opened: Mapping[str, str] | None = None,
) -> Response:
    async def all_of(session: AsyncSession, dossier: Dossier) -> tuple[Needed, Sequence[AwardForm]]:
        return await get_needed(session, dossier), await list_forms(session, dossier, on=desk.clock.today())

    dossier, (needed, forms) = await desk.read_with(code, all_of)
    unit_id = dossier.nomination.unit_id
    desk.rights.actor("particulars.write", unit_id)
    return desk.pages.render(
        desk.request,
        "particulars.html",
        status_code=422 if errors else 200,
        headers=PRIVATE,
        dossier=dossier,
        needed=needed,
        forms_known=[(form.id, in_vietnamese(form.title), in_vietnamese(form.basis)) for form in forms],
        values=values or {},
        errors=errors or {},
        opened=opened or {},
        longest=LONGEST,
        prefix=PREFIX,
        keeps=dossier.nomination.state not in CLOSED,
        may_open=desk.rights.may("particulars.read", unit_id),
        may_ask=desk.rights.may("nominee.ask", unit_id),
        may_trail=desk.rights.may("nomination.trail", unit_id),
    )


@router.post(f"{PLACE}/mau", dependencies=[allowed("particulars.write")])
async def choose(desk: AtDesk, code: str, form: Annotated[str, Form()] = "") -> Response:
    """Choose the form; `none`: the dossier needs none."""
    dossier = await desk.read(code)
    by, chosen = desk.rights.actor("particulars.write", dossier.nomination.unit_id), uuid_of(form)
    if chosen is None and form != "none":
        return await _show(desk, code, errors={"form": "Hãy chọn một mẫu, hoặc «Không cần mẫu nào»."})
    try:
        async with desk.database.transaction() as session:
            await particulars.choose_form(
                session, nomination_id=dossier.nomination.id, form_id=chosen, today=desk.clock.today(), by=by
            )
    except BadParticular as refusal:
        return await _show(desk, code, errors=field_error(refusal))
    return see_other(f"/de-cu/ho-so/{code}/giay-to")


async def _needed(desk: Desk, code: str, act: str) -> tuple[Dossier, Needed]:
    dossier, needed = await desk.read_with(code, get_needed)
    desk.rights.actor(act, dossier.nomination.unit_id)
    return dossier, needed


@router.post(PLACE, dependencies=[allowed("particulars.write")])
async def write(desk: AtDesk, code: str) -> Response:
    """Seal what was typed; a blank field stays as it is."""
    dossier = await desk.read(code)
    by = desk.rights.actor("particulars.write", dossier.nomination.unit_id)
    values = typed(await desk.request.form())
    try:
        async with desk.database.transaction() as session:
            await particulars.write(
                session, _keys(desk), nomination_id=dossier.nomination.id, values=values, at=desk.clock.now(), by=by
            )
    except BadParticular as refusal:
        return await _show(desk, code, values=at_inputs(values), errors=field_error(refusal))
    return see_other(f"/de-cu/ho-so/{code}/giay-to")


@router.post(f"{PLACE}/mo", dependencies=[allowed("particulars.read")])
async def open_one(desk: AtDesk, code: str, field: Annotated[str, Form()] = "") -> Response:
    """Show one value; that somebody opened it is written down first."""
    dossier, needed = await _needed(desk, code, "particulars.read")
    if not needed.stands(field):
        return await _show(desk, code, errors={"form": "Mục này chưa ghi gì nên không có gì để mở."})
    try:
        opened = await _open(desk, dossier, [field])
    except CannotOpen:
        return await _show(desk, code, errors={f"{PREFIX}{field}": UNREADABLE})
    return await _show(desk, code, opened=opened)


async def _open(desk: Desk, dossier: Dossier, fields: Sequence[str]) -> dict[str, str]:
    by = desk.rights.actor("particulars.read", dossier.nomination.unit_id)
    about: dict[str, Any] = {"nomination_id": dossier.nomination.id, "fields": fields, "by": by}
    try:
        async with desk.database.transaction() as session:
            return await particulars.read(session, _keys(desk), **about)
    except CannotOpen as error:
        _log.error("particulars.unreadable", nomination=str(dossier.nomination.id), error=str(error))
        raise


@router.post(f"{PLACE}/bao-cao.docx", dependencies=[allowed("particulars.read")])
async def paper(desk: AtDesk, code: str) -> Response:
    """The form filled in; each value in it counts as opened."""
    dossier, needed = await _needed(desk, code, "particulars.read")
    if needed.form is None:
        return await _show(desk, code, errors={"form": "Hãy chọn mẫu trước khi tải báo cáo."})
    try:
        opened = await _open(desk, dossier, [ask.field for ask in needed.asks])
    except CannotOpen:
        return await _show(desk, code, errors={"form": UNREADABLE})
    made = paper_of(dossier, needed.form.title, needed.asks, opened, desk.clock.today())
    return as_paper(made, f"bao-cao-thanh-tich-{code}")


@router.get(f"{PLACE}/xoa", dependencies=[allowed("particulars.write")])
async def before_erasing(desk: AtDesk, code: str) -> Response:
    """What erasing means."""
    dossier, needed = await _needed(desk, code, "particulars.write")
    return desk.pages.render(desk.request, "particulars_erase.html", headers=PRIVATE, dossier=dossier, needed=needed)


@router.post(f"{PLACE}/xoa", dependencies=[allowed("particulars.write")])
async def erase(desk: AtDesk, code: str) -> Response:
    """Forget every value."""
    dossier = await desk.read(code)
    by = desk.rights.actor("particulars.write", dossier.nomination.unit_id)
    async with desk.database.transaction() as session:
        await particulars.erase_all(session, nomination_id=dossier.nomination.id, by=by)
    return see_other(f"/de-cu/ho-so/{code}/giay-to")


def _keys(desk: Desk) -> FieldKeys:
    keys: FieldKeys = desk.request.app.state.field_keys
    return keys
