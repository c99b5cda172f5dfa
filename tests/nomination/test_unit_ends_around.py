"""What is around a unit that ends: visits, reports, movements go on too."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.rules.movements import Taker
from services.nomination.rules.reports import ReportKind, ReportState
from services.nomination.rules.supervision import FindingState
from services.nomination.tables import Movement, MovementRegistration, Report, Visit, VisitFinding
from tests.nomination.test_unit_ends import END, OTHER_PATH, PATH, SOON, THIRD, TODAY, carry_out, end, open_unit, said
from tests.support import factories as make
from tests.support.line import until
from tests.support.site import Site, Sites, text_of, working

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


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
