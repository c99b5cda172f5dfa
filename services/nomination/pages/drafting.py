"""Writing a plan in a few short steps, saved as one goes; the check, and issuing it."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import JSONResponse, Response

from services.nomination import rules
from services.nomination.actions import drafting, plans
from services.nomination.pages import plan_rows
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.plan_forms import Help, Matter, Paper, Typed
from services.nomination.pages.plan_step import ROWS, STEPS, draft_of, show_step
from services.nomination.queries import plans as reading
from services.nomination.rules.plan_content import BadPart
from shared.formats import time_of_day
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.language import translate

router = APIRouter()
WRITES = [allowed("plan.issue")]
DRAFT = "/ke-hoach/{code}/soan"


@router.get("/ke-hoach/moi", dependencies=WRITES)
async def new(desk: AtDesk) -> Response:
    """The first step of a new plan: what the paper is."""
    agency = desk.runtime.agency.name
    return _new(desk, {"issuer": agency, "once": str(uuid4())}, {})


def _new(desk: Desk, values: Mapping[str, Any], errors: Mapping[str, str]) -> Response:
    status = 422 if errors else 200
    values = {**Paper().values, **values}
    return desk.pages.render(desk.request, "plan_new.html", status_code=status, values=values, errors=errors)


@router.post("/ke-hoach/moi", dependencies=WRITES)
async def begin(desk: AtDesk, typed: Annotated[Paper, Depends()], once: Annotated[str, Form()] = "") -> Response:
    """Begin to write a plan; the same form sent twice begins one, and gone back to it changes that one."""
    by = desk.rights.actor("plan.issue")
    try:
        told, id = typed.read(), uuid_of(once)
        async with desk.database.transaction() as session:
            made = await plans.draft_plan(
                session, desk.agency, plan=told, rounds=[], targets=[], at=desk.clock.now(), by=by, id=id
            )
            if made.draft and any(made.draft["plan"][name] != value for name, value in told.items()):
                await drafting.save_words(session, plan_id=made.id, seen=made.draft_version, changes=told, by=by)
            place = f"/de-cu/ke-hoach/{made.code}" + ("/soan/can-cu" if made.draft else "")
    except BadPart as refusal:
        return _new(desk, typed.values | {"once": once}, {refusal.field: str(refusal)})
    return see_other(place)


@router.post(DRAFT, dependencies=WRITES)
async def begin_amendment(desk: AtDesk, code: str) -> Response:
    """Begin to write the next version of a plan in force, or go on with it."""
    by = desk.rights.actor("plan.issue")
    async with desk.database.reading() as session:
        found = await reading.get_plan(session, agency=desk.agency.id, code=code)
    if found is None:
        raise HTTPException(404)
    try:
        async with desk.database.transaction() as session:
            await drafting.begin_amendment(session, plan_id=found.plan.id, by=by)
    except rules.PlanNotInForce:
        return see_other(f"/de-cu/ke-hoach/{code}")
    return see_other(f"/de-cu/ke-hoach/{code}/soan")


@router.get(f"{DRAFT}/{{step}}", dependencies=WRITES)
async def step(desk: AtDesk, code: str, step: str, dong: str = "") -> Response:
    """One step; `dong`: the place of the entry that is to be written anew."""
    if step not in STEPS:
        raise HTTPException(404)
    return await show_step(desk, code, step, row=dong)


async def _save_words(desk: Desk, code: str, step: str, typed: Paper | Matter | Help) -> Response:
    by = desk.rights.actor("plan.issue")
    plan = await draft_of(desk, code)
    try:
        changes = typed.read()
        async with desk.database.transaction() as session:
            await drafting.save_words(session, plan_id=plan.id, seen=typed.version, changes=changes, by=by)
    except BadPart as refusal:
        return await show_step(desk, code, step, values=typed.values, errors={refusal.field: str(refusal)})
    except rules.Refusal as refusal:
        return await _told(desk, code, step, typed, refusal)
    following = list(STEPS)[list(STEPS).index(step) + 1 :]
    return see_other(f"/de-cu/ke-hoach/{code}/{f'soan/{following[0]}' if following else 'ban-hanh'}")


async def _told(desk: Desk, code: str, step: str, typed: Typed, refusal: rules.Refusal) -> Response:
    """What was typed comes back with what is in the way; saved once more it counts."""
    errors = {STEPS[step].first: str(refusal)}
    return await show_step(desk, code, step, values=typed.values, row=getattr(typed, "row", ""), errors=errors)


async def _keep_words(desk: Desk, code: str, typed: Paper | Matter | Help) -> Response:
    """Keep what is typed: `{version, at}`, 409 when somebody else saved, 422 for what cannot stand yet."""
    by = desk.rights.actor("plan.issue")
    plan = await draft_of(desk, code)
    try:
        async with desk.database.transaction() as session:
            saved = await drafting.save_words(session, plan_id=plan.id, seen=typed.version, changes=typed.read(), by=by)
            version = saved.draft_version
    except rules.PlanChanged:
        return JSONResponse({}, 409)
    except rules.Refusal as refusal:
        return JSONResponse({"detail": translate(str(refusal))}, 422)
    return JSONResponse({"version": version, "at": time_of_day(desk.clock.real())})


@router.post(f"{DRAFT}/van-ban", dependencies=WRITES)
async def save_paper(desk: AtDesk, code: str, typed: Annotated[Paper, Depends()]) -> Response:
    """Save what the paper is."""
    return await _save_words(desk, code, "van-ban", typed)


@router.post(f"{DRAFT}/van-ban/luu", dependencies=WRITES)
async def keep_paper(desk: AtDesk, code: str, typed: Annotated[Paper, Depends()]) -> Response:
    """Keep what the paper is while it is typed."""
    return await _keep_words(desk, code, typed)


@router.post(f"{DRAFT}/noi-dung", dependencies=WRITES)
async def save_matter(desk: AtDesk, code: str, typed: Annotated[Matter, Depends()]) -> Response:
    """Save what the plan is about."""
    return await _save_words(desk, code, "noi-dung", typed)


@router.post(f"{DRAFT}/noi-dung/luu", dependencies=WRITES)
async def keep_matter(desk: AtDesk, code: str, typed: Annotated[Matter, Depends()]) -> Response:
    """Keep what the plan is about while it is typed."""
    return await _keep_words(desk, code, typed)


@router.post(f"{DRAFT}/tro-giup", dependencies=WRITES)
async def save_help(desk: AtDesk, code: str, typed: Annotated[Help, Depends()]) -> Response:
    """Save whom to ask and what to report by."""
    return await _save_words(desk, code, "tro-giup", typed)


@router.post(f"{DRAFT}/tro-giup/luu", dependencies=WRITES)
async def keep_help(desk: AtDesk, code: str, typed: Annotated[Help, Depends()]) -> Response:
    """Keep whom to ask while it is typed."""
    return await _keep_words(desk, code, typed)


async def _put(desk: Desk, code: str, step: str, typed: plan_rows.AnyRow) -> Response:
    by = desk.rights.actor("plan.issue")
    plan = await draft_of(desk, code)
    try:
        row = typed.read()
        async with desk.database.transaction() as session:
            await drafting.put_row(
                session, plan_id=plan.id, seen=typed.version, part=ROWS[step], place=typed.place, row=row, by=by
            )
    except BadPart as refusal:
        return await show_step(
            desk, code, step, values=typed.values, row=typed.row, errors={refusal.field: str(refusal)}
        )
    except rules.Refusal as refusal:
        return await _told(desk, code, step, typed, refusal)
    return see_other(f"/de-cu/ke-hoach/{code}/soan/{step}")


@router.post(f"{DRAFT}/can-cu", dependencies=WRITES)
async def put_ground(desk: AtDesk, code: str, typed: Annotated[plan_rows.Ground, Depends()]) -> Response:
    """Save a paper that the plan rests on."""
    return await _put(desk, code, "can-cu", typed)


@router.post(f"{DRAFT}/dot", dependencies=WRITES)
async def put_round(desk: AtDesk, code: str, typed: Annotated[plan_rows.Window, Depends()]) -> Response:
    """Save a round."""
    return await _put(desk, code, "dot", typed)


@router.post(f"{DRAFT}/chi-tieu", dependencies=WRITES)
async def put_target(desk: AtDesk, code: str, typed: Annotated[plan_rows.Asked, Depends()]) -> Response:
    """Save a target."""
    return await _put(desk, code, "chi-tieu", typed)


@router.post(f"{DRAFT}/han", dependencies=WRITES)
async def put_deadline(desk: AtDesk, code: str, typed: Annotated[plan_rows.Deadline, Depends()]) -> Response:
    """Save a deadline."""
    return await _put(desk, code, "han", typed)


@router.post(f"{DRAFT}/noi-nhan", dependencies=WRITES)
async def put_recipient(desk: AtDesk, code: str, typed: Annotated[plan_rows.Recipient, Depends()]) -> Response:
    """Save who is sent the plan."""
    return await _put(desk, code, "noi-nhan", typed)


@router.post(f"{DRAFT}/{{step}}/bo", dependencies=WRITES)
async def drop_row(
    desk: AtDesk, code: str, step: str, row: Annotated[int, Form(ge=0)], version: Annotated[int, Form()] = 0
) -> Response:
    """Take an entry away."""
    by = desk.rights.actor("plan.issue")
    if step not in ROWS:
        raise HTTPException(404)
    plan = await draft_of(desk, code)
    try:
        async with desk.database.transaction() as session:
            await drafting.drop_row(session, plan_id=plan.id, seen=version, part=ROWS[step], place=row, by=by)
    except rules.Refusal as refusal:
        return await _told(desk, code, step, Typed(version), refusal)
    return see_other(f"/de-cu/ke-hoach/{code}/soan/{step}")


@router.post(f"{DRAFT}/can-cu/cap-tren", dependencies=WRITES)
async def take_over(
    desk: AtDesk,
    code: str,
    issuer_agency: Annotated[str, Form()] = "",
    plan_id: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Let the plan rest on one from above: cite it and take over what it says."""
    by = desk.rights.actor("plan.issue")
    plan, other = await draft_of(desk, code), uuid_of(plan_id)
    async with desk.database.reading() as session:
        above = other and await reading.get_from_above(
            session, agency=desk.agency.id, issuer_agency=issuer_agency, plan_id=other
        )
    if not above or above.state is not rules.PlanState.IN_FORCE:
        raise HTTPException(404)
    try:
        async with desk.database.transaction() as session:
            await drafting.take_over(session, plan_id=plan.id, seen=version, above=above, by=by)
    except rules.Refusal as refusal:
        return await _told(desk, code, "can-cu", Typed(version), refusal)
    return see_other(f"/de-cu/ke-hoach/{code}/soan/can-cu")
