"""The realm of `deploy/keycloak`, and signing in through a real Keycloak that imported it (`KEYCLOAK=1`)."""

import json
import os
import tempfile
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2
import pytest
from lxml import html

from deploy.local.keycloak import HOST, REALM, Keycloak
from deploy.local.server import MissingPart
from shared.clock import Clock
from shared.identity.people import Role
from shared.identity.provider import Attempt, Provider, SignInRefused
from shared.identity.sessions import COOKIE
from shared.settings import IdentityProvider
from tests.support.identity import ADDRESS, SAME_ORIGIN, Desk

pytestmark = pytest.mark.unit

asked_for = pytest.mark.skipif(
    not os.environ.get("KEYCLOAK"), reason="Keycloak takes a minute to start: KEYCLOAK=1 runs its tests"
)
SAMPLES = tomllib.loads(Path("deploy/samples/tan-binh.toml").read_text())["account"]


@pytest.fixture(scope="module")
def keycloak() -> Iterator[Keycloak]:
    with tempfile.TemporaryDirectory() as folder:
        server = Keycloak(Path(folder), agency="tan-binh", address=ADDRESS)
        try:
            server.start()
        except MissingPart as missing:
            pytest.skip(str(missing))
        yield server
        server.stop(grace=20)


@pytest.fixture
def provider(keycloak: Keycloak) -> Provider:
    found = IdentityProvider(id="", issuer=keycloak.issuer, name="", client_id=None, backchannel=keycloak.backchannel)
    return Provider.of(found, agency="tan-binh", address=ADDRESS)


@pytest.fixture
def desk(tmp_path: Path, provider: Provider) -> Desk:
    return Desk(tmp_path, [provider], Clock())


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(desk.app), base_url=ADDRESS) as client:
        yield client


class Kept:
    """The cookies of Keycloak's pages: Secure ones, which browsers do send to *.localhost, and this client does not."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    async def add(self, request: httpx2.Request) -> None:
        request.headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.held.items())

    async def keep(self, response: httpx2.Response) -> None:
        for line in response.headers.get_list("set-cookie"):
            name, _, rest = line.partition("=")
            self.held[name] = rest.partition(";")[0]
            if "Max-Age=0" in rest:
                del self.held[name]


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def elsewhere(keycloak: Keycloak, kept: Kept) -> AsyncIterator[httpx2.AsyncClient]:
    """The same browser at Keycloak's pages, which it knows by their public name."""
    headers = {"host": f"{HOST}:{keycloak.port}"}
    hooks: dict[str, list[Callable[..., Any]]] = {"request": [kept.add], "response": [kept.keep]}
    base = f"http://{keycloak.address}"
    async with httpx2.AsyncClient(base_url=base, headers=headers, event_hooks=hooks, trust_env=False) as client:
        yield client


def inside(url: str) -> str:
    """The path and query of an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


async def log_in(elsewhere: httpx2.AsyncClient, url: str, username: str, password: str) -> httpx2.Response:
    """Fill in Keycloak's own form."""
    page = await elsewhere.get(inside(url))
    assert page.status_code == 200, page.text
    (action,) = html.fromstring(page.text).xpath("//form[@id='kc-form-login']/@action")
    return await elsewhere.post(inside(action), data={"username": username, "password": password})


async def bring_back(browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, keycloak: Keycloak, who: str) -> str:
    """Start at the agency, log in at Keycloak: the path that it sends the browser back to."""
    started = await browser.get("/vao")
    came = await log_in(elsewhere, started.headers["location"], who, keycloak.samples)
    assert came.status_code == 302, html.fromstring(came.text).text_content()
    back = came.headers["location"]
    assert back.startswith(f"{ADDRESS}/vao/xong?")
    assert dict(parse_qsl(urlsplit(back).query))["iss"] == keycloak.issuer
    return inside(back)


@asked_for
@pytest.mark.parametrize("who", ["nguoi-de-cu", "can-bo", "quan-tri"])
async def test_a_sample_account_signs_in_with_its_roles(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk, keycloak: Keycloak, who: str
) -> None:
    came = await browser.get(await bring_back(browser, elsewhere, keycloak, who))
    assert (came.status_code, came.headers["location"]) == (303, "/viec")
    person = await desk.reader.person(browser.cookies[COOKIE])
    (sample,) = [one for one in SAMPLES if one["sub"] == who]
    assert (person.identity, person.name, person.email) == (
        (keycloak.issuer, who),
        sample["name"],
        f"{who}@tan-binh.example",
    )
    assert person.roles == tuple(Role.from_claim(role) for role in sample["roles"])


@asked_for
async def test_a_wrong_password_brings_nobody_back(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, keycloak: Keycloak
) -> None:
    started = await browser.get("/vao")
    answer = await log_in(elsewhere, started.headers["location"], "can-bo", keycloak.samples + "x")
    assert (answer.status_code, "location" in answer.headers) == (200, False)


@asked_for
async def test_a_code_is_worth_nothing_to_who_stole_it(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, keycloak: Keycloak, provider: Provider, desk: Desk
) -> None:
    """PKCE: without the verifier of the browser that began, Keycloak gives no token; and a code is taken once."""
    path = await bring_back(browser, elsewhere, keycloak, "can-bo")
    query = dict(parse_qsl(urlsplit(path).query))
    thief = Attempt(keycloak.issuer, query["state"], "n", "w" * 64, "/viec")
    with pytest.raises(SignInRefused, match="code"):
        await provider.finish(thief, query)
    assert (await browser.get(path)).status_code == 400
    assert list(desk.visits) == []


@asked_for
async def test_what_keycloak_does_not_know_it_refuses(elsewhere: httpx2.AsyncClient, provider: Provider) -> None:
    attempt = Attempt(provider.issuer, "s", "n", "v" * 64, "/viec")
    good = await provider.authorization_url(attempt)
    assert (await elsewhere.get(inside(good))).status_code == 200
    for change in ({"redirect_uri": f"{ADDRESS}/vao/xong/x"}, {"client_id": "hcm"}):
        asked = dict(parse_qsl(urlsplit(good).query)) | change
        answer = await elsewhere.get(f"{urlsplit(good).path}?{urlencode(asked)}")
        assert (answer.status_code, "location" in answer.headers) == (400, False)
    plain = {k: v for k, v in parse_qsl(urlsplit(good).query) if not k.startswith("code_challenge")}
    answer = await elsewhere.get(f"{urlsplit(good).path}?{urlencode(plain)}")
    assert dict(parse_qsl(urlsplit(answer.headers["location"]).query))["error"] == "invalid_request"


@asked_for
async def test_an_answer_that_names_another_issuer_or_none_is_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, keycloak: Keycloak, kept: Kept
) -> None:
    for change in ({"iss": "https://evil.example"}, {"iss": ""}):
        path = await bring_back(browser, elsewhere, keycloak, "can-bo")
        query = dict(parse_qsl(urlsplit(path).query)) | change
        shown = {name: value for name, value in query.items() if value}
        assert (await browser.get(f"/vao/xong?{urlencode(shown)}")).status_code == 400
        kept.held.clear()


@asked_for
async def test_leaving_ends_keycloak_s_session_too(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, keycloak: Keycloak
) -> None:
    await browser.get(await bring_back(browser, elsewhere, keycloak, "can-bo"))
    again = await browser.get("/vao")
    assert (await elsewhere.get(inside(again.headers["location"]))).status_code == 302  # still known there
    assert (await browser.post("/ra", headers=SAME_ORIGIN)).status_code == 303
    page = html.fromstring((await browser.get("/ra")).text)
    (way,) = [link for link in page.xpath("//div[@class='acts']/a/@href") if link.startswith(keycloak.issuer)]
    asked = html.fromstring((await elsewhere.get(inside(way))).text)
    form = asked.xpath("//form")[0]
    fields = {one.get("name"): one.get("value") for one in form.xpath(".//input[@name]")}
    left = await elsewhere.post(inside(form.get("action")), data=fields)
    assert (left.status_code, left.headers["location"]) == (302, f"{ADDRESS}/")
    again = await browser.get("/vao")
    assert (await elsewhere.get(inside(again.headers["location"]))).status_code == 200  # it asks for the password


@pytest.fixture
def realm() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(REALM.read_text())
    return found


def test_the_realm_has_the_sample_accounts(realm: dict[str, Any]) -> None:
    found = {
        user["id"]: (f"{user['firstName']} {user['lastName']}", [json.loads(r) for r in user["attributes"]["roles"]])
        for user in realm["users"]
    }
    assert found == {
        one["sub"]: (one["name"], [Role.from_claim(role).as_claim() for role in one["roles"]]) for one in SAMPLES
    }


def test_the_realm_knows_no_password_and_lets_nobody_change_their_roles(realm: dict[str, Any]) -> None:
    assert {c["value"] for user in realm["users"] for c in user["credentials"]} == {"${SAMPLE_PASSWORD}"}
    (profile,) = realm["components"]["org.keycloak.userprofile.UserProfileProvider"]
    attributes = json.loads(profile["config"]["kc.user.profile.config"][0])["attributes"]
    assert {one["name"]: one["permissions"]["edit"] for one in attributes} == {
        name: ["admin"] for name in ("username", "email", "firstName", "lastName", "roles")
    }


def test_the_client_has_the_code_flow_with_pkce_alone(realm: dict[str, Any]) -> None:
    (client,) = realm["clients"]
    flows = ("standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled")
    assert [client[flow] for flow in flows] == [True, False, False, False]
    assert client["redirectUris"] == ["${AGENCY_ADDRESS}/vao/xong"]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
