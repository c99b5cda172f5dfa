"""The embedded identity provider of a local installation: OpenID Connect for sample accounts, without passwords.

    GUONGSANG_ENVIRONMENT=local python -m deploy.identity_provider --port 8480 --accounts accounts.json \
        --issuer http://id.localhost:8480 --client tan-binh=http://tan-binh.localhost:8400

Whoever reaches it may be anybody, so it starts in the local environment and on loopback only. It speaks the code flow
with PKCE (S256, required and checked), registered clients and redirect addresses, one-time codes of 60 seconds, RS256.
State is in memory; the signing key is new at each start unless `--key` names a file for it.
"""

import argparse
import hashlib
import hmac
import ipaddress
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.sample_accounts import Account, BadAccounts, read_accounts
from shared.pages import HEADERS, Pages, make_pages

CODE_LIFETIME = 60
TOKEN_LIFETIME = 300
POLICY = "Content-Security-Policy"
NO_STORE = {"Cache-Control": "no-store"}


class BadStart(Exception):
    """The provider may not or cannot start; the text says why."""


@dataclass(frozen=True)
class Order:
    """What a client asked for: kept until the person chose an account, then behind the one-time code."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    expires: float
    account: Account | None = None


@dataclass
class Provider:
    """The provider's whole state."""

    issuer: str
    accounts: Sequence[Account]
    clients: Mapping[str, str]
    key: RSAKey
    pages: Pages
    orders: dict[str, Order] = field(default_factory=dict)
    codes: dict[str, Order] = field(default_factory=dict)

    def ready(self, _request: Request) -> Response:
        """It holds nothing that could be missing: it answers, so it is ready."""
        return JSONResponse({"ready": True})

    def discovery(self, _request: Request) -> Response:
        """The provider about itself (OpenID Connect Discovery 1.0)."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/end_session",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def jwks(self, _request: Request) -> Response:
        """The public signing key."""
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "use": "sig", "alg": "RS256"}]})

    def authorize(self, request: Request) -> Response:
        """Check what the client asks for and show its agency's sample accounts."""
        asked = request.query_params
        client_id, redirect_uri = asked.get("client_id", ""), asked.get("redirect_uri", "")
        # A wrong client or address is told to the person, never sent on: that address is the attacker's.
        if self.clients.get(client_id) != redirect_uri or not redirect_uri:
            return self._error(request, "Ứng dụng này chưa được đăng ký, hoặc địa chỉ trả về không đúng.")
        state, challenge = asked.get("state", ""), asked.get("code_challenge", "")
        is_code_flow = asked.get("response_type") == "code" and "openid" in asked.get("scope", "").split()
        if not is_code_flow or asked.get("code_challenge_method") != "S256" or len(challenge) != 43 or not state:
            return self._answer(redirect_uri, {"error": "invalid_request", "state": state})
        if asked.get("prompt") == "none":
            return self._answer(redirect_uri, {"error": "login_required", "state": state})
        self._forget()
        order_id = secrets.token_urlsafe(24)
        expires = time.monotonic() + 10 * CODE_LIFETIME
        self.orders[order_id] = Order(client_id, redirect_uri, state, asked.get("nonce", ""), challenge, expires)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(redirect_uri))
        accounts = [account for account in self.accounts if account.agency == client_id]
        return self.pages.render(
            request,
            "sign_in.html",
            order=order_id,
            accounts=accounts,
            # The choice is a form whose answer leads on to the agency's address.
            headers={**NO_STORE, POLICY: HEADERS[POLICY].replace("form-action", f"form-action {origin}")},
        )

    async def choose(self, request: Request) -> Response:
        """The person chose an account: back to the client with a one-time code."""
        form = await request.form()
        order = self.orders.pop(str(form.get("order", "")), None)
        if order is None or order.expires < time.monotonic():
            return self._error(request, "Lượt vào này đã hết hạn. Hãy bắt đầu lại từ trang của cơ quan.")
        wanted = (order.client_id, str(form.get("account", "")))
        account = next((a for a in self.accounts if (a.agency, a.subject) == wanted), None)
        if account is None:
            return self._answer(order.redirect_uri, {"error": "access_denied", "state": order.state})
        code = secrets.token_urlsafe(32)
        issued = replace(order, expires=time.monotonic() + CODE_LIFETIME, account=account)
        self.codes[hashlib.sha256(code.encode()).hexdigest()] = issued
        return self._answer(order.redirect_uri, {"code": code, "state": order.state, "iss": self.issuer})

    async def token(self, request: Request) -> Response:
        """A code for an id_token, once (RFC 6749 section 4.1.3, RFC 7636 section 4.6)."""
        form = {name: str(value) for name, value in (await request.form()).items()}
        if form.get("grant_type") != "authorization_code":
            return _oauth_error("unsupported_grant_type")
        order = self.codes.pop(hashlib.sha256(form.get("code", "").encode()).hexdigest(), None)
        if order is None or order.account is None or order.expires < time.monotonic():
            return _oauth_error("invalid_grant")
        same = (form.get("client_id"), form.get("redirect_uri")) == (order.client_id, order.redirect_uri)
        if not same or not hmac.compare_digest(
            create_s256_code_challenge(form.get("code_verifier", "")), order.challenge
        ):
            return _oauth_error("invalid_grant")
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(32),
                "token_type": "Bearer",
                "expires_in": TOKEN_LIFETIME,
                "id_token": self._id_token(order, order.account),
            },
            headers=NO_STORE,
        )

    def end_session(self, request: Request) -> Response:
        """There is no session here to end: back to the client that asked, if it is a registered one."""
        back = request.query_params.get("post_logout_redirect_uri", "")
        known = self.clients.get(request.query_params.get("client_id", ""), "").partition("/vao/xong")[0]
        if known and (back == known or back.startswith(f"{known}/")):
            return RedirectResponse(back, 303)
        return self._error(request, "Không có phiên nào ở đây. Bạn đóng trang này được rồi.", 200)

    def _id_token(self, order: Order, account: Account) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": account.subject,
            "aud": order.client_id,
            "iat": now,
            "exp": now + TOKEN_LIFETIME,
            "name": account.name,
            **({"email": account.email} if account.email else {}),
            "agency": account.agency,
            "roles": [role.as_claim() for role in account.roles],
        }
        if order.nonce:
            claims["nonce"] = order.nonce
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key, algorithms=["RS256"])

    def _answer(self, redirect_uri: str, values: Mapping[str, str]) -> Response:
        return RedirectResponse(f"{redirect_uri}?{urlencode(values)}", 303, NO_STORE)

    def _error(self, request: Request, detail: str, status: int = 400) -> Response:
        title = "Chưa vào được" if status >= 400 else "Đã ra"
        return self.pages.error(request, status, title, detail, actions=())

    def _forget(self) -> None:
        now = time.monotonic()
        self.orders = {name: order for name, order in self.orders.items() if order.expires >= now}
        self.codes = {name: order for name, order in self.codes.items() if order.expires >= now}


def make_app(provider: Provider) -> Starlette:
    """The provider as an ASGI application."""
    name = urlsplit(provider.issuer).hostname
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.jwks),
            Route("/authorize", provider.authorize),
            Route("/choose", provider.choose, methods=["POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/end_session", provider.end_session),
            Route("/readyz", provider.ready),
        ],
        # Another site's name that was made to resolve to this machine gets no answer.
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[name or "", "127.0.0.1", "localhost"])],
    )
    provider.pages.mount(app)
    return app


def read_key(path: Path | None) -> RSAKey:
    """The signing key from its file, made there (0600) if it is missing; without a path a new one. Raises BadStart."""
    if path is None or not path.exists():
        key = RSAKey.generate_key(2048, auto_kid=True)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(json.dumps(key.as_dict(private=True)))
        return key
    try:
        key = RSAKey.import_key(json.loads(path.read_text()))
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise BadStart(f"{path}: no signing key can be read ({type(error).__name__})") from None
    if not key.is_private or not key.kid:
        raise BadStart(f"{path}: expected a private RSA key with an id")
    return key


def check_place(environment: str | None, host: str) -> None:
    """Refuse to start anywhere but in the local environment and on loopback. Raises BadStart."""
    if environment != "local":
        raise BadStart(
            "the embedded identity provider lets anybody in: it starts with GUONGSANG_ENVIRONMENT=local only"
        )
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BadStart(f"the embedded identity provider listens on loopback only, not on {host}")


def _client(text: str) -> tuple[str, str]:
    """AGENCY=ADDRESS, or with the whole redirect address of an agency that has several providers."""
    client_id, separator, address = text.partition("=")
    if not separator or not client_id or urlsplit(address).scheme not in {"http", "https"}:
        raise argparse.ArgumentTypeError("expected AGENCY=ADDRESS, such as tan-binh=http://tan-binh.localhost:8400")
    return client_id, address if "/vao/xong/" in address else f"{address.rstrip('/')}/vao/xong"


def _oauth_error(word: str) -> Response:
    return JSONResponse({"error": word}, 400, NO_STORE)


def _make_provider(given: argparse.Namespace) -> Provider:
    check_place(os.environ.get("GUONGSANG_ENVIRONMENT"), given.host)
    if not given.client:
        raise BadStart("no client is registered: give --client AGENCY=ADDRESS, once per agency")
    pages = make_pages(Path(__file__).parent, agency="Nơi cấp tài khoản mẫu", menu=())
    accounts, key = read_accounts(given.accounts), read_key(given.key)
    return Provider(given.issuer.rstrip("/"), accounts, dict(given.client), key, pages)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the provider until it is told to stop. Exit code 0 stopped, 2 refused to start."""
    parser = argparse.ArgumentParser(prog="deploy.identity_provider", description="Embedded provider, local use only.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--accounts", type=Path, required=True, help="JSON file of the sample accounts")
    parser.add_argument("--issuer", required=True, help="public address, such as http://id.localhost:8480")
    parser.add_argument("--client", type=_client, action="append", default=[], help="AGENCY=ADDRESS, once per agency")
    parser.add_argument("--key", type=Path, help="keep the signing key in this file")
    given = parser.parse_args(arguments)
    try:
        provider = _make_provider(given)
    except (BadStart, BadAccounts) as refused:
        print(f"identity provider: {refused}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn hands the signal on when it has stopped
    uvicorn.run(make_app(provider), host=given.host, port=given.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
