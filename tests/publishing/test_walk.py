"""Who may do what in publishing: every role at every route, as the table says; the portal is for everybody."""

from uuid import UUID

import pytest
from sqlalchemy import text

from services.publishing.actions import papers
from services.publishing.rules import Purpose
from shared.files import accept, path_of
from tests.support import factories as make
from tests.support.site import Site, Sites
from tests.support.walk import THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PORTAL = [
    "GET /",
    "GET /.well-known/security.txt",
    "GET /dong-y/{token}",
    "GET /guong",
    "GET /guong/{slug}",
    "GET /guong/{slug}.json",
    "GET /nguon",
    "GET /nguon/{kind}.atom",
    "GET /nguon/{kind}.json",
    "GET /quyen-rieng-tu",
    "GET /robots.txt",
    "GET /sitemap.xml",
    "GET /thanh-phan",
    "GET /tiep-can",
    "GET /tim",
    "GET /tro-giup",
    "POST /dong-y/{token}",
    "POST /dong-y/{token}/rut",
]


async def seeded(site: Site) -> dict[str, UUID]:
    """A story with a signed paper, one of another agency like it; the papers' ids by the stories' codes."""
    await make.consent_rule(site.database)
    accepted = accept("a.pdf", PDF)
    await site.runtime.objects.put(path_of("publishing", accepted.sha256), PDF)
    kept = {}
    for code in ("TB-24-0001", "TB-24-0002"):
        story = await make.story(site.database, code=code)
        async with site.database.transaction() as session:
            given = await papers.record(
                session,
                story_id=story.id,
                who="self",
                purposes=[Purpose.PORTAL],
                signed_on=make.TODAY,
                scan=accepted,
                at=make.AT,
                by=make.EDITOR,
            )
        kept[code] = given.id
    async with site.database.transaction() as session:
        for table in ("stories", "consents", "papers"):
            where = "code = 'TB-24-0002'" if table == "stories" else f"{_key(table)} = '{kept['TB-24-0002']}'"
            await session.execute(text(f"update {table} set agency = 'hcm' where {where}"))
    return kept


def _key(table: str) -> str:
    return "id" if table == "consents" else "consent_id"


def steps(kept: dict[str, UUID]) -> dict[str, Step]:
    stories = {"ours": {"code": "TB-24-0001"}, THEIRS: {"code": "TB-24-0002"}}
    scans = {place: {**filled, "consent_id": str(kept[filled["code"]])} for place, filled in stories.items()}
    story = "/lan-toa/bai/{code}"
    return {
        **run_steps("/lan-toa"),
        "GET /lan-toa/bai": Step(),
        f"GET {story}": Step(stories),
        f"POST {story}/luu": Step(stories, {"version": "0"}),
        f"POST {story}": Step(stories, {"title": "Tên", "text": "x", "version": "1"}),
        f"POST {story}/xin-dong-y": Step(stories),
        "GET /lan-toa/luot-gui": Step(),
        "GET /lan-toa/tim": Step(),
        "GET /lan-toa/tim/so": Step(),
        f"POST {story}/duyet-dang": Step(stories, {"version": "1"}),
        f"POST {story}/xin-lai": Step(stories),
        f"POST {story}/hien-lai": Step(stories),
        f"GET {story}/giay": Step(stories),
        f"POST {story}/giay": Step(stories, {"who": "self"}),
        f"GET {story}/giay/{{consent_id}}": Step(scans),
        f"POST {story}/rut-dong-y/{{consent_id}}": Step(scans),
    }


@pytest.mark.parametrize("role", WALKERS)
async def test_every_route_is_open_as_the_table_says(sites: Sites, role: str) -> None:
    site = await sites("publishing")
    found, told = await walk(site, role, make.SCHOOL, steps(await seeded(site)))
    assert found == told


async def test_every_route_says_whose_it_is(sites: Sites) -> None:
    _, others, silent = stated(await sites("publishing"))
    assert (others, silent) == (sorted(open_to_all("publishing") + PORTAL), silent_in("publishing"))
