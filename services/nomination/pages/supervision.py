"""Supervision: what is open, where one might go next, all visits, and a visit that is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import supervision as acting
from services.nomination.actions.supervision import NO_UNIT, Visited
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import supervision
from services.nomination.queries.supervision import Seen
from services.nomination.rules.supervision import BadVisit, FindingState, Met, Point
from services.nomination.tables import Unit, Visit, VisitFinding
from shared.formats import day, read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows
from shared.lists import show_list
from shared.names import normal

router = APIRouter()
PATH = "/de-cu/giam-sat"
BAD_DAY = "Ngày chưa đúng. Ví dụ: 20/11/2026."
METS = {Met.GOOD: "Đạt", Met.LACKING: "Chưa đạt", Met.UNSEEN: "Không xem"}
ADDED = 3
"""How many points of one's own a form has room for; saved and opened again, as many more."""
COLUMNS = (
    Column("Ngày", ("cu", "moi")),
    Column("Đơn vị"),
    Column("Ai đã đi"),
    Column("Điều còn mở", number=True),
)


def _cells(visit: Visit, unit: Unit, still: int) -> tuple[Cell, ...]:
    return Link(day(visit.held_on), f"{PATH}/{visit.id}"), unit.name, visit.party, still


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await supervision.page_of_visits(session, agency=reader.agency, units=reader.units, asked=asked)


VISITS = ListKind(
    PATH,
    "visit.read",
    "Các chuyến kiểm tra",
    "kiem-tra-giam-sat",
    supervision.ORDERS,
    (),
    COLUMNS,
    _find,
    lambda _reader, row: _cells(*row),
)


def look_of(finding: VisitFinding, desk: Desk) -> str:
    """How a finding stands, as `shared.looks` shows it."""
    late = finding.state is FindingState.WAITING and finding.due_on < desk.clock.today()
    return "late" if late else finding.state.value


@router.get("/giam-sat", dependencies=[allowed("visit.read")])
async def list_visits(desk: AtDesk) -> Response:
    """What is open, what is past due first; where one might go next; all visits."""
    today, agency = desk.clock.today(), desk.agency.id
    async with desk.database.reading() as session:
        still = await supervision.list_open(session, agency=agency, units=desk.rights.units("visit.read"))
        going = desk.rights.units("visit.write")
        suggested = await supervision.suggest(session, agency=agency, units=going, today=today)
    return await show_list(
        desk.request,
        VISITS,
        "visits.html",
        still=[(finding, unit, look_of(finding, desk)) for finding, unit in still],
        suggested=suggested,
        writing=desk.rights.opens("visit.write"),
    )


@dataclass
class Typed:
    """The form of a visit as it was sent, but for its checklist."""

    unit: Annotated[str, Form()] = ""
    when: Annotated[str, Form()] = ""
    party: Annotated[str, Form()] = ""
    summary: Annotated[str, Form()] = ""
    once: Annotated[str, Form()] = ""


def _checklist(
    check: Annotated[list[str] | None, Form()] = None,
    met: Annotated[list[str] | None, Form()] = None,
    note: Annotated[list[str] | None, Form()] = None,
) -> list[Point]:
    """The points as they were sent; what is none of the answers was not looked at."""
    return [
        Point(normal(text), Met(said) if said in list(Met) else Met.UNSEEN, normal(word))
        for text, said, word in zip_longest(check or [], met or [], note or [], fillvalue="")
        if normal(text)
    ]


Checklist = Annotated[list[Point], Depends(_checklist)]


def _read(typed: Typed, points: Sequence[Point]) -> Visited | None:
    """What a form says; None: its day is none."""
    held_on = read_day(typed.when)
    return Visited(held_on, typed.party, points, typed.summary) if held_on else None


@router.get("/giam-sat/moi", dependencies=[allowed("visit.write")])
async def new(desk: AtDesk) -> Response:
    """A visit that was made."""
    unit = desk.request.query_params.get("don-vi", "")
    async with desk.database.reading() as session:
        texts = await supervision.list_points(session, agency=desk.agency.id, on=desk.clock.today())
    typed = Typed(unit=unit if uuid_of(unit) else "", when=day(desk.clock.today()), once=str(uuid4()))
    return await _form(desk, typed, [Point(text) for text in texts], {})


async def _form(
    desk: Desk, typed: Typed, points: Sequence[Point], errors: Mapping[str, str], seen: Seen | None = None
) -> Response:
    units: Sequence[Unit] = []
    if seen is None:
        async with desk.database.reading() as session:
            units = await queries.list_units(
                session, agency=desk.agency.id, units=desk.rights.units("visit.write"), on=desk.clock.today()
            )
    return desk.pages.render(
        desk.request,
        "visit_new.html",
        status_code=422 if errors else 200,
        values=asdict(typed),
        points=points,
        added=range(len(points) + 1, len(points) + 1 + ADDED),
        mets=METS,
        units=[(unit.id, unit.name) for unit in units],
        seen=seen,
        errors=errors,
    )


@router.post("/giam-sat/moi", dependencies=[allowed("visit.write")])
async def note(desk: AtDesk, typed: Annotated[Typed, Depends()], points: Checklist) -> Response:
    """Write it down; the same form sent twice writes one."""
    unit_id, visited = uuid_of(typed.unit), _read(typed, points)
    errors = {} if desk.rights.may("visit.write", unit_id) and unit_id else {"unit": NO_UNIT}
    if visited is None:
        errors["when"] = BAD_DAY
    if errors or visited is None or unit_id is None:
        return await _form(desk, typed, points, errors)
    said = {"points": "\n".join(f"{one.text}|{one.met}|{one.note}" for one in points)}
    id, by = form_id(typed.once, asdict(typed) | said), desk.rights.actor("visit.write", unit_id)
    try:
        async with desk.database.transaction() as session:
            told: dict[str, Any] = {"unit_id": unit_id, "today": desk.clock.today(), "by": by, "id": id}
            await acting.note_visit(session, desk.agency, visited, **told)
    except BadVisit as refusal:
        return await _form(desk, typed, points, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{id}")


async def get_seen(desk: Desk, session: AsyncSession, visit_id: UUID) -> Seen:
    """The visit; one to a unit that the person does not see does not exist (404)."""
    units = desk.rights.units("visit.read")
    found = await supervision.get_visit(session, agency=desk.agency.id, visit_id=visit_id, units=units)
    if found is None:
        raise HTTPException(404)
    return found


async def writable(desk: Desk, visit_id: UUID) -> Seen:
    """The visit, which the person may change. Raises HTTPException (404), Forbidden."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, visit_id)
    desk.rights.actor("visit.write", seen.visit.unit_id)
    return seen


@router.get("/giam-sat/{visit_id}/sua", dependencies=[allowed("visit.write")])
async def edit(desk: AtDesk, visit_id: UUID) -> Response:
    """The same form with what a visit says."""
    seen = await writable(desk, visit_id)
    visit = seen.visit
    typed = Typed(when=day(visit.held_on), party=visit.party, summary=visit.summary)
    return await _form(desk, typed, visit.points, {}, seen)


@router.post("/giam-sat/{visit_id}/sua", dependencies=[allowed("visit.write")])
async def change(desk: AtDesk, visit_id: UUID, typed: Annotated[Typed, Depends()], points: Checklist) -> Response:
    """Tell it anew."""
    seen = await writable(desk, visit_id)
    by, visited = desk.rights.actor("visit.write", seen.visit.unit_id), _read(typed, points)
    if visited is None:
        return await _form(desk, typed, points, {"when": BAD_DAY}, seen)
    try:
        async with desk.database.transaction() as session:
            await acting.change_visit(session, visited, visit_id=visit_id, today=desk.clock.today(), by=by)
    except BadVisit as refusal:
        return await _form(desk, typed, points, {refusal.field: str(refusal)}, seen)
    return see_other(f"{PATH}/{visit_id}")
