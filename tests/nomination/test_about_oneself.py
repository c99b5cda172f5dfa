"""Dossiers about whoever writes or confirms them: another hand is needed, and the page says whose."""

import re

import httpx2
import pytest
from sqlalchemy import text

from services.nomination.actions import criteria
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

FILE = "/de-cu/ho-so/TB-24-0001"
API = "/api/v1/nomination/nominations/TB-24-0001/submission"
NOMINATOR, HEAD = "Nguyễn Thị Thanh Thảo", "Phạm Quốc Hưng"
"""How the accounts are called: a site calls each «Người» and its subject."""


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("nomination")
    await make.plan(made.database)
    return made


def nominator(site: Site, subject: str = NOMINATOR) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject=subject)


def head(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("head", unit=make.SCHOOL, subject=HEAD)


async def begun(site: Site, name: str, *, category: Category = Category.TEACHER, confirmed: bool = False) -> None:
    """A whole draft about somebody of that name; `confirmed`: its criteria need the head's confirmation."""
    async with site.database.transaction() as session:
        if confirmed:
            one = {"code": "GV1", "category": Category.TEACHER, "text": "Tiêu chí GV1"}
            papers = {"window": {"confirmation": True}}
            about = {"pack": "du/1", "criteria": [one], "papers": papers, "since": make.TODAY}
            await criteria.enter_criteria(session, make.AGENCY, by=make.CLERK, **about)  # type: ignore[arg-type]
        chosen = text("select id from rounds where name = 'đợt này'")
        round_id = await session.scalar(chosen)
    await make.draft(site.database, round_id, name=name, category=category)
    if confirmed:
        async with site.database.transaction() as session:
            await session.execute(text("update nominations set rule_set = 'du/1'"))


async def confirm(by: httpx2.AsyncClient) -> httpx2.Response:
    edits = re.search(r'name="edits" value="(\d+)"', (await by.get(f"{FILE}/xac-nhan")).text)
    return await by.post(f"{FILE}/xac-nhan", data={"edits": edits[1] if edits else "2"})


async def of_dossier(site: Site) -> tuple[object, ...]:
    async with site.database.reading() as session:
        return tuple((await session.execute(text("select state, left_to_agency from nominations"))).one())


@pytest.mark.parametrize("name", [f"Người {NOMINATOR}", "nguoi nguyen thi thanh thao"])
async def test_whom_a_dossier_is_about_does_not_send_it_alone(site: Site, name: str) -> None:
    await begun(site, name)
    async with nominator(site) as own, nominator(site, "Đỗ Minh Khôi") as other:
        page = text_of(await own.get(f"{FILE}/gui"))
        assert ("Hãy nhờ người khác của đơn vị gửi" in page, "Khi bấm «Gửi hồ sơ»" in page) == (True, False)
        refused = await own.post(f"{FILE}/gui", data=make.NO_KIN)
        assert (refused.status_code, "Hồ sơ này giới thiệu chính bạn." in text_of(refused)) == (422, True)
        called = await own.post(API, headers={"idempotency-key": "a"})
        assert (called.status_code, called.json()["type"].rsplit("/", 1)[-1]) == (422, "about-yourself")
        assert await of_dossier(site) == ("draft", False)
        assert (await other.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303


async def test_whom_a_dossier_is_about_sends_it_once_the_head_stands_by_it(site: Site) -> None:
    await begun(site, f"Người {NOMINATOR}")
    async with nominator(site) as own, head(site) as chief:
        assert (await confirm(chief)).status_code == 303
        assert (await own.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
    assert await of_dossier(site) == ("submitted", False)


async def test_a_team_has_no_hand_of_its_own(site: Site) -> None:
    await begun(site, f"Người {NOMINATOR}", category=Category.COLLECTIVE)
    async with nominator(site) as own:
        assert (await own.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303


async def test_a_head_leaves_what_is_about_themselves_to_an_officer_of_the_agency(site: Site) -> None:
    await begun(site, f"Người {HEAD}", confirmed=True)
    told = "Hồ sơ này giới thiệu chính bạn, nên bạn không tự xác nhận. Cán bộ phụ trách của cơ quan xác nhận thay."
    async with head(site) as chief, site.signed_in("officer", subject="can-bo") as officer, nominator(site) as writer:
        page = text_of(await chief.get(f"{FILE}/xac-nhan"))
        assert (told in page, "Khi bấm «Xác nhận»" in page) == (True, False)
        refused = await confirm(chief)
        assert (refused.status_code, told in text_of(refused)) == (409, True)
        assert (await confirm(officer)).status_code == 409
        left = await chief.post(f"{FILE}/xac-nhan", data={"leave": "1"})
        assert (left.status_code, left.headers["location"]) == (303, f"{FILE}/xac-nhan")
        assert "Hồ sơ đang chờ cán bộ phụ trách; việc này đã có trong danh sách việc của họ." in text_of(
            await chief.get(f"{FILE}/xac-nhan")
        )
        assert "Cán bộ phụ trách chưa xác nhận thay thủ trưởng." in text_of(await writer.get(FILE))
        assert "Việc kế tiếp: Thủ trưởng xác nhận" in text_of(await officer.get(FILE))
        assert (await confirm(chief)).status_code == 409
        assert (await confirm(officer)).status_code == 303
        assert (await writer.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
    async with site.database.reading() as session:
        done = text("select verb, role from audit where verb ~ '^(confirmation|nomination.c)' order by id")
        assert [tuple(row) for row in await session.execute(done)] == [
            ("confirmation.left", "head"),
            ("nomination.confirmed", "officer"),
        ]


async def awaits(site: Site) -> list[bool]:
    """What was said of the dossier's confirmation, the oldest first."""
    query = "select (convert_from(body, 'UTF8')::jsonb->>'waits')::bool from outbox where type ~ 'ConfirmationAwaits'"
    async with site.database.reading() as session:
        return list(await session.scalars(text(f"{query} order by id")))


async def test_officers_are_told_what_is_left_to_them_until_it_is_confirmed_and_again_when_it_was_changed(
    site: Site,
) -> None:
    await begun(site, f"Người {HEAD}", confirmed=True)
    opinion = {"voice": "colleague", "who": "tổ trưởng", "text": "Cô rất tận tâm với học trò."}
    async with head(site) as chief, site.signed_in("officer", subject="can-bo") as officer, nominator(site) as writer:
        await writer.post(f"{FILE}/y-kien", data=opinion)
        told = [await awaits(site)]
        assert [(await chief.post(f"{FILE}/xac-nhan", data={"leave": "1"})).status_code for _ in range(2)] == [303, 303]
        await writer.post(f"{FILE}/y-kien", data=opinion)
        told.append(await awaits(site))
        await confirm(officer)
        told.append(await awaits(site))
        for _ in range(2):
            await writer.post(f"{FILE}/y-kien", data=opinion)
        told.append(await awaits(site))
        await confirm(officer)
        assert (await writer.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
        told.append(await awaits(site))
    waits, done = [True], [True, False]
    assert told == [[], waits, done, [*done, True], [*done, *done, False]]


async def test_what_a_head_confirms_is_nobodys_of_the_agency(site: Site) -> None:
    await begun(site, "Lê Thị Ánh", confirmed=True)
    async with head(site) as chief, nominator(site) as writer:
        await confirm(chief)
        assert (await writer.post(f"{FILE}/gui", data=make.NO_KIN)).status_code == 303
        page = await writer.get(f"{FILE}/rut")
        version = re.search(r'name="version" value="(\d+)"', page.text)
        assert version is not None
        assert (await writer.post(f"{FILE}/rut", data={"version": version[1]})).status_code == 303
    assert await awaits(site) == []


async def test_no_head_leaves_others_to_the_agency(site: Site) -> None:
    await begun(site, "Lê Thị Ánh")
    async with head(site) as chief:
        refused = await chief.post(f"{FILE}/xac-nhan", data={"leave": "1"})
    assert (refused.status_code, await of_dossier(site)) == (409, ("draft", False))
