"""How far a plan has got: a unit says that its people know of it, and the map shows everybody below."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import carrying_out
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.unit_kinds import kind_name
from services.nomination.queries import list_units, plan_map, plans
from services.nomination.queries.plan_map import Map, Placed, placed
from services.nomination.rules.carrying_out import Carried, Reported
from services.nomination.rules.plan_content import BadPart
from shared.formats import day, read_day
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.listing import MOST_COUNTED, Asked, Cell, Column, Listing, Rows, Said, Tag, told
from shared.lists import spreadsheet

router = APIRouter()

COLUMNS = (
    Column("Nơi thực hiện", ("ten", "ten-nguoc")),
    Column("Loại", minor=True),
    Column("Triển khai"),
    Column("Ngày phổ biến"),
    Column("Số người", number=True),
    Column("Hồ sơ đã gửi", number=True),
    Column("Giới thiệu"),
    Column("Báo cáo"),
)


@router.get("/ke-hoach/{code}/trien-khai", dependencies=[allowed("plan.carry_out")])
async def before_carrying_out(desk: AtDesk, code: str) -> Response:
    """A unit's head says when its people heard of the plan, and how many of them."""
    values = {"unit": "", "told_on": day(desk.clock.today()), "people": ""}
    return await _form(desk, code, values, {})


async def _form(desk: Desk, code: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    units = desk.rights.units("plan.carry_out")
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
        if found is None:
            raise HTTPException(404)
        own = await list_units(session, agency=desk.agency.id, units=units, on=desk.clock.today())
    return desk.pages.render(
        desk.request,
        "carry_out.html",
        status_code=422 if errors else 200,
        plan=found.plan,
        units=[(unit.id, unit.name) for unit in own],
        values={"version": found.plan.version, **values},
        errors=errors,
    )


@router.post("/ke-hoach/{code}/trien-khai", dependencies=[allowed("plan.carry_out")])
async def carry_out(
    desk: AtDesk,
    code: str,
    unit: Annotated[str, Form()] = "",
    told_on: Annotated[str, Form()] = "",
    people: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Note that a unit's people know of the plan."""
    values = {"unit": unit, "told_on": told_on, "people": people}
    units, unit_id = desk.rights.units("plan.carry_out"), uuid_of(unit)
    if unit_id is None or (units is not None and unit_id not in units):
        return await _form(desk, code, values, {"unit": "Hãy chọn đơn vị của bạn trong danh sách."})
    by = desk.rights.actor("plan.carry_out", unit_id)
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    try:
        async with desk.database.transaction() as session:
            await carrying_out.carry_out(
                session,
                plan_id=found.plan.id,
                unit_id=unit_id,
                seen=version,
                told_on=read_day(told_on),
                people=int(people) if people.strip().isdecimal() and len(people) < 9 else None,
                at=desk.clock.now(),
                by=by,
            )
    except BadPart as refusal:
        return await _form(desk, code, values, {refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return await _form(desk, code, values, {"unit": str(refusal)})
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"/de-cu/ke-hoach/{code}")


@router.get("/ke-hoach/{code}/ban-do", dependencies=[allowed("plan.map")])
async def show_map(desk: AtDesk, code: str) -> Response:
    """Everybody below a plan, those furthest behind first, with counts; as a file too."""
    units, today = desk.rights.units("plan.map"), desk.clock.today()
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
        if found is None:
            raise HTTPException(404)
        newest = await plan_map.newest_round(session, found.plan, today)
        shown = await plan_map.map_of(session, found.plan, found.targets, newest, units=units, today=today)
        asked = Asked.of(desk.request, shown.orders, plan_map.FILTERS)
        rows = await (
            _all(session, shown, asked) if asked.spreadsheet else plan_map.page_of_units(session, shown, asked)
        )
        read = await plans.list_acknowledgements(session, plan_id=found.plan.id) if units is None else {}
    listing = Listing("Đơn vị", asked, shown.orders, plan_map.FILTERS, COLUMNS, rows, lambda row: _cells(placed(row)))
    children = desk.runtime.federation.children(desk.agency.id, today) if units is None else ()
    carried = plan_map.carried_by(found.plan, [child.id for child in children], read, today)
    below = [(child.name, carried[child.id]) for child in children if _fits(carried[child.id], asked)]
    if asked.spreadsheet:
        more = [_agency_cells(name, state) for name, state in below]
        chosen = [found.plan.title, *told(asked, plan_map.FILTERS)]
        cells = [*more, *listing.cells]
        return spreadsheet(desk.request, "Bản đồ kế hoạch", COLUMNS, cells, file="ban-do-ke-hoach", more=chosen)
    return desk.pages.render(
        desk.request,
        "plan_map.html",
        plan=found.plan,
        listing=listing,
        below=below,
        carried=[(state, count) for state, count in shown.by_carried.items() if count],
        given=[(state, count) for state, count in shown.by_given.items() if count],
        reported=[(state, count) for state, count in shown.by_reported.items() if count and state is not Reported.NONE],
    )


async def _all(session: AsyncSession, shown: Map, asked: Asked) -> Rows:
    """All the units, piece by piece, for a file."""
    piece = replace(asked, spreadsheet=False, chunk=MOST_COUNTED)
    rows = await plan_map.page_of_units(session, shown, piece)
    found: list[Any] = list(rows.found)
    while rows.last is not None:
        rows = await plan_map.page_of_units(session, shown, replace(piece, after=rows.last))
        found += rows.found
    return Rows(found, len(found), None)


def _fits(carried: Carried, asked: Asked) -> bool:
    """Whether an agency below is among what is chosen; what came from units says nothing of agencies."""
    wanted = asked.chosen.get("trien-khai")
    others = {"gioi-thieu", "bao-cao"} & set(asked.chosen)
    return not others and wanted in (None, carried) and asked.after is None


def _cells(one: Placed) -> tuple[Cell, ...]:
    carried, given = Tag("carried", one.carried), Tag("given", one.given)
    kind, reported = kind_name(one.unit.kind), Tag("reported", one.reported)
    return one.unit.name, kind, carried, one.told_on, one.people, one.handed_in, given, reported


def _agency_cells(name: str, carried: Carried) -> tuple[Cell, ...]:
    return name, Said("Cơ quan cấp dưới"), Tag("carried", carried), None, None, None, None, None
