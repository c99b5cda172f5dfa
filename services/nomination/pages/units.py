"""The agency's units: how they are called, since when, and what stands above and below them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import units as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.unit_kinds import NAMES, kind_name
from services.nomination.queries import list_units as list_everybody
from services.nomination.queries import units
from services.nomination.rules.units import BadEdge, BadName, BadUnit
from services.nomination.tables import Unit
from shared.formats import read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows
from shared.lists import show_list

router = APIRouter()
PATH = "/de-cu/quan-tri/don-vi"
BAD_DAY = "Ngày chưa đúng. Ví dụ: 20/11/2026."
ENTERED = ("code", "name", "kind", "since", "once")
FIELDS = ("code", "name", "kind", "since", "paper")
TYPED = (*FIELDS, "parent", "line", "from_day", "edge", "until", "ngay")
"""What the small forms beside a unit ask."""
LINES = {
    "administrative": "quản lý",
    "professional": "chuyên môn",
    "union": "công đoàn",
    "emulation": "cụm thi đua",
}
"""The lines by the words of a sentence. Lines are data: another reads as its agency wrote it."""
COLUMNS = (
    Column("Mã", ("ma", "ma")),
    Column("Tên", ("ten", "ten-nguoc")),
    Column("Loại"),
    Column("Từ ngày", minor=True),
    Column("Đến ngày", minor=True),
)


def _cells(unit: Unit) -> tuple[Cell, ...]:
    return unit.code, Link(unit.name, f"{PATH}/{unit.id}"), kind_name(unit.kind), unit.valid_from, unit.valid_to


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await units.page_of_units(session, agency=reader.agency, asked=asked)


UNITS = ListKind(
    PATH, "unit.read", "Đơn vị", "don-vi", units.ORDERS, (), COLUMNS, _find, lambda _reader, row: _cells(*row)
)


@router.get("/quan-tri/don-vi", dependencies=[allowed("unit.read")])
async def list_units(desk: AtDesk) -> Response:
    """The agency's units, as they are called now."""
    return await show_list(desk.request, UNITS, "units.html", changing=desk.rights.opens("unit.change"))


@router.get("/quan-tri/don-vi/moi", dependencies=[allowed("unit.change")])
async def new(desk: AtDesk) -> Response:
    """A unit that is not there yet."""
    return _new(desk, dict.fromkeys(ENTERED, "") | {"once": str(uuid4())}, {})


def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    kinds = {kind: kind_name(kind) for kind in (*NAMES, values["kind"]) if kind}
    return desk.pages.render(
        desk.request,
        "unit_new.html",
        status_code=422 if errors else 200,
        kinds=list(kinds.items()),
        values=values,
        errors=errors,
    )


@router.post("/quan-tri/don-vi/moi", dependencies=[allowed("unit.change")])
async def enter(
    desk: AtDesk,
    code: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Enter it; the same form sent twice enters one."""
    values = dict(zip(ENTERED, (code, name, kind, since, once), strict=True))
    day, id, by = read_day(since), form_id(once, values), desk.rights.actor("unit.change")
    if day is None:
        return _new(desk, values, {"since": BAD_DAY})
    about = {"code": code.strip(), "name": name, "kind": kind}
    try:
        async with desk.database.transaction() as session:
            await acting.enter_unit(session, desk.agency, id=id, **about, since=day, at=desk.clock.now(), by=by)
    except BadUnit as refusal:
        return _new(desk, values, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{id}")


@router.get("/quan-tri/don-vi/{unit_id}", dependencies=[allowed("unit.read")])
async def show(desk: AtDesk, unit_id: UUID, ngay: str = "") -> Response:
    """A unit with its names through time, and where it stands now, or stood on a day."""
    if ngay and read_day(ngay) is None:
        return await _show(desk, unit_id, {"ngay": BAD_DAY}, {"ngay": ngay[:20]})
    return await _show(desk, unit_id, values={"ngay": ngay}, then=read_day(ngay))


async def _show(
    desk: Desk,
    unit_id: UUID,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
    then: date | None = None,
) -> Response:
    today = desk.clock.today()
    async with desk.database.reading() as session:
        known = await units.get_unit(
            session, agency=desk.agency.id, unit_id=unit_id, on=then or today, only_then=then is not None
        )
        name_then = await units.name_on(session, known.unit, then) if known and then else ""
        everybody = await list_everybody(session, agency=desk.agency.id, units=None, on=today)
    if known is None:
        raise HTTPException(404)
    shown = dict.fromkeys(TYPED, "") | {"name": known.unit.name, "kind": known.unit.kind} | dict(values or {})
    kinds = {kind: kind_name(kind) for kind in (*NAMES, known.unit.kind, shown["kind"]) if kind}
    return desk.pages.render(
        desk.request,
        "unit.html",
        status_code=422 if errors else 200,
        known=known,
        then=then,
        name_then=name_then,
        changing=desk.rights.opens("unit.change"),
        kind_name=kind_name,
        line_name=lambda line: LINES.get(line, line),
        kinds=list(kinds.items()),
        ending=[(edge.id, other.name) for edge, other in known.above if edge.valid_to is None],
        others=[(one.id, one.name) for one in everybody if one.id != unit_id],
        lines=list(LINES.items()),
        values=shown,
        errors=errors or {},
    )


@router.post("/quan-tri/don-vi/{unit_id}/ten", dependencies=[allowed("unit.change")])
async def rename(
    desk: AtDesk,
    unit_id: UUID,
    code: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    since: Annotated[str, Form()] = "",
    paper: Annotated[str, Form()] = "",
) -> Response:
    """Call it otherwise, or let it have another code or kind, from a day on."""
    values = dict(zip(FIELDS, (code, name, kind, since, paper), strict=True))
    day, by = read_day(since), desk.rights.actor("unit.change")
    if day is None:
        return await _show(desk, unit_id, {"since": BAD_DAY}, values)
    await unit_of(desk, unit_id)
    about = {"code": code, "name": name, "kind": kind, "paper": paper}
    at, today = desk.clock.now(), desk.clock.today()
    try:
        async with desk.database.transaction() as session:
            await acting.rename(session, unit_id=unit_id, **about, since=day, at=at, today=today, by=by)
    except BadName as refusal:
        return await _show(desk, unit_id, {refusal.field: str(refusal)}, values)
    return see_other(f"{PATH}/{unit_id}#ten")


@router.post("/quan-tri/don-vi/{unit_id}/ten/{name_id}/bo", dependencies=[allowed("unit.change")])
async def take_back(desk: AtDesk, unit_id: UUID, name_id: UUID) -> Response:
    """A name whose day has not come will not be."""
    by = desk.rights.actor("unit.change")
    await unit_of(desk, unit_id)
    try:
        async with desk.database.transaction() as session:
            await acting.take_back(session, unit_id=unit_id, name_id=name_id, by=by)
    except LookupError:
        raise HTTPException(404) from None
    except rules.Refusal as refusal:
        return await _show(desk, unit_id, {"name": str(refusal)})
    return see_other(f"{PATH}/{unit_id}#ten")


@router.post("/quan-tri/don-vi/{unit_id}/thuoc", dependencies=[allowed("unit.change")])
async def put_under(
    desk: AtDesk,
    unit_id: UUID,
    parent: Annotated[str, Form()] = "",
    line: Annotated[str, Form()] = "",
    from_day: Annotated[str, Form()] = "",
) -> Response:
    """Let it stand under another from a day on."""
    values = {"parent": parent, "line": line, "from_day": from_day}
    day, above, by = read_day(from_day), uuid_of(parent), desk.rights.actor("unit.change")
    errors = {} if above else {"parent": "Hãy chọn đơn vị."}
    if line not in LINES:
        errors["line"] = "Hãy chọn thuộc theo hệ nào."
    if day is None:
        errors["from_day"] = BAD_DAY
    if errors or above is None or day is None:
        return await _show(desk, unit_id, errors, values)
    for one in (unit_id, above):
        await unit_of(desk, one)
    try:
        async with desk.database.transaction() as session:
            await acting.put_under(session, child=unit_id, parent=above, line=line, since=day, by=by)
    except BadEdge as refusal:
        return await _show(desk, unit_id, {refusal.field: str(refusal)}, values)
    return see_other(f"{PATH}/{unit_id}#thuoc")


@router.post("/quan-tri/don-vi/{unit_id}/thuoc/thoi", dependencies=[allowed("unit.change")])
async def take_from(
    desk: AtDesk, unit_id: UUID, edge: Annotated[str, Form()] = "", until: Annotated[str, Form()] = ""
) -> Response:
    """Let it stand there no more from a day on."""
    values, edge_id = {"edge": edge, "until": until}, uuid_of(edge)
    day, by = read_day(until), desk.rights.actor("unit.change")
    if edge_id is None or day is None:
        return await _show(desk, unit_id, {"until": BAD_DAY} if edge_id else {"edge": "Hãy chọn đơn vị."}, values)
    await unit_of(desk, unit_id)
    try:
        async with desk.database.transaction() as session:
            await acting.take_from(session, edge_id=edge_id, unit_id=unit_id, until=day, by=by)
    except BadEdge as refusal:
        return await _show(desk, unit_id, {refusal.field: str(refusal)}, values)
    return see_other(f"{PATH}/{unit_id}#thuoc")


async def unit_of(desk: Desk, unit_id: UUID) -> Unit:
    """A unit of the agency. Raises HTTPException (404) for any other."""
    async with desk.database.reading() as session:
        unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != desk.agency.id:
        raise HTTPException(404)
    return unit
