"""A plan that is being written as a whole: what is done, the check with its consequences, issuing, throwing away."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import cascade, drafting, plans
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.plan_lines import Part, beside, changes, parts_of
from services.nomination.pages.plan_step import STEPS, draft_of
from services.nomination.queries import plans as reading
from services.nomination.rules import PlanState, plan_checks
from services.nomination.rules.plan_checks import PlanNotReady, Trouble
from services.nomination.rules.tightening import Above, as_content
from services.nomination.tables import Plan
from shared.formats import in_vietnamese
from shared.identity.allowed import allowed

router = APIRouter()
WRITES = [allowed("plan.issue")]
NEEDED = ("van-ban", "can-cu", "noi-dung", "dot")
"""Steps without which a plan is hardly one; the others may stay empty."""


@router.get("/ke-hoach/{code}/soan", dependencies=WRITES)
async def overview(desk: AtDesk, code: str) -> Response:
    """The steps, and which of them still need something."""
    plan = await draft_of(desk, code)
    parts, troubles, _, _ = await _looked_at(desk, plan)
    wanting = {one.part for one in troubles}
    return desk.pages.render(
        desk.request,
        "plan_draft.html",
        plan=plan,
        tasks=[_task(code, name, parts, name in wanting) for name in STEPS],
    )


def _task(code: str, name: str, parts: list[Part], wanting: bool) -> dict[str, Any]:
    """One step as a line of the list of tasks."""
    count = sum(len(part.lines) for part in parts if part.step == name)
    word = "Cần sửa" if wanting else "Đã ghi" if count else "Chưa ghi"
    look = {"token": "wait", "icon": "alert"} if wanting else {"token": "off", "icon": "pencil"}
    href = f"/de-cu/ke-hoach/{code}/soan/{name}"
    missing = wanting or (not count and name in NEEDED)
    return {"label": STEPS[name].title, "href": href, "open": missing, "word": word} | look


async def _looked_at(desk: Desk, plan: Plan) -> tuple[list[Part], list[Trouble], list[Above], list[Trouble]]:
    """A draft part by part, what keeps it from being issued, the plans above, and what deserves a look."""
    told = plan.draft or {}
    async with desk.database.reading() as session:
        heard = await cascade.plans_above(session, plan.agency, told["plan"]["grounds"])
        troubles = await drafting.troubles(session, plan, heard)
    above = [Above(desk.short_name(one.issuer_agency), as_content(one.content)) for one in heard]
    return parts_of(told), troubles, above, plan_checks.warnings(told)


@router.get("/ke-hoach/{code}/ban-hanh", dependencies=WRITES)
async def check(desk: AtDesk, code: str) -> Response:
    """The whole plan once more, what is wrong with it, and what happens when it is issued."""
    return await _check(desk, code)


async def _check(desk: Desk, code: str, error: str = "") -> Response:
    plan = await draft_of(desk, code)
    _, troubles, above, warnings = await _looked_at(desk, plan)
    told = plan.draft or {}
    changed = []
    if plan.state is not PlanState.DRAFT:
        async with desk.database.reading() as session:
            found = await reading.get_plan(session, agency=desk.agency.id, code=code)
        changed = changes(found.content, told) if found else []
    children = desk.runtime.federation.children(desk.agency.id, desk.clock.today())
    return desk.pages.render(
        desk.request,
        "plan_issue.html",
        status_code=422 if error else 200,
        plan=plan,
        title=told["plan"]["title"],
        parts_shown=beside(told, above),
        steps=STEPS,
        troubles=troubles,
        warnings=warnings,
        changed=changed,
        new=plan.state is PlanState.DRAFT,
        told=[in_vietnamese(name) for name in (*(child.short for child in children), *(one.whose for one in above))],
        error=error,
    )


@router.post("/ke-hoach/{code}/ban-hanh", dependencies=WRITES)
async def issue(desk: AtDesk, code: str, version: Annotated[int, Form()] = 0) -> Response:
    """Put the plan into force: every agency below hears of it."""
    by = desk.rights.actor("plan.issue")
    plan = await draft_of(desk, code)
    try:
        async with desk.database.transaction() as session:
            await plans.issue_plan(session, plan_id=plan.id, seen=version, at=desk.clock.now(), by=by)
    except PlanNotReady as refusal:
        return await _check(desk, code, str((refusal.troubles or [Trouble("", str(refusal))])[0].text))
    except rules.NoDraft:
        return see_other(f"/de-cu/ke-hoach/{code}")
    except rules.Refusal as refusal:
        return await _check(desk, code, str(refusal))
    return see_other(f"/de-cu/ke-hoach/{code}")


@router.get("/ke-hoach/{code}/bo-nhap", dependencies=WRITES)
async def before_discarding(desk: AtDesk, code: str) -> Response:
    """What throwing the draft away does, before it is done."""
    return await _before_discarding(desk, code)


async def _before_discarding(desk: Desk, code: str, error: str = "") -> Response:
    plan = await draft_of(desk, code)
    told, new = plan.draft or {}, plan.state is PlanState.DRAFT
    return desk.pages.render(
        desk.request,
        "plan_discard.html",
        status_code=422 if error else 200,
        plan=plan,
        title=told["plan"]["title"],
        new=new,
        error=error,
    )


@router.post("/ke-hoach/{code}/bo-nhap", dependencies=WRITES)
async def discard(desk: AtDesk, code: str, version: Annotated[int, Form()] = 0) -> Response:
    """Throw the draft away."""
    by = desk.rights.actor("plan.issue")
    plan = await draft_of(desk, code)
    try:
        async with desk.database.transaction() as session:
            state = await drafting.discard(session, plan_id=plan.id, seen=version, by=by)
    except rules.Refusal as refusal:
        return await _before_discarding(desk, code, str(refusal))
    return see_other("/de-cu/ke-hoach" if state is PlanState.DRAFT else f"/de-cu/ke-hoach/{code}")
