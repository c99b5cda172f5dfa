"""What plans ask of their units, and how far that is met."""

from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response

from services.nomination.pages.desk import AtDesk
from services.nomination.pages.quotas import target_text
from services.nomination.queries import targets
from services.nomination.queries.targets import Row, Standing
from services.nomination.rules.plan_content import year_of
from services.nomination.rules.targets import Bound, Counted
from shared.identity.allowed import allowed
from shared.language import translate
from shared.listing import Cell, Column, Said
from shared.lists import spreadsheet, wants_file

router = APIRouter()

COLUMNS = (
    Column("Chỉ tiêu"),
    Column("Kế hoạch"),
    Column("Đợt hoặc năm"),
    Column("Đơn vị"),
    Column("Đã gửi", number=True),
    Column("Tình trạng"),
)
UNCOUNTED = "Chưa đếm được bằng phần mềm: hãy theo dõi riêng"
"""What is said of a target that is not counted here."""


def asked(standing: Standing) -> str:
    """What a target asks for."""
    one = standing.target
    return target_text(one.bound, one.number, one.counted, one.unit_kind)


def when(standing: Standing, today: date) -> str:
    """The time it is counted in."""
    if standing.round:
        return standing.round.name
    begins = standing.plan.cycle_begins
    year = year_of(today, begins)
    if begins in ("", "01-01"):
        return translate("Năm {year}", year=year)
    return translate("Năm {year}–{next}", year=year, next=year + 1)


def verdict(row: Row, standing: Standing) -> str:
    """How a unit stands to it."""
    if standing.target.counted is Counted.UNITS:
        return "Đã có" if row.quota.count else "Chưa có"
    if row.quota.met:
        return "Đạt"
    return "Dưới chỉ tiêu" if row.quota.bound is Bound.AT_LEAST else "Quá số nhiều nhất"


def _reached(one: Standing) -> str:
    """How the agency stands to what is asked of itself."""
    return "Đạt" if one.value >= one.goal else "Dưới chỉ tiêu"


@router.get("/chi-tieu", dependencies=[allowed("target.read")])
async def list_targets(desk: AtDesk) -> Response:
    """The targets of the plans in force, as bars and as a table, with the units that miss them."""
    today = desk.clock.today()
    units = desk.rights.units("target.read")
    async with desk.database.reading() as session:
        found = await targets.list_standings(session, agency=desk.agency.id, units=units, today=today)
    if wants_file(desk.request):
        rows: list[tuple[Cell, ...]] = [
            (
                asked(one),
                one.plan.title,
                when(one, today),
                row.unit.name,
                row.quota.count,
                Said(verdict(row, one)),
            )
            for one in found
            for row in one.rows
        ]
        rows += [
            (asked(one), one.plan.title, when(one, today), None, one.value, Said(_reached(one)))
            for one in found
            if one.target.counted is Counted.REFERRED
        ]
        rows += [
            (asked(one), one.plan.title, when(one, today), None, None, Said(UNCOUNTED))
            for one in found
            if not one.counted
        ]
        return spreadsheet(desk.request, "Chỉ tiêu", COLUMNS, rows, file="chi-tieu")
    shown = [(asked(one), when(one, today), one, [(row, verdict(row, one)) for row in one.missed]) for one in found]
    return desk.pages.render(
        desk.request,
        "targets.html",
        shown=shown,
        bars=[(f"{told} · {time}", one.value, one.goal) for told, time, one, _ in shown if one.rows],
        uncounted=UNCOUNTED,
        met=all(one.counted and one.value >= one.goal for one in found),
    )
