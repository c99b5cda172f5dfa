"""The embedded identity provider, as a real process: where it starts, what it hands out, and what it refuses."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from lxml import html

from deploy.identity_provider import BadStart, Provider, check_place, make_app, read_key
from deploy.sample_accounts import read_accounts
from shared.pages import make_pages

pytestmark = pytest.mark.unit

REPOSITORY = Path(__file__).parents[2]
ACCOUNTS = [
    {"sub": "can-bo", "name": "Nguyễn Thị Ánh", "agency": "tan-binh", "roles": [{"role": "officer"}]},
    {"sub": "khach", "name": "Đỗ Văn Chưa", "agency": "tan-binh", "roles": []},
    {"sub": "can-bo", "name": "Lê Sở", "agency": "hcm", "roles": [{"role": "officer"}]},
    {"sub": "so", "name": "Lê Thị Sở", "agency": "hcm", "roles": [{"role": "chair"}]},
]
BACK = "http://tan-binh.localhost:8400/vao/xong"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-is-it-not"
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ORDER = {
    "response_type": "code",
    "client_id": "tan-binh",
    "redirect_uri": BACK,
    "scope": "openid profile email",
    "state": "the-state",
    "nonce": "the-nonce",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def command(accounts: Path, port: int, *more: str) -> list[str]:
    clients = ["--client", "tan-binh=http://tan-binh.localhost:8400", "--client", "hcm=http://hcm.localhost:8400"]
    given = ["--port", str(port), "--accounts", str(accounts), "--issuer", f"http://id.localhost:{port}"]
    return [sys.executable, "-m", "deploy.identity_provider", *given, *clients, *more]


def told(environment: str | None) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name != "GUONGSANG_ENVIRONMENT"}
    return inherited | ({} if environment is None else {"GUONGSANG_ENVIRONMENT": environment})


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("accounts") / "accounts.json"
    path.write_text(json.dumps(ACCOUNTS))
    return path


@pytest.fixture(scope="module")
def provider(accounts: Path) -> Iterator[httpx2.Client]:
    """A client that speaks to the running provider under its public name."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pipe = subprocess.PIPE
    running = subprocess.Popen(command(accounts, port), cwd=REPOSITORY, env=told("local"), stderr=pipe, text=True)
    headers = {"host": f"id.localhost:{port}"}
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            while running.poll() is None:
                try:
                    client.get("/jwks")
                    break
                except httpx2.TransportError:
                    time.sleep(0.05)
            yield client
    finally:
        running.send_signal(signal.SIGTERM)
        _, complaints = running.communicate(timeout=20)
        assert (running.returncode, complaints) == (0, "")


def answer(response: httpx2.Response) -> tuple[str, dict[str, str]]:
    """Where a redirect leads and what it carries."""
    parts = urlsplit(response.headers["location"])
    return f"{parts.scheme}://{parts.netloc}{parts.path}", dict(parse_qsl(parts.query))


def code_for(provider: httpx2.Client, account: str = "can-bo", **changed: str) -> str:
    page = html.fromstring(provider.get("/authorize", params=ORDER | changed).text)
    order = page.xpath("//input[@name='order']/@value")[0]
    where, said = answer(provider.post("/choose", data={"order": order, "account": account}))
    assert (where, said["state"]) == (BACK, "the-state")
    return said["code"]


def trade(provider: httpx2.Client, code: str, /, **changed: str) -> httpx2.Response:
    asked = {"grant_type": "authorization_code", "code": code, "client_id": "tan-binh"}
    return provider.post("/token", data=asked | {"redirect_uri": BACK, "code_verifier": VERIFIER} | changed)


def test_discovery_names_the_issuer_and_what_is_required(provider: httpx2.Client) -> None:
    issuer = f"http://{provider.headers['host']}"
    assert provider.get("/.well-known/openid-configuration").json() == {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end_session",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email"],
        "authorization_response_iss_parameter_supported": True,
    }


def test_code_brings_an_id_token_with_name_roles_and_nonce(provider: httpx2.Client) -> None:
    token = trade(provider, code_for(provider)).json()["id_token"]
    keys = provider.get("/jwks").json()
    read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"])
    assert read.header == {"typ": "JWT", "alg": "RS256", "kid": keys["keys"][0]["kid"]}
    assert set(keys["keys"][0]) == {"kty", "n", "e", "kid", "use", "alg"}
    assert read.claims == {
        "iss": f"http://{provider.headers['host']}",
        "sub": "can-bo",
        "aud": "tan-binh",
        "iat": read.claims["iat"],
        "exp": read.claims["iat"] + 300,
        "name": "Nguyễn Thị Ánh",
        "agency": "tan-binh",
        "roles": [{"role": "officer", "unit": None, "from": None, "until": None}],
        "nonce": "the-nonce",
    }


def test_page_offers_the_agency_s_own_accounts_as_buttons(provider: httpx2.Client) -> None:
    response = provider.get("/authorize", params=ORDER)
    page = html.fromstring(response.text)
    assert page.xpath("//button/@value") == ["can-bo", "khach"]
    assert page.xpath("normalize-space(//h1)") == "Vào với tài khoản nào?"
    assert page.xpath("//script | //@style | //style") == []
    allowed = response.headers["content-security-policy"].split("; ")
    assert "form-action http://tan-binh.localhost:8400 'self'" in allowed


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": "another-verifier-that-is-long-enough-for-rfc-7636"},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"client_id": "hcm"},
        {"redirect_uri": "http://hcm.localhost:8400/vao/xong"},
        {"redirect_uri": ""},
        {"code": "guessed"},
    ],
)
def test_code_is_worth_nothing_with_anything_else_wrong(provider: httpx2.Client, changed: dict[str, str]) -> None:
    refused = trade(provider, code_for(provider), **changed)
    assert (refused.status_code, refused.json()) == (400, {"error": "invalid_grant"})


def test_code_is_taken_once(provider: httpx2.Client) -> None:
    code = code_for(provider)
    assert [trade(provider, code).status_code for _ in range(3)] == [200, 400, 400]


def test_code_is_spent_by_a_wrong_verifier(provider: httpx2.Client) -> None:
    code = code_for(provider)
    assert [trade(provider, code, code_verifier=v).status_code for v in ("wrong", VERIFIER)] == [400, 400]


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/vao/xong"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK + "?x=1"},
        {"redirect_uri": "http://hcm.localhost:8400/vao/xong"},
        {"redirect_uri": ""},
        {"client_id": "unknown"},
        {"client_id": ""},
    ],
)
def test_foreign_client_or_address_gets_a_page_and_no_redirect(
    provider: httpx2.Client, changed: dict[str, str]
) -> None:
    refused = provider.get("/authorize", params=ORDER | changed)
    assert (refused.status_code, "location" in refused.headers) == (400, False)
    assert "Ứng dụng này chưa được đăng ký" in refused.text


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"response_type": "token"}, "invalid_request"),
        ({"response_type": "code id_token"}, "invalid_request"),
        ({"scope": "profile"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
def test_order_without_pkce_or_otherwise_odd_goes_back_as_an_error(
    provider: httpx2.Client, changed: dict[str, str], error: str
) -> None:
    assert answer(provider.get("/authorize", params=ORDER | changed)) == (BACK, {"error": error, "state": "the-state"})


def test_account_of_another_agency_cannot_be_chosen(provider: httpx2.Client) -> None:
    page = html.fromstring(provider.get("/authorize", params=ORDER).text)
    order = page.xpath("//input[@name='order']/@value")[0]
    chosen = provider.post("/choose", data={"order": order, "account": "so"})
    assert answer(chosen) == (BACK, {"error": "access_denied", "state": "the-state"})
    assert provider.post("/choose", data={"order": order, "account": "can-bo"}).status_code == 400


def test_sign_out_leads_back_to_registered_addresses_only(provider: httpx2.Client) -> None:
    home = "http://tan-binh.localhost:8400"
    back = provider.get("/end_session", params={"client_id": "tan-binh", "post_logout_redirect_uri": home + "/"})
    assert (back.status_code, back.headers["location"]) == (303, home + "/")
    for foreign in ("https://evil.example/", home + ".evil.example/", home + "@evil.example/", ""):
        asked = {"client_id": "tan-binh", "post_logout_redirect_uri": foreign}
        assert provider.get("/end_session", params=asked).status_code == 200


def test_other_host_names_get_no_answer(provider: httpx2.Client) -> None:
    assert provider.get("/authorize", params=ORDER, headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    ("environment", "more", "complaint"),
    [
        (None, [], "it starts with GUONGSANG_ENVIRONMENT=local only"),
        ("production", [], "it starts with GUONGSANG_ENVIRONMENT=local only"),
        ("local", ["--host", "0.0.0.0"], "listens on loopback only, not on 0.0.0.0"),
        ("local", ["--accounts", "/nonexistent"], "the accounts cannot be read from /nonexistent"),
    ],
)
def test_refuses_to_start_elsewhere(accounts: Path, environment: str | None, more: list[str], complaint: str) -> None:
    refused = subprocess.run(
        command(accounts, 1, *more),
        cwd=REPOSITORY,
        env=told(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (refused.returncode, refused.stdout) == (2, "")
    assert complaint in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("Local", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("local", "::"),
        ("local", "192.0.2.1"),
        ("local", "::ffff:192.0.2.1"),
        ("local", "example.org"),
        ("local", ""),
    ],
)
def test_only_the_local_environment_and_loopback_will_do(environment: str, host: str) -> None:
    with pytest.raises(BadStart):
        check_place(environment, host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1"])
def test_loopback_will_do(host: str) -> None:
    check_place("local", host)


async def test_code_and_order_end_with_their_time(accounts: Path, tmp_path: Path) -> None:
    key, key_again = read_key(tmp_path / "key.json"), read_key(tmp_path / "key.json")
    assert (key.kid, (tmp_path / "key.json").stat().st_mode & 0o777) == (key_again.kid, 0o600)
    pages = make_pages(REPOSITORY / "deploy", agency="Thử", menu=())
    state = Provider("http://id.localhost", read_accounts(accounts), {"tan-binh": BACK}, key, pages)
    transport = httpx2.ASGITransport(make_app(state))
    async with httpx2.AsyncClient(transport=transport, base_url="http://id.localhost") as client:

        async def order() -> dict[str, Any]:
            page = html.fromstring((await client.get("/authorize", params=ORDER)).text)
            return {"order": page.xpath("//input[@name='order']/@value")[0], "account": "can-bo"}

        late = await order()
        state.orders = {name: replace(kept, expires=0) for name, kept in state.orders.items()}
        assert (await client.post("/choose", data=late)).status_code == 400
        code = answer(await client.post("/choose", data=await order()))[1]["code"]
        state.codes = {name: replace(kept, expires=0) for name, kept in state.codes.items()}
        asked = {"grant_type": "authorization_code", "code": code, "client_id": "tan-binh", "redirect_uri": BACK}
        refused = await client.post("/token", data=asked | {"code_verifier": VERIFIER})
        assert refused.json() == {"error": "invalid_grant"}
