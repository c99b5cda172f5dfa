"""The answer of a person who is asked: opening the link changes nothing, only the button does."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from services.publishing import queries, rules
from services.publishing.actions import consents
from services.publishing.pages.naming import name_of
from services.publishing.queries import Asked
from services.publishing.rules import ConsentState, Purpose
from shared.database import Database
from shared.fence import public
from shared.links import BadLink, Links
from shared.pages import Pages
from shared.web import Db, Html, Now

router = APIRouter(prefix="/dong-y")

CONSENT = "consent"
PURPOSES = {
    Purpose.PORTAL: "Đăng trên trang của đơn vị và của cơ quan này",
    Purpose.UPPER: "Đăng trên trang của cơ quan cấp trên",
    Purpose.PRESS: "Gửi cho báo chí",
    Purpose.SOCIAL: "Đăng trên mạng xã hội của ngành",
}
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


async def _asked(request: Request, token: str, database: Db, clock: Now) -> Asked | None:
    """What the link is about; none when it is not ours, too old, or asks for a story that is gone for good."""
    links: Links = request.app.state.links
    try:
        consent_id = links.read(token, CONSENT, clock.real())
    except BadLink:
        return None
    async with database.reading() as session:
        found = await queries.get_asked(session, consent_id=consent_id)
    if found and found.consent.state is ConsentState.ASKED:
        late = clock.now() > found.consent.expires_at
        return None if late or found.story.state is rules.State.REVOKED else found
    return found  # an answer can be looked at, and taken back, at any time


About = Annotated[Asked | None, Depends(_asked)]


@router.get("/{token}", dependencies=[public()])
async def show(request: Request, asked: About, pages: Html) -> Response:
    """What is asked; or, once answered, the receipt with the way to take it back."""
    return _show(request, pages, asked)


def _show(request: Request, pages: Pages, asked: Asked | None, errors: dict[str, str] | None = None) -> Response:
    if asked is None:
        page = pages.error(
            request,
            410,
            "Liên kết không còn dùng được",
            "Liên kết đã hết hạn, chưa đủ, hoặc không còn cần trả lời. Nếu cần, hãy hỏi đơn vị đã gửi liên kết.",
            actions=(("Về trang đầu", "/"),),
        )
        page.headers.update(HEADERS)
        return page
    answered = asked.consent.state is not ConsentState.ASKED
    return pages.render(
        request,
        "consent_receipt.html" if answered else "consent.html",
        status_code=422 if errors else 200,
        headers=HEADERS,
        asked=asked,
        purposes=[(str(purpose), text) for purpose, text in PURPOSES.items()],
        chosen=[PURPOSES[Purpose(one)] for one in asked.consent.purposes],
        paragraphs=[part for part in asked.story.text.split("\n\n") if part.strip()],
        request_path=request.url.path.removesuffix("/rut"),
        guardian=asked.consent.relation == "guardian",
        name_of=name_of(request),
        errors=errors or {},
    )


@router.post("/{token}", dependencies=[public()])
async def answer(
    request: Request,
    asked: About,
    database: Db,
    pages: Html,
    clock: Now,
    word: Annotated[str, Form()] = "",
    purpose: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Keep the answer."""
    if asked is None:
        return _show(request, pages, None)
    if word not in ("agree", "refuse"):
        return _show(request, pages, asked, {"word": "Hãy bấm một trong hai nút trả lời."})
    chosen = {Purpose(one) for one in purpose if one in list(Purpose)} if word == "agree" else set()
    if word == "agree" and not chosen:
        return _show(request, pages, asked, {"purpose": "Hãy đánh dấu ít nhất một nơi, hoặc bấm «Không đồng ý»."})
    try:
        async with database.transaction() as session:
            await consents.answer(session, consent_id=asked.consent.id, purposes=chosen, at=clock.now())
    except rules.WrongState:
        pass  # answered before, perhaps by the same press: the receipt says how
    return _show(request, pages, await _again(database, asked))


@router.post("/{token}/rut", dependencies=[public()])
async def withdraw(request: Request, asked: About, database: Db, pages: Html, clock: Now) -> Response:
    """Take the word back."""
    if asked is None:
        return _show(request, pages, None)
    try:
        async with database.transaction() as session:
            await consents.withdraw(session, consent_id=asked.consent.id, at=clock.now())
    except rules.WrongState:
        pass  # there is nothing to take back: the receipt says so
    return _show(request, pages, await _again(database, asked))


async def _again(database: Database, asked: Asked) -> Asked | None:
    async with database.reading() as session:
        return await queries.get_asked(session, consent_id=asked.consent.id)
