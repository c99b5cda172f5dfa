"""The nominee's own answer by a link: opening it changes nothing, only a button does, and once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.nomination import queries
from services.nomination.actions import papers, particulars
from services.nomination.pages.particulars import PREFIX as PREFIX_OF_FIELDS
from services.nomination.pages.particulars import at_inputs, field_error, typed
from services.nomination.queries import Dossier
from services.nomination.queries.papers import get_agreement
from services.nomination.queries.particulars import Needed, get_needed
from services.nomination.rules import EDITABLE
from services.nomination.rules.papers import Answered
from services.nomination.rules.particulars import LONGEST, BadParticular
from services.nomination.tables import Agreement
from shared import fence
from shared.database import Database
from shared.fence import Fence, public
from shared.field_keys import FieldKeys
from shared.links import BadLink, Links
from shared.pages import Pages
from shared.web import Db, Html, Now

AGREEMENT, PREFIX = "agreement", "/tra-loi/gioi-thieu"
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}

router = APIRouter(prefix=PREFIX, include_in_schema=False)


@dataclass(frozen=True)
class Question:
    """What a link asks, and of which dossier."""

    asked: Agreement
    dossier: Dossier
    open: bool
    """It can still be answered."""
    needed: Needed
    """What an award's form asks of the nominee."""


async def _question(request: Request, token: str, database: Db, clock: Now) -> Question | None:
    """What the link is about; none when it is not ours, too old, or the question stands no more."""
    links: Links = request.app.state.links
    try:
        agreement_id = links.read(token, AGREEMENT, clock.real())
    except BadLink:
        return None
    asked = await _read(database, agreement_id)
    if asked is None or (asked.asked.agreed is None and (not asked.open or clock.now() > asked.asked.expires_at)):
        return None
    return asked


async def _read(database: Database, agreement_id: UUID) -> Question | None:
    # The link is the right: it names one dossier, whatever unit that belongs to.
    agency = database.speaker.agency
    with fence.within(Fence(agency, None)):
        async with database.reading() as session:
            found = await get_agreement(session, agreement_id=agreement_id)
            if found is None:
                return None
            asked, code = found
            dossier = await queries.get_dossier(session, agency=agency, code=code, units=None)
            if dossier is None:
                return None
            needed = await get_needed(session, dossier)
    newest = dossier.paperwork.asked
    current = newest is not None and newest.id == asked.id
    return Question(asked, dossier, current and dossier.nomination.state in EDITABLE, needed)


About = Annotated[Question | None, Depends(_question)]


@router.get("/{token}", dependencies=[public()])
async def show(request: Request, question: About, pages: Html) -> Response:
    """What is claimed about the nominee; or, once answered, what they said."""
    return _show(request, pages, question)


def _show(
    request: Request,
    pages: Pages,
    question: Question | None,
    error: str = "",
    *,
    values: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    if question is None:
        page = pages.error(
            request,
            410,
            "Liên kết không còn dùng được",
            "Liên kết đã hết hạn, chưa đủ, hoặc không còn cần trả lời. Nếu cần, hãy hỏi đơn vị đã đưa liên kết.",
            actions=(("Về trang đầu", "/"),),
        )
        page.headers.update(HEADERS)
        return page
    return pages.render(
        request,
        "answer.html",
        status_code=422 if error or errors else 200,
        headers=HEADERS,
        asked=question.asked,
        dossier=question.dossier,
        needed=question.needed,
        prefix=PREFIX_OF_FIELDS,
        longest=LONGEST,
        guardian=question.asked.relation == "guardian",
        error=error,
        values=values or {},
        errors=errors or {},
    )


@router.post("/{token}", dependencies=[public()])
async def answer(
    request: Request, question: About, database: Db, pages: Html, clock: Now, word: Annotated[str, Form()] = ""
) -> Response:
    """Keep the answer, and with a yes what the nominee wrote for an award's form."""
    if question is None:
        return _show(request, pages, None)
    values = typed(await request.form())
    if word not in ("agree", "decline"):
        told = "Hãy bấm một trong hai nút trả lời."
        return _show(request, pages, question, told, values=at_inputs(values))
    at, about = clock.now(), {"nomination_id": question.dossier.nomination.id}
    keys: FieldKeys = request.app.state.field_keys
    try:
        with fence.within(Fence(database.speaker.agency, None)):
            async with database.transaction() as session:
                await papers.answer(session, agreement_id=question.asked.id, agreed=word == "agree", at=at)
                if word == "agree":
                    await particulars.write(session, keys, values=values, at=at, by=papers.NOMINEE, **about)
    except BadParticular as refusal:
        return _show(request, pages, question, values=at_inputs(values), errors=field_error(refusal))
    except Answered:
        pass  # answered before, perhaps by the same press: the page says how
    return _show(request, pages, await _read(database, question.asked.id))
