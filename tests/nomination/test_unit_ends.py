"""Units that end: merged, split or dissolved; what is open goes on elsewhere, what has ended stays as it was."""

import asyncio
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.actions import unit_ends, units
from services.nomination.tables import Unit
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = f"/de-cu/quan-tri/don-vi/{make.SCHOOL}"
OTHER_PATH = f"/de-cu/quan-tri/don-vi/{make.OTHER_SCHOOL}"
TODAY, SOON = make.TODAY.strftime("%d/%m/%Y"), (make.TODAY + timedelta(days=10)).strftime("%d/%m/%Y")
END = {"successor": str(make.OTHER_SCHOOL), "paper": "34/QĐ-UBND"}
TEAM, THIRD = UUID(int=50), UUID(int=51)


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def open_unit(site: Site, id: UUID, code: str, name: str, under: UUID | None = None) -> None:
    about: dict[str, Any] = {"kind": "team", "since": date(2020, 1, 1), "at": make.AT, "by": make.CLERK}
    async with site.database.transaction() as session:
        await units.open_unit(session, make.AGENCY, id=id, code=code, name=name, **about)
        if under is not None:
            more: dict[str, Any] = {"line": "administrative", "since": date(2020, 1, 1), "by": make.CLERK}
            await units.put_under(session, child=id, parent=under, **more)


async def drafts(site: Site, count: int) -> list[Any]:
    async with site.database.reading() as session:
        round_id = UUID(str(await session.scalar(text("select id from rounds where name = 'đợt này'"))))
    return [await make.draft(site.database, round_id) for _ in range(count)]


async def of_units(site: Site, table: str) -> list[tuple[str, UUID]]:
    """Whose each row of a table is, by its state."""
    async with site.database.reading() as session:
        rows = await session.execute(text(f"select state, unit_id from {table} order by state, unit_id"))
        return [(state, unit_id) for state, unit_id in rows]


async def edges(site: Site) -> list[tuple[UUID, date, date | None]]:
    """Under which unit the team stood, from when till when."""
    async with site.database.reading() as session:
        rows = await session.execute(text("select parent_id, valid_from, valid_to from unit_edges order by valid_from"))
        return [(parent, since, until) for parent, since, until in rows]


async def said(site: Site, name: str) -> list[Any]:
    """What was said of that name, as read from the outbox."""
    query = f"select convert_from(body, 'UTF8')::jsonb from outbox where type like '%{name}%' order by position, id"
    async with site.database.reading() as session:
        return list(await session.scalars(text(query)))


async def carry_out(site: Site, day: date) -> int:
    async with site.database.transaction() as session:
        return await unit_ends.carry_out_due(session, at=make.AT, today=day)


async def end(person: Any, day: str, path: str = PATH, **changed: str) -> Any:
    """Prepare an end and confirm it; the last answer."""
    answer = await person.post(path + "/thoi", data=END | {"day": day} | changed)
    return await person.post(path + "/thoi/xac-nhan") if answer.status_code == 303 else answer


async def test_a_unit_is_merged_and_what_is_open_goes_on_at_its_successor(site: Site) -> None:
    old, going = await drafts(site, 2)
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'withdrawn' where id = :id"), {"id": old.id})
    await open_unit(site, TEAM, "to", "Tổ Văn", make.SCHOOL)
    async with site.signed_in("administrator") as person:
        spotted = {"category": "teacher", "name": "Lê Thị Ánh", "deed": "Dạy bơi.", "unit": str(make.SCHOOL)}
        await person.post("/de-cu/nhan-to/moi", data=spotted)
        assert "1 hồ sơ, 1 nhân tố và 1 đơn vị" in text_of(await person.get(PATH + "/thoi"))
        answer = await person.post(PATH + "/thoi", data=END | {"day": TODAY})
        assert (answer.status_code, answer.headers["location"]) == (303, PATH + "/thoi/chuyen")
        shown = text_of(await person.get(PATH + "/thoi/chuyen"))
        assert "1 hồ sơ và 1 nhân tố đang làm chuyển sang đơn vị nhận" in shown
        assert f"{going.code} Hồ sơ Trường Bình Minh" in shown
        assert re.search(r"Giáo viên, ghi ngày \d\d/\d\d/\d{4} Nhân tố Trường Bình Minh", shown)
        assert "Lê Thị Ánh" not in shown  # who keeps units need not read who is spotted
        assert "Tổ Văn Đơn vị ở dưới Trường Bình Minh" in shown
        assert "Chưa xác nhận" in text_of(await person.get(PATH))
        assert await of_units(site, "leads") == [("spotted", make.SCHOOL)]
        answer = await person.post(PATH + "/thoi/xac-nhan")
        assert (answer.status_code, answer.headers.get("location")) == (303, PATH), text_of(answer)
        page = text_of(await person.get(PATH))
        assert f"Thôi hoạt động từ ngày {TODAY}" in page
        assert "Việc đang làm chuyển sang Trường Bình Minh." in page
        again = await person.post(PATH + "/thoi", data=END | {"day": TODAY})
        assert (again.status_code, "đã có ngày thôi hoạt động" in text_of(again)) == (422, True)
        late = [await person.post(PATH + step) for step in ("/thoi/xac-nhan", "/thoi/bo")]
        assert [one.status_code for one in late] == [404, 404]
    assert await of_units(site, "nominations") == [("draft", make.OTHER_SCHOOL), ("withdrawn", make.SCHOOL)]
    assert await of_units(site, "leads") == [("spotted", make.OTHER_SCHOOL)]
    assert await edges(site) == [
        (make.SCHOOL, date(2020, 1, 1), make.TODAY),
        (make.OTHER_SCHOOL, make.TODAY, None),
    ]
    (ended,), (moved,) = await said(site, "UnitEnded"), await said(site, "NominationMoved")
    assert (ended["unit_id"], ended["successor_id"]) == (str(make.SCHOOL), str(make.OTHER_SCHOOL))
    assert (moved["nomination_id"], moved["unit_id"]) == (str(going.id), str(make.OTHER_SCHOOL))


async def test_who_is_of_the_successor_sees_what_goes_on_and_nobody_begins_at_what_is_no_more(site: Site) -> None:
    old, going = await drafts(site, 2)
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'withdrawn' where id = :id"), {"id": old.id})
    async with site.signed_in("administrator") as person:
        assert (await end(person, TODAY)).status_code == 303
        lead = {"category": "teacher", "name": "Lê Thị Ánh", "deed": "Dạy bơi.", "unit": str(make.SCHOOL)}
        refused = await person.post("/de-cu/nhan-to/moi", data=lead)
    assert (refused.status_code, "đã thôi hoạt động" in text_of(refused)) == (422, True)
    async with site.signed_in("head", unit=make.OTHER_SCHOOL) as head:
        assert (await head.get(f"/de-cu/ho-so/{going.code}")).status_code == 200
        assert (await head.get(f"/de-cu/ho-so/{old.code}")).status_code == 404
    async with site.signed_in("nominator", unit=make.SCHOOL) as nominator:
        assert "Trường THCS Hoa Mai" not in text_of(await nominator.get("/de-cu/ho-so/moi"))
        new = {"unit": str(make.SCHOOL), "round": str(going.round_id), "category": "teacher", "name": "Lê Thị Ánh"}
        refused = await nominator.post("/de-cu/ho-so/moi", data=new)
    assert (refused.status_code, "đã thôi hoạt động" in text_of(refused)) == (422, True)


async def test_a_unit_is_split_thing_by_thing(site: Site) -> None:
    await open_unit(site, THIRD, "thcs-moi", "Trường Ánh Dương")
    await open_unit(site, TEAM, "to", "Tổ Văn", make.SCHOOL)
    first, second = await drafts(site, 2)
    away = {"thing": [str(first.id), str(TEAM)], "successor": str(THIRD)}
    async with site.signed_in("administrator") as person:
        assert (await person.post(PATH + "/thoi/chuyen", data=away)).status_code == 404
        await person.post(PATH + "/thoi", data=END | {"day": SOON})
        wrong: list[tuple[dict[str, Any], str]] = [
            ({"thing": []}, "Hãy chọn ít nhất một dòng."),
            ({"successor": "?"}, "Hãy chọn một đơn vị khác"),
            ({"successor": str(make.SCHOOL)}, "Hãy chọn một đơn vị khác"),
        ]
        for changed, told in wrong:
            answer = await person.post(PATH + "/thoi/chuyen", data=away | changed)
            assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)
        assert (await person.post(PATH + "/thoi/chuyen", data=away)).status_code == 303
        assert "Tổ Văn Đơn vị ở dưới Trường Ánh Dương" in text_of(await person.get(PATH + "/thoi/chuyen"))
        assert (await person.post(PATH + "/thoi/xac-nhan")).status_code == 303
        # Who takes over cannot end before.
        other = await person.post(f"/de-cu/quan-tri/don-vi/{THIRD}/thoi", data=END | {"day": TODAY})
        assert (other.status_code, "sẽ chuyển việc sang đơn vị này" in text_of(other)) == (422, True)
    day = make.TODAY + timedelta(days=10)
    assert await carry_out(site, day) == 1
    moved = {one["nomination_id"]: one["unit_id"] for one in await said(site, "NominationMoved")}
    assert moved == {str(first.id): str(THIRD), str(second.id): str(make.OTHER_SCHOOL)}
    assert await edges(site) == [(make.SCHOOL, date(2020, 1, 1), day), (THIRD, day, None)]


async def test_a_planned_end_waits_for_its_day_and_can_be_taken_back(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await end(person, SOON)).status_code == 303
        assert await carry_out(site, make.TODAY) == 0
        assert (await person.post(PATH + "/thoi/bo")).status_code == 303
        assert (await person.post(PATH + "/thoi/bo")).status_code == 404
        assert (await person.post(PATH + "/thoi", data=END | {"day": SOON})).status_code == 303
        day = make.TODAY + timedelta(days=10)
        assert await carry_out(site, day) == 0  # nobody has confirmed it
        assert (await person.post(PATH + "/thoi/xac-nhan")).status_code == 303
    assert sum(await asyncio.gather(*(carry_out(site, day) for _ in range(3)))) == 1
    async with site.database.reading() as session:
        assert (await session.get_one(Unit, make.SCHOOL)).valid_to == day


async def test_a_unit_with_open_work_is_not_dissolved(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await end(person, SOON, successor="")).status_code == 303
        await drafts(site, 1)
        assert await carry_out(site, make.TODAY + timedelta(days=10)) == 0
        assert (await person.post(PATH + "/thoi/bo")).status_code == 303
        refused = await end(person, SOON, successor="")
        assert (refused.status_code, "Hãy chọn đơn vị nhận việc" in text_of(refused)) == (422, True)


async def test_two_units_do_not_hand_their_work_to_each_other(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await end(person, SOON)).status_code == 303
        for day, told in (
            (SOON, "cũng thôi hoạt động trước hoặc vào ngày ấy"),
            (TODAY, "sẽ chuyển việc sang đơn vị này"),
        ):
            answer = await end(person, day, OTHER_PATH, successor=str(make.SCHOOL))
            assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"day": "31/02/2025"}, "Ngày chưa đúng"),
        ({"day": "01/01/2020"}, "Hãy chọn một ngày sau 01/01/2020"),
        ({"successor": "?"}, "Hãy chọn một đơn vị khác"),
        ({"successor": str(make.SCHOOL)}, "Hãy chọn một đơn vị khác"),
    ],
)
async def test_an_end_that_cannot_be_is_said(site: Site, changed: dict[str, str], told: str) -> None:
    async with site.signed_in("administrator") as person:
        answer = await person.post(PATH + "/thoi", data=END | {"day": SOON} | changed)
    assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)


async def test_who_waits_for_a_turn_holds_no_unit(site: Site) -> None:
    """Else two could wait for each other: the look at what is due goes from unit to unit."""
    async with site.database.transaction() as session:
        await units.alone(session, make.AGENCY.id)
        waiting = asyncio.create_task(prepare(site))
        await asyncio.sleep(0.3)
        await session.execute(text("select from units where id = :id for update nowait"), {"id": make.SCHOOL})
    await waiting


async def prepare(site: Site) -> None:
    about: dict[str, Any] = {"successor_id": make.OTHER_SCHOOL, "day": make.TODAY, "paper": ""}
    async with site.database.transaction() as session:
        await unit_ends.prepare_end(session, unit_id=make.SCHOOL, by=make.CLERK, **about)


async def test_nothing_goes_on_at_a_unit_that_is_not_there_yet(site: Site) -> None:
    later = make.TODAY + timedelta(days=5)
    async with site.database.transaction() as session:
        about: dict[str, Any] = {"kind": "team", "since": later, "at": make.AT, "by": make.CLERK}
        await units.open_unit(session, make.AGENCY, id=THIRD, code="moi", name="Trường mới", **about)
    async with site.signed_in("administrator") as person:
        refused = await person.post(PATH + "/thoi", data=END | {"day": TODAY, "successor": str(THIRD)})
        assert (refused.status_code, "đơn vị nhận việc mới bắt đầu có" in text_of(refused)) == (422, True)
        there = {"day": later.strftime("%d/%m/%Y"), "successor": str(THIRD)}
        assert (await person.post(PATH + "/thoi", data=END | there)).status_code == 303
