"""The reports that are due, begun and sent, and the picture of who is honoured where."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import reports as acting
from services.nomination.actions.reports import Wanted
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.units import BAD_DAY
from services.nomination.queries import reports
from services.nomination.queries.reports import Due
from services.nomination.rules.reports import BadReport, ReportKind
from services.nomination.tables import Report, Unit
from shared.federation import Agency
from shared.formats import day, read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows, Said, Tag
from shared.lists import show_list

router = APIRouter()
PATH = "/de-cu/bao-cao"
WHOLE = "ca-co-quan"
"""What the form says for a report of the agency as a whole."""
KINDS = {ReportKind.YEARLY: "Báo cáo năm", ReportKind.INTERIM: "Báo cáo sơ kết"}
COLUMNS = (
    Column("Báo cáo"),
    Column("Của"),
    Column("Kỳ", minor=True),
    Column("Thời gian", ("ky-cu", "ky")),
    Column("Tình trạng"),
    Column("Từ lúc", ("cu", "moi"), minor=True),
)


def title_of(report: Report) -> str:
    """How a report is called; one from below is called by its kind until its words are here."""
    return report.title or translate(KINDS[report.kind])


def whose(report: Report, unit: Unit | None, name_of: Callable[[str], str]) -> str:
    """Whose report it is, `name_of` an agency below; empty: of this agency as a whole."""
    if report.from_agency:
        return name_of(report.from_agency)
    return unit.name if unit is not None else ""


def _cells(reader: Reader, row: tuple[Report, Unit | None]) -> tuple[Cell, ...]:
    report, unit = row
    return (
        Link(title_of(report), f"{PATH}/{report.id}"),
        whose(report, unit, reader.short_name) or Said("Cả cơ quan"),
        Said(KINDS[report.kind]),
        f"{day(report.from_on)} – {day(report.until_on)}",
        Tag("report", report.state),
        report.at,
    )


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await reports.page_of_reports(session, agency=reader.agency, units=reader.units, asked=asked)


REPORTS = ListKind(
    PATH,
    "report.read",
    "Báo cáo",
    "bao-cao",
    reports.ORDERS,
    reports.FILTERS,
    COLUMNS,
    _find,
    _cells,
)


@router.get("/bao-cao", dependencies=[allowed("report.read")])
async def list_reports(desk: AtDesk) -> Response:
    """What is due, and the reports that there are."""
    async with desk.database.reading() as session:
        due = await reports.list_due(session, agency=desk.agency.id, today=desk.clock.today())
    writing = desk.rights.opens("report.write")
    whole = desk.rights.units("report.write") is None
    mine = [{"number": n, "due": one} for n, one in enumerate(due) if writing and (whole or not one.to_agency)]
    return await show_list(
        desk.request,
        REPORTS,
        "reports.html",
        due=mine,
        today=desk.clock.today(),
        writing=writing,
        seeing=desk.rights.opens("report.fairness"),
        name_of=desk.short_name,
    )


@dataclass
class Typed:
    """The form of a new report as it was sent."""

    unit: Annotated[str, Form()] = ""
    to: Annotated[str, Form()] = ""
    kind: Annotated[str, Form()] = ReportKind.YEARLY.value
    title: Annotated[str, Form()] = ""
    from_on: Annotated[str, Form()] = ""
    until_on: Annotated[str, Form()] = ""
    due_on: Annotated[str, Form()] = ""


@router.get("/bao-cao/moi", dependencies=[allowed("report.write")])
async def new(desk: AtDesk, han: int = -1) -> Response:
    """Of whom and of what time a report is to be; begun from one that is due, most is filled in."""
    async with desk.database.reading() as session:
        due = await reports.list_due(session, agency=desk.agency.id, today=desk.clock.today())
    return await _new(desk, asdict(_from(due[han]) if 0 <= han < len(due) else Typed()), {})


def _from(due: Due) -> Typed:
    return Typed(
        unit=WHOLE if due.to_agency else "",
        to=due.to_agency,
        title=due.title,
        from_on=day(due.from_on),
        until_on=day(due.until_on),
        due_on=day(due.due_on) if due.due_on else "",
    )


async def _new(desk: Desk, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    units = desk.rights.units("report.write")
    async with desk.database.reading() as session:
        own = await queries.list_units(session, agency=desk.agency.id, units=units, on=desk.clock.today())
    whole = [(WHOLE, "Cả cơ quan, gửi lên cấp trên")] if units is None else []
    return desk.pages.render(
        desk.request,
        "report_new.html",
        status_code=422 if errors else 200,
        units=[*whole, *((str(unit.id), unit.name) for unit in own)],
        parents=[(one.id, one.name) for one in _parents(desk)] if units is None else [],
        kinds=[(kind.value, name) for kind, name in KINDS.items()],
        values=values,
        errors=errors,
        once=values.get("once") or uuid4(),
    )


def _parents(desk: Desk) -> tuple[Agency, ...]:
    return desk.runtime.federation.parents(desk.agency.id, desk.clock.today())


@router.post("/bao-cao/moi", dependencies=[allowed("report.write")])
async def begin(
    desk: AtDesk, typed: Annotated[Typed, Depends()], once: Annotated[str, Form(max_length=40)] = ""
) -> Response:
    """Begin a report; its figures are there at once."""
    values = asdict(typed)
    units, unit_id = desk.rights.units("report.write"), uuid_of(typed.unit)
    errors = _wrong(desk, typed, units, unit_id)
    if errors:
        return await _new(desk, values, errors)
    wanted = Wanted(
        kind=ReportKind(typed.kind),
        title=typed.title,
        from_on=read_day(typed.from_on),
        until_on=read_day(typed.until_on),
        due_on=read_day(typed.due_on) if typed.due_on else None,
        unit_id=unit_id,
        to_agency="" if unit_id else typed.to,
    )
    by = desk.rights.actor("report.write", unit_id)
    id, at, today = form_id(once, values), desk.clock.now(), desk.clock.today()
    try:
        async with desk.database.transaction() as session:
            await acting.begin(session, desk.agency, wanted, id=id, writer=desk.person.name, at=at, today=today, by=by)
    except BadReport as refusal:
        return await _new(desk, values, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{id}")


def _wrong(desk: Desk, typed: Typed, units: frozenset[UUID] | None, unit_id: UUID | None) -> dict[str, str]:
    """What of the form cannot be, by field."""
    errors = {}
    if unit_id is None and (typed.unit != WHOLE or units is not None):
        errors["unit"] = "Hãy chọn đơn vị."
    if unit_id is not None and units is not None and unit_id not in units:
        errors["unit"] = "Bạn chỉ viết báo cáo của đơn vị mình. Hãy chọn đơn vị trong danh sách."
    above = {one.id for one in _parents(desk)}
    if typed.unit == WHOLE and typed.to not in (above or {""}):
        errors["to"] = "Hãy chọn cơ quan cấp trên nhận báo cáo."
    if typed.kind not in list(ReportKind):
        errors["kind"] = "Hãy chọn kỳ báo cáo."
    if typed.due_on and read_day(typed.due_on) is None:
        errors["due_on"] = BAD_DAY
    return errors
