"""Searching among cases: by code, name, unit and decision; a child is found by code only."""

import pytest
from uuid_utils.compat import uuid7

from services.review.actions import cases
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    """An honoured teacher and a pupil."""
    site = await sites("review")
    await make.honoured(site.database)
    content = {"subject_name": "Lê Gia Bảo", "subject_position": "", "unit": "Trường Hòa Bình", "claims": []}
    async with site.database.transaction() as session:
        pupil = await cases.open_case(
            session,
            agency="tan-binh",
            nomination_id=uuid7(),
            origin_agency="tan-binh",
            unit_id=make.SCHOOL,
            subject_id=uuid7(),
            code="TB-24-0002",
            category=Category.PUPIL,
            criteria=make.PACK,
            revision=1,
            at=make.AT,
            today=make.TODAY,
        )
        await cases.take_dossier(session, case_id=pupil.id, revision=1, content=content, files=[])
    return site


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("thao nguyen", ["TB-24-0001"]),
        ("152/qđ", ["TB-24-0001"]),
        ("152", ["TB-24-0001"]),
        ("hoà bình", ["TB-24-0002"]),
        ("gia bao", []),
        ("0002", ["TB-24-0002"]),
        ("tb-24", ["TB-24-0002", "TB-24-0001"]),
    ],
)
async def test_what_is_found(site: Site, question: str, codes: list[str]) -> None:
    async with site.signed_in("officer") as officer:
        answer = await officer.get("/xet-duyet/tim", params={"q": question})
        counted = (await officer.get("/xet-duyet/tim/so", params={"q": question})).text
    places = sorted((answer.text.find(f">{code}</a>"), code) for code in ("TB-24-0001", "TB-24-0002"))
    assert [code for place, code in places if place >= 0] == codes
    assert counted == str(len(codes))
    assert "Gia Bảo" not in text_of(answer)


async def test_a_full_code_leads_to_its_case(site: Site) -> None:
    async with site.signed_in("member") as member:
        answer = await member.get("/xet-duyet/tim", params={"q": "tb-24-0002"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/xet-duyet/ho-so/TB-24-0002")
