"""Whoever sends a dossier says whether they are of the nominee's family: the head and the council read it."""

import re

import httpx2
import pytest
from sqlalchemy import text

from services.nomination import queries
from services.nomination.actions import hearing
from services.nomination.queries import packing
from services.nomination.rules import State
from services.nomination.rules.criteria import Form
from services.nomination.rules.papers import BadKin, Kindred, kin_told, kindred_of
from shared.events import Category
from tests.nomination.test_about_oneself import API, FILE, begun, confirm, head, nominator
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

SISTER = {"related": "yes", "kin": "chị em ruột"}
READ = "Người gửi có quan hệ gia đình với người được giới thiệu"
QUESTION = "Bạn có quan hệ gia đình với người được giới thiệu không?"


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("nomination")
    await make.plan(made.database)
    return made


@pytest.mark.unit
@pytest.mark.parametrize(
    ("related", "kin", "told"),
    [
        ("no", "", ""),
        ("yes", "cháu", "cháu"),
        ("", "", "related"),
        ("maybe", "cháu", "related"),
        ("no", "cháu", "related"),
        ("yes", "", "kin"),
        ("yes", "x", "kin"),
        ("yes", "x" * 101, "kin"),
        ("yes", "chị, 0903123456", "kin"),
    ],
)
def test_the_question_is_answered_clearly(related: str, kin: str, told: str) -> None:
    assert read(related, kin) == told


def read(related: str, kin: str) -> str:
    """How such an answer is taken; refused: in which field."""
    try:
        return kin_told(related, kin)
    except BadKin as refusal:
        return refusal.field


async def kept(site: Site) -> tuple[object, ...]:
    """How far the dossier is, what was answered, and what the council is told."""
    async with site.database.reading() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code="TB-24-0001", units=None)
    assert found is not None
    return found.nomination.state, found.nomination.kin, packing.dossier_of(found).manifest.fields["kin"]


async def presets(by: httpx2.AsyncClient) -> list[str]:
    """Which answers are ticked beforehand."""
    return re.findall(r'name="related" value="(\w+)" checked', (await by.get(f"{FILE}/gui")).text)


async def test_nothing_is_sent_before_the_question_is_answered(site: Site) -> None:
    await begun(site, "Lê Thị Ánh")
    async with nominator(site) as by:
        assert (QUESTION in text_of(await by.get(f"{FILE}/gui")), await presets(by)) == (True, [])
        refused = await by.post(f"{FILE}/gui")
        assert (refused.status_code, "Hãy cho biết bạn có quan hệ gia đình" in text_of(refused)) == (422, True)
        refused = await by.post(f"{FILE}/gui", data={"related": "no", "kin": "cô cháu"})
        assert (refused.status_code, 'value="cô cháu"' in refused.text) == (422, True)
        assert await kept(site) == ("draft", None, None)
        assert (await by.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
    assert await kept(site) == ("submitted", "", "")


async def test_the_head_confirms_knowing_that_they_are_related(site: Site) -> None:
    await begun(site, "Lê Thị Ánh", confirmed=True)
    async with nominator(site) as by, nominator(site, "khac") as other, head(site) as chief:
        assert READ not in text_of(await chief.get(f"{FILE}/xac-nhan"))
        assert (await confirm(chief)).status_code == 303
        refused = await by.post(f"{FILE}/gui", data=SISTER)
        told = "Hồ sơ đã sửa sau khi thủ trưởng xác nhận." in text_of(refused)
        assert (refused.status_code, told, await kept(site)) == (422, True, ("draft", "chị em ruột", "chị em ruột"))
        assert f"{READ} chị em ruột" in text_of(await chief.get(f"{FILE}/xac-nhan"))
        assert (await confirm(chief)).status_code == 303
        assert [await presets(one) for one in (by, other)] == [["yes"], []]
        assert (await by.post(f"{FILE}/gui", data=SISTER)).status_code == 303
    assert await kept(site) == ("submitted", "chị em ruột", "chị em ruột")


async def test_the_answer_may_be_given_before_the_head_confirms(site: Site) -> None:
    await begun(site, "Lê Thị Ánh", confirmed=True)
    async with nominator(site) as by, head(site) as chief:
        answered = await by.post(f"{FILE}/gui", data=make.NO_KIN | {"keep": "1"})
        assert (answered.status_code, answered.headers["location"]) == (303, f"{FILE}/gui")
        assert "không có quan hệ gia đình" in text_of(await chief.get(f"{FILE}/xac-nhan"))
        assert (await confirm(chief)).status_code == 303
        assert (await by.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
    async with site.database.reading() as session:
        said = await session.scalar(text("select count(*) from audit where verb = 'kin.said'"))
    assert (said, await kept(site)) == (1, ("submitted", "", ""))


async def test_what_comes_back_is_asked_again(site: Site) -> None:
    await begun(site, "Lê Thị Ánh")
    async with nominator(site) as by:
        assert (await by.post(f"{FILE}/gui", data=SISTER)).status_code == 303
        async with site.database.transaction() as session:
            where = "select id from nominations"
            about = {"what": "returned", "holder": "unit", "state": State.RETURNED}
            await hearing.note_step(session, nomination_id=await session.scalar(text(where)), at=make.AT, **about)  # type: ignore[arg-type]
        assert (await presets(by), (await by.post(f"{FILE}/gui")).status_code) == ([], 422)
        assert (await by.post(f"{FILE}/gui", data=SISTER)).status_code == 303
    async with site.database.reading() as session:
        revisions = await session.scalars(text("select content ->> 'kin' from revisions order by number"))
        assert list(revisions) == ["chị em ruột", "chị em ruột"]
        spoken = await session.scalars(text("select convert_from(body, 'UTF8') from outbox"))
        assert [one for one in spoken if "chị em" in one] == []


async def test_of_a_collective_it_is_asked_who_is_at_its_head(site: Site) -> None:
    await begun(site, "Tổ Ngữ văn", category=Category.COLLECTIVE)
    question = "Bạn có quan hệ gia đình với người đứng đầu tập thể được giới thiệu không?"
    read = "Người gửi có quan hệ gia đình với người đứng đầu tập thể được giới thiệu"
    async with nominator(site) as by, head(site) as chief:
        page = text_of(await by.get(f"{FILE}/gui"))
        assert (question in page, QUESTION in page) == (True, False)
        assert (await by.post(f"{FILE}/gui")).status_code == 422
        told = make.NO_KIN | {"keep": "1"}
        assert (await by.post(f"{FILE}/gui", data=told)).status_code == 303
        assert f"cho biết không {read[10:]}" in text_of(await chief.get(f"{FILE}/xac-nhan"))
        assert (await by.post(f"{FILE}/gui", data=SISTER)).status_code == 303
        assert f"{read} chị em ruột" in text_of(await chief.get(f"{FILE}/xac-nhan"))
    assert await kept(site) == ("submitted", "chị em ruột", "chị em ruột")
    async with site.database.reading() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code="TB-24-0001", units=None)
    assert found is not None
    assert packing.dossier_of(found).manifest.fields["kin_to"] == "leader"


async def test_of_a_collectives_model_nothing_is_asked(site: Site) -> None:
    await begun(site, "Tủ sách ở sân trường", category=Category.COLLECTIVE)
    async with site.database.transaction() as session:
        await session.execute(text("update subjects set form = 'model'"))
    async with nominator(site) as by:
        assert "quan hệ gia đình" not in text_of(await by.get(f"{FILE}/gui"))


@pytest.mark.unit
def test_whom_a_sender_may_be_related_to() -> None:
    people = {form: kindred_of(form, collective=False) for form in Form}
    collectives = {form: kindred_of(form, collective=True) for form in Form}
    assert people == dict.fromkeys(Form, Kindred.NOMINEE)
    assert collectives == {Form.EXEMPLAR: Kindred.LEADER, Form.MODEL: None, Form.DEED: None}


@pytest.mark.parametrize(
    ("body", "kin"), [(None, None), ({}, None), ({"kin": ""}, ""), ({"kin": "vợ chồng"}, "vợ chồng")]
)
async def test_software_may_say_it_too(site: Site, body: dict[str, str] | None, kin: str | None) -> None:
    await begun(site, "Lê Thị Ánh")
    async with nominator(site) as by:
        more = {} if body is None else {"json": body}
        sent = [await by.post(API, headers={"idempotency-key": "a"}, **more) for _ in range(2)]  # type: ignore[arg-type]
    assert ([one.status_code for one in sent], sent[0].json()["kin"]) == ([200, 200], kin)
    assert await kept(site) == ("submitted", kin, kin)


async def test_what_software_says_is_refused_as_on_the_page(site: Site) -> None:
    await begun(site, "Lê Thị Ánh")
    async with nominator(site) as by:
        refused = await by.post(API, headers={"idempotency-key": "a"}, json={"kin": "0903123456"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/kin")
