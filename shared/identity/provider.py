"""The agency's side of OpenID Connect: the code flow with PKCE against one pinned issuer; there may be several.

OpenID Connect Core 1.0, RFC 7636, RFC 9207. The browser goes to the issuer's public address (front channel); this
process may reach it by another one (back channel), then with the public name in the `Host` header, so that the issuer
calls itself the same on both. Discovery and keys are fetched anew for each sign-in: these are rare, and a provider may
change its keys at any time.
"""

import hmac
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx2
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from shared.settings import IdentityProvider

FINISH = "/vao/xong"
"""Where a provider sends the browser back to; below it, each of several has its own."""
_ALGORITHMS = ["RS256", "PS256", "ES256"]
_LEEWAY = 30
_LONGEST = 16 * 1024
"""Characters of an id_token; nobody's roles are that many."""


@cache
def _trust() -> ssl.SSLContext:
    return httpx2.create_ssl_context()  # a tenth of a second in which nobody else is served: once is enough


class ProviderUnreachable(Exception):
    """The provider does not answer, or not as an OpenID provider would."""


class SignInRefused(Exception):
    """What came back from the provider vouches for nobody; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Attempt:
    """One sign-in under way: what the browser keeps for it, signed, until it comes back."""

    issuer: str
    state: str
    nonce: str
    verifier: str
    back_to: str


@dataclass(frozen=True)
class Provider:
    """One issuer as one agency's client sees it.

    Each of several has a redirect address of its own, so that an answer that names no issuer still tells whose it is
    (RFC 9700, 4.4.2). `agency` is what a claim of that name must say, where there is one.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    backchannel: str | None = None
    client_secret: str | None = None
    id: str = ""
    name: str = ""
    agency: str = ""

    @classmethod
    def of(cls, found: IdentityProvider, *, agency: str, address: str) -> "Provider":
        """The provider that a setting describes, for the agency at this public address."""
        return cls(
            found.issuer,
            client_id=found.client_id or agency,
            redirect_uri=f"{address}{FINISH}/{found.id}" if found.id else address + FINISH,
            backchannel=found.backchannel,
            client_secret=found.client_secret(),
            id=found.id,
            name=found.name,
            agency=agency,
        )

    async def authorization_url(self, attempt: Attempt) -> str:
        """Where to send the browser. Raises ProviderUnreachable."""
        async with self._client() as client:
            about = await self._discover(client)
            url, _ = client.create_authorization_url(
                about["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
            )
            return str(url)

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> dict[str, Any]:
        """The verified id_token's claims for what the browser brought back.

        Raises SignInRefused for anything that does not fit this attempt, ProviderUnreachable.
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise SignInRefused("state")
        if attempt.issuer != self.issuer or answer.get("iss", self.issuer) != self.issuer:  # RFC 9207
            raise SignInRefused("issuer")
        if "error" in answer or not answer.get("code"):
            raise SignInRefused("denied")
        async with self._client() as client:
            about = await self._discover(client)
            if about.get("authorization_response_iss_parameter_supported") and "iss" not in answer:
                raise SignInRefused("issuer")  # RFC 9207, 2.4: it always says who it is, so this is somebody else
            try:
                token = await client.fetch_token(
                    self._inside(about["token_endpoint"]),
                    code=answer["code"],
                    code_verifier=attempt.verifier,
                    grant_type="authorization_code",
                )
            except OAuthError:
                raise SignInRefused("code") from None
            keys = await self._fetch(client, self._inside(about["jwks_uri"]))
        return self.verify(str(token.get("id_token", "")), keys, attempt.nonce)

    def verify(self, id_token: str, keys: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """The claims of an id_token of this issuer, for this client and this attempt. Raises SignInRefused."""
        if len(id_token) > _LONGEST:
            raise SignInRefused("id_token")
        try:
            token = jwt.decode(id_token, KeySet.import_key_set({"keys": keys["keys"]}), algorithms=_ALGORITHMS)
            claims = token.claims
            if str(token.header.get("typ", "JWT")).upper() != "JWT":  # an access or logout token (RFC 9068, RFC 8725)
                raise SignInRefused("id_token")
            JWTClaimsRegistry(
                leeway=_LEEWAY,
                iss={"essential": True, "value": self.issuer},
                aud={"essential": True, "value": self.client_id},
                sub={"essential": True},
                exp={"essential": True},
                iat={"essential": True},
                nonce={"essential": True, "value": nonce},
            ).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise SignInRefused("id_token") from None
        if not all(isinstance(claims[name], str) for name in ("iss", "sub", "nonce")):
            raise SignInRefused("id_token")
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.client_id:
            raise SignInRefused("audience")
        own = self.agency or self.client_id
        if claims.get("agency", own) != own:
            raise SignInRefused("agency")
        return claims

    async def sign_out_url(self, back_to: str) -> str | None:
        """Where a person also ends the provider's own session (RP-initiated logout); none if it offers no such page."""
        try:
            async with self._client() as client:
                endpoint = (await self._discover(client)).get("end_session_endpoint")
        except ProviderUnreachable:
            return None
        query = urlencode({"client_id": self.client_id, "post_logout_redirect_uri": back_to})
        return f"{endpoint}?{query}" if endpoint else None

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        options: dict[str, Any] = {"headers": {"host": urlsplit(self.issuer).netloc}} if self.backchannel else {}
        client = AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            token_endpoint_auth_method="client_secret_basic" if self.client_secret else "none",
            scope="openid profile email",
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            verify=_trust(),
            trust_env=False,
            timeout=10,
            **options,
        )
        try:
            async with client:
                yield client
        except (httpx2.HTTPError, ValueError, KeyError) as error:
            raise ProviderUnreachable(type(error).__name__) from error

    async def _discover(self, client: Any) -> dict[str, Any]:
        about = await self._fetch(client, self._inside(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"))
        if about.get("issuer") != self.issuer:
            raise ProviderUnreachable("another issuer")
        return about

    async def _fetch(self, client: Any, url: str) -> dict[str, Any]:
        response = await client.request("GET", url, withhold_token=True)
        response.raise_for_status()
        found = response.json()
        if not isinstance(found, dict):
            raise ProviderUnreachable("not an object")
        return found

    def _inside(self, url: str) -> str:
        """The back channel's address of what the provider calls `url`."""
        if self.backchannel and url.startswith(self.issuer):
            return self.backchannel + url[len(self.issuer) :]
        return url
