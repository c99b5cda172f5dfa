"""Leads at the desk: the list, one that is new, and how far those are that the person saw."""

from collections.abc import Mapping
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import leads as acting
from services.nomination.actions.leads import Sighting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import leads, movements
from services.nomination.rules import FieldRefusal
from services.nomination.rules.leads import Source
from services.nomination.tables import Lead, Unit
from shared.audit import Actor
from shared.events import Category
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list, spreadsheet, wants_file
from shared.looks import CATEGORIES

router = APIRouter()
PATH = "/de-cu/nhan-to"

SOURCES = {Source.STAFF: "Cán bộ, nhà giáo", Source.PUBLIC: "Người dân", Source.HONOURED: "Gương đã được khen"}
COLUMNS = (
    Column("Ai", ("ten", "ten-nguoc")),
    Column("Loại", minor=True),
    Column("Đơn vị"),
    Column("Từ đâu", minor=True),
    Column("Tình trạng"),
    Column("Ghi lúc", ("cu", "moi")),
)
FIELDS = ("unit", "category", "name", "position", "deed", "movement", "task", "found_through", "once")


def _cells(lead: Lead, unit: Unit | None) -> tuple[Cell, ...]:
    name = Link(lead.name, f"{PATH}/{lead.id}")
    place: Cell = unit.name if unit else Said("Chưa rõ đơn vị")
    return (
        name,
        Said(CATEGORIES[lead.category]),
        place,
        Said(SOURCES[lead.source]),
        Tag("lead", lead.state),
        lead.spotted_at,
    )


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await leads.page_of_leads(session, agency=reader.agency, units=reader.units, asked=asked)


LEADS = ListKind(
    PATH,
    "lead.read",
    "Nhân tố mới",
    "nhan-to-moi",
    leads.ORDERS,
    leads.FILTERS,
    COLUMNS,
    _find,
    lambda _reader, row: _cells(*row),
)


@router.get("/nhan-to", dependencies=[allowed("lead.read")])
async def list_leads(desk: AtDesk) -> Response:
    """The leads of the person's units, and what the public told that waits to be taken up."""
    async with desk.database.reading() as session:
        waiting = await leads.list_waiting(session, agency=desk.agency.id, units=desk.rights.units("lead.sort"))
    return await show_list(desk.request, LEADS, "leads.html", waiting=waiting if desk.rights.opens("lead.sort") else [])


@router.get("/nhan-to/moi", dependencies=[allowed("lead.spot")])
async def new(desk: AtDesk) -> Response:
    """Somebody promising was noticed."""
    return await _new(desk, dict.fromkeys(FIELDS, "") | {"once": str(uuid4())}, {})


async def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    today = desk.clock.today()
    async with desk.database.reading() as session:
        found = await queries.list_units(session, agency=desk.agency.id, units=None, on=today)
        current = await movements.list_current(session, agency=desk.agency.id, today=today)
    own = desk.person.units("nominator", today) | desk.person.units("head", today)
    return desk.pages.render(
        desk.request,
        "lead_new.html",
        status_code=422 if errors else 200,
        units=[(unit.id, unit.name) for unit in sorted(found, key=lambda unit: unit.id not in own)],
        own=next(iter(own)) if len(own) == 1 else "",
        movements=[(one.id, one.name) for one in current],
        categories=CATEGORIES,
        values=values,
        errors=errors,
    )


@router.post("/nhan-to/moi", dependencies=[allowed("lead.spot")])
async def spot(
    desk: AtDesk,
    unit: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    position: Annotated[str, Form()] = "",
    deed: Annotated[str, Form()] = "",
    movement: Annotated[str, Form()] = "",
    task: Annotated[str, Form()] = "",
    found_through: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Write it down; the same form sent twice, by a double click or a reload, writes one."""
    typed = (unit, category, name, position, deed, movement, task, found_through, once)
    values = dict(zip(FIELDS, typed, strict=True))
    unit_id = uuid_of(unit)
    errors = {} if unit_id else {"unit": "Hãy chọn đơn vị."}
    if category not in list(Category):
        errors["category"] = "Hãy chọn loại đối tượng."
    if movement and not uuid_of(movement):
        errors["movement"] = "Hãy chọn phong trào trong danh sách."
    if errors:
        return await _new(desk, values, errors)
    sighting = Sighting(unit_id, Category(category), name, deed, position, uuid_of(movement), task, found_through)
    by = Actor("|".join(desk.person.identity), "person", unit_id)
    try:
        async with desk.database.transaction() as session:
            lead_id = await acting.spot(
                session,
                desk.agency,
                sighting,
                source=Source.STAFF,
                at=desk.clock.now(),
                by=by,
                id=form_id(once, values),
            )
    except FieldRefusal as refusal:
        return await _new(desk, values, {refusal.field: str(refusal)})
    except LookupError:
        return await _new(desk, values, {"unit": "Hãy chọn đơn vị."})
    return see_other(f"{PATH}/{lead_id}" if desk.rights.may("lead.read", unit_id) else f"{PATH}/toi-ghi")


@router.get("/nhan-to/toi-ghi", dependencies=[allowed("lead.own")])
async def list_own(desk: AtDesk) -> Response:
    """What the person saw, and how far each is: for those who are of another unit."""
    async with desk.database.reading() as session:
        found = await leads.list_spotted(session, agency=desk.agency.id, by="|".join(desk.person.identity))
    if wants_file(desk.request):
        return spreadsheet(desk.request, "Nhân tố bạn đã ghi", COLUMNS, [_cells(*row) for row in found], file="nhan-to")
    return desk.pages.render(desk.request, "leads_own.html", found=found)
