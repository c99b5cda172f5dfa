"""The register of movements, one that is launched, and how it is changed and ended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import movements as acting
from services.nomination.actions.movements import Launch
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import movements
from services.nomination.queries.movements import Seen
from services.nomination.rules.movements import BadMovement
from services.nomination.tables import Movement, Unit
from shared.formats import day, read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, Listing, Tag
from shared.lists import show

router = APIRouter()
PATH = "/de-cu/phong-trao"
WHOLE = "co-quan"
"""What a form says instead of a unit: the agency itself."""
BAD_DAY = "Ngày chưa đúng. Ví dụ: 20/11/2026."
LONGEST_QUESTION = 200
COLUMNS = (
    Column("Phong trào", ("ten", "ten-nguoc")),
    Column("Đơn vị phát động"),
    Column("Từ ngày", ("cu", "moi")),
    Column("Đến ngày"),
    Column("Tình trạng"),
    Column("Số đăng ký", number=True),
    Column("Số gương tìm thấy", number=True),
)


def last_day(movement: Movement) -> str:
    """Until when a movement goes, in words."""
    last = movement.ended_on or movement.ends_on
    return day(last) if last else "Chưa định ngày"


@router.get("/phong-trao", dependencies=[allowed("movement.read")])
async def list_movements(desk: AtDesk) -> Response:
    """The movements of the agency and its units, or those with the words asked for."""
    question = desk.request.query_params.get("q", "").strip()[:LONGEST_QUESTION]
    asked = Asked.of(desk.request, movements.ORDERS, (), {"q": question})
    units = desk.rights.units("registration.read")
    async with desk.database.reading() as session:
        rows = await movements.page_of_movements(session, agency=desk.agency.id, units=units, asked=asked)
    today, agency = desk.clock.today(), desk.runtime.agency.name

    def cells(row: tuple[Movement, Unit | None, int, int]) -> tuple[Cell, ...]:
        movement, unit, leads, files = row
        name = Link(movement.name, f"{PATH}/{movement.id}")
        last = movement.ended_on or movement.ends_on
        tag = Tag("movement", movement.standing(today))
        found = leads + files if units is None or units else None
        return name, unit.name if unit else agency, movement.starts_on, last, tag, movement.registered, found

    listing = Listing("Phong trào", asked, movements.ORDERS, (), COLUMNS, rows, cells)
    launching = desk.rights.opens("movement.launch")
    return show(desk.request, listing, "movements.html", file="phong-trao", question=question, launching=launching)


@dataclass
class Typed:
    """The form of a movement as it was sent."""

    unit: Annotated[str, Form()] = ""
    name: Annotated[str, Form()] = ""
    issuer: Annotated[str, Form()] = ""
    task: Annotated[str, Form()] = ""
    starts_on: Annotated[str, Form()] = ""
    ends_on: Annotated[str, Form()] = ""
    paper: Annotated[str, Form()] = ""
    once: Annotated[str, Form()] = ""

    @property
    def errors(self) -> dict[str, str]:
        """What is no day."""
        wrong = {} if read_day(self.starts_on) else {"starts_on": BAD_DAY}
        return wrong | ({"ends_on": BAD_DAY} if self.ends_on.strip() and not read_day(self.ends_on) else {})

    def read(self, offered: Mapping[str, str]) -> Launch | None:
        """What it says; the issuer is the plan's where nothing else is said. None: a day is none."""
        first = read_day(self.starts_on)
        if first is None or self.errors:
            return None
        issuer = self.issuer.strip() or offered.get(self.name.strip(), "")
        return Launch(self.name, first, read_day(self.ends_on), issuer, self.task, self.paper)


async def get_seen(desk: Desk, session: AsyncSession, movement_id: UUID) -> Seen:
    """The movement (404 for what the agency does not have), with what was found through it that the person may see."""
    units = desk.rights.units("registration.read")
    found = await movements.get_movement(session, agency=desk.agency.id, movement_id=movement_id, units=units)
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/phong-trao/moi", dependencies=[allowed("movement.launch")])
async def new(desk: AtDesk) -> Response:
    """A movement that is to be launched."""
    return await _new(desk, asdict(Typed(once=str(uuid4()))), {})


async def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    async with desk.database.reading() as session:
        own = await queries.list_units(
            session, agency=desk.agency.id, units=desk.rights.units("movement.launch"), on=desk.clock.today()
        )
        offered = await movements.list_offered(session, agency=desk.agency.id)
    whole = [(WHOLE, desk.runtime.agency.name)] if desk.rights.may("movement.launch") else []
    return _form(desk, values, errors, offered, units=[*whole, *((str(unit.id), unit.name) for unit in own)])


def _form(
    desk: Desk,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    offered: Mapping[str, str],
    *,
    units: list[tuple[str, str]],
    movement: Movement | None = None,
) -> Response:
    return desk.pages.render(
        desk.request,
        "movement_new.html",
        status_code=422 if errors else 200,
        values=values,
        errors=errors,
        offered=offered,
        units=units,
        movement=movement,
    )


@router.post("/phong-trao/moi", dependencies=[allowed("movement.launch")])
async def launch(desk: AtDesk, typed: Annotated[Typed, Depends()]) -> Response:
    """Launch it; the same form sent twice launches one."""
    values, unit_id = asdict(typed), uuid_of(typed.unit)
    reached = desk.rights.units("movement.launch")
    errors = typed.errors
    if unit_id is None and not (typed.unit == WHOLE and desk.rights.may("movement.launch")):
        errors = {"unit": "Hãy chọn đơn vị phát động."} | errors
    elif unit_id is not None and reached is not None and unit_id not in reached:
        errors = {"unit": "Bạn chỉ phát động được phong trào ở đơn vị mình. Hãy chọn trong danh sách."} | errors
    async with desk.database.reading() as session:
        told = typed.read(await movements.list_offered(session, agency=desk.agency.id))
    if errors or told is None:
        return await _new(desk, values, errors)
    id, by = form_id(typed.once, values), desk.rights.actor("movement.launch", unit_id)
    try:
        async with desk.database.transaction() as session:
            await acting.launch(session, desk.agency, told, unit_id=unit_id, at=desk.clock.now(), by=by, id=id)
    except BadMovement as refusal:
        return await _new(desk, values, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{id}")


@router.get("/phong-trao/{movement_id}/sua", dependencies=[allowed("movement.launch")])
async def edit(desk: AtDesk, movement_id: UUID) -> Response:
    """The same form with what a movement says."""
    seen = await _own(desk, movement_id)
    movement = seen.movement
    told = {name: getattr(movement, name) for name in ("name", "issuer", "task", "paper")}
    days = {"starts_on": day(movement.starts_on), "ends_on": day(movement.ends_on) if movement.ends_on else ""}
    return await _edit(desk, movement, told | days, {})


async def _own(desk: Desk, movement_id: UUID) -> Seen:
    """The movement, which the person may change. Raises HTTPException (404), Forbidden."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, movement_id)
    desk.rights.actor("movement.launch", seen.movement.unit_id)
    return seen


async def _edit(desk: Desk, movement: Movement, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    async with desk.database.reading() as session:
        offered = await movements.list_offered(session, agency=desk.agency.id)
    return _form(desk, values, errors, offered, units=[], movement=movement)


@router.post("/phong-trao/{movement_id}/sua", dependencies=[allowed("movement.launch")])
async def change(desk: AtDesk, movement_id: UUID, typed: Annotated[Typed, Depends()]) -> Response:
    """Say anew what it is."""
    movement = (await _own(desk, movement_id)).movement
    by = desk.rights.actor("movement.launch", movement.unit_id)
    told = typed.read({})
    if told is None:
        return await _edit(desk, movement, asdict(typed), typed.errors)
    try:
        async with desk.database.transaction() as session:
            await acting.change(session, told, movement_id=movement_id, by=by)
    except BadMovement as refusal:
        return await _edit(desk, movement, asdict(typed), {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{movement_id}")


@router.post("/phong-trao/{movement_id}/ket-thuc", dependencies=[allowed("movement.launch")])
async def end(desk: AtDesk, movement_id: UUID) -> Response:
    """End it from today on."""
    by = desk.rights.actor("movement.launch", (await _own(desk, movement_id)).movement.unit_id)
    async with desk.database.transaction() as session:
        await acting.end(session, movement_id=movement_id, today=desk.clock.today(), by=by)
    return see_other(f"{PATH}/{movement_id}")
