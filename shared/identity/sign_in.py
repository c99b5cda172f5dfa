"""The routes `/vao`, `/vao/xong` and `/ra`, served by notification for all services of the agency."""

import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
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


def sign_in_routes(
    *,
    provider: Provider,
    minter: SessionMinter,
    reader: SessionReader,
    revoke: Revoke,
    grants: Grants = _no_grants,
    seen: Seen = _unseen,
) -> APIRouter:
    """The sign-in and sign-out routes.

    `revoke(session id)` is called when a person signs out, before the answer; `grants(issuer, subject)` gives the roles
    granted here beside those that the provider names; `seen(issuer, claims, roles)` is told of everybody who signs in.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/vao")
    async def start(request: Request, ve: str | None = None) -> Response:
        attempt = Attempt(
            secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), local_path(ve)
        )
        try:
            url = await provider.authorization_url(attempt)
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
        token = minter.sign(_ATTEMPT, asdict(attempt), _ATTEMPT_LIFETIME)
        set_cookie(response, ATTEMPT_COOKIE, token, _ATTEMPT_LIFETIME)
        return response

    @router.get("/vao/xong")
    async def finish(request: Request) -> Response:
        try:
            attempt = _read_attempt(reader, request.cookies.get(ATTEMPT_COOKIE, ""))
            claims = await provider.finish(attempt, dict(request.query_params))
            roles = (*roles_of(claims), *await grants(provider.issuer, str(claims["sub"])))
            token = minter.session(
                issuer=provider.issuer, subject=str(claims["sub"]), name=name_of(claims), roles=roles
            )
        except ProviderUnreachable as error:
            return _unreachable(request, error)
        except (SignInRefused, BadSession, TooManyRoles) as error:
            return _refused(request, error)
        await seen(provider.issuer, claims, roles)
        _log.info("session.opened", roles=len(roles))
        response = RedirectResponse(local_path(attempt.back_to), 303, {"Cache-Control": "no-store"})
        delete_cookie(response, ATTEMPT_COOKIE)
        set_cookie(response, COOKIE, token, LIFETIME)
        return response

    @router.post("/ra")
    async def leave(request: Request) -> Response:
        try:
            person = await reader.person(request.cookies.get(COOKIE, ""))
        except BadSession:
            pass  # nothing to revoke; the cookie goes in any case
        else:
            await revoke(person.session_id)
            _log.info("session.closed")
        response = RedirectResponse("/ra", 303)
        delete_cookie(response, COOKIE)
        return response

    @router.get("/ra")
    async def left(request: Request) -> Response:
        elsewhere = await provider.sign_out_url(provider.redirect_uri.removesuffix("/vao/xong") + "/")
        more = (("Ra khỏi cả tài khoản cơ quan", elsewhere),) if elsewhere else ()
        return get_pages(request).error(
            request,
            200,
            "Bạn đã ra khỏi hệ thống",
            "Trên máy dùng chung, hãy đóng cả trình duyệt.",
            actions=(("Vào lại", "/vao"), *more, ("Về trang đầu", "/")),
        )

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
