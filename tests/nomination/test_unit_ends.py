"""Units that end: merged, split or dissolved; what is open goes on elsewhere, what has ended stays as it was."""

import asyncio
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.actions import unit_ends, units
from services.nomination.rules.movements import Taker
from services.nomination.rules.reports import ReportKind, ReportState
from services.nomination.rules.supervision import FindingState
from services.nomination.tables import Movement, MovementRegistration, Report, Unit, Visit, VisitFinding
from tests.support import factories as make
from tests.support.line import until
from tests.support.site import Site, Sites, text_of, working

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


async def surrounded(site: Site) -> None:
    """At the school, of each kind something open and something that has ended; one person also takes part elsewhere."""
    day, agency = make.TODAY, {"agency": "tan-binh"}
    here: dict[str, Any] = agency | {"unit_id": make.SCHOOL}
    visit, running, over = UUID(int=60), UUID(int=70), UUID(int=71)
    finding: dict[str, Any] = here | {"visit_id": visit, "text": "Chưa có chỉ tiêu.", "due_on": day, "at": make.AT}
    report: dict[str, Any] = here | {"kind": ReportKind.YEARLY, "from_on": day, "until_on": day, "at": make.AT}
    movement: dict[str, Any] = here | {"starts_on": date(2024, 9, 5), "launched_by": "ai", "launched_at": make.AT}
    movement |= {"search_text": "", "sort_key": ""}
    joined: dict[str, Any] = here | {"taker": Taker.PERSON, "sort_key": "", "at": make.AT}
    async with site.database.transaction() as session:
        session.add(Visit(**here, id=visit, held_on=day, party="Đoàn kiểm tra", entered_by="ai"))
        session.add(Movement(**movement, id=running, name="Dạy tốt"))
        session.add(Movement(**movement, id=over, name="Đã xong", ends_on=date(2024, 9, 30)))
        await session.flush()
        for number, state in enumerate(FindingState):
            session.add(VisitFinding(**finding, id=UUID(int=61 + number), state=state))
        for number, sent in enumerate((ReportState.DRAFT, ReportState.RETURNED, ReportState.SENT)):
            session.add(Report(**report, id=UUID(int=80 + number), title=f"Báo cáo {number}", state=sent))
        session.add(MovementRegistration(**joined, movement_id=running, name="Lê Thị Ánh", who="https://id|anh"))
        session.add(MovementRegistration(**joined, movement_id=running, name="Lý Thị Cúc", who="https://id|cuc"))
        session.add(MovementRegistration(**joined, movement_id=over, name="Lê Thị Ánh", who="https://id|anh"))
        elsewhere = joined | {"unit_id": make.OTHER_SCHOOL}
        session.add(MovementRegistration(**elsewhere, movement_id=running, name="Lý Thị Cúc", who="https://id|cuc"))


async def held(site: Site, what: str) -> list[tuple[Any, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(what))]


async def test_what_is_open_around_a_unit_goes_on_too(site: Site) -> None:
    await surrounded(site)
    await open_unit(site, THIRD, "thcs-moi", "Trường Ánh Dương")
    counted = "2 điều kiểm tra chưa đóng, 2 báo cáo chưa gửi, 1 phong trào chưa kết thúc và 2 lượt đăng ký phong trào"
    away = {"thing": [str(UUID(int=80))], "successor": str(THIRD)}
    async with site.signed_in("administrator") as person:
        assert f"Còn {counted}." in text_of(await person.get(PATH + "/thoi"))
        alone = await person.post(PATH + "/thoi", data=END | {"day": TODAY, "successor": ""})
        assert (alone.status_code, "Hãy chọn đơn vị nhận việc" in text_of(alone)) == (422, True)
        assert (await person.post(PATH + "/thoi", data=END | {"day": TODAY})).status_code == 303
        page = text_of(await person.get(PATH + "/thoi/chuyen"))
        assert f"{counted} chuyển sang đơn vị nhận." in page
        for line in ("Ghi ngày 15/10/2024 Điều kiểm tra nêu ra", "Báo cáo 0 Báo cáo", "Dạy tốt Phong trào"):
            assert f"{line} Trường Bình Minh" in page
        assert ("Đã xong" in page, "Chưa có chỉ tiêu" in page, "Lê Thị Ánh" in page) == (False, False, False)
        assert (await person.post(PATH + "/thoi/chuyen", data=away)).status_code == 303
        assert (await person.post(PATH + "/thoi/xac-nhan")).status_code == 303
    old, new = make.SCHOOL, make.OTHER_SCHOOL
    assert await held(site, "select state, unit_id from visit_findings order by id") == [
        ("waiting", new),
        ("answered", new),
        ("closed", old),
    ]
    assert await held(site, "select state, unit_id from reports order by id") == [
        ("draft", THIRD),
        ("returned", new),
        ("sent", old),
    ]
    assert await held(site, "select name, unit_id from movements order by id") == [("Dạy tốt", new), ("Đã xong", old)]
    takers = "select m.name, r.name, r.unit_id from movement_registrations r join movements m on m.id = r.movement_id"
    assert sorted(await held(site, takers), key=str) == sorted(
        [
            ("Dạy tốt", "Lê Thị Ánh", new),
            ("Dạy tốt", "Lý Thị Cúc", new),
            ("Dạy tốt", "Lý Thị Cúc", old),
            ("Đã xong", "Lê Thị Ánh", old),
        ],
        key=str,
    )
    (raised,), (awaits,) = await said(site, "FindingRaised"), await said(site, "ReportAwaits")
    assert (raised["finding_id"], raised["unit_id"]) == (str(UUID(int=61)), str(new))
    assert (awaits["report_id"], awaits["unit_id"], awaits["steps"]) == (str(UUID(int=81)), str(new), ["rewrite"])


async def test_a_sent_report_that_comes_back_goes_on_where_the_work_did(site: Site) -> None:
    await surrounded(site)
    await open_unit(site, THIRD, "thcs-moi", "Trường Ánh Dương")
    sent, told = str(UUID(int=82)), {"reason": "Cần nói thêm về việc nhân rộng."}
    async with site.signed_in("administrator") as person:
        assert (await end(person, TODAY)).status_code == 303
        onward = END | {"day": TODAY, "successor": str(THIRD)}
        assert (await end(person, path=OTHER_PATH, **onward)).status_code == 303

    async def rewriting() -> list[str]:
        awaits = [one for one in await said(site, "ReportAwaits") if one["report_id"] == sent]
        return [one["unit_id"] for one in awaits if one["steps"] == ["rewrite"]]

    async def moved() -> bool:
        return len(await rewriting()) == 2

    async with site.signed_in("officer") as officer, working(site):
        assert (await officer.post(f"/de-cu/bao-cao/{sent}/tra", data=told)).status_code == 303
        await until(moved, "the report goes on at another unit")
    assert await rewriting() == [str(make.SCHOOL), str(THIRD)]
    async with site.signed_in("head", unit=THIRD) as head:
        assert "Lưu và gửi báo cáo" in text_of(await head.get(f"/de-cu/bao-cao/{sent}"))


async def test_who_takes_over_answers_what_a_visit_found(site: Site) -> None:
    await surrounded(site)
    place = f"/de-cu/giam-sat/{UUID(int=60)}/dieu"
    async with site.signed_in("administrator") as person:
        assert (await end(person, TODAY)).status_code == 303
    async with site.signed_in("head", unit=make.OTHER_SCHOOL) as head:
        seen = [(await head.get(f"{place}/{UUID(int=61 + number)}")).status_code for number in range(3)]
        assert seen == [200, 200, 404]
        answered = await head.post(f"{place}/{UUID(int=61)}/tra-loi", data={"text": "Đã bổ sung chỉ tiêu."})
        assert answered.status_code == 303
        assert (await head.get(str(answered.headers["location"]))).status_code == 200


async def test_a_movement_that_is_over_on_the_day_stays(site: Site) -> None:
    await surrounded(site)
    last = make.TODAY + timedelta(days=9)
    async with site.database.transaction() as session:
        await session.execute(text("update movements set ends_on = :day where ends_on is null"), {"day": last})
    async with site.signed_in("administrator") as person:
        assert (await end(person, SOON)).status_code == 303
    assert await carry_out(site, last + timedelta(days=1)) == 1
    assert {unit for (unit,) in await held(site, "select unit_id from movements")} == {make.SCHOOL}
