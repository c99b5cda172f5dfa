"""What everybody works by: plans as their papers say them, and criteria."""

from itertools import groupby

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from services.nomination.pages.desk import AtDesk
from services.nomination.queries import plans
from shared.looks import CATEGORIES

router = APIRouter()

GENERAL = "Chung cho mọi đối tượng"


@router.get("/ke-hoach")
async def list_plans(desk: AtDesk) -> Response:
    """The agency's plans."""
    async with desk.database.reading() as session:
        found = await plans.list_plans(session, agency=desk.agency.id)
    return desk.pages.render(desk.request, "plans.html", found=found)


@router.get("/ke-hoach/{code}")
async def show_plan(desk: AtDesk, code: str) -> Response:
    """One plan; what its papers do not say shows as unconfirmed."""
    async with desk.database.reading() as session:
        found = await plans.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    plan, rounds = found
    return desk.pages.render(desk.request, "plan.html", plan=plan, rounds=rounds)


@router.get("/tieu-chi")
async def list_criteria(desk: AtDesk) -> Response:
    """The newest criteria pack by category."""
    async with desk.database.reading() as session:
        found = await plans.newest_criteria(session, agency=desk.agency.id)
    groups = [
        (CATEGORIES[category] if category else GENERAL, list(members))
        for category, members in groupby(found, key=lambda one: one.category)
    ]
    return desk.pages.render(desk.request, "criteria.html", groups=groups, pack=found[0].pack if found else "")
