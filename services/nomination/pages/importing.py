"""Reading a plan in: its text is pasted or chosen, what it says is confirmed line by line, a draft is made of that."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, HTTPException, UploadFile
from fastapi.responses import Response

from services.nomination.actions import plan_texts as acting
from services.nomination.actions import plans
from services.nomination.actions.plan_texts import MOST_TEXT, BadText
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.plan_files import text_of
from services.nomination.pages.plan_reading import BadLines, lines, taken
from services.nomination.queries import criteria
from services.nomination.rules.plan_texts import Finding, Known, Text, What, read
from services.nomination.tables import Plan, PlanText
from shared.files import FileRefused
from shared.identity.allowed import allowed

router = APIRouter()
PATH = "/de-cu/ke-hoach/nhap"

GROUPS = {
    What.NUMBER: "Văn bản",
    What.ISSUED_ON: "Văn bản",
    What.TITLE: "Văn bản",
    What.ISSUER: "Văn bản",
    What.PERIOD: "Văn bản",
    What.GROUND: "Căn cứ",
    What.MOVEMENT: "Phong trào",
    What.CATEGORY: "Đối tượng",
    What.MONTH: "Đợt và hạn",
    What.DAY: "Đợt và hạn",
    What.TARGET: "Chỉ tiêu",
    What.RECIPIENT: "Nơi nhận",
}
"""Under which heading a line stands; the order of the headings is theirs."""
ODD = {
    "number": "Số của văn bản đọc không rõ: hãy xem bản gốc rồi gõ lại.",
    "symbol": "Ký hiệu của văn bản làm căn cứ không hợp với nơi ban hành được nêu: hãy xem lại.",
    "phone": "Trong văn bản có số điện thoại: khi đăng kế hoạch, hãy thay bằng tên bộ phận.",
}


@dataclass(frozen=True)
class Piece:
    """A piece of the text; `place` is the number of what was found in it, if anything was."""

    text: str
    place: int | None = None


def pieces(text: Text, findings: Sequence[Finding]) -> list[Piece]:
    """The whole text in pieces; of finds that lie over one another the first is marked."""
    found: list[Piece] = []
    done = 0
    for start, end, place in sorted((one.start, one.end, place) for place, one in enumerate(findings)):
        if start < done:
            continue
        found += [Piece(text.raw[done:start]), Piece(text.raw[start:end], place)]
        done = end
    return [*found, Piece(text.raw[done:])]


@router.get("/ke-hoach/nhap", dependencies=[allowed("plan.issue")])
async def ask(desk: AtDesk) -> Response:
    """Where a text is pasted, or a file chosen."""
    return _ask(desk, "", {})


def _ask(desk: Desk, text: str, errors: Mapping[str, str]) -> Response:
    status = 422 if errors else 200
    return desk.pages.render(desk.request, "import.html", status_code=status, text=text, most=MOST_TEXT, errors=errors)


@router.post("/ke-hoach/nhap", dependencies=[allowed("plan.issue")])
async def enter(
    desk: AtDesk, text: Annotated[str, Form()] = "", file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Keep the text, and show what it says."""
    by = desk.rights.actor("plan.issue")
    name = file.filename or "" if file else ""
    try:
        if file is not None and name:
            text = await text_of(name, await file.read())
        async with desk.database.transaction() as session:
            kept = await acting.enter(session, desk.agency, text=text, file_name=name[:120], at=desk.clock.now(), by=by)
            text_id = kept.id
    except BadText as refusal:
        return _ask(desk, "" if name else text, {"file" if name else "text": str(refusal)})
    except FileRefused as refusal:
        return _ask(desk, "", {"file": refusal.text})
    return see_other(f"{PATH}/{text_id}")


@router.get("/ke-hoach/nhap/{text_id}", dependencies=[allowed("plan.issue")])
async def show(desk: AtDesk, text_id: UUID) -> Response:
    """The text beside what was read in it."""
    return await _show(desk, text_id)


async def _show(
    desk: Desk,
    text_id: UUID,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    confirmed: Collection[int] = (),
) -> Response:
    kept, text, findings = await _read(desk, text_id)
    if isinstance(kept, Plan):
        return see_other(_place(kept))
    found = sorted(lines(findings), key=lambda line: list(GROUPS.values()).index(GROUPS[line.what]))
    return desk.pages.render(
        desk.request,
        "import_check.html",
        status_code=422 if errors else 200,
        kept=kept,
        pieces=pieces(text, findings),
        damaged=text.damaged,
        groups=[(name, list(members)) for name, members in groupby(found, key=lambda line: GROUPS[line.what])],
        criteria=[one.word for one in findings if one.what is What.CRITERION],
        own=[one.value for one in findings if one.what is What.OWN_CRITERION],
        oddities=list(dict.fromkeys(ODD[one.word] for one in findings if one.what is What.ODD)),
        typed=typed or {},
        confirmed=set(confirmed),
        errors=errors or {},
    )


async def _read(desk: Desk, text_id: UUID) -> tuple[PlanText | Plan, Text, list[Finding]]:
    """The text, or the plan that was made of it already, and what the text says. Raises HTTPException (404)."""
    async with desk.database.reading() as session:
        kept, made = await session.get(PlanText, text_id), await session.get(Plan, text_id)
        if (found := made or kept) is None or found.agency != desk.agency.id:
            raise HTTPException(404)
        packs = await criteria.list_packs(session, agency=desk.agency.id)
        newest = next((one.pack.code for one in packs if one.unit is None), "")
        pack = await criteria.criteria_of(session, agency=desk.agency.id, pack=newest)
    known = [Known(one.code, one.category, one.text) for one in pack]
    if made is not None or kept is None:  # the text of a plan that was made is not kept for ever
        return found, Text.of(""), []
    text = Text.of(kept.text)
    return kept, text, await asyncio.to_thread(read, text, known)


def _place(plan: Plan) -> str:
    """Where one goes on with a plan: in the steps of its draft, or at the plan that was issued."""
    return f"/de-cu/ke-hoach/{plan.code}" + ("/soan/can-cu" if plan.draft is not None else "")


@router.post("/ke-hoach/nhap/{text_id}", dependencies=[allowed("plan.issue")])
async def confirm(desk: AtDesk, text_id: UUID) -> Response:
    """Make a draft of what was confirmed; it is gone through step by step before it is issued."""
    by = desk.rights.actor("plan.issue")
    async with desk.request.form() as form:
        typed = {name: value for name, value in form.multi_items() if isinstance(value, str)}
        confirmed = {int(one) for one in form.getlist("take") if isinstance(one, str) and one.isdecimal()}
    kept, _, findings = await _read(desk, text_id)
    if isinstance(kept, Plan):
        return see_other(_place(kept))
    try:
        plan, rounds, targets = taken(lines(findings), confirmed, typed)
        async with desk.database.transaction() as session:
            at = desk.clock.now()
            made = await plans.draft_plan(
                session, desk.agency, plan=plan, rounds=rounds, targets=targets, at=at, by=by, id=text_id
            )
            place = _place(made)
    except BadLines as refusal:
        return await _show(desk, text_id, refusal.errors, typed, confirmed)
    return see_other(place)
