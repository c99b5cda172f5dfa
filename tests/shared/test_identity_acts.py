"""Acting and signing out with a session, against the real embedded provider in a process of its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from lxml import html

from shared.clock import Clock
from shared.identity.form_tokens import FORM_COOKIE
from shared.identity.sessions import COOKIE
from tests.support.identity import ADDRESS, SAME_ORIGIN, Desk, at, choose, provider_at, running_provider
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


async def sign_in(browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient) -> None:
    assert (await browser.get(await choose(browser, elsewhere))).status_code == 303


DECIDE = "/xet-duyet/ho-so/TB-24-0001/ket-luan"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site", "origin": ADDRESS},
        {"sec-fetch-site": "same-site", "origin": "https://hcm.localhost"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "http://tan-binh.localhost"},
        {"origin": "https://tan-binh.localhost.evil.example"},
        {"origin": "null"},
        {},
    ],
)
async def test_write_from_another_site_is_refused(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk, headers: dict[str, str]
) -> None:
    await sign_in(browser, elsewhere)
    asked = {"role": "officer", "on": "2024-10-15"}
    page = await browser.post(DECIDE, params=asked, headers=headers)
    assert (page.status_code, "Yêu cầu này đến từ một trang khác" in page.text) == (403, True)
    problem = await browser.post("/api/v1/review/decisions", params=asked, headers=headers)
    assert (problem.status_code, problem.json()["type"]) == (403, "/problems/cross-site")
    assert (await browser.post("/ra", headers=headers)).status_code == 403
    assert desk.revoked == []


@pytest.mark.parametrize(
    "headers",
    [SAME_ORIGIN, {"sec-fetch-site": "same-origin", "origin": "null"}, {"origin": ADDRESS}],
)
async def test_write_from_this_site_is_taken(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, headers: dict[str, str]
) -> None:
    await sign_in(browser, elsewhere)
    done = await browser.post(DECIDE, params={"role": "officer", "on": "2024-10-15"}, headers=headers)
    assert (done.status_code, done.json()) == (200, {"acting": "officer", "name": "Cán bộ phụ trách"})


async def test_client_without_a_session_may_write_without_saying_where_from(browser: httpx2.AsyncClient) -> None:
    assert (await browser.post("/door/review/parcels")).json() == {"stored": True}


@pytest.mark.parametrize(
    ("role", "on", "status"),
    [
        ("officer", "2024-01-01", 200),
        ("officer", "2023-12-31", 403),
        ("chair", "2024-05-31", 200),
        ("chair", "2024-06-01", 403),
        ("signer", "2024-05-31", 403),
    ],
)
async def test_act_needs_its_role_on_its_day(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, role: str, on: str, status: int
) -> None:
    await sign_in(browser, elsewhere)
    asked = {"role": role, "on": on}
    answers = [
        await browser.post(path, params=asked, headers=SAME_ORIGIN) for path in (DECIDE, "/api/v1/review/decisions")
    ]
    assert [answer.status_code for answer in answers] == [status, status]
    if status == 403:
        assert (answers[1].json()["type"], answers[1].json()["role"]) == ("/problems/role-missing", role)
        assert "Việc này không thuộc vai trò của bạn" in answers[0].text


async def test_signed_out_session_is_worth_nothing_even_if_somebody_kept_it(
    browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, desk: Desk, issuer: str
) -> None:
    await sign_in(browser, elsewhere)
    kept = browser.cookies[COOKIE]
    session_id = (await desk.reader.person(kept)).session_id
    left = await browser.post("/ra", headers=SAME_ORIGIN)
    assert (left.status_code, left.headers["location"], desk.revoked) == (303, "/ra", [session_id])
    assert list(browser.cookies) == [FORM_COOKIE]  # the browser's, not the session's
    page = await browser.get("/ra")
    links = html.fromstring(page.text).xpath("//div[@class='acts']/a/@href")
    assert (page.status_code, links[0], links[2]) == (200, "/vao", "/")
    assert links[1].startswith(f"{issuer}/end_session?client_id=tan-binh&")
    assert (await browser.get("/viec", headers={"cookie": f"{COOKIE}={kept}"})).status_code == 303


async def test_signing_out_twice_is_harmless(browser: httpx2.AsyncClient, desk: Desk) -> None:
    assert (await browser.post("/ra", headers=SAME_ORIGIN)).status_code == 303
    assert desk.revoked == []


async def test_form_sent_after_the_session_ended_is_not_redirected_away(browser: httpx2.AsyncClient) -> None:
    typed = {"role": "officer", "on": "2024-10-15", "text": "Một lời dài hơn bốn mươi chữ cái, có <b>thẻ</b>."}
    answer = await browser.post(DECIDE, data=typed, headers=SAME_ORIGIN)
    page = html.fromstring(answer.text)
    assert (answer.status_code, answer.headers["cache-control"]) == (401, "private, no-store")
    link = page.xpath("//main//a")[0]
    assert (link.get("href"), link.get("target"), link.get("rel")) == ("/vao", "_blank", "noopener")
    [form] = page.xpath("//main//form")
    kept = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
    assert (form.get("method"), form.get("action"), kept) == ("post", DECIDE, typed)
    assert page.xpath("string(//p[contains(@class, 'lines')])") == typed["text"]


async def test_what_is_no_form_is_answered_without_one(browser: httpx2.AsyncClient) -> None:
    for sent in ({"content": b"\xff\x00"}, {"json": {"a": 1}}, {"files": {"scan": ("a.pdf", b"%PDF")}}):
        answer = await browser.post(DECIDE, headers=SAME_ORIGIN, **sent)
        page = html.fromstring(answer.text)
        assert (answer.status_code, page.xpath("//main//form//input")) == (401, [])
        assert ("Tệp phải chọn lại" in answer.text) == ("files" in sent)
