"""What a route asks of the person at the other end, and what is refused before a route is reached.

`SignedIn` gives the person or sends them to sign in. `SameOriginWrites` refuses requests that another site made the
browser send: every state-changing request must say that it comes from this address, or carry no session at all.
"""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Depends, FastAPI, Request
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.database import Database
from shared.forms import SENSITIVE
from shared.identity import form_tokens
from shared.identity.form_tokens import FIELD
from shared.identity.people import ROLE_NAMES, Forbidden, Person
from shared.identity.sessions import COOKIE, BadSession, SessionReader, set_cookie
from shared.language import translate
from shared.rates import RateLimited, Rates
from shared.web import get_pages, problem, route_of, wants_json
from shared.wording import say

_log = structlog.get_logger("identity")

START = "/viec"
_READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


RENEWAL = "/vao/tiep"
"""Where a session gets a newer token; notification serves it, who alone can sign one."""
TRIED = "__Host-gs-tiep"
"""The cookie of a browser that was sent there within the last minute: should it come back without, it may pass."""
_TRIED_FOR = timedelta(minutes=1)


class Due(Exception):
    """The session's token grows old: the browser fetches a newer one on its way to the page."""


LONG_ENOUGH_TO_SHOW = 40
"""Characters: what somebody typed, and not a code or a choice."""


class NotOurForm(Exception):
    """What was sent with a session did not come from a form of ours, or from one of a browser that forgot it."""


class NotSignedIn(Exception):
    """The route needs a person and the request carries no valid session."""


async def signed_in(request: Request) -> Person:
    """The person of the request's session; remembered in `request.state.person` for its page.

    Raises NotSignedIn, Due for a page that can wait for a newer token, and NotOurForm for what no form of ours sent.
    """
    token = request.cookies.get(COOKIE)
    if not token:
        raise NotSignedIn
    reader: SessionReader = request.app.state.sessions
    try:
        session = await reader.session(token)
    except BadSession as refused:
        _log.info("session.refused", reason=str(refused))
        raise NotSignedIn from None
    if session.is_due(reader.clock.real()) and _can_wait(request):
        raise Due
    request.state.person = session.person
    # The API takes JSON, which no form sends.
    if request.method not in _READING and not wants_json(request) and not await form_tokens.carries(request):
        raise NotOurForm
    return session.person


def _can_wait(request: Request) -> bool:
    """Whether it is a page that somebody opens, whose address survives the way there and back."""
    opened = request.method == "GET" and request.headers.get("sec-fetch-dest", "document") == "document"
    return opened and TRIED not in request.cookies and not wants_json(request) and local_path(_here(request), "") != ""


SignedIn = Annotated[Person, Depends(signed_in)]
"""A route's parameter: the signed-in person. Pages are sent to `/vao`, the API is answered 401."""


def protect(
    app: FastAPI, *, sessions: SessionReader, address: str, database: Database | None = None, rate_scale: float = 1.0
) -> None:
    """Give an application its sessions, the answers to NotSignedIn and Forbidden, and the refusal of cross-site writes.

    `address` is the agency's public address, as browsers name it in `Origin`. With a `database` to count in, who asks
    too often is refused too.
    """
    app.state.sessions = sessions
    app.add_exception_handler(NotSignedIn, _on_not_signed_in)
    app.add_exception_handler(NotOurForm, _on_not_our_form)
    app.add_exception_handler(Due, _on_due)
    app.add_exception_handler(Forbidden, _on_forbidden)
    # Innermost, so that their answers carry the correlation id that an outer one made.
    if database is not None:
        rates = Rates(database, partial(_whose, sessions), rate_scale)
        app.user_middleware.append(Middleware(RateLimited, rates=rates))
    app.user_middleware.append(Middleware(SameOriginWrites, address=address))


def _whose(sessions: SessionReader, request: Request) -> str | None:
    """Whose token a request carries, ended or not: who to count it for, which is no permission."""
    try:
        return "|".join(sessions.bearer(request.cookies.get(COOKIE, "")).identity)
    except BadSession:
        return None


def local_path(value: str | None, default: str = START) -> str:
    """`value` if it is a path of this very site, else `default`.

    Refused are other sites in every disguise that browsers take for one (`//`, a backslash, a tab), dot segments, and
    the sign-in's own paths, which would go round in circles.
    """
    if not value or len(value) > 2000 or not value.startswith("/") or not value.isprintable():
        return default
    path = urlsplit(value).path
    if "\\" in value or " " in value or value.startswith("//") or urlsplit(value).netloc:
        return default
    if any(part in {"", ".", ".."} for part in path.split("/")[1:-1]) or path.split("/")[1] in {"vao", "ra"}:
        return default
    return value


class SameOriginWrites:
    """Middleware: a state-changing request must come from a page of this address.

    `Sec-Fetch-Site` decides where the browser sends it, else `Origin`. With neither, a request that carries the session
    cookie is refused; one without it (a partner's client, a neighbour's parcel) has no session to abuse. `Origin: null`
    tells nothing either: a page under `Referrer-Policy: no-referrer`, such as that of a one-time link, says it even to
    its own site.
    """

    def __init__(self, app: ASGIApp, address: str) -> None:
        self.app = app
        self.origin = address.rstrip("/").lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] == "http" and scope["method"] not in _READING and not self._welcome(Headers(scope=scope)):
            _log.warning("request.refused", reason="cross-site write")
            answer = _refuse(
                Request(scope),
                "cross-site",
                "Yêu cầu này đến từ một trang khác",
                "Để an toàn, hệ thống chỉ nhận việc làm từ trang của chính cơ quan. Hãy mở lại trang và làm lại.",
            )
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _welcome(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site == "same-origin"
        origin = headers.get("origin")
        if origin not in (None, "null"):
            return origin.lower() == self.origin
        return not any(COOKIE in line for line in headers.getlist("cookie"))


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


async def _on_due(request: Request, _error: Exception) -> Response:
    way = f"{RENEWAL}?ve={quote(local_path(_here(request)), safe='/')}"
    response = RedirectResponse(way, 303, {"Cache-Control": "no-store"})
    set_cookie(response, TRIED, "1", _TRIED_FOR)
    return response


async def _on_not_signed_in(request: Request, _error: Exception) -> Response:
    if wants_json(request):
        return problem(401, "not-signed-in", "Cần vào hệ thống", detail="Phiên làm việc không có hoặc đã hết.")
    if "hx-request" in request.headers:
        # A part of a page that is open: the way to sign in is no part of it, and what was typed there must stay.
        return Response(status_code=401, headers={"Cache-Control": "no-store"})
    if request.method in {"GET", "HEAD"}:
        return RedirectResponse(f"/vao?ve={quote(local_path(_here(request)), safe='/')}", 303)
    # Redirecting would lose the form's words: they stand in this page, to be sent again after signing in elsewhere.
    return await _once_more(request, 401)


async def _on_not_our_form(request: Request, _error: Exception) -> Response:
    _log.warning("request.refused", reason="form without its browser's value", path=route_of(request))
    return await _once_more(request, 403)


async def _once_more(request: Request, status: int) -> Response:
    """A page with what was typed, to be sent again.

    The route's own reading of the body, if it has one, is kept in the request; a body that is no form reads empty.
    """
    async with request.form() as form:
        sent = form.multi_items()
    signed_in_ = getattr(request.state, "person", None) is not None
    told = [(name, value) for name, value in sent if name != FIELD or not signed_in_]
    # Whoever comes next to a screen whose session has ended may be somebody else.
    held = [(name, value) for name, value in told if signed_in_ or not name.startswith(SENSITIVE)]
    fields = [(name, value) for name, value in held if isinstance(value, str)]
    return get_pages(request).render(
        request,
        "signed_out.html",
        status_code=status,
        headers={"Cache-Control": "private, no-store"},
        action=request.url.path,
        fields=fields,
        shown=[
            value
            for name, value in fields
            if len(value) > LONG_ENOUGH_TO_SHOW and name != FIELD and not name.startswith(SENSITIVE)
        ],
        lost_files=len(fields) < len(held),
        lost_sensitive=len(held) < len(told),
    )


async def _on_forbidden(request: Request, error: Exception) -> Response:
    role = ROLE_NAMES[error.role] if isinstance(error, Forbidden) else ""
    _log.warning("act.refused", path=route_of(request), method=request.method, role=getattr(error, "role", ""))
    return _refuse(
        request,
        "role-missing",
        "Việc này không thuộc vai trò của bạn",
        say(
            "Cần vai trò «{role}» đang có hiệu lực. Quản trị viên của cơ quan có thể cấp vai trò này.",
            role=translate(role),
        ),
        role=error.role if isinstance(error, Forbidden) else None,
    )


def _refuse(request: Request, slug: str, title: str, detail: str, **more: Any) -> Response:
    if wants_json(request):
        return problem(403, slug, title, detail=detail, **more)
    return get_pages(request).error(request, 403, title, detail, actions=(("Về việc của tôi", START),))
