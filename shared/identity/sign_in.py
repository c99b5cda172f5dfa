"""The routes `/vao`, `/vao/xong` and `/ra`, served by notification for all services of the agency."""

import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from shared.identity.guard import local_path
from shared.identity.people import BadRole, Role
from shared.identity.provider import Attempt, Provider, ProviderUnreachable, SignInRefused
from shared.identity.sessions import (
    COOKIE,
    LIFETIME,
    BadSession,
    SessionMinter,
    SessionReader,
    TooManyRoles,
    delete_cookie,
    set_cookie,
)
from shared.web import get_pages

_log = structlog.get_logger("identity")

ATTEMPT_COOKIE = "__Host-gs-vao"
_ATTEMPT = "gs-sign-in+jwt"
_ATTEMPT_LIFETIME = timedelta(minutes=10)

Revoke = Callable[[str], Awaitable[None]]
Grants = Callable[[str, str], Awaitable[Sequence[Role]]]
Seen = Callable[[str, dict[str, Any], Sequence[Role]], Awaitable[None]]


async def _unseen(_issuer: str, _claims: dict[str, Any], _roles: Sequence[Role]) -> None:
    return None


async def _no_grants(_issuer: str, _subject: str) -> Sequence[Role]:
    return ()


@dataclass(frozen=True)
class SignIn:
    """The three routes, with what they need.

    `revoke(session id)` is called when a person signs out, before the answer; `grants(issuer, subject)` gives the roles
    granted here beside those that the provider names; `seen(issuer, claims, roles)` is told of everybody who signs in.
    """

    provider: Provider
    minter: SessionMinter
    reader: SessionReader
    revoke: Revoke
    grants: Grants = _no_grants
    seen: Seen = _unseen

    async def start(self, request: Request, ve: str | None = None) -> Response:
        """Send the browser to the provider, with a signed note of where it wanted to go."""
        attempt = Attempt(
            secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), local_path(ve)
        )
        try:
            url = await self.provider.authorization_url(attempt)
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
        token = self.minter.sign(_ATTEMPT, asdict(attempt), _ATTEMPT_LIFETIME)
        set_cookie(response, ATTEMPT_COOKIE, token, _ATTEMPT_LIFETIME)
        return response

    async def finish(self, request: Request) -> Response:
        """Take what the browser brings back from the provider; a session, or a page that says why there is none."""
        issuer = self.provider.issuer
        try:
            attempt = _read_attempt(self.reader, request.cookies.get(ATTEMPT_COOKIE, ""))
            claims = await self.provider.finish(attempt, dict(request.query_params))
            roles = (*roles_of(claims), *await self.grants(issuer, str(claims["sub"])))
            about = {"subject": str(claims["sub"]), "name": name_of(claims), "email": email_of(claims)}
            token = self.minter.session(issuer=issuer, roles=roles, **about)
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        except (SignInRefused, BadSession, TooManyRoles) as error:
            return _refused(request, error)
        await self.seen(issuer, claims, roles)
        _log.info("session.opened", roles=len(roles))
        response = RedirectResponse(local_path(attempt.back_to), 303, {"Cache-Control": "no-store"})
        delete_cookie(response, ATTEMPT_COOKIE)
        set_cookie(response, COOKIE, token, LIFETIME)
        return response

    async def leave(self, request: Request) -> Response:
        """End the session of this request."""
        try:
            person = await self.reader.person(request.cookies.get(COOKIE, ""))
        except BadSession:
            pass  # nothing to revoke; the cookie goes in any case
        else:
            await self.revoke(person.session_id)
            _log.info("session.closed")
        response = RedirectResponse("/ra", 303)
        delete_cookie(response, COOKIE)
        return response

    async def left(self, request: Request) -> Response:
        """Say so, and how to leave the provider too."""
        home = self.provider.redirect_uri.removesuffix("/vao/xong") + "/"
        elsewhere = await self.provider.sign_out_url(home)
        more = (("Ra khỏi cả tài khoản cơ quan", elsewhere),) if elsewhere else ()
        return get_pages(request).error(
            request,
            200,
            "Bạn đã ra khỏi hệ thống",
            "Trên máy dùng chung, hãy đóng cả trình duyệt.",
            actions=(("Vào lại", "/vao"), *more, ("Về trang đầu", "/")),
        )


def sign_in_routes(
    *,
    provider: Provider,
    minter: SessionMinter,
    reader: SessionReader,
    revoke: Revoke,
    grants: Grants = _no_grants,
    seen: Seen = _unseen,
) -> APIRouter:
    """The sign-in and sign-out routes; the arguments are those of `SignIn`."""
    ways = SignIn(provider, minter, reader, revoke, grants, seen)
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/vao", ways.start, methods=["GET"], response_model=None)
    router.add_api_route("/vao/xong", ways.finish, methods=["GET"], response_model=None)
    router.add_api_route("/ra", ways.leave, methods=["POST"], response_model=None)
    router.add_api_route("/ra", ways.left, methods=["GET"], response_model=None)
    return router


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
    return Attempt(*(str(claims[name]) for name in ("state", "nonce", "verifier", "back_to")))


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
