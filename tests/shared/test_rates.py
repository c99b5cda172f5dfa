"""Limits on requests: counted together by all workers, by person or by address, and told to whoever meets them."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from limits import parse
from limits.aio.strategies import FixedWindowRateLimiter
from starlette.types import Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from shared.database import Database
from shared.language import speaking
from shared.rates import RULES, DatabaseStorage, _when, address_of
from shared.settings import Settings
from tests.support.databases import PASSWORD, Databases
from tests.support.site import ADDRESS, SAME_ORIGIN, Site, Sites, problem_of, text_of

pytestmark = pytest.mark.db


def few(settings: dict[str, Any]) -> None:
    """So few that a test gets there: a hundredth of every limit."""
    settings["rate_scale"] = 0.01


def from_(site: Site, address: str, **headers: str) -> httpx2.AsyncClient:
    """A browser at that network address."""
    transport = httpx2.ASGITransport(site.app, raise_app_exceptions=False, client=(address, 1234))
    return httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers=SAME_ORIGIN | headers)


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("notification")


async def test_all_workers_count_together(database: Database) -> None:
    others = [Database(database.url, password=PASSWORD, speaker=database.speaker, pool_size=2) for _ in range(3)]
    try:
        limiters = [FixedWindowRateLimiter(DatabaseStorage(one)) for one in others]
        limit = parse("20/hour")
        passed = await asyncio.gather(*(limiters[n % 3].hit(limit, "search", "192.0.2.1") for n in range(60)))
        assert sum(passed) == 20
        assert (await limiters[0].get_window_stats(limit, "search", "192.0.2.1")).remaining == 0
        assert await limiters[1].hit(limit, "search", "192.0.2.2")
    finally:
        for one in others:
            await one.close()


async def rows(database: Database, sql: str) -> list[tuple[Any, ...]]:
    async with database.transaction() as session:
        connection = await session.connection()
        return [tuple(row) for row in (await connection.exec_driver_sql(sql))]


OVER = "update rate_windows set ends_at = clock_timestamp() - interval '1 second' returning hits"


async def test_a_window_that_is_over_begins_anew_and_old_ones_are_cleared_away(database: Database) -> None:
    storage, limit = DatabaseStorage(database), parse("2/hour")
    limiter = FixedWindowRateLimiter(storage)
    assert [await limiter.hit(limit, "a") for _ in range(3)] == [True, True, False]
    assert await rows(database, OVER) == [(3,)]
    assert (await limiter.test(limit, "a"), await limiter.hit(limit, "a")) == (True, True)
    await rows(database, OVER)
    assert await limiter.hit(limit, "b")
    assert await rows(database, "select hits, ends_at > clock_timestamp() from rate_windows") == [(1, True)]
    await limiter.clear(limit, "b")
    assert (await limiter.hit(limit, "b"), await storage.check(), await storage.reset()) == (True, True, 1)


async def test_what_is_counted_names_nobody_and_is_not_logged(database: Database) -> None:
    await FixedWindowRateLimiter(DatabaseStorage(database)).hit(parse("2/hour"), "link", "192.0.2.77")
    assert await rows(database, "select agency, length(key), key like '%192%' from rate_windows") == [
        ("tan-binh", 64, False)
    ]
    assert await rows(database, "select relpersistence::text from pg_class where relname = 'rate_windows'") == [("u",)]


async def test_who_signs_in_too_often_is_told_when_to_come_again(sites: Sites) -> None:
    site = await sites("notification", change=few)
    async with from_(site, "192.0.2.1") as one, from_(site, "192.0.2.2") as other:
        assert [(await one.get("/vao")).status_code for _ in range(5)] == [503, 503, 503, 429, 429]
        # Starting and coming back are counted together.
        refused = await one.get("/vao/xong?code=x&state=y")
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 300
        assert text_of(refused).startswith("Bạn gửi quá nhanh Từ máy hoặc mạng của bạn vừa có quá nhiều yêu cầu.")
        assert "Hãy thử lại sau 5 phút." in text_of(refused)
        assert (await other.get("/vao")).status_code == 503
        # What is not limited is not counted.
        assert [(await one.get(path)).status_code for path in ("/viec", "/livez", "/static/site.css")][:2] == [303, 200]


@pytest.mark.parametrize(
    ("service", "method", "path", "most"),
    [
        ("publishing", "GET", "/dong-y/abc", 1),
        ("publishing", "POST", "/dong-y/abc/rut", 1),
        ("publishing", "GET", "/tim?q=a", 1),
        ("publishing", "GET", "/guong?q=a", 1),
        ("publishing", "GET", "/en/guong?q=a", 1),
        ("review", "GET", "/xac-minh/abc", 1),
        ("nomination", "POST", "/gioi-thieu", 1),
        ("nomination", "GET", "/tra-loi/abc", 1),
        ("publishing", "POST", "/phan-anh", 1),
        ("nomination", "POST", "/api/v1/nomination/nominations", 6),
    ],
)
async def test_what_can_be_guessed_at_or_is_dear_is_limited(
    sites: Sites, service: str, method: str, path: str, most: int
) -> None:
    site = await sites(service, change=few)
    async with from_(site, "192.0.2.1") as one:
        answers = [(await one.request(method, path)).status_code for _ in range(most + 1)]
    assert [answer == 429 for answer in answers] == [*(False for _ in range(most)), True]


async def test_a_page_that_is_only_read_is_not(sites: Sites) -> None:
    site = await sites("publishing", change=few)
    async with from_(site, "192.0.2.1") as one:
        assert {(await one.get("/guong")).status_code for _ in range(8)} == {200}


async def test_the_api_counts_by_person_whatever_their_address(sites: Sites) -> None:
    site = await sites("nomination", change=few)
    path = "/api/v1/nomination/nominations"
    for subject in ("hanh", "viet"):
        held = f"__Host-gs={site.token('nominator', subject=subject)}"
        answers = []
        for n in range(7):
            async with from_(site, f"192.0.2.{n}", cookie=held) as one:
                answers.append(await one.post(path, json={}))
        assert [answer.status_code for answer in answers] == [422] * 6 + [429]
    told = problem_of(answers[-1])
    seconds = int(answers[-1].headers["retry-after"])
    assert told == {
        "type": "/problems/too-many-requests",
        "title": "Bạn gửi quá nhanh",
        "status": 429,
        "detail": told["detail"],
    }
    assert (1 <= seconds <= 60, "giây." in told["detail"]) == (True, True)


SEARCHES = {"nomination": "/de-cu", "review": "/xet-duyet", "publishing": "/lan-toa", "notification": "/thong-bao"}


@pytest.mark.parametrize("service", SEARCHES)
async def test_searches_of_the_desk_count_by_person_with_their_counts_on_other_pages(
    sites: Sites, service: str
) -> None:
    site = await sites(service, change=few)
    search = SEARCHES[service] + "/tim"
    role = "editor" if service == "publishing" else "officer"
    answers = {}
    for subject, paths in (("hanh", (search, search + "/so", search)), ("viet", (search + "/so", search))):
        held = f"__Host-gs={site.token(role, subject=subject)}"
        async with from_(site, "192.0.2.1", cookie=held) as one:
            answers[subject] = [await one.get(path, params={"q": "a"}) for path in paths]
    told = {subject: [answer.status_code for answer in found] for subject, found in answers.items()}
    assert told == {"hanh": [200, 429, 429], "viet": [200, 429]}
    assert 1 <= int(answers["hanh"][2].headers["retry-after"]) <= 60
    assert text_of(answers["hanh"][2]).startswith("Bạn gửi quá nhanh")


@pytest.mark.parametrize(("seconds", "words"), [(1, "1 giây."), (90, "90 giây."), (91, "2 phút."), (600, "10 phút.")])
def test_the_wait_is_told_in_words_that_fit(seconds: int, words: str) -> None:
    assert _when(seconds).endswith(f"Hãy thử lại sau {words}")


def test_the_wait_is_told_in_english_too() -> None:
    with speaking("en"):
        assert _when(300).endswith("Try again in 5 minutes.")


def test_every_rule_can_be_read() -> None:
    assert all(parse(rule.limit).amount > 0 and replace(rule).methods for rule in RULES)


def client(host: str) -> Scope:
    return {"type": "http", "client": (host, 1), "scheme": "http", "headers": []}


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix:", "unix:"),
    ],
)
def test_an_address_is_one_client(host: str, counted: str) -> None:
    assert address_of(client(host)) == counted


def test_without_a_peer_all_are_one() -> None:
    assert address_of({"type": "http"}) == ""


@pytest.mark.parametrize(
    ("peer", "told", "proxies", "counted"),
    [
        ("127.0.0.1", "192.0.2.1", "127.0.0.1", "192.0.2.1"),
        ("192.0.2.9", "192.0.2.1", "127.0.0.1", "192.0.2.9"),
        ("10.1.2.3", "192.0.2.1", "10.0.0.0/8", "192.0.2.1"),
        ("127.0.0.1", "203.0.113.5, 192.0.2.1", "127.0.0.1", "192.0.2.1"),
        ("127.0.0.1", "", "127.0.0.1", "127.0.0.1"),
    ],
)
async def test_only_the_front_is_believed_about_the_client(peer: str, told: str, proxies: str, counted: str) -> None:
    """As `commands` has uvicorn do it: the last address that a believed proxy did not add itself."""
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(address_of(scope))

    believed = Settings.model_fields["proxies"].default if proxies == "127.0.0.1" else proxies
    asked = {**client(peer), "headers": [(b"x-forwarded-for", told.encode())] if told else []}
    await ProxyHeadersMiddleware(app, trusted_hosts=believed)(asked, None, None)  # type: ignore[arg-type]
    assert seen == [counted]
