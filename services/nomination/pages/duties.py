"""Who looks after which units: the list of duties, and how they are given and ended."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import queries
from services.nomination.actions import supervision as acting
from services.nomination.actions.supervision import NO_UNIT, Duty
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.supervision import BAD_DAY, PATH
from services.nomination.queries import supervision
from services.nomination.rules.movements import standing
from services.nomination.rules.supervision import BadVisit
from services.nomination.tables import SupervisionDuty, Unit
from shared.formats import in_vietnamese, read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, Listing, Tag
from shared.lists import show as show_list
from shared.names import normal

router = APIRouter()
DUTIES = "/giam-sat/phan-cong"
COLUMNS = (
    Column("Người được phân công", ("ten", "ten-nguoc")),
    Column("Đơn vị"),
    Column("Xem việc gì", minor=True),
    Column("Từ ngày", ("cu", "moi")),
    Column("Đến ngày"),
    Column("Tình trạng"),
)


@router.get(DUTIES, dependencies=[allowed("visit.read")])
async def list_duties(desk: AtDesk) -> Response:
    """The duties over the person's units."""
    asked = Asked.of(desk.request, supervision.DUTY_ORDERS, ())
    units, today = desk.rights.units("visit.read"), desk.clock.today()
    async with desk.database.reading() as session:
        rows = await supervision.page_of_duties(session, agency=desk.agency.id, units=units, asked=asked)

    def cells(row: tuple[SupervisionDuty, Unit]) -> tuple[Cell, ...]:
        duty, unit = row
        name = Link(duty.person, f"{PATH}/phan-cong/{duty.id}")
        tag = Tag("duty", standing(duty.since, duty.until, None, today))
        return name, unit.name, duty.what, duty.since, duty.until, tag

    listing = Listing("Phân công giám sát", asked, supervision.DUTY_ORDERS, (), COLUMNS, rows, cells)
    giving = desk.rights.opens("duty.give")
    return show_list(desk.request, listing, "duties.html", file="phan-cong-giam-sat", giving=giving)


@router.get(DUTIES + "/moi", dependencies=[allowed("duty.give")])
async def new(desk: AtDesk) -> Response:
    """A duty that is to be given."""
    values = dict.fromkeys(("person", "since", "until", "what"), "")
    return await _new(desk, values | {"once": str(uuid4())}, [], {})


async def _new(desk: Desk, values: Mapping[str, str], chosen: Sequence[str], errors: Mapping[str, str]) -> Response:
    async with desk.database.reading() as session:
        units = await queries.list_units(
            session, agency=desk.agency.id, units=desk.rights.units("duty.give"), on=desk.clock.today()
        )
        names = await supervision.list_names(session, agency=desk.agency.id)
    return desk.pages.render(
        desk.request,
        "duty_new.html",
        status_code=422 if errors else 200,
        units=[(str(unit.id), in_vietnamese(unit.name)) for unit in units],
        names=dict.fromkeys(names, ""),
        values=values,
        chosen=chosen,
        errors=errors,
    )


@router.post(DUTIES + "/moi", dependencies=[allowed("duty.give")])
async def give(
    desk: AtDesk,
    person: Annotated[str, Form()] = "",
    units: Annotated[list[str] | None, Form()] = None,
    since: Annotated[str, Form()] = "",
    until: Annotated[str, Form()] = "",
    what: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Give it; the same form sent twice gives one. Whoever writes their own name takes the duty themselves."""
    values = {"person": person, "since": since, "until": until, "what": what, "once": once}
    chosen, first, last = units or [], read_day(since), read_day(until)
    reached = {unit_id for one in chosen if (unit_id := uuid_of(one)) and desk.rights.may("duty.give", unit_id)}
    errors = {} if reached and len(reached) == len(set(chosen)) else {"units": NO_UNIT}
    if first is None:
        errors["since"] = BAD_DAY
    if until.strip() and last is None:
        errors["until"] = BAD_DAY
    if errors or first is None:
        return await _new(desk, values, chosen, errors)
    own = "|".join(desk.person.identity) if normal(person) == normal(desk.person.name) else ""
    duty, by = Duty(person, first, last, what, own), desk.rights.actor("duty.give", min(reached))
    ids = {unit_id: form_id(once, values | {"unit": str(unit_id)}) for unit_id in reached}
    try:
        async with desk.database.transaction() as session:
            await acting.give_duty(session, desk.agency, duty, units=ids, today=desk.clock.today(), by=by)
    except BadVisit as refusal:
        field = "units" if refusal.field == "unit" else refusal.field
        return await _new(desk, values, chosen, {field: str(refusal)})
    return see_other(f"{PATH}/phan-cong")


async def _get(desk: Desk, duty_id: UUID) -> tuple[SupervisionDuty, Unit]:
    """A duty over a unit that the person sees. Raises HTTPException (404)."""
    units = desk.rights.units("visit.read")
    async with desk.database.reading() as session:
        found = await supervision.get_duty(session, agency=desk.agency.id, duty_id=duty_id, units=units)
    if found is None:
        raise HTTPException(404)
    return found


@router.get(DUTIES + "/{duty_id}", dependencies=[allowed("visit.read")])
async def show(desk: AtDesk, duty_id: UUID) -> Response:
    """One duty."""
    duty, unit = await _get(desk, duty_id)
    now = standing(duty.since, duty.until, None, desk.clock.today())
    giving = desk.rights.may("duty.give", duty.unit_id)
    return desk.pages.render(desk.request, "duty.html", duty=duty, unit=unit, now=now, giving=giving)


@router.post(DUTIES + "/{duty_id}/thoi", dependencies=[allowed("duty.give")])
async def end(desk: AtDesk, duty_id: UUID) -> Response:
    """Today is its last day."""
    duty, _ = await _get(desk, duty_id)
    by = desk.rights.actor("duty.give", duty.unit_id)
    async with desk.database.transaction() as session:
        await acting.end_duty(session, duty_id=duty_id, today=desk.clock.today(), by=by)
    return see_other(f"{PATH}/phan-cong")
