"""One movement: what was done in it, how many take part, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import movements as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.movements import BAD_DAY, PATH, WHOLE, get_seen, last_day
from services.nomination.queries import movements
from services.nomination.rules.movements import Taker, read_count
from services.nomination.tables import MovementActivity, MovementRegistration, Unit
from shared.formats import read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Listing
from shared.lists import show as show_list

router = APIRouter()
ONE = "/phong-trao/{movement_id}"
TAKERS = {Taker.PERSON: "Bản thân tôi", Taker.UNIT: "Cả đơn vị", Taker.TEAM: "Một tổ, lớp hoặc nhóm"}
MANNERS = dict.fromkeys(
    ("tọa đàm", "hội thi", "thao giảng, dự giờ", "sinh hoạt chuyên đề", "phát thanh, bản tin", "hội nghị"), ""
)
"""Forms of activity that are offered; any other may be written."""
TYPED = ("unit", "taker", "team", "at_unit", "when", "what", "manner", "people", "result", "count", "until")
"""What the small forms of a movement ask."""
ACTIVITY_COLUMNS = (
    Column("Ngày", ("cu", "moi")),
    Column("Việc đã làm"),
    Column("Hình thức"),
    Column("Đơn vị"),
    Column("Số người", number=True),
)


@router.get(ONE, dependencies=[allowed("movement.read")])
async def show(desk: AtDesk, movement_id: UUID) -> Response:
    """A movement with what was done, how many take part and what was found through it."""
    return await show_movement(desk, movement_id)


async def show_movement(
    desk: Desk, movement_id: UUID, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    """Its page, with what was typed into one of its forms and why it cannot be."""
    today, rights = desk.clock.today(), desk.rights
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
        activities = await movements.list_newest(session, movement_id=movement_id)
        own = await movements.get_own(session, movement_id=movement_id, person=identity_of(desk))
        units = await movements.list_units_of(session, seen.movement, today=today)
    movement = seen.movement
    reached = rights.units("movement.carry_out")
    ours = {unit.id for unit in units if reached is None or unit.id in reached}
    now = movement.standing(today)
    launched = rights.may("movement.launch", movement.unit_id)
    held = {role.unit_id for role in desk.person.roles_on(today)}
    mine = [unit.id for unit in units if unit.id in held]
    return desk.pages.render(
        desk.request,
        "movement.html",
        status_code=422 if errors else 200,
        seen=seen,
        movement=movement,
        now=now,
        last_day=last_day(movement),
        launcher=seen.unit.name if seen.unit else desk.runtime.agency.name,
        activities=[(one, unit.name if unit else desk.runtime.agency.name) for one, unit in activities],
        most=movements.MOST_SHOWN,
        own=own,
        takers=_takers(own, carrying=bool(ours)),
        units=_options(units, first=set(mine)),
        only=mine[0] if len(mine) == 1 else "",
        holders=_holders(desk, movement.unit_id, [unit for unit in units if unit.id in ours]),
        manners=MANNERS,
        launching=launched,
        counting=rights.opens("registration.read"),
        values=dict.fromkeys(TYPED, "")
        | {"result": movement.result, "count": movement.result_count, "once": str(uuid4())}
        | dict(values or {}),
        errors=errors or {},
    )


def identity_of(desk: Desk) -> str:
    """The person's identity, as rows keep it."""
    return "|".join(desk.person.identity)


def _takers(own: MovementRegistration | None, *, carrying: bool) -> list[tuple[Taker, str]]:
    """For whom the person may register: themselves once; a unit or a team where they act for one."""
    alone = [] if own else [Taker.PERSON]
    return [(one, TAKERS[one]) for one in (*alone, *((Taker.UNIT, Taker.TEAM) if carrying else ()))]


def _options(units: Sequence[Unit], *, first: set[UUID]) -> list[tuple[UUID, str]]:
    return [(unit.id, unit.name) for unit in sorted(units, key=lambda unit: unit.id not in first)]


def _holders(desk: Desk, launched_by: UUID | None, units: Sequence[Unit]) -> list[tuple[str, str]]:
    """For whom the person may write down what was done."""
    whole = launched_by is None and desk.rights.may("movement.carry_out")
    told = [(WHOLE, desk.runtime.agency.name)] if whole else []
    return [*told, *((str(unit.id), unit.name) for unit in units)]


@router.post(ONE + "/hoat-dong", dependencies=[allowed("movement.carry_out")])
async def hold(
    desk: AtDesk,
    movement_id: UUID,
    at_unit: Annotated[str, Form()] = "",
    when: Annotated[str, Form()] = "",
    what: Annotated[str, Form()] = "",
    manner: Annotated[str, Form()] = "",
    people: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Write down what was done; the same form sent twice writes one line."""
    values = {"at_unit": at_unit, "when": when, "what": what, "manner": manner, "people": people, "once": once}
    async with desk.database.reading() as session:
        await get_seen(desk, session, movement_id)
    unit_id, held_on = uuid_of(at_unit), read_day(when)
    errors = {} if held_on else {"when": BAD_DAY}
    if not (desk.rights.may("movement.carry_out", unit_id) and (unit_id or at_unit == WHOLE)):
        errors = {"at_unit": "Hãy chọn đơn vị đã làm."} | errors
    if errors or held_on is None:
        return await show_movement(desk, movement_id, errors, values)
    by, id = desk.rights.actor("movement.carry_out", unit_id), form_id(once, values)
    try:
        told: dict[str, Any] = {"unit_id": unit_id, "held_on": held_on, "what": what, "manner": manner}
        told["people"] = read_count("people", people)
        async with desk.database.transaction() as session:
            await acting.hold(session, movement_id=movement_id, today=desk.clock.today(), by=by, id=id, **told)
    except rules.FieldRefusal as refusal:
        field = "at_unit" if refusal.field == "unit" else refusal.field
        return await show_movement(desk, movement_id, {field: str(refusal)}, values)
    return see_other(f"{PATH}/{movement_id}#hoat-dong")


@router.post(ONE + "/ket-qua", dependencies=[allowed("movement.launch")])
async def conclude(
    desk: AtDesk, movement_id: UUID, result: Annotated[str, Form()] = "", count: Annotated[str, Form()] = ""
) -> Response:
    """Say what came of the whole."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
    by = desk.rights.actor("movement.launch", seen.movement.unit_id)
    try:
        told: dict[str, Any] = {"result": result, "count": read_count("count", count)}
        async with desk.database.transaction() as session:
            await acting.conclude(session, movement_id=movement_id, today=desk.clock.today(), by=by, **told)
    except rules.FieldRefusal as refusal:
        return await show_movement(desk, movement_id, {refusal.field: str(refusal)}, {"result": result, "count": count})
    return see_other(f"{PATH}/{movement_id}#ket-qua")


@router.post(ONE + "/mo-lai", dependencies=[allowed("movement.launch")])
async def reopen(desk: AtDesk, movement_id: UUID, until: Annotated[str, Form()] = "") -> Response:
    """Let one that is over go on."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
    by, last = desk.rights.actor("movement.launch", seen.movement.unit_id), read_day(until)
    if until.strip() and last is None:
        return await show_movement(desk, movement_id, {"until": BAD_DAY}, {"until": until})
    try:
        async with desk.database.transaction() as session:
            await acting.reopen(session, movement_id=movement_id, until=last, today=desk.clock.today(), by=by)
    except rules.FieldRefusal as refusal:
        return await show_movement(desk, movement_id, {refusal.field: str(refusal)}, {"until": until})
    return see_other(f"{PATH}/{movement_id}")


@router.get(ONE + "/hoat-dong", dependencies=[allowed("movement.read")])
async def list_activities(desk: AtDesk, movement_id: UUID) -> Response:
    """All that was done in a movement."""
    asked = Asked.of(desk.request, movements.ACTIVITY_ORDERS, ())
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
        rows = await movements.page_of_activities(session, movement_id=movement_id, asked=asked)
    agency = desk.runtime.agency.name

    def cells(row: tuple[MovementActivity, Unit | None]) -> tuple[Cell, ...]:
        one, unit = row
        return one.held_on, one.what, one.manner, unit.name if unit else agency, one.people

    title = "Hoạt động của phong trào"
    listing = Listing(title, asked, movements.ACTIVITY_ORDERS, (), ACTIVITY_COLUMNS, rows, cells)
    told = {"title": title, "movement": seen.movement, "empty": "Chưa ghi hoạt động nào."}
    return show_list(desk.request, listing, "movement_list.html", file="hoat-dong-phong-trao", **told)
