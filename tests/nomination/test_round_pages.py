"""The pages of rounds: how they stand, what came in them, and how an officer moves an end."""

import io
import re
import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import plans, working_days
from shared.clock import VIETNAM, FixedClock
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, problem_of, text_of

pytestmark = pytest.mark.db

LIST = "/de-cu/dot"
REASON = "Bão số 6, nhiều trường nghỉ học."
SUDDEN = {"name": "đột xuất", "kind": "standing", "opens_on": date(2023, 1, 1)}
GRACED = {
    "name": "đợt nhận muộn",
    "opens_on": date(2024, 9, 1),
    "closes_on": date(2024, 10, 11),
    "closes_at": time(17),
    "grace_days": 5,
}


async def calendar(site: Site) -> None:
    years = tomllib.loads(Path("deploy/calendars/viet-nam.toml").read_text())["calendar"]
    async with site.database.transaction() as session:
        await working_days.enter_calendar(session, make.AGENCY, years=years, by=make.CLERK)


async def enter(site: Site, *told: dict[str, Any]) -> dict[str, UUID]:
    """The ids of a second plan's rounds by name."""
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024"}
    about |= {"grounds": [], "movements": [], "subjects": []}
    async with site.database.transaction() as session:
        made = await plans.enter_plan(session, make.AGENCY, plan=about, rounds=told, at=make.AT, by=make.CLERK)
        found = await session.execute(text("select name, id from rounds where plan_id = :id"), {"id": made.id})
        return {one.name: one.id for one in found}


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


async def test_the_list_says_how_each_round_stands_and_counts_in_working_days(site: Site, plan: Plan) -> None:
    await calendar(site)
    made = await enter(site, SUDDEN, GRACED)
    await make.submitted(site.database, plan.open)
    await make.draft(site.database, made["đợt nhận muộn"])
    async with site.signed_in("officer") as by:
        file = await by.get(f"{LIST}?dang=xlsx&xep=ten")
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert [[one.date() if isinstance(one, datetime) else one for one in row] for row in rows] == [
        ["Đợt", "Kế hoạch", "Tình trạng", "Mở", "Đóng", "Còn lại", "Đã gửi", "Gửi muộn"],
        ["đột xuất", "Kế hoạch hai", "Đang nhận", date(2023, 1, 1), None, None, 0, 0],
        [
            "đợt nhận muộn",
            "Kế hoạch hai",
            "Nhận muộn",
            date(2024, 9, 1),
            date(2024, 10, 11),
            "còn 3 ngày làm việc",
            0,
            0,
        ],
        ["đợt này", "Kế hoạch", "Đang nhận", date(2024, 9, 1), date(2024, 11, 20), "còn 26 ngày làm việc", 1, 0],
        ["đợt sau", "Kế hoạch", "Sắp mở", date(2025, 3, 1), None, None, 0, 0],
        ["đợt trước", "Kế hoạch", "Đã đóng", date(2024, 1, 1), date(2024, 5, 31), None, 0, 0],
    ]


async def test_an_agency_without_rounds_is_told_where_they_come_from(site: Site) -> None:
    async with site.signed_in("officer") as by:
        shown = text_of(await by.get(LIST))
    assert shown.endswith("Chưa có đợt nào: các đợt được nhập cùng kế hoạch. Xem các kế hoạch")


async def test_without_a_calendar_nothing_is_counted(site: Site, plan: Plan) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        pages = [await by.get(f"{LIST}/{plan.open}"), await by.get("/de-cu/ho-so/moi")]
    said = "Nhận đến hết ngày 20/11/2024; chưa có lịch ngày làm việc để đếm"
    assert [said in text_of(page) for page in pages] == [True, True]


async def test_a_round_counts_what_one_may_see_and_names_what_came_late(sites: Sites) -> None:
    # The 14th: the first working day of the grace.
    clock = FixedClock(at=datetime(2024, 10, 14, 9, tzinfo=VIETNAM))
    site = await sites("nomination", clock=clock)
    await make.plan(site.database)
    await calendar(site)
    graced = (await enter(site, GRACED))["đợt nhận muộn"]
    ours = await make.draft(site.database, graced, name="Lê Thị Ánh")
    await make.draft(site.database, graced)
    await make.draft(site.database, graced, unit_id=make.OTHER_SCHOOL)
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        warned = text_of(await by.get(f"/de-cu/ho-so/{ours.code}"))
        await by.post(f"/de-cu/ho-so/{ours.code}/gui", data=make.NO_KIN)
        own = text_of(await by.get(f"{LIST}/{graced}"))
        file = text_of(await by.get(f"/de-cu/ho-so/{ours.code}"))
    async with site.signed_in("member") as by:
        members = text_of(await by.get(f"{LIST}/{graced}"))
    async with site.signed_in("officer") as by:
        all_of_them = text_of(await by.get(f"{LIST}/{graced}"))
    assert "Hồ sơ gửi bây giờ được ghi là muộn" in warned
    assert "Đã gửi Gửi muộn" in file
    assert "Hồ sơ của đợt Đang soạn 1 Đã gửi 1 Xem các hồ sơ Hồ sơ gửi muộn" in own
    assert f"{ours.code} · Lê Thị Ánh · Trường THCS Hoa Mai · 14/10/2024" in own
    assert "Hồ sơ của đợt Đang soạn 2 Đã gửi 1" in all_of_them
    assert ("Hồ sơ của đợt" in members, "Nhận muộn Thêm 5 ngày làm việc, đến 18/10/2024" in members) == (False, True)


async def test_an_officer_extends_a_round_and_units_read_why(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    async with site.database.transaction() as session:
        await session.execute(text("update rounds set closes_on = '2024-10-14' where name = 'đợt này'"))
    path, told = f"{LIST}/{plan.open}", {"until": "25/10/2024", "reason": REASON}
    async with site.signed_in("officer") as by:
        answers = [await by.post(f"{path}/gia-han", data=told) for _ in range(2)]
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, path)] * 2
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        shown, file = text_of(await by.get(path)), text_of(await by.get(f"/de-cu/ho-so/{draft.code}"))
        sent = await by.post(f"/de-cu/ho-so/{draft.code}/gui", data=make.NO_KIN)
    assert "Gia hạn Từ 14/10/2024 đến 25/10/2024" in shown
    assert REASON in shown
    assert "Gia hạn đợt này" not in shown
    assert "Đợt được gia hạn đến ngày 25/10/2024" in file
    assert (sent.status_code, sent.headers["location"]) == (303, f"/de-cu/ho-so/{draft.code}/hanh-trinh")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "hôm qua"}, "Ngày đóng mới chưa đúng. Ví dụ: 20/11/2026."),
        ({"until": "20/11/2024"}, "Ngày đóng mới phải sau ngày 20/11/2024."),
        ({"reason": ""}, "Hãy ghi lý do, từ 10 đến 500 chữ cái"),
    ],
)
async def test_an_extension_with_a_mistake_comes_back_with_its_words(
    site: Site, plan: Plan, change: dict[str, str], said: str
) -> None:
    told = {"until": "29/11/2024", "reason": REASON} | change
    async with site.signed_in("officer") as by:
        answer = await by.post(f"{LIST}/{plan.open}/gia-han", data=told)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert all(value in answer.text for value in told.values())


async def test_software_is_told_why_a_round_takes_nothing(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    async with site.database.transaction() as session:
        await session.execute(text("update rounds set closes_on = '2024-10-14', closes_at = '16:30'"))
    path = "/api/v1/nomination/nominations"
    subject = {"name": "Lê Thị Ánh"}
    new = {"unit_id": str(make.SCHOOL), "round_id": str(plan.open), "category": "teacher", "subject": subject}
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        answers = [
            await by.post(f"{path}/{draft.code}/submission", headers={"idempotency-key": "a"}),
            await by.post(path, json=new, headers={"idempotency-key": "b"}),
        ]
    found = [problem_of(answer) for answer in answers]
    detail = (
        "Đợt này đã đóng lúc 16:30 ngày 14/10/2024. Bản nháp của bạn vẫn còn: hãy đề nghị cán bộ phụ trách gia hạn,"
        " hoặc bắt đầu lại ở đợt đang mở."
    )
    assert [(one["status"], one["detail"]) for one in found] == [(422, detail)] * 2


async def test_whoever_begins_a_dossier_can_tell_the_rounds_of_several_plans_apart(site: Site, plan: Plan) -> None:
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        alone = await offered(person)
        await enter(site, {"name": "đợt này", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20)})
        both = await offered(person)
    until = "đợt này (Nhận đến hết ngày 20/11/2024; chưa có lịch ngày làm việc để đếm)"
    assert (alone, sorted(both)) == ([until], [f"{until} · Kế hoạch", f"{until} · Kế hoạch hai"])


async def offered(person: httpx2.AsyncClient) -> list[str]:
    """The rounds in which a dossier can begin."""
    page = (await person.get("/de-cu/ho-so/moi")).text
    return re.findall(r"<option[^>]*>([^<]+)</option>", page.partition('id="f-round"')[2].partition("</select>")[0])[1:]
