"""A session that is used: fresh at each sign-in, renewed while somebody is there, over at its end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest

from shared.clock import Clock
from shared.identity.form_tokens import FORM_COOKIE
from shared.identity.guard import TRIED
from shared.identity.people import Role
from shared.identity.sessions import COOKIE
from shared.identity.sign_in import browser_of
from tests.support.identity import (
    ADDRESS,
    BACK,
    SAME_ORIGIN,
    Desk,
    cookies_of,
    provider_at,
    running_provider,
    sign_in,
)
from tests.support.site import Tab

pytestmark = pytest.mark.unit


class Later(Clock):
    """Real time that a test moves on."""

    passed = timedelta()

    def real(self) -> datetime:
        return datetime.now(UTC) + self.passed


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Later, "passed", timedelta())


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two running providers: the city's answers at /vao/xong/so, the school network's at /vao/xong/truong."""
    folders = [tmp_path_factory.mktemp(name) for name in ("so", "truong")]
    with running_provider(folders[0], f"{BACK}/so") as one, running_provider(folders[1], f"{BACK}/truong") as other:
        yield one, other


@pytest.fixture
def desk(tmp_path: Path, issuers: tuple[str, str]) -> Desk:
    providers = [provider_at(issuers[0], "so", "Tài khoản Sở"), provider_at(issuers[1], "truong", "Tài khoản trường")]
    return Desk(tmp_path, providers, Later(), idle=timedelta(hours=1), life=timedelta(hours=8))


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    async with Tab(transport=httpx2.ASGITransport(desk.app), base_url=ADDRESS) as client:
        yield client


async def test_signing_in_gives_a_fresh_session_and_ends_the_one_that_the_browser_had(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[0])
    old = browser.cookies[COOKIE]
    before = (await desk.reader.person(old)).session_id
    await sign_in(browser, issuers[0])
    after = (await desk.reader.person(browser.cookies[COOKIE])).session_id
    assert (desk.revoked, before == after, list(desk.visits)) == ([before], False, [after])
    assert (await browser.get("/viec", headers={"cookie": f"{COOKIE}={old}"})).headers["location"] == "/vao?ve=/viec"


@pytest.mark.parametrize("planted", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
async def test_a_session_that_somebody_planted_is_not_kept(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str], planted: str
) -> None:
    """Session fixation: what the browser came with has no part in the session that it gets."""
    browser.cookies.set(COOKIE, planted, domain="tan-binh.localhost", path="/")
    await sign_in(browser, issuers[0])
    assert browser.cookies[COOKIE] != planted
    assert desk.revoked == []


async def test_a_session_in_use_gets_a_newer_token_and_keeps_its_end(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[0])
    first = await desk.reader.session(browser.cookies[COOKIE])
    assert first.expires - first.issued == timedelta(hours=1)
    assert (await browser.get("/viec")).status_code == 200
    Later.passed = timedelta(minutes=31)
    visit = desk.visits[first.person.session_id]
    desk.visits[first.person.session_id] = replace(visit, roles=(Role("secretary"),))
    sent = await browser.get("/viec?dot=2024-11")
    assert (sent.status_code, sent.headers["location"]) == (303, "/vao/tiep?ve=/viec%3Fdot%3D2024-11")
    back = await browser.get(sent.headers["location"])
    assert (back.status_code, back.headers["location"]) == (303, "/viec?dot=2024-11")
    assert cookies_of(back)[COOKIE] == "HttpOnly; Max-Age=3600; Path=/; SameSite=lax; Secure"
    assert sorted(browser.cookies) == [COOKIE, FORM_COOKIE]
    second = await desk.reader.session(browser.cookies[COOKIE])
    assert (second.person.session_id, second.ends) == (first.person.session_id, first.ends)
    assert second.person.roles == (Role("secretary"),)
    assert (await browser.get("/viec")).status_code == 200


async def test_while_no_newer_token_can_be_had_the_older_one_serves(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    """Notification is away: who comes back without a newer token is not sent round again for a minute."""
    await sign_in(browser, issuers[0])
    Later.passed = timedelta(minutes=31)
    sent = await browser.get("/viec")
    assert cookies_of(sent) == {TRIED: "HttpOnly; Max-Age=60; Path=/; SameSite=lax; Secure"}
    assert (await browser.get("/viec")).status_code == 200
    browser.cookies.delete(TRIED)
    assert (await browser.get("/viec")).status_code == 303


async def test_what_is_sent_and_what_a_script_asks_is_not_sent_round(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[0])
    Later.passed = timedelta(minutes=31)
    asked = {"role": "officer", "on": "2024-10-15"}
    act = "/xet-duyet/ho-so/TB-24-0001/ket-luan"
    assert (await browser.post(act, params=asked, headers=SAME_ORIGIN)).status_code == 200
    assert (await browser.get("/api/v1/notification/me")).status_code == 200
    assert (await browser.get("/viec", headers={"sec-fetch-dest": "empty"})).status_code == 200


async def test_an_idle_session_and_one_past_its_end_are_over(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[0])
    token = browser.cookies[COOKIE]
    held = {"cookie": f"{COOKIE}={token}"}
    Later.passed = timedelta(minutes=61)
    assert (await browser.get("/viec", headers=held)).headers["location"] == "/vao?ve=/viec"
    assert (await browser.get("/vao/tiep?ve=/viec", headers=held)).headers["location"] == "/vao?ve=/viec"
    # Renewed again and again, the last token ends with the session, and no newer one is sought.
    visit = next(iter(desk.visits.values()))
    Later.passed = timedelta(hours=7, minutes=50)
    late = desk.minter.session(
        issuer=visit.issuer,
        subject=visit.subject,
        name=visit.name,
        roles=(),
        session_id=visit.session_id,
        idle=timedelta(hours=1),
        ends=visit.ends,
    )
    session = await desk.reader.session(late)
    assert (session.expires, session.is_due(session.expires)) == (session.ends, False)


async def test_an_ended_session_is_not_renewed(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[0])
    for forget in (desk.visits.clear, lambda: desk.revoked.append(next(iter(desk.visits)))):
        Later.passed = timedelta()
        await sign_in(browser, issuers[0])
        forget()
        answer = await browser.get("/vao/tiep?ve=/viec")
        assert (answer.headers["location"], cookies_of(answer)) == ("/vao?ve=/viec", {})


@pytest.mark.parametrize("asked", ["https://evil.example/", "//evil.example/", "/\\evil", "/vao/tiep?ve=/viec", ""])
async def test_renewing_leads_nowhere_else(browser: httpx2.AsyncClient, issuers: tuple[str, str], asked: str) -> None:
    assert (await browser.get("/vao/tiep", params={"ve": asked})).headers["location"] == "/vao?ve=/viec"
    await sign_in(browser, issuers[0])
    assert (await browser.get("/vao/tiep", params={"ve": asked})).headers["location"] == "/viec"


def test_a_token_that_outlives_its_session_is_refused(desk: Desk) -> None:
    async def read(end: object) -> None:
        claims = {"idp": "i", "sub": "s", "name": "n", "roles": [], "sid": "x", "end": end}
        await desk.reader.session(desk.minter.sign("gs-session+jwt", claims, timedelta(minutes=5)))

    for end in (1, "tomorrow", None):
        with pytest.raises(Exception, match="beyond"):
            asyncio.run(read(end))


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) coc_coc_browser/130 Chrome/124.0 Safari/537.36", "Cốc Cốc, Windows"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)
def test_of_a_browser_its_family_is_kept(agent: str, family: str) -> None:
    assert browser_of(agent) == family
