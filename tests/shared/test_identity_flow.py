"""Signing in, over ASGI, against the real embedded provider in a process of its own."""

import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from shared.clock import Clock
from shared.identity.form_tokens import FORM_COOKIE
from shared.identity.guard import local_path
from shared.identity.provider import Attempt
from shared.identity.sessions import COOKIE
from shared.identity.sign_in import ATTEMPT_COOKIE
from tests.support.identity import ADDRESS, Desk, at, choose, cookies_of, provider_at, running_provider
from tests.support.site import Tab

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_provider(tmp_path_factory.mktemp("provider")) as address:
        yield address


@pytest.fixture
def desk(tmp_path: Path, issuer: str) -> Desk:
    return Desk(tmp_path, [provider_at(issuer)], Clock())


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(desk.app)
    async with Tab(transport=transport, base_url=ADDRESS) as client:
        yield client


@pytest.fixture
async def elsewhere(issuer: str) -> AsyncIterator[httpx2.AsyncClient]:
    """The same browser at the provider's pages."""
    async with at(issuer) as it:
        yield it


LASTING = "HttpOnly; Max-Age={}; Path=/; SameSite=lax; Secure"


async def test_person_signs_in_and_comes_back_to_where_they_were(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, issuer: str
) -> None:
    sent = await browser.get("/viec?dot=2024-11")
    assert (sent.status_code, sent.headers["location"]) == (303, "/vao?ve=/viec%3Fdot%3D2024-11")
    started = await browser.get(sent.headers["location"])
    assert cookies_of(started) == {ATTEMPT_COOKIE: LASTING.format(600)}
    asked = dict(parse_qsl(urlsplit(started.headers["location"]).query))
    assert sorted(asked) == [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ]
    came_back = await browser.get(await choose(browser, elsewhere, sent.headers["location"]))
    assert (came_back.status_code, came_back.headers["location"]) == (303, "/viec?dot=2024-11")
    given = cookies_of(came_back)
    assert given[COOKIE] == LASTING.format(28800)
    assert given[ATTEMPT_COOKIE].startswith("expires=")
    assert "Max-Age=0; Path=/; SameSite=lax; Secure" in given[ATTEMPT_COOKIE]
    assert sorted(browser.cookies) == [COOKIE, FORM_COOKIE]
    page = await browser.get("/viec")
    assert (page.status_code, page.headers["cache-control"]) == (200, "private, no-cache")
    assert "Việc của Nguyễn Thị Ánh" in page.text
    assert (await browser.get("/api/v1/notification/me")).json() == {
        "identity": [issuer, "can-bo"],
        "name": "Nguyễn Thị Ánh",
        "agency": "tan-binh",
        "roles": [
            {"role": "officer", "unit_id": None, "since": "2024-01-01", "until": None},
            {"role": "chair", "unit_id": None, "since": "2023-01-01", "until": "2024-06-01"},
        ],
    }


async def refused(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, COOKIE in cookies_of(answer)) == (400, False)
    assert "Chưa vào được" in answer.text


def tamper(browser: httpx2.AsyncClient, desk: Desk, **changed: str) -> None:
    """Replace the attempt that the browser keeps by one that differs in one thing."""
    token = browser.cookies[ATTEMPT_COOKIE]
    claims = desk.reader.claims(token, "gs-sign-in+jwt", timedelta(minutes=10))
    kept = Attempt(**{name: claims[name] for name in ("issuer", "state", "nonce", "verifier", "back_to")})
    token = desk.minter.sign("gs-sign-in+jwt", asdict(replace(kept, **changed)), timedelta(minutes=10))
    browser.cookies.set(ATTEMPT_COOKIE, token, domain="tan-binh.localhost", path="/")


@pytest.mark.parametrize("what", ["verifier", "nonce", "state"])
async def test_answer_to_another_attempt_is_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk, what: str
) -> None:
    path = await choose(browser, elsewhere)
    tamper(browser, desk, **{what: "w" * 64})
    await refused(browser, path)


async def test_untouched_but_signed_again_attempt_is_taken(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk
) -> None:
    path = await choose(browser, elsewhere)
    tamper(browser, desk)
    assert (await browser.get(path)).status_code == 303


async def test_code_is_taken_once(browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient) -> None:
    path = await choose(browser, elsewhere)
    attempt = browser.cookies[ATTEMPT_COOKIE]
    assert (await browser.get(path)).status_code == 303
    browser.cookies.clear()
    browser.cookies.set(ATTEMPT_COOKIE, attempt, domain="tan-binh.localhost", path="/")
    await refused(browser, path)


async def test_answer_without_the_browser_s_attempt_is_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient
) -> None:
    path = await choose(browser, elsewhere)
    browser.cookies.clear()
    await refused(browser, path)


async def test_session_does_not_pass_as_an_attempt_nor_an_attempt_as_a_session(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient
) -> None:
    path = await choose(browser, elsewhere)
    attempt = browser.cookies[ATTEMPT_COOKIE]
    assert (await browser.get("/viec", headers={"cookie": f"{COOKIE}={attempt}"})).status_code == 303
    await browser.get(path)
    await refused(browser, path)


async def test_answer_of_another_issuer_and_an_error_are_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient
) -> None:
    for change in ("&iss=https://evil.example", "&error=access_denied"):
        path = await choose(browser, elsewhere)
        query = dict(parse_qsl(urlsplit(path + change).query))
        await refused(browser, f"/vao/xong?{httpx2.QueryParams(query)}")


async def test_old_attempt_and_old_session_are_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk
) -> None:
    past = replace(desk.minter, clock=Past(timedelta(hours=9)))
    path = await choose(browser, elsewhere)
    held = {"issuer": desk.provider.issuer, "state": "s", "nonce": "n", "verifier": "v", "back_to": "/"}
    token = past.sign("gs-sign-in+jwt", held, timedelta(hours=1))
    browser.cookies.set(ATTEMPT_COOKIE, token, domain="tan-binh.localhost", path="/")
    await refused(browser, path)
    token = past.session(issuer=desk.provider.issuer, subject="can-bo", name="Ánh", roles=())
    answer = await browser.get("/api/v1/notification/me", headers={"cookie": f"{COOKIE}={token}"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    body = answer.json()
    assert body == {
        "type": "/problems/not-signed-in",
        "title": "Cần vào hệ thống",
        "status": 401,
        "detail": "Phiên làm việc không có hoặc đã hết.",
        "correlation_id": body["correlation_id"],
    }


class Past(Clock):
    """A machine whose real time lies behind by the offset."""

    def real(self) -> datetime:
        return datetime.now(UTC) - self.offset


@pytest.mark.parametrize(
    "asked",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "/ /evil.example/",
        "/.//evil.example/",
        "/viec/..//evil.example",
        "javascript:alert(1)",
        "viec",
        "",
        "/vao",
        "/vao/xong?code=x",
        "/vao/tiep?ve=/viec",
        "/ra",
        "/%2e%2e//evil.example",
        "/;@evil.example/\\",
        "http:///evil.example",
        "https:evil.example",
        "////evil.example",
        "/viec//evil",
        "data:text/html,x",
        "\u2028//evil.example",
        "/\u3000/evil.example",
        " /viec",
        "/viec\r\nset-cookie:x=1",
        "/viec\u202e/cod.live",
        "/viec\x00",
        "/viec" + "x" * 2000,
    ],
)
async def test_way_back_stays_on_this_site(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk, asked: str
) -> None:
    assert local_path(asked) == "/viec"
    await browser.get("/vao", params={"ve": asked})
    claims = desk.reader.claims(browser.cookies[ATTEMPT_COOKIE], "gs-sign-in+jwt", timedelta(minutes=10))
    assert claims["back_to"] == "/viec"
    path = await choose(browser, elsewhere)
    tamper(browser, desk, back_to=asked)
    assert (await browser.get(path)).headers["location"] == "/viec"


@pytest.mark.parametrize(
    "asked", ["/", "/viec", "/de-cu/ho-so/", "/xet-duyet/ho-so?trang-thai=moi&q=a//b", "/tim?q=Ánh"]
)
def test_way_back_to_this_site_is_kept(asked: str) -> None:
    assert local_path(asked) == asked


async def test_provider_that_does_not_answer_is_told_and_kept_apart(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        issuer = f"http://id.localhost:{closed.getsockname()[1]}"
        desk = Desk(tmp_path, [provider_at(issuer)], Clock())
        transport = httpx2.ASGITransport(desk.app)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS) as browser:
            started = await browser.get("/vao")
            assert (started.status_code, "Chưa liên lạc được" in started.text) == (503, True)
            assert (await browser.get("/ra")).status_code == 200
