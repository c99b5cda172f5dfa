"""One lead with its nurture plan, and its way to a nomination."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries, rules
from services.nomination.actions import leads as acting
from services.nomination.pages import deadlines
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.leads import PATH, SOURCES
from services.nomination.queries import leads, movements, rounds
from services.nomination.queries.leads import Seen
from services.nomination.rules.leads import TO_DO, BadLead, LeadState, NoteKind, Track, moves
from services.nomination.rules.movements import NO_MOVEMENT
from services.nomination.tables import Nomination
from shared.audit import Actor
from shared.formats import read_day
from shared.forms import uuid_of
from shared.identity.allowed import allowed
from shared.looks import CATEGORIES

router = APIRouter()
NOTES = {
    NoteKind.GAP: "Điều còn thiếu",
    NoteKind.MEASURE: "Việc giúp",
    NoteKind.MATERIAL: "Hỗ trợ vật chất",
    NoteKind.MORAL: "Hỗ trợ tinh thần",
    NoteKind.MILESTONE: "Mốc",
    NoteKind.REVIEW: "Nhận xét",
}
MOVES = {
    LeadState.NURTURED: "Đưa vào bồi dưỡng",
    LeadState.READY: "Sẵn sàng đề cử",
    LeadState.ASIDE: "Tạm gác",
}
TYPED = ("unit", "kind", "text", "due_on", "to", "reason")
"""The fields of the small forms beside a lead."""


@router.get("/nhan-to/{lead_id}", dependencies=[allowed("lead.read")])
async def show(desk: AtDesk, lead_id: UUID) -> Response:
    """A lead with what is done to bring it on."""
    return await _lead(desk, lead_id)


async def get_seen(desk: Desk, session: AsyncSession, lead_id: UUID) -> Seen:
    """The lead; one of a unit that the person does not see does not exist (404)."""
    units = desk.rights.units("lead.read")
    found = await leads.get_lead(session, agency=desk.agency.id, lead_id=lead_id, units=units)
    if found is None:
        raise HTTPException(404)
    return found


async def _lead(
    desk: Desk, lead_id: UUID, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, lead_id)
        units = await queries.list_units(
            session, agency=desk.agency.id, units=desk.rights.units("lead.sort"), on=desk.clock.today()
        )
        windows = await rounds.list_seen(session, agency=desk.agency.id, at=desk.clock.now())
        current = await movements.list_current(
            session, agency=desk.agency.id, today=desk.clock.today(), besides=seen.lead.movement_id
        )
    lead = seen.lead
    nurturing = lead.state is not LeadState.NOMINATED and desk.rights.may("lead.nurture", lead.unit_id)
    sorting = lead.state is LeadState.SPOTTED and desk.rights.may("lead.sort", lead.unit_id)
    told = {name: getattr(lead, name) for name in ("position", "deed", "task", "found_through", "mentor")}
    told["movement"] = lead.movement_id or ""
    return desk.pages.render(
        desk.request,
        "lead.html",
        status_code=422 if errors else 200,
        seen=seen,
        lead=lead,
        category=CATEGORIES[lead.category],
        source=SOURCES[lead.source],
        national=lead.track is Track.NATIONAL,
        kinds=NOTES,
        plan=[(kind, label, seen.of(kind)) for kind, label in NOTES.items()],
        to_do=TO_DO,
        moves=[(to, MOVES[to]) for to in moves(lead.state)] if nurturing else [],
        nurturing=nurturing,
        sorting=sorting,
        units=[(unit.id, unit.name) for unit in units],
        rounds=deadlines.choices(windows),
        movements=[(one.id, one.name) for one in current],
        nominating=bool(moves(lead.state) and lead.unit_id and desk.rights.may("nomination.start", lead.unit_id)),
        values=dict.fromkeys(TYPED, "") | told | dict(values or {}),
        errors=errors or {},
    )


async def _allowed(desk: Desk, lead_id: UUID, act: str) -> Actor:
    """The person in the role that may do it to this lead. Raises HTTPException (404), Forbidden."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, lead_id)
    return desk.rights.actor(act, seen.lead.unit_id)


@router.post("/nhan-to/{lead_id}", dependencies=[allowed("lead.nurture")])
async def tell(
    desk: AtDesk,
    lead_id: UUID,
    position: Annotated[str, Form()] = "",
    deed: Annotated[str, Form()] = "",
    movement: Annotated[str, Form()] = "",
    task: Annotated[str, Form()] = "",
    found_through: Annotated[str, Form()] = "",
    mentor: Annotated[str, Form()] = "",
) -> Response:
    """Write anew what is known, and who helps."""
    fields = {"position": position, "deed": deed, "task": task, "found_through": found_through, "mentor": mentor}
    typed, movement_id = fields | {"movement": movement}, uuid_of(movement)
    by = await _allowed(desk, lead_id, "lead.nurture")
    if movement and movement_id is None:
        return await _lead(desk, lead_id, {"movement": NO_MOVEMENT}, typed)
    try:
        async with desk.database.transaction() as session:
            await acting.tell(session, lead_id=lead_id, fields=fields, movement_id=movement_id, by=by)
    except rules.FieldRefusal as refusal:
        return await _lead(desk, lead_id, {refusal.field: str(refusal)}, typed)
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"deed": str(refusal)}, typed)
    return see_other(f"{PATH}/{lead_id}")


@router.post("/nhan-to/{lead_id}/so", dependencies=[allowed("lead.nurture")])
async def note(
    desk: AtDesk,
    lead_id: UUID,
    kind: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    due_on: Annotated[str, Form()] = "",
) -> Response:
    """Add a line to its nurture plan."""
    typed = {"kind": kind, "text": text, "due_on": due_on}
    by = await _allowed(desk, lead_id, "lead.nurture")
    day = read_day(due_on)
    errors = {} if kind in list(NoteKind) else {"kind": "Hãy chọn đây là việc gì."}
    if due_on.strip() and day is None:
        errors["due_on"] = "Ngày chưa đúng. Ví dụ: 20/11/2026."
    if errors:
        return await _lead(desk, lead_id, errors, typed)
    try:
        async with desk.database.transaction() as session:
            at = desk.clock.now()
            await acting.note(session, lead_id=lead_id, kind=NoteKind(kind), text=text, due_on=day, at=at, by=by)
    except BadLead as refusal:
        return await _lead(desk, lead_id, {refusal.field: str(refusal)}, typed)
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"text": str(refusal)}, typed)
    return see_other(f"{PATH}/{lead_id}#so")


@router.post("/nhan-to/{lead_id}/so/{note_id}/xong", dependencies=[allowed("lead.nurture")])
async def finish(desk: AtDesk, lead_id: UUID, note_id: UUID) -> Response:
    """A measure or a milestone is done."""
    by = await _allowed(desk, lead_id, "lead.nurture")
    try:
        async with desk.database.transaction() as session:
            await acting.finish(session, lead_id=lead_id, note_id=note_id, today=desk.clock.today(), by=by)
    except LookupError:
        raise HTTPException(404) from None
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"text": str(refusal)})
    return see_other(f"{PATH}/{lead_id}#so")


@router.post("/nhan-to/{lead_id}/buoc", dependencies=[allowed("lead.nurture")])
async def move(
    desk: AtDesk, lead_id: UUID, to: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = ""
) -> Response:
    """Bring it on, or put it aside."""
    by = await _allowed(desk, lead_id, "lead.nurture")
    if to not in list(LeadState):
        return await _lead(desk, lead_id, {"to": "Hãy chọn bước tiếp theo."}, {"to": to, "reason": reason})
    try:
        async with desk.database.transaction() as session:
            await acting.move(session, lead_id=lead_id, to=LeadState(to), reason=reason, by=by)
    except BadLead as refusal:
        return await _lead(desk, lead_id, {"reason": str(refusal)}, {"to": to, "reason": reason})
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"to": str(refusal)}, {"to": to, "reason": reason})
    return see_other(f"{PATH}/{lead_id}")


@router.post("/nhan-to/{lead_id}/nhan", dependencies=[allowed("lead.sort")])
async def take_up(desk: AtDesk, lead_id: UUID, unit: Annotated[str, Form()] = "") -> Response:
    """Triage: the lead is a unit's from now on."""
    by = await _allowed(desk, lead_id, "lead.sort")
    unit_id = uuid_of(unit)
    reached = desk.rights.units("lead.sort")
    if unit_id is None or (reached is not None and unit_id not in reached):
        return await _lead(desk, lead_id, {"unit": "Hãy chọn đơn vị."}, {"unit": unit})
    try:
        async with desk.database.transaction() as session:
            await acting.take_up(session, desk.agency, lead_id=lead_id, unit_id=unit_id, at=desk.clock.now(), by=by)
    except LookupError:
        return await _lead(desk, lead_id, {"unit": "Hãy chọn đơn vị."}, {"unit": unit})
    except BadLead as refusal:
        return await _lead(desk, lead_id, {refusal.field: str(refusal)}, {"unit": unit})
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"unit": str(refusal)}, {"unit": unit})
    return see_other(f"{PATH}/{lead_id}")


@router.post("/nhan-to/{lead_id}/de-cu", dependencies=[allowed("nomination.start")])
async def nominate(desk: AtDesk, lead_id: UUID, round_id: Annotated[str, Form(alias="round")] = "") -> Response:
    """Put it forward: a draft begins with what is known."""
    by = await _allowed(desk, lead_id, "nomination.start")
    chosen = uuid_of(round_id)
    if chosen is None:
        return await _lead(desk, lead_id, {"round": "Hãy chọn đợt giới thiệu."})
    try:
        async with desk.database.transaction() as session:
            nomination = await acting.nominate(
                session,
                desk.agency,
                lead_id=lead_id,
                round_id=chosen,
                at=desk.clock.now(),
                today=desk.clock.today(),
                by=by,
                writer=desk.person.name,
            )
            code = nomination.code
    except rules.Refusal as refusal:
        return await _lead(desk, lead_id, {"round": str(refusal)})
    except LookupError:
        return await _lead(desk, lead_id, {"round": "Hãy chọn đợt giới thiệu."})
    return see_other(f"/de-cu/ho-so/{code}")


@router.post("/ho-so/{code}/nhan-to", dependencies=[allowed("lead.nurture")])
async def follow(desk: AtDesk, code: str) -> Response:
    """An honoured exemplar becomes a lead again, towards more."""
    async with desk.database.reading() as session:
        found = await desk.dossier(session, code)
    by = desk.rights.actor("lead.nurture", found.nomination.unit_id)
    try:
        async with desk.database.transaction() as session:
            nomination = await session.get_one(Nomination, found.nomination.id)
            lead_id = (await acting.follow(session, nomination, at=desk.clock.now(), by=by)).id
    except rules.Refusal:
        return see_other(f"/de-cu/ho-so/{code}")
    return see_other(f"{PATH}/{lead_id}")
