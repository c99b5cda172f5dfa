"""Several providers, each pinned: the choice, whose answer is taken where, and where leaving leads."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from lxml import html
from pydantic import ValidationError

from shared.clock import Clock
from shared.identity.provider import Attempt, Provider, SignInRefused
from shared.identity.sessions import COOKIE
from shared.identity.sign_in import ATTEMPT_COOKIE
from shared.settings import Settings
from tests.support.identity import (
    ADDRESS,
    BACK,
    SAME_ORIGIN,
    Desk,
    at,
    choose,
    cookies_of,
    provider_at,
    running_provider,
    sign_in,
)
from tests.support.site import Tab

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two running providers: the city's answers at /vao/xong/so, the school network's at /vao/xong/truong."""
    folders = [tmp_path_factory.mktemp(name) for name in ("so", "truong")]
    with running_provider(folders[0], f"{BACK}/so") as one, running_provider(folders[1], f"{BACK}/truong") as other:
        yield one, other


@pytest.fixture
def desk(tmp_path: Path, issuers: tuple[str, str]) -> Desk:
    providers = [provider_at(issuers[0], "so", "Tài khoản Sở"), provider_at(issuers[1], "truong", "Tài khoản trường")]
    return Desk(tmp_path, providers, Clock())


@pytest.fixture
async def browser(desk: Desk) -> AsyncIterator[httpx2.AsyncClient]:
    async with Tab(transport=httpx2.ASGITransport(desk.app), base_url=ADDRESS) as client:
        yield client


async def refused(browser: httpx2.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, COOKIE in cookies_of(answer)) == (400, False)


async def test_of_several_providers_one_is_chosen_and_nothing_is_kept_of_it(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    page = await browser.get("/vao?ve=/viec%3Fdot%3D2024-11")
    ways = html.fromstring(page.text).xpath("//main//a")
    assert [(way.text, way.get("href")) for way in ways] == [
        ("Tài khoản Sở", "/vao?noi=so&ve=%2Fviec%3Fdot%3D2024-11"),
        ("Tài khoản trường", "/vao?noi=truong&ve=%2Fviec%3Fdot%3D2024-11"),
    ]
    assert (page.status_code, cookies_of(page), page.headers["cache-control"]) == (200, {}, "no-store")
    came = await sign_in(browser, issuers[1], "/vao?noi=truong&ve=%2Fviec%3Fdot%3D2024-11")
    assert came.headers["location"] == "/viec?dot=2024-11"
    assert (await browser.get("/api/v1/notification/me")).json()["identity"] == [issuers[1], "can-bo"]


@pytest.mark.parametrize("way", ["/vao", "/vao?noi=", "/vao?noi=ai-khac", "/vao?noi=so%00"])
async def test_an_unknown_provider_is_asked_again(browser: httpx2.AsyncClient, way: str) -> None:
    assert "Bạn vào bằng tài khoản nào?" in (await browser.get(way)).text


async def test_the_same_subject_of_two_providers_is_two_people(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    known = []
    for issuer, way in zip(issuers, ("/vao?noi=so", "/vao?noi=truong"), strict=True):
        await sign_in(browser, issuer, way)
        known.append((await browser.get("/api/v1/notification/me")).json()["identity"])
    assert known == [[issuers[0], "can-bo"], [issuers[1], "can-bo"]]


async def test_an_answer_at_the_other_provider_s_address_is_refused(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    async with at(issuers[0]) as elsewhere:
        for change in (("/vao/xong/so", "/vao/xong/truong"), ("/vao/xong/so", "/vao/xong"), ("/so", "/ai-khac")):
            path = await choose(browser, elsewhere, "/vao?noi=so")
            await refused(browser, path.replace(*change))


async def test_an_attempt_with_one_provider_takes_no_answer_of_another(
    browser: httpx2.AsyncClient, desk: Desk, issuers: tuple[str, str]
) -> None:
    async with at(issuers[0]) as elsewhere:
        path = await choose(browser, elsewhere, "/vao?noi=so")
    claims = desk.reader.claims(browser.cookies[ATTEMPT_COOKIE], "gs-sign-in+jwt", timedelta(minutes=10))
    kept = Attempt(**{name: claims[name] for name in ("issuer", "state", "nonce", "verifier", "back_to")})
    assert kept.issuer == issuers[0]
    for issuer in (issuers[1], "https://evil.example"):
        token = desk.minter.sign("gs-sign-in+jwt", asdict(replace(kept, issuer=issuer)), timedelta(minutes=10))
        browser.cookies.set(ATTEMPT_COOKIE, token, domain="tan-binh.localhost", path="/")
        await refused(browser, path)
        await refused(browser, path.replace("/so?", "/truong?"))


async def test_a_provider_that_always_names_itself_is_not_believed_without(issuers: tuple[str, str]) -> None:
    one = provider_at(issuers[0], "so")
    attempt = Attempt(issuers[0], "state", "nonce", "v" * 64, "/viec")
    for answer in ({"state": "state", "code": "c"}, {"state": "state", "code": "c", "iss": issuers[1]}):
        with pytest.raises(SignInRefused, match="issuer"):
            await one.finish(attempt, answer)
    with pytest.raises(SignInRefused, match="code"):
        await one.finish(attempt, {"state": "state", "code": "c", "iss": issuers[0]})


async def test_leaving_leads_to_the_provider_that_vouched(
    browser: httpx2.AsyncClient, issuers: tuple[str, str]
) -> None:
    await sign_in(browser, issuers[1], "/vao?noi=truong")
    left = await browser.post("/ra", headers=SAME_ORIGIN)
    assert left.headers["location"] == "/ra?noi=truong"
    links = html.fromstring((await browser.get("/ra?noi=truong")).text).xpath("//div[@class='acts']/a/@href")
    asked = urlsplit(links[1])
    assert f"{asked.scheme}://{asked.netloc}" == issuers[1]
    assert dict(parse_qsl(asked.query)) == {"client_id": "tan-binh", "post_logout_redirect_uri": f"{ADDRESS}/"}


def settings(**given: Any) -> Settings:
    return Settings(
        agency="tan-binh",
        federation=Path("f.toml"),
        database_url="postgresql://x@127.0.0.1/x",
        kafka_servers="127.0.0.1:9",
        objects="o",
        secrets=Path("s"),
        **given,
    )


def test_providers_are_a_list_and_the_single_one_is_its_first(tmp_path: Path) -> None:
    secret = tmp_path / "client.secret"
    secret.write_text("bi-mat\n")
    more = {
        "id": "truong",
        "issuer": "https://id.truong.example/realms/a",
        "name": "Tài khoản trường",
        "client_id": "guong-sang",
        "client_secret_file": secret,
    }
    found = settings(identity_provider="https://id.so.example", identity_providers=[more])
    assert [Provider.of(one, agency="tan-binh", address=ADDRESS) for one in found.providers] == [
        Provider("https://id.so.example", "tan-binh", BACK, agency="tan-binh"),
        Provider(
            "https://id.truong.example/realms/a",
            "guong-sang",
            f"{BACK}/truong",
            client_secret="bi-mat",
            id="truong",
            name="Tài khoản trường",
            agency="tan-binh",
        ),
    ]
    assert settings().providers == ()


@pytest.mark.parametrize(
    "listed",
    [
        [{"id": "a", "issuer": "https://a.example"}, {"id": "a", "issuer": "https://b.example"}],
        [{"id": "a", "issuer": "https://a.example"}, {"id": "b", "issuer": "https://a.example"}],
        [{"id": "a", "issuer": "http://a.example"}],
        [{"id": "A/../b", "issuer": "https://a.example"}],
        [{"id": "a", "issuer": "https://a.example?x=1"}],
        [{"id": "a", "issuer": "javascript:alert(1)"}],
        [{"id": "a", "issuer": "https://a.example", "secret": "x"}],
    ],
)
def test_providers_that_cannot_be_told_apart_stop_the_start(listed: list[dict[str, str]]) -> None:
    with pytest.raises(ValidationError):
        settings(identity_providers=listed)
