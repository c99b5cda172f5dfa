"""Taking part in a movement: oneself, or for a unit or a team; who does, and what came of it there."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import movements as acting
from services.nomination.actions.movements import Joining
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.movement_page import ONE, identity_of, show_movement
from services.nomination.pages.movements import PATH, get_seen
from services.nomination.queries import movements
from services.nomination.queries.movements import Seen
from services.nomination.rules.movements import Taker, read_count
from services.nomination.tables import MovementRegistration, Unit
from shared.audit import Actor
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, Listing, Said
from shared.lists import show

router = APIRouter()
REGISTRATION = ONE + "/dang-ky/{registration_id}"
TAKER_NAMES = {Taker.PERSON: "Cá nhân", Taker.UNIT: "Đơn vị", Taker.TEAM: "Tổ, lớp, nhóm"}
COLUMNS = (
    Column("Ai", ("ten", "ten-nguoc")),
    Column("Loại", minor=True),
    Column("Đơn vị"),
    Column("Đăng ký lúc", ("cu", "moi")),
    Column("Kết quả"),
    Column("Bằng số", number=True),
)


@router.post(ONE + "/dang-ky", dependencies=[allowed("movement.join")])
async def join(
    desk: AtDesk,
    movement_id: UUID,
    taker: Annotated[str, Form()] = "",
    unit: Annotated[str, Form()] = "",
    team: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Register oneself, or a unit or a team that one acts for; the same form sent twice registers once."""
    values = {"taker": taker, "unit": unit, "team": team, "once": once}
    async with desk.database.reading() as session:
        await get_seen(desk, session, movement_id)
    unit_id = uuid_of(unit)
    errors = {} if taker in list(Taker) else {"taker": "Hãy chọn đăng ký cho ai."}
    if unit_id is None:
        errors["unit"] = "Hãy chọn đơn vị."
    elif taker in (Taker.UNIT, Taker.TEAM) and not desk.rights.may("movement.carry_out", unit_id):
        errors["unit"] = "Bạn chỉ đăng ký được thay cho đơn vị mình. Hãy chọn trong danh sách."
    if errors or unit_id is None:
        return await show_movement(desk, movement_id, errors, values)
    alone = taker == Taker.PERSON
    by = Actor(identity_of(desk), "person", unit_id) if alone else desk.rights.actor("movement.carry_out", unit_id)
    name = {Taker.PERSON: desk.person.name, Taker.TEAM: team}.get(Taker(taker), "")
    joining = Joining(Taker(taker), unit_id, name, identity_of(desk) if alone else "")
    at = desk.clock.now()
    try:
        async with desk.database.transaction() as session:
            id, today = form_id(once, values), desk.clock.today()
            await acting.join(session, joining, movement_id=movement_id, at=at, today=today, by=by, id=id)
    except rules.FieldRefusal as refusal:
        return await show_movement(desk, movement_id, {refusal.field: str(refusal)}, values)
    except rules.Refusal as refusal:
        return await show_movement(desk, movement_id, {"taker": str(refusal)}, values)
    return see_other(f"{PATH}/{movement_id}#dang-ky")


@router.get(ONE + "/dang-ky", dependencies=[allowed("registration.read")])
async def list_registrations(desk: AtDesk, movement_id: UUID) -> Response:
    """Who of the person's units takes part."""
    asked = Asked.of(desk.request, movements.REGISTRATION_ORDERS, ())
    units = desk.rights.units("registration.read")
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
        rows = await movements.page_of_registrations(session, movement_id=movement_id, units=units, asked=asked)
    title = "Ai đăng ký tham gia"
    listing = Listing(title, asked, movements.REGISTRATION_ORDERS, (), COLUMNS, rows, _cells)
    told = {"title": title, "movement": seen.movement, "empty": "Đơn vị bạn chưa có ai đăng ký."}
    return show(desk.request, listing, "movement_list.html", file="dang-ky-phong-trao", **told)


def _cells(row: tuple[MovementRegistration, Unit]) -> tuple[Cell, ...]:
    one, unit = row
    name = Link(one.name, f"{PATH}/{one.movement_id}/dang-ky/{one.id}")
    return name, Said(TAKER_NAMES[one.taker]), unit.name, one.at, one.result, one.result_count


@router.get(REGISTRATION, dependencies=[allowed("movement.join")])
async def show_registration(desk: AtDesk, movement_id: UUID, registration_id: UUID) -> Response:
    """One registration: for whoever it is about, their unit's staff and those above."""
    return await _registration(desk, movement_id, registration_id)


async def _get(desk: Desk, movement_id: UUID, registration_id: UUID) -> tuple[Seen, MovementRegistration, Unit]:
    """A registration that the person may see, with its movement. Raises HTTPException (404)."""
    units, person = desk.rights.units("registration.read"), identity_of(desk)
    place = {"movement_id": movement_id, "registration_id": registration_id}
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
        found = await movements.get_registration(session, units=units, person=person, **place)
    if found is None:
        raise HTTPException(404)
    return seen, *found


async def _registration(
    desk: Desk,
    movement_id: UUID,
    registration_id: UUID,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    seen, one, unit = await _get(desk, movement_id, registration_id)
    now = seen.movement.standing(desk.clock.today())
    return desk.pages.render(
        desk.request,
        "registration.html",
        status_code=422 if errors else 200,
        movement=seen.movement,
        one=one,
        unit=unit,
        taker=TAKER_NAMES[one.taker],
        now=now,
        writing=_may(desk, one),
        values={"result": one.result, "count": one.result_count} | dict(values or {}),
        errors=errors or {},
    )


def _may(desk: Desk, one: MovementRegistration) -> bool:
    """Whether the person may change it: it is theirs, or of a unit that they act for."""
    return _is_own(desk, one) or desk.rights.may("movement.carry_out", one.unit_id)


def _is_own(desk: Desk, one: MovementRegistration) -> bool:
    return one.taker is Taker.PERSON and one.who == identity_of(desk)


async def _actor(desk: Desk, movement_id: UUID, registration_id: UUID) -> Actor:
    """The person as who may change that registration. Raises HTTPException (404), Forbidden."""
    _, one, _ = await _get(desk, movement_id, registration_id)
    if _is_own(desk, one):
        return Actor(identity_of(desk), "person", one.unit_id)
    return desk.rights.actor("movement.carry_out", one.unit_id)


@router.post(REGISTRATION + "/rut", dependencies=[allowed("movement.join")])
async def leave(desk: AtDesk, movement_id: UUID, registration_id: UUID) -> Response:
    """Take it back."""
    by, today = await _actor(desk, movement_id, registration_id), desk.clock.today()
    try:
        async with desk.database.transaction() as session:
            await acting.leave(session, movement_id=movement_id, registration_id=registration_id, today=today, by=by)
    except rules.Refusal as refusal:
        return await _registration(desk, movement_id, registration_id, {"result": str(refusal)})
    return see_other(f"{PATH}/{movement_id}#dang-ky")


@router.post(REGISTRATION + "/ket-qua", dependencies=[allowed("movement.join")])
async def achieve(
    desk: AtDesk,
    movement_id: UUID,
    registration_id: UUID,
    result: Annotated[str, Form()] = "",
    count: Annotated[str, Form()] = "",
) -> Response:
    """Say what came of it."""
    by, values = await _actor(desk, movement_id, registration_id), {"result": result, "count": count}
    place: dict[str, Any] = {"movement_id": movement_id, "registration_id": registration_id}
    try:
        told: dict[str, Any] = {"result": result, "count": read_count("count", count)}
        async with desk.database.transaction() as session:
            await acting.achieve(session, today=desk.clock.today(), by=by, **place, **told)
    except rules.FieldRefusal as refusal:
        return await _registration(desk, movement_id, registration_id, {refusal.field: str(refusal)}, values)
    return see_other(f"{PATH}/{movement_id}/dang-ky/{registration_id}")
