"""Plans of the agencies above, as they were heard: read, acknowledged, and made the ground of a plan of one's own."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import cascade, drafting, plans
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.plan_lines import parts_of
from services.nomination.queries import plans as reading
from services.nomination.rules.plan_content import content
from services.nomination.rules.tightening import as_content
from services.nomination.tables import PlanFromAbove
from shared.identity.allowed import allowed

router = APIRouter()
PATH = "/ke-hoach/cap-tren/{issuer_agency}/{plan_id}"
SHOWN = ("noi-dung", "dot", "chi-tieu", "han")
"""The parts that are shown as lines; the others stand in the page's own sections."""
EXPECTED = ("Phong trào", "Đợt")
"""Parts that are named also when the plan says nothing of them."""


@router.get(PATH, dependencies=[allowed("plan.read")])
async def show_from_above(desk: AtDesk, issuer_agency: str, plan_id: UUID) -> Response:
    """A plan of an agency above, as it was heard."""
    return await _from_above(desk, issuer_agency, plan_id)


async def _from_above(desk: Desk, issuer_agency: str, plan_id: UUID, error: str = "") -> Response:
    found = await _heard(desk, issuer_agency, plan_id)
    issued_on = found.content.get("issued_on")
    return desk.pages.render(
        desk.request,
        "plan_from_above.html",
        status_code=422 if error else 200,
        plan=found,
        parts_shown=[
            part
            for part in parts_of(as_content(found.content))
            if part.step in SHOWN and (part.lines or part.title in EXPECTED)
        ],
        issued_on=date.fromisoformat(issued_on) if issued_on else None,
        names=desk.agency_names,
        reading=desk.rights.may("plan.issue"),
        error=error,
    )


@router.post(PATH, dependencies=[allowed("plan.issue")])
async def acknowledge(desk: AtDesk, issuer_agency: str, plan_id: UUID, version: Annotated[int, Form()]) -> Response:
    """Say to the agency above that its plan was read."""
    by = desk.rights.actor("plan.issue")
    await _heard(desk, issuer_agency, plan_id)
    try:
        async with desk.database.transaction() as session:
            at = desk.clock.now()
            await cascade.acknowledge(session, issuer_agency=issuer_agency, plan_id=plan_id, seen=version, at=at, by=by)
    except rules.Refusal as refusal:
        return await _from_above(desk, issuer_agency, plan_id, str(refusal))
    return see_other(f"/de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}")


@router.post(f"{PATH}/lap", dependencies=[allowed("plan.issue")])
async def begin_child(
    desk: AtDesk,
    issuer_agency: str,
    plan_id: UUID,
    version: Annotated[int, Form()],
    read: Annotated[str, Form()] = "",
) -> Response:
    """Begin a plan that rests on this one and takes over what it says; with `read` it is acknowledged as well.

    Whoever has begun one already goes on with it.
    """
    by, at = desk.rights.actor("plan.issue"), desk.clock.now()
    await _heard(desk, issuer_agency, plan_id)
    try:
        async with desk.database.transaction() as session:
            above = await cascade.lock_from_above(session, issuer_agency, plan_id)
            rules.check_version(above.version, version)
            rules.check_in_force(above.state)
            if read:
                more = {"issuer_agency": issuer_agency, "plan_id": plan_id, "seen": version}
                await cascade.acknowledge(session, **more, at=at, by=by)  # type: ignore[arg-type]
            begun = await drafting.find_child(session, desk.agency.id, plan_id)
            if begun is None:
                told = drafting.resting_on(content({"period": above.content["period"]}, [], []), above)
                begun = await plans.draft_plan(
                    session,
                    desk.agency,
                    plan=told["plan"],
                    rounds=told["rounds"],
                    targets=told["targets"],
                    at=at,
                    by=by,
                )
            code = begun.code
    except rules.Refusal as refusal:
        return await _from_above(desk, issuer_agency, plan_id, str(refusal))
    return see_other(f"/de-cu/ke-hoach/{code}/soan")


async def _heard(desk: Desk, issuer_agency: str, plan_id: UUID) -> PlanFromAbove:
    """A plan that this agency has heard of (404 when there is none)."""
    async with desk.database.reading() as session:
        found = await reading.get_from_above(
            session, agency=desk.agency.id, issuer_agency=issuer_agency, plan_id=plan_id
        )
    if found is None:
        raise HTTPException(404)
    return found
