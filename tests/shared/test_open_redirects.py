"""Nobody is led away from the agency's own pages by the address that they were sent."""

from urllib.parse import quote

import httpx2
import pytest

from shared.events import SERVICES
from shared.identity.people import ROLE_NAMES
from tests.support.hostile import Read, strange
from tests.support.site import ADDRESS, Sites

pytestmark = pytest.mark.db

AWAY = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "https://evil.example",
    "javascript:x",
)
PATHS = tuple(
    prefix + form
    for prefix in ("", "/en", "/viec", "/guong", "/xac-minh")
    for form in (
        "//evil.example",
        "//evil.example/",
        "///evil.example/x",
        "//evil.example/%2e%2e",
        "/%2F%2Fevil.example",
        "/%5Cevil.example",
        "/%5C%5Cevil.example/",
        "/%09//evil.example",
        "/.//evil.example",
        "/x%0D%0ALocation:%20//evil.example",
    )
)


def ways_out(answer: httpx2.Response) -> list[str]:
    """Where an answer leads: its redirect, its links and forms; what is our own, left out."""
    found = [answer.headers.get("location", "")]
    if answer.headers.get("content-type", "").startswith("text/html"):
        found += Read(answer.text).targets
    return strange(found)


@pytest.mark.parametrize("service", SERVICES)
async def test_no_address_makes_a_page_that_leads_away(sites: Sites, service: str) -> None:
    site = await sites(service)
    led = {}
    async with site.anybody() as anybody, site.signed_in(*ROLE_NAMES) as person:
        for who in (anybody, person):
            for path in PATHS:
                answer = await who.get(ADDRESS + path)
                led[who is person, path] = (answer.status_code in (200, 303, 307, 404), ways_out(answer))
    assert {asked: told for asked, told in led.items() if told != (True, [])} == {}


@pytest.mark.parametrize("service", SERVICES)
async def test_no_question_makes_a_page_that_leads_away(sites: Sites, service: str) -> None:
    site = await sites(service)
    pages = ("/viec", "/de-cu/ho-so", "/de-cu/tim", "/xet-duyet/ho-so", "/lan-toa/bai", "/thong-bao/tim", "/", "/guong")
    led = {}
    async with site.anybody() as anybody, site.signed_in(*ROLE_NAMES) as person:
        for who in (anybody, person):
            for page in (*pages, "/vao", "/vao/tiep", "/ra", "/tim", "/xac-minh"):
                asked = "&".join(
                    f"{name}={quote(away, safe='')}"
                    for name in ("ve", "noi", "q", "ma", "xep", "sau", "lang", "dang", "trang", "next", "url")
                    for away in AWAY
                )
                led[who is person, page] = ways_out(await who.get(f"{page}?{asked}"))
    assert {asked: told for asked, told in led.items() if told} == {}
