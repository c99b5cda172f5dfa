"""Whether an honour counts today, for everybody who holds its paper: no name, and never a reason."""

import re
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.review import queries
from services.review.rules import HonourState
from shared.fence import Fence, within
from shared.language import base_of
from shared.names import normal
from shared.portal import public_answer, show
from shared.web import Db, Html

router = APIRouter(prefix="/xac-minh", dependencies=[public_answer()])

CODE = re.compile(r"[^\W\d_]{1,8}-\d{2}-\d{4,6}")


@dataclass(frozen=True)
class Paper:
    """What may be told of an honour that was announced."""

    in_force: bool
    number: str
    date: date
    form: str
    level: str


@router.get("")
async def ask(request: Request, pages: Html, ma: str = "") -> Response:
    """Where a code is typed; a typed one has a page of its own."""
    code = _code(ma)
    if CODE.fullmatch(code):
        return RedirectResponse(f"{base_of(request.scope)}/xac-minh/{code}", 303)
    return show(request, pages, "verify.html", path="/xac-minh", typed=normal(ma)[:40], errors=_errors(ma))


@router.get("/{code}")
async def answer(request: Request, database: Db, pages: Html, code: str) -> Response:
    """What the book says today of the honour with that code: the same address is printed on the paper."""
    wanted, paper, unclear = _code(code), None, False
    if CODE.fullmatch(wanted):
        us = database.speaker.agency
        # Honours stand behind their units' fence; what is read here tells neither unit nor person.
        with within(Fence(us, units=None)):
            async with database.reading() as session:
                honour = await queries.find_honour(session, agency=us, code=wanted)
        unclear = honour is not None and honour.state is HonourState.HELD
        if honour is not None and not unclear:
            paper = Paper(
                honour.state is HonourState.IN_FORCE,
                honour.decision_number,
                honour.decision_date,
                honour.form,
                honour.level,
            )
    return show(
        request,
        pages,
        "verified.html",
        path=f"/xac-minh/{wanted}" if CODE.fullmatch(wanted) else "/xac-minh",
        indexed=False,
        status_code=200 if paper or unclear else 404,
        headers={"Cache-Control": "no-store"},
        code=wanted[:40],
        paper=paper,
        unclear=unclear,
    )


def _code(typed: str) -> str:
    """As codes are written, however it was typed: small letters, blanks, long dashes."""
    return re.sub(r"[\s‐-―−]+", "-", normal(typed).strip()).upper()


def _errors(typed: str) -> dict[str, str]:
    return {"ma": "Mã có dạng TB-24-0001: chữ, hai số của năm, rồi số thứ tự."} if typed.strip() else {}
