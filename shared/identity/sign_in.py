"""The routes `/vao…` and `/ra`, served by notification for all services of the agency."""

import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from shared.identity import form_tokens
from shared.identity.guard import RENEWAL, TRIED, local_path
from shared.identity.people import BadRole, Person, Role
from shared.identity.provider import FINISH, Attempt, Provider, ProviderUnreachable, SignInRefused
from shared.identity.sessions import (
    COOKIE,
    LIFETIME,
    BadSession,
    SessionMinter,
    SessionReader,
    TooManyRoles,
    delete_cookie,
    new_session_id,
    set_cookie,
)
from shared.web import get_pages

_log = structlog.get_logger("identity")

ATTEMPT_COOKIE = "__Host-gs-vao"
_ATTEMPT = "gs-sign-in+jwt"
_ATTEMPT_LIFETIME = timedelta(minutes=10)
_NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Visit:
    """A session as it is remembered: whose, with which roles, until when, in which browser."""

    session_id: str
    issuer: str
    subject: str
    name: str
    email: str
    roles: tuple[Role, ...]
    ends: datetime
    browser: str = ""


class Register(Protocol):
    """What is remembered of sessions where they begin and end; each call is a transaction of its own.

    What it gives back names today's roles: those of the provider, and those granted here.
    """

    async def open(self, visit: Visit, *, instead_of: str | None) -> Visit:
        """Somebody signed in; `instead_of` is the session that the same browser had, which ends."""

    async def see(self, person: Person) -> Visit | None:
        """The person's session is in use; None when it is over."""

    async def end(self, session_id: str) -> None:
        """The session is over, everywhere."""


@dataclass(frozen=True)
class SignIn:
    """The routes, with what they need. `idle` and `life`: how long a session lasts unused, and at most."""

    providers: Sequence[Provider]
    minter: SessionMinter
    reader: SessionReader
    register: Register
    idle: timedelta = LIFETIME
    life: timedelta = LIFETIME

    async def start(self, request: Request, ve: str | None = None, noi: str | None = None) -> Response:
        """Send the browser to the provider, with a signed note of where it wanted to go; of several, let choose."""
        chosen = [one for one in self.providers if noi == one.id or len(self.providers) == 1]
        if not chosen:
            return self._choose(request, ve)
        attempt = Attempt(
            chosen[0].issuer,
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(48),
            local_path(ve),
        )
        try:
            url = await chosen[0].authorization_url(attempt)
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        response = RedirectResponse(url, 303, _NO_STORE)
        token = self.minter.sign(_ATTEMPT, asdict(attempt), _ATTEMPT_LIFETIME)
        set_cookie(response, ATTEMPT_COOKIE, token, _ATTEMPT_LIFETIME)
        return response

    def _choose(self, request: Request, ve: str | None) -> Response:
        back = {"ve": ve} if ve and local_path(ve, "") else {}
        ways = [
            (p.name or str(urlsplit(p.issuer).hostname), f"/vao?{urlencode({'noi': p.id} | back)}")
            for p in self.providers
        ]
        return get_pages(request).render(request, "providers.html", ways=ways, headers=_NO_STORE)

    async def finish(self, request: Request, noi: str = "") -> Response:
        """Take what the browser brings back from the provider; a session, or a page that says why there is none."""
        try:
            attempt = _read_attempt(self.reader, request.cookies.get(ATTEMPT_COOKIE, ""))
            provider = self._provider_of(attempt, noi)
            claims = await provider.finish(attempt, dict(request.query_params))
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        except (SignInRefused, BadSession) as error:
            return _refused(request, error)
        visit = self._visit(provider, claims, request)
        visit = await self.register.open(visit, instead_of=await self._held(request))
        try:
            token = self._token(visit)
        except TooManyRoles as error:
            await self.register.end(visit.session_id)
            return _refused(request, error)
        _log.info("session.opened", roles=len(visit.roles))
        response = RedirectResponse(local_path(attempt.back_to), 303, _NO_STORE)
        delete_cookie(response, ATTEMPT_COOKIE)
        set_cookie(response, COOKIE, token, self.idle)
        if not form_tokens.value_of(request):
            form_tokens.keep(response, form_tokens.new_value())
        return response

    def _provider_of(self, attempt: Attempt, id_: str) -> Provider:
        """Whom the attempt was made with; the address that the answer came to must be that provider's own."""
        for one in self.providers:
            if one.issuer == attempt.issuer and hmac.compare_digest(one.id.encode(), id_.encode()):
                return one
        raise SignInRefused("provider")

    def _visit(self, provider: Provider, claims: dict[str, Any], request: Request) -> Visit:
        return Visit(
            new_session_id(),
            provider.issuer,
            str(claims["sub"]),
            name_of(claims),
            email_of(claims),
            roles_of(claims),
            self.minter.clock.real() + self.life,
            browser_of(request.headers.get("user-agent", "")),
        )

    def _token(self, visit: Visit) -> str:
        """A token for the session, with the roles of this moment. Raises TooManyRoles."""
        return self.minter.session(
            issuer=visit.issuer,
            subject=visit.subject,
            name=visit.name,
            email=visit.email,
            roles=visit.roles,
            session_id=visit.session_id,
            idle=self.idle,
            ends=visit.ends,
        )

    async def _held(self, request: Request) -> str | None:
        """The session that this browser has, if it still counts."""
        try:
            return (await self.reader.person(request.cookies.get(COOKIE, ""))).session_id
        except BadSession:
            return None

    async def renew(self, request: Request, ve: str | None = None) -> Response:
        """A newer token for a session in use, and back to the page; to the sign-in when it is over."""
        back = local_path(ve)
        try:
            visit = await self.register.see(await self.reader.person(request.cookies.get(COOKIE, "")))
            token = self._token(visit) if visit else None
        except (BadSession, TooManyRoles):
            token = None
        if token is None:
            return RedirectResponse(f"/vao?ve={quote(back, safe='/')}", 303, _NO_STORE)
        response = RedirectResponse(back, 303, _NO_STORE)
        delete_cookie(response, TRIED)
        set_cookie(response, COOKIE, token, self.idle)
        return response

    async def leave(self, request: Request) -> Response:
        """End the session of this request."""
        where = ""
        try:
            person = await self.reader.person(request.cookies.get(COOKIE, ""))
        except BadSession:
            pass  # nothing to end; the cookie goes in any case
        else:
            await self.register.end(person.session_id)
            where = next((f"?noi={p.id}" for p in self.providers if p.issuer == person.issuer and p.id), "")
            _log.info("session.closed")
        response = RedirectResponse(f"/ra{where}", 303)
        delete_cookie(response, COOKIE)
        return response

    async def left(self, request: Request, noi: str = "") -> Response:
        """Say so, and how to leave the provider too."""
        provider = next((one for one in self.providers if one.id == noi), self.providers[0])
        elsewhere = await provider.sign_out_url(provider.redirect_uri.partition(FINISH)[0] + "/")
        more = (("Ra khỏi cả tài khoản cơ quan", elsewhere),) if elsewhere else ()
        return get_pages(request).error(
            request,
            200,
            "Bạn đã ra khỏi hệ thống",
            "Trên máy dùng chung, hãy đóng cả trình duyệt.",
            actions=(("Vào lại", "/vao"), *more, ("Về trang đầu", "/")),
        )


def sign_in_routes(ways: SignIn) -> APIRouter:
    """The routes of signing in, staying and leaving."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/vao", ways.start, methods=["GET"], response_model=None)
    router.add_api_route(FINISH, ways.finish, methods=["GET"], response_model=None)
    router.add_api_route(FINISH + "/{noi}", ways.finish, methods=["GET"], response_model=None)
    router.add_api_route(RENEWAL, ways.renew, methods=["GET"], response_model=None)
    router.add_api_route("/ra", ways.leave, methods=["POST"], response_model=None)
    router.add_api_route("/ra", ways.left, methods=["GET"], response_model=None)
    return router


_BROWSERS = (
    ("coc_coc", "Cốc Cốc"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def browser_of(user_agent: str) -> str:
    """The family of a browser and its system, such as «Firefox, Windows»: enough to know one's own again, no more."""
    found = [next((name for mark, name in known if mark in user_agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(filter(None, found))


def roles_of(claims: dict[str, Any]) -> tuple[Role, ...]:
    """The roles that an id_token names; one that is unknown or cannot be read counts for nothing."""
    listed = claims.get("roles")
    roles = []
    for claim in listed if isinstance(listed, list) else []:
        try:
            roles.append(Role.from_claim(claim))
        except BadRole:
            _log.warning("role.ignored")
    return tuple(roles)


def name_of(claims: dict[str, Any]) -> str:
    """The name that pages show, NFC; without one, the subject."""
    name = claims.get("name") or claims.get("preferred_username") or claims["sub"]
    return unicodedata.normalize("NFC", str(name)).strip()[:120] or str(claims["sub"])


def email_of(claims: dict[str, Any]) -> str:
    """The address that the provider tells, if it is one; empty without."""
    email = str(claims.get("email") or "").strip()
    return email if "@" in email and len(email) <= 200 else ""


def _read_attempt(reader: SessionReader, token: str) -> Attempt:
    claims = reader.claims(token, _ATTEMPT, _ATTEMPT_LIFETIME)
    return Attempt(*(str(claims[name]) for name in ("issuer", "state", "nonce", "verifier", "back_to")))


def _refused(request: Request, error: Exception) -> Response:
    reason = error.reason if isinstance(error, SignInRefused) else type(error).__name__
    _log.warning("sign_in.refused", reason=reason)
    detail = "Lượt vào này đã hết hạn hoặc không khớp. Hãy bắt đầu lại từ trang của cơ quan."
    if isinstance(error, TooManyRoles):
        detail = "Tài khoản có quá nhiều vai trò. Hãy nhờ quản trị viên của cơ quan thu gọn."
    response = get_pages(request).error(
        request, 400, "Chưa vào được", detail, actions=(("Vào lại", "/vao"), ("Về trang đầu", "/"))
    )
    delete_cookie(response, ATTEMPT_COOKIE)
    return response


def _unreachable(request: Request, error: ProviderUnreachable) -> Response:
    _log.error("provider.unreachable", reason=str(error))
    return get_pages(request).error(
        request,
        503,
        "Chưa liên lạc được với nơi cấp tài khoản",
        "Hãy thử lại sau ít phút. Các trang công khai vẫn mở.",
        actions=(("Thử lại", "/vao"), ("Về trang đầu", "/")),
    )
