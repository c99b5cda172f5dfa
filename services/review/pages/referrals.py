"""Referring upward and what comes from below: refer, recall, take over."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import Response

from services.review import queries, rules
from services.review.actions import offers, referrals
from services.review.pages.desk import AtDesk, Desk, back_to
from services.review.tables import ReferralRow
from shared.identity.allowed import allowed

router = APIRouter()


@router.post("/ho-so/{code}/trinh", dependencies=[allowed("case.refer")])
async def refer(desk: AtDesk, code: str, to: Annotated[str, Form()] = "") -> Response:
    """Hand the case to an agency above."""
    by = desk.rights.actor("case.refer")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await referrals.refer(
                session, case_id=case.id, to_agency=to, parents=desk.parents, at=desk.clock.now(), by=by
            )
    except rules.Refusal as refusal:
        return await desk.show(code, {"to": str(refusal)}, {"to": to})
    return back_to(code)


@router.post("/ho-so/{code}/thu-ve", dependencies=[allowed("case.refer")])
async def recall(desk: AtDesk, code: str, row: Annotated[str, Form()] = "") -> Response:
    """Take the case back, or ask for it."""
    by = desk.rights.actor("case.refer")
    found = await _row(desk, code, row)
    try:
        async with desk.database.transaction() as session:
            await referrals.recall(session, row_id=found.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"referral": str(refusal)})
    return back_to(code)


@router.post("/ho-so/{code}/trinh-lai", dependencies=[allowed("case.refer")])
async def send_again(desk: AtDesk, code: str, row: Annotated[str, Form()] = "") -> Response:
    """Try once more what the door above refused."""
    by = desk.rights.actor("case.refer")
    found = await _row(desk, code, row)
    try:
        async with desk.database.transaction() as session:
            await referrals.send_again(session, row_id=found.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"referral": str(refusal)})
    return back_to(code)


@router.post("/ho-so/{code}/tiep-nhan", dependencies=[allowed("case.accept")])
async def accept(desk: AtDesk, code: str) -> Response:
    """Take over what an agency below offers."""
    by = desk.rights.actor("case.accept")
    case = await desk.find(code)
    try:
        async with desk.database.transaction() as session:
            await offers.accept(session, case_id=case.id, at=desk.clock.now(), by=by)
    except rules.Refusal as refusal:
        return await desk.show(code, {"offer": str(refusal)})
    return back_to(code)


async def _row(desk: Desk, code: str, row: str) -> ReferralRow:
    """The referral of that id, if it is one of this case's (404 when not)."""
    async with desk.database.reading() as session:
        found = await queries.get_desk(session, agency=desk.agency, code=code, reader=desk.reader)
    rows = found.on(rules.Side.LOWER) if found else []
    known = next((one for one in rows if str(one.id) == row), None)
    if known is None:
        raise HTTPException(404)
    return known
