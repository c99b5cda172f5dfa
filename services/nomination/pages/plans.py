"""What everybody works by: plans as their papers say them, and plans from above."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import cascade
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.plan_lines import Change, beside, changes
from services.nomination.queries import plans
from services.nomination.rules import PlanState
from services.nomination.rules.plan_checks import overlapping
from services.nomination.rules.tightening import Above, as_content, key, loosened
from services.nomination.tables import Plan, PlanFromAbove, PlanVersion
from shared.formats import day, read_day
from shared.identity.allowed import allowed
from shared.identity.people import ROLE_NAMES
from shared.listing import Cell, Column, Tag
from shared.lists import spreadsheet, wants_file

router = APIRouter()

PLANS = (
    Column("Số ký hiệu"),
    Column("Tên kế hoạch"),
    Column("Cơ quan ban hành"),
    Column("Ngày ban hành"),
    Column("Thời gian"),
    Column("Bản", number=True),
    Column("Tình trạng"),
)


@router.get("/ke-hoach", dependencies=[allowed("plan.read")])
async def list_plans(desk: AtDesk) -> Response:
    """The agency's plans, and those of the agencies above; who writes plans sees those that are being written too."""
    writing = desk.rights.may("plan.issue")
    async with desk.database.reading() as session:
        found = await plans.list_plans(session, agency=desk.agency.id, drafts=writing)
        above = await plans.list_from_above(session, agency=desk.agency.id)
    names = desk.agency_names
    if wants_file(desk.request):
        rows = [_own_row(plan) for plan in found] + [_row_above(plan, names) for plan in above]
        return spreadsheet(desk.request, "Kế hoạch", PLANS, rows, file="ke-hoach")
    return desk.pages.render(
        desk.request, "plans.html", found=found, above=above, names=names, writing=writing, today=desk.clock.today()
    )


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
    carrying = desk.rights.units("plan.carry_out")
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
        if found is None:
            raise HTTPException(404)
        plan = found.plan
        heard = await plans.list_from_above(session, agency=desk.agency.id)
        read = await plans.list_acknowledgements(session, plan_id=plan.id)
        versions = await plans.list_versions(session, plan_id=plan.id)
        carried = await plans.list_carried(session, agency=desk.agency.id, plan_id=plan.id, units=carrying)
    children = desk.runtime.federation.children(desk.agency.id, desk.clock.today())
    above = [Above(desk.short_name(one.issuer_agency), as_content(one.content)) for one in plans.cited(plan, heard)]
    return desk.pages.render(
        desk.request,
        "plan.html",
        status_code=422 if errors else 200,
        plan=plan,
        parts_shown=beside(found.content, above),
        overlapping=overlapping(found.content),
        loosened=[one.text for upper in above for one in loosened(found.content, upper)],
        heard={str(one.plan_id): one for one in heard} | {key(one.number): one for one in heard if one.number},
        names=desk.agency_names,
        below=[(child.short, read.get(child.id)) for child in children],
        history=_history(versions),
        carried=carried if plan.state is PlanState.IN_FORCE else [],
        mapping=desk.rights.opens("plan.map"),
        issuing=desk.rights.may("plan.issue") and plan.state is PlanState.IN_FORCE,
        today=desk.clock.today(),
        errors=errors or {},
        values=values or _typed(plan),
    )


def _typed(plan: Plan) -> dict[str, str]:
    return {
        "title": plan.title,
        "number": plan.number or "",
        "issued_on": day(plan.issued_on) if plan.issued_on else "",
        "period": plan.period,
        "version": str(plan.version),
    }


def _history(versions: Sequence[PlanVersion]) -> list[tuple[PlanVersion, str, list[Change]]]:
    """Each version, in whose role it was issued, and what it changed; the newest first, the first changed nothing."""
    earlier = [*versions[1:], None]
    return [
        (one, ROLE_NAMES.get(one.role, ""), changes(before.content, one.content) if before else [])
        for one, before in zip(versions, earlier, strict=True)
    ]


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
        desk.request, "withdraw_plan.html", plan=found.plan, below=[child.short for child in children]
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


async def _own(desk: Desk, code: str) -> UUID:
    """The id of a plan of this agency (404 when there is none)."""
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    return found.plan.id
