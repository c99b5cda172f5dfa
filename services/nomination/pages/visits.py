"""One visit with what it found: the unit answers each finding, whoever supervises closes it or asks again."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import findings as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.supervision import BAD_DAY, METS, PATH, get_seen, look_of, writable
from services.nomination.queries.supervision import Found, Seen
from services.nomination.rules.supervision import FROM, Met, WordKind
from shared.formats import read_day
from shared.forms import form_id
from shared.identity.allowed import allowed

router = APIRouter()
FINDING = "/giam-sat/{visit_id}/dieu/{finding_id}"
WORDS = {WordKind.ANSWER: "Đơn vị trả lời", WordKind.AGAIN: "Hỏi lại", WordKind.CLOSE: "Đóng"}


@router.get("/giam-sat/{visit_id}", dependencies=[allowed("visit.read")])
async def show(desk: AtDesk, visit_id: UUID) -> Response:
    """A visit as its minutes read, and what is still to be said about its findings."""
    return await show_visit(desk, visit_id)


async def show_visit(
    desk: Desk, visit_id: UUID, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    """Its page, with what was typed into one of its forms and why it cannot be."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, visit_id)
    return desk.pages.render(
        desk.request,
        "visit.html",
        status_code=422 if errors else 200,
        seen=seen,
        visit=seen.visit,
        points=[one for one in seen.visit.points if one.met is not Met.UNSEEN],
        mets=METS,
        words=WORDS,
        findings=[(one, look_of(one.finding, desk)) for one in seen.findings],
        writing=desk.rights.may("visit.write", seen.visit.unit_id),
        values=dict.fromkeys(("text", "to_do", "due_on", "caption"), "") | {"once": str(uuid4())} | dict(values or {}),
        errors=errors or {},
    )


@router.post("/giam-sat/{visit_id}/dieu", dependencies=[allowed("visit.write")])
async def raise_finding(
    desk: AtDesk,
    visit_id: UUID,
    text: Annotated[str, Form()] = "",
    to_do: Annotated[str, Form()] = "",
    due_on: Annotated[str, Form()] = "",
    once: Annotated[str, Form()] = "",
) -> Response:
    """Write down what was found; the same form sent twice writes one."""
    values = {"text": text, "to_do": to_do, "due_on": due_on, "once": once}
    seen, due = await writable(desk, visit_id), read_day(due_on)
    by, id = desk.rights.actor("visit.write", seen.visit.unit_id), form_id(once, values)
    if due is None:
        return await show_visit(desk, visit_id, {"due_on": BAD_DAY}, values)
    try:
        async with desk.database.transaction() as session:
            told = {"text": text, "to_do": to_do}
            await acting.raise_finding(
                session, visit_id=visit_id, due_on=due, at=desk.clock.now(), by=by, id=id, **told
            )
    except rules.FieldRefusal as refusal:
        return await show_visit(desk, visit_id, {refusal.field: str(refusal)}, values)
    return see_other(f"{PATH}/{visit_id}#dieu")


@router.get(FINDING, dependencies=[allowed("visit.read")])
async def show_finding(desk: AtDesk, visit_id: UUID, finding_id: UUID) -> Response:
    """One finding with what was said about it, and what one may say."""
    return await _finding(desk, visit_id, finding_id)


async def _get(desk: Desk, visit_id: UUID, finding_id: UUID) -> tuple[Seen, Found]:
    """A finding of a visit that the person may see. Raises HTTPException (404)."""
    async with desk.database.reading() as session:
        seen = await get_seen(desk, session, visit_id)
    found = next((one for one in seen.findings if one.finding.id == finding_id), None)
    if found is None:
        raise HTTPException(404)
    return seen, found


async def _finding(
    desk: Desk,
    visit_id: UUID,
    finding_id: UUID,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    seen, found = await _get(desk, visit_id, finding_id)
    state, unit_id = found.finding.state, found.finding.unit_id
    return desk.pages.render(
        desk.request,
        "finding.html",
        status_code=422 if errors else 200,
        seen=seen,
        one=found,
        look=look_of(found.finding, desk),
        words=WORDS,
        answering=state in FROM[WordKind.ANSWER] and desk.rights.may("finding.answer", unit_id),
        closing=state in FROM[WordKind.CLOSE] and desk.rights.may("visit.write", unit_id),
        again=state in FROM[WordKind.AGAIN],
        values={"text": "", "reply": "", "due_on": ""} | dict(values or {}),
        errors=errors or {},
    )


@router.post(FINDING + "/tra-loi", dependencies=[allowed("finding.answer")])
async def answer(desk: AtDesk, visit_id: UUID, finding_id: UUID, text: Annotated[str, Form()] = "") -> Response:
    """The unit says what it did."""
    return await _speak(desk, visit_id, finding_id, WordKind.ANSWER, {"text": text})


@router.post(FINDING + "/hoi-lai", dependencies=[allowed("visit.write")])
async def ask_again(
    desk: AtDesk,
    visit_id: UUID,
    finding_id: UUID,
    reply: Annotated[str, Form()] = "",
    due_on: Annotated[str, Form()] = "",
) -> Response:
    """The answer is not enough: the unit answers again, until another day."""
    return await _speak(desk, visit_id, finding_id, WordKind.AGAIN, {"reply": reply, "due_on": due_on})


@router.post(FINDING + "/dong", dependencies=[allowed("visit.write")])
async def close(
    desk: AtDesk,
    visit_id: UUID,
    finding_id: UUID,
    reply: Annotated[str, Form()] = "",
    due_on: Annotated[str, Form()] = "",
) -> Response:
    """Nothing more is asked of the unit; the day belongs to asking again, beside it in the form."""
    return await _speak(desk, visit_id, finding_id, WordKind.CLOSE, {"reply": reply, "due_on": due_on})


async def _speak(desk: Desk, visit_id: UUID, finding_id: UUID, kind: WordKind, values: Mapping[str, str]) -> Response:
    """Say it; said twice it is refused, for it was said."""
    _, found = await _get(desk, visit_id, finding_id)
    field, act = ("text", "finding.answer") if kind is WordKind.ANSWER else ("reply", "visit.write")
    by = desk.rights.actor(act, found.finding.unit_id)
    due = read_day(values["due_on"]) if kind is WordKind.AGAIN else None
    if kind is WordKind.AGAIN and (due is None or due < desk.clock.today()):
        told = BAD_DAY if due is None else "Hạn trả lời phải từ hôm nay trở đi."
        return await _finding(desk, visit_id, finding_id, {"due_on": told}, values)
    at = desk.clock.now()
    try:
        async with desk.database.transaction() as session:
            await acting.speak(session, finding_id=finding_id, kind=kind, text=values[field], due_on=due, at=at, by=by)
    except rules.Refusal as refusal:
        return await _finding(desk, visit_id, finding_id, {field: str(refusal)}, values)
    return see_other(f"{PATH}/{visit_id}#d-{finding_id}")
