"""Marks, the vote, the conclusion."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from services.review import rules
from services.review.actions import council
from services.review.pages.desk import AtDesk, back_to
from services.review.rules import Choice
from shared.identity.allowed import allowed

router = APIRouter()


@router.post("/ho-so/{code}/cham", dependencies=[allowed("case.mark")])
async def mark(desk: AtDesk, code: str) -> Response:
    """Hand in the member's own marks."""
    by = desk.rights.actor("case.mark")
    case = await desk.find(code)
    form = await desk.request.form()
    typed = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    wrong = {
        name: "Điểm là một số nguyên, ví dụ 8."
        for name, value in typed.items()
        if name.startswith("mark-") and value and not (value.isdecimal() and len(value) <= 3)
    }
    if wrong:
        return await desk.show(code, wrong, typed)
    marks = {name.removeprefix("mark-"): int(v) for name, v in typed.items() if name.startswith("mark-") and v}
    try:
        async with desk.database.transaction() as session:
            await council.submit_sheet(
                session, case_id=case.id, member=desk.reader, marks=marks, note=typed.get("note", ""), by=by
            )
    except rules.BadInput as refusal:
        return await desk.show(code, {refusal.field: str(refusal)}, typed)
    except rules.AlreadyDone:
        return back_to(code)
    except rules.Refusal as refusal:
        return await desk.show(code, {"note": str(refusal)}, typed)
    return back_to(code)


@router.post("/ho-so/{code}/mo-phieu", dependencies=[allowed("ballot.run")])
async def open_ballot(desk: AtDesk, code: str) -> Response:
    """Open the vote."""
    by = desk.rights.actor("ballot.run")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await council.open_ballot(session, case_id=case.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"ballot": str(refusal)})
    return back_to(code)


@router.post("/ho-so/{code}/bo-phieu", dependencies=[allowed("case.vote")])
async def vote(desk: AtDesk, code: str, choice: Annotated[str, Form()] = "") -> Response:
    """Put a paper into the box."""
    case = await desk.find(code)
    if choice not in list(Choice):
        return await desk.show(code, {"choice": "Hãy chọn một ý rồi bỏ phiếu."})
    try:
        async with desk.database.transaction() as session:
            await council.cast_vote(session, case_id=case.id, voter=desk.reader, choice=Choice(choice))
    except rules.Refusal as refusal:
        return await desk.show(code, {"choice": str(refusal)})
    return back_to(code)


@router.post("/ho-so/{code}/dong-phieu", dependencies=[allowed("ballot.run")])
async def close_ballot(desk: AtDesk, code: str) -> Response:
    """Close the vote."""
    by = desk.rights.actor("ballot.run")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await council.close_ballot(session, case_id=case.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"ballot": str(refusal)})
    return back_to(code)


@router.post("/ho-so/{code}/ket-luan", dependencies=[allowed("case.conclude")])
async def conclude(desk: AtDesk, code: str) -> Response:
    """Conclude as the vote says."""
    by = desk.rights.actor("case.conclude")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await council.complete_review(session, case_id=case.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"ballot": str(refusal)})
    return back_to(code)
