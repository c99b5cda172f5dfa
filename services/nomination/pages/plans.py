"""What everybody works by: plans as their papers say them, plans from above, and criteria."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import cascade
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import plans
from services.nomination.rules import PlanState
from services.nomination.tables import Criterion, Plan, PlanFromAbove
from shared.formats import day, read_day
from shared.identity.allowed import allowed
from shared.listing import Cell, Column, Said, Tag
from shared.lists import spreadsheet, wants_file
from shared.looks import CATEGORIES

router = APIRouter()

GENERAL = "Chung cho mọi đối tượng"
PLANS = (
    Column("Số ký hiệu"),
    Column("Tên kế hoạch"),
    Column("Cơ quan ban hành"),
    Column("Ngày ban hành"),
    Column("Thời gian"),
    Column("Bản", number=True),
    Column("Tình trạng"),
)
CRITERIA = (
    Column("Mã"),
    Column("Đối tượng"),
    Column("Nội dung"),
    Column("Kế hoạch ghi thêm"),
    Column("Minh chứng gợi ý"),
)


@router.get("/ke-hoach", dependencies=[allowed("plan.read")])
async def list_plans(desk: AtDesk) -> Response:
    """The agency's plans, and those of the agencies above."""
    async with desk.database.reading() as session:
        found = await plans.list_plans(session, agency=desk.agency.id)
        above = await plans.list_from_above(session, agency=desk.agency.id)
    names = _names(desk)
    if wants_file(desk.request):
        rows = [_own_row(plan) for plan in found] + [_row_above(plan, names) for plan in above]
        return spreadsheet(desk.request, "Kế hoạch", PLANS, rows, file="ke-hoach")
    return desk.pages.render(desk.request, "plans.html", found=found, above=above, names=names)


def _own_row(plan: Plan) -> tuple[Cell, ...]:
    return plan.number, plan.title, plan.issuer, plan.issued_on, plan.period, plan.version, Tag("plan", plan.state)


def _row_above(plan: PlanFromAbove, names: Mapping[str, str]) -> tuple[Cell, ...]:
    told = plan.content
    issued_on = date.fromisoformat(told["issued_on"]) if told.get("issued_on") else None
    issuer = names[plan.issuer_agency]
    return told["number"], told["title"], issuer, issued_on, told["period"], plan.version, Tag("plan", plan.state)


@router.get("/ke-hoach/{code}", dependencies=[allowed("plan.read")])
async def show_plan(desk: AtDesk, code: str) -> Response:
    """One plan; what its papers do not say shows as unconfirmed."""
    return await _plan(desk, code)


async def _plan(
    desk: Desk, code: str, errors: dict[str, str] | None = None, values: dict[str, str] | None = None
) -> Response:
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
        if found is None:
            raise HTTPException(404)
        plan, rounds = found
        above = await plans.list_from_above(session, agency=desk.agency.id)
        read = await plans.list_acknowledgements(session, plan_id=plan.id)
    children = desk.runtime.federation.children(desk.agency.id, desk.clock.today())
    values = values or {
        "title": plan.title,
        "number": plan.number or "",
        "issued_on": day(plan.issued_on) if plan.issued_on else "",
        "period": plan.period,
        "version": str(plan.version),
    }
    return desk.pages.render(
        desk.request,
        "plan.html",
        status_code=422 if errors else 200,
        plan=plan,
        rounds=rounds,
        heard={one.number: one for one in above if one.number},
        names=_names(desk),
        below=[(child.short, read.get(child.id)) for child in children],
        issuing=desk.rights.may("plan.issue") and plan.state is PlanState.IN_FORCE,
        errors=errors or {},
        values=values,
    )


@router.post("/ke-hoach/{code}/sua", dependencies=[allowed("plan.issue")])
async def amend_plan(
    desk: AtDesk,
    code: str,
    version: Annotated[int, Form()],
    title: Annotated[str, Form()] = "",
    number: Annotated[str, Form()] = "",
    issued_on: Annotated[str, Form()] = "",
    period: Annotated[str, Form()] = "",
) -> Response:
    """Publish a new version: every agency below hears of it."""
    by = desk.rights.actor("plan.issue")
    typed = {"title": title, "number": number, "issued_on": issued_on, "period": period, "version": str(version)}
    errors = {} if title.strip() else {"title": "Hãy ghi tên kế hoạch."}
    if not period.strip():
        errors["period"] = "Hãy ghi giai đoạn."
    issued = read_day(issued_on)
    if issued_on.strip() and issued is None:
        errors["issued_on"] = "Ngày ban hành chưa đúng. Ví dụ: 20/09/2023."
    if errors:
        return await _plan(desk, code, errors, typed)
    changes = {"title": title, "number": number.strip() or None, "issued_on": issued, "period": period}
    plan_id = await _own(desk, code)
    try:
        async with desk.database.transaction() as session:
            at = desk.clock.now()
            await cascade.amend(session, plan_id=plan_id, seen=version, changes=changes, at=at, by=by)
    except rules.Refusal as refusal:
        return await _plan(desk, code, {"title": str(refusal)}, typed)
    return see_other(f"/de-cu/ke-hoach/{code}")


@router.get("/ke-hoach/{code}/thu-hoi", dependencies=[allowed("plan.issue")])
async def before_withdrawing(desk: AtDesk, code: str) -> Response:
    """What withdrawing does, before it is done."""
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    children = desk.runtime.federation.children(desk.agency.id, desk.clock.today())
    return desk.pages.render(
        desk.request, "withdraw_plan.html", plan=found[0], below=[child.short for child in children]
    )


@router.post("/ke-hoach/{code}/thu-hoi", dependencies=[allowed("plan.issue")])
async def withdraw_plan(desk: AtDesk, code: str, version: Annotated[int, Form()]) -> Response:
    """Take a plan out of force: every agency below hears of it."""
    by = desk.rights.actor("plan.issue")
    plan_id = await _own(desk, code)
    try:
        async with desk.database.transaction() as session:
            await cascade.withdraw(session, plan_id=plan_id, seen=version, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await _plan(desk, code, {"title": str(refusal)})
    return see_other(f"/de-cu/ke-hoach/{code}")


@router.get("/ke-hoach/cap-tren/{issuer_agency}/{plan_id}", dependencies=[allowed("plan.read")])
async def show_from_above(desk: AtDesk, issuer_agency: str, plan_id: UUID) -> Response:
    """A plan of an agency above, as it was heard."""
    return await _from_above(desk, issuer_agency, plan_id)


async def _from_above(desk: Desk, issuer_agency: str, plan_id: UUID, error: str = "") -> Response:
    async with desk.database.reading() as session:
        found = await plans.get_from_above(session, agency=desk.agency.id, issuer_agency=issuer_agency, plan_id=plan_id)
    if found is None:
        raise HTTPException(404)
    issued_on = found.content.get("issued_on")
    return desk.pages.render(
        desk.request,
        "plan_from_above.html",
        status_code=422 if error else 200,
        plan=found,
        issued_on=date.fromisoformat(issued_on) if issued_on else None,
        names=_names(desk),
        reading=desk.rights.may("plan.issue"),
        error=error,
    )


@router.post("/ke-hoach/cap-tren/{issuer_agency}/{plan_id}", dependencies=[allowed("plan.issue")])
async def acknowledge(desk: AtDesk, issuer_agency: str, plan_id: UUID, version: Annotated[int, Form()]) -> Response:
    """Say to the agency above that its plan was read."""
    by = desk.rights.actor("plan.issue")
    async with desk.database.reading() as session:
        place = {"agency": desk.agency.id, "issuer_agency": issuer_agency, "plan_id": plan_id}
        if await plans.get_from_above(session, **place) is None:  # type: ignore[arg-type]
            raise HTTPException(404)
    try:
        async with desk.database.transaction() as session:
            at = desk.clock.now()
            await cascade.acknowledge(session, issuer_agency=issuer_agency, plan_id=plan_id, seen=version, at=at, by=by)
    except rules.Refusal as refusal:
        return await _from_above(desk, issuer_agency, plan_id, str(refusal))
    return see_other(f"/de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}")


@router.get("/tieu-chi", dependencies=[allowed("criteria.read")])
async def list_criteria(desk: AtDesk) -> Response:
    """The newest criteria pack by category."""
    async with desk.database.reading() as session:
        found = await plans.newest_criteria(session, agency=desk.agency.id)
    pack = found[0].pack if found else ""
    if wants_file(desk.request):
        rows = [(one.code, Said(_whose(one)), one.text, "; ".join(one.variants), one.evidence) for one in found]
        return spreadsheet(desk.request, "Bộ tiêu chí", CRITERIA, rows, file="tieu-chi", more=[pack])
    groups = [(name, list(members)) for name, members in groupby(found, key=_whose)]
    return desk.pages.render(desk.request, "criteria.html", groups=groups, pack=pack)


def _whose(one: Criterion) -> str:
    return CATEGORIES[one.category] if one.category else GENERAL


def _names(desk: Desk) -> dict[str, str]:
    """The agencies' full names, by id."""
    return {one.id: one.name for one in desk.runtime.federation.agency_list}


async def _own(desk: Desk, code: str) -> UUID:
    """The id of a plan of this agency (404 when there is none)."""
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    return found[0].id
