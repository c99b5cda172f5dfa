"""Reports that plans ask for: called for before their day, until they are sent."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import due_reports, plans, reports
from services.nomination.rules import PlanState
from services.nomination.rules.plan_content import coming
from services.nomination.rules.reports import CALLED_AHEAD, ReportKind, empty
from services.nomination.tables import PlanFromAbove
from tests.support import factories as make
from tests.support.site import Site, Sites

WHAT, ABOVE = "Báo cáo tổng kết năm", "Báo cáo gửi thành phố"
DAY = date(2024, 10, 25)
WORDS = {"done": "Đã mở lớp bồi dưỡng cho ba tổ.", "lessons": "Nên ghi nhân tố mới ngay từ đầu năm.", "asks": ""}
BOTH = {(make.SCHOOL, WHAT, True), (make.OTHER_SCHOOL, WHAT, True)}


@pytest.fixture
async def site(sites: Sites) -> Site:
    """Two schools, and a plan of the agency that asks them for a report each year."""
    made: Site = await sites("nomination")
    await make.plan(made.database)
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch", "issuer": "Phòng GDĐT", "period": "2024"}
    about |= {"grounds": [], "movements": [], "subjects": []}
    about |= {"deadlines": [{"what": WHAT, "duty": "report", "each": "10-25"}, {"what": "Sơ kết", "on": "2024-10-20"}]}
    entered: dict[str, Any] = {"rounds": [], "targets": [], "at": make.AT, "by": make.CLERK}
    async with made.database.transaction() as session:
        await plans.enter_plan(session, make.AGENCY, plan=about, **entered)
    return made


async def days_come(site: Site, today: date = make.TODAY) -> None:
    """What the hourly job does."""
    for step in (due_reports.call, due_reports.settle):
        more = True
        while more:
            async with site.database.transaction() as session:
                more = await step(session, "tan-binh", at=make.AT, today=today)


async def said(site: Site) -> list[tuple[UUID | None, str, bool]]:
    """Of whom what was called for, or no more."""
    query = "select convert_from(body, 'UTF8')::jsonb from outbox where type ~ 'ReportDue' order by position, id"
    async with site.database.reading() as session:
        told = list(await session.scalars(text(query)))
    return [(UUID(one["unit_id"]) if "unit_id" in one else None, one["what"], one["waits"]) for one in told]


async def on_map(site: Site, query: str = "") -> list[tuple[str, str]]:
    """The units of the plan's map as its file has them, each with how it stands with its reports."""
    async with site.signed_in("officer") as by:
        file = await by.get(f"/de-cu/ke-hoach/kh-2/ban-do?dang=xlsx{query}")
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    return [(row[0], row[rows[0].index("Báo cáo")]) for row in rows[1:]]


async def send(site: Site, unit_id: UUID | None, *, to: str = "", **changed: Any) -> None:
    """A report of that time, written and sent."""
    told: dict[str, Any] = {"title": "Báo cáo năm 2024", "from_on": date(2024, 1, 1), "until_on": make.TODAY}
    wanted = reports.Wanted(ReportKind.YEARLY, unit_id=unit_id, to_agency=to, **told | changed)
    about: dict[str, Any] = {"writer": "", "at": make.AT, "today": make.TODAY, "by": make.CLERK}
    async with site.database.transaction() as session:
        id = await reports.begin(session, make.AGENCY, wanted, id=UUID(int=90), **about)
        await reports.write(session, report_id=id, version=1, words=WORDS, by=make.CLERK)
        await reports.send(session, report_id=id, figures=empty(), at=make.AT, by=make.CLERK)


@pytest.mark.db
async def test_every_unit_is_called_once_before_the_day_and_no_more_once_it_sent(site: Site) -> None:
    early = DAY - CALLED_AHEAD - timedelta(days=1)
    await days_come(site, early)
    assert await said(site) == []
    for _ in range(2):
        await days_come(site)
    told = await said(site)
    assert (len(told), set(told)) == (2, BOTH)
    await send(site, make.SCHOOL, due_on=DAY)
    for today in (make.TODAY, DAY + timedelta(days=30)):
        await days_come(site, today)
    assert (await said(site))[2:] == [(make.SCHOOL, WHAT, False)]


@pytest.mark.db
async def test_what_was_sent_before_is_not_called_for_and_what_is_only_begun_is(site: Site) -> None:
    await send(site, make.SCHOOL, due_on=DAY)
    async with site.database.transaction() as session:
        wanted = reports.Wanted(ReportKind.YEARLY, WHAT, date(2024, 1, 1), make.TODAY, DAY, make.OTHER_SCHOOL)
        about: dict[str, Any] = {"writer": "", "at": make.AT, "today": make.TODAY, "by": make.CLERK}
        await reports.begin(session, make.AGENCY, wanted, id=UUID(int=91), **about)
    await days_come(site)
    assert await said(site) == [(make.OTHER_SCHOOL, WHAT, True)]


@pytest.mark.db
async def test_a_report_called_as_the_plan_calls_it_answers_whatever_its_day(site: Site) -> None:
    await days_come(site)
    await send(site, make.SCHOOL, title=WHAT)
    assert (await said(site))[2:] == [(make.SCHOOL, WHAT, False)]


@pytest.mark.db
@pytest.mark.parametrize(
    ("change", "settled"),
    [
        ("update plans set state = 'withdrawn'", {make.SCHOOL, make.OTHER_SCHOOL}),
        ("update plans set deadlines = '[]'", {make.SCHOOL, make.OTHER_SCHOOL}),
        (f"update units set valid_to = '{make.TODAY}' where id = '{make.SCHOOL}'", {make.SCHOOL}),
    ],
    ids=["withdrawn", "amended", "ended"],
)
async def test_what_is_asked_no_more_is_called_for_no_more(site: Site, change: str, settled: set[UUID]) -> None:
    await days_come(site)
    async with site.database.transaction() as session:
        await session.execute(text(change))
    await days_come(site)
    assert set((await said(site))[2:]) == {(unit, WHAT, False) for unit in settled}


@pytest.mark.db
async def test_the_call_of_the_next_year_takes_the_place_of_the_last(site: Site) -> None:
    await days_come(site)
    await days_come(site, date(2025, 10, 20))
    told = await said(site)
    assert (set(told[2:4]), set(told[4:])) == (BOTH, {(unit, what, False) for unit, what, _ in BOTH})


@pytest.mark.db
async def test_the_agency_is_called_for_what_a_plan_from_above_asks(site: Site) -> None:
    content: dict[str, Any] = {"deadlines": [{"what": ABOVE, "duty": "report", "on": "2024-10-20", "confirmed": True}]}
    async with site.database.transaction() as session:
        about: dict[str, Any] = {"version": 1, "state": PlanState.IN_FORCE, "content": content, "heard_at": make.AT}
        session.add(PlanFromAbove(agency="tan-binh", issuer_agency="hcm", plan_id=UUID(int=77), **about))
        await session.execute(text("update plans set deadlines = '[]'"))
    for _ in range(2):
        await days_come(site)
    assert await said(site) == [(None, ABOVE, True)]
    await send(site, None, to="hcm", due_on=date(2024, 10, 20))
    await days_come(site)
    assert await said(site) == [(None, ABOVE, True), (None, ABOVE, False)]


@pytest.mark.unit
def test_a_day_comes_near_also_over_the_turn_of_the_year_and_only_when_it_is_sure() -> None:
    def near(today: date, **deadline: Any) -> date | None:
        return coming({"each": "", "on": "", "confirmed": True} | deadline, today, CALLED_AHEAD)

    assert [
        near(date(2024, 12, 25), each="01-05"),
        near(date(2024, 1, 5), each="01-05"),
        near(date(2024, 1, 6), each="01-05"),
        near(date(2024, 10, 15), on="2024-10-29"),
        near(date(2024, 10, 15), on="2024-10-30"),
        near(date(2024, 10, 15), on="2024-10-20", confirmed=False),
        near(date(2024, 10, 15)),
    ] == [date(2025, 1, 5), date(2024, 1, 5), None, date(2024, 10, 29), None, None, None]


@pytest.mark.db
async def test_the_map_of_the_plan_says_who_is_to_report_and_who_is_late(site: Site) -> None:
    first, second = "Trường Bình Minh", "Trường THCS Hoa Mai"
    assert sorted(await on_map(site)) == [(first, "Chưa đến kỳ báo cáo"), (second, "Chưa đến kỳ báo cáo")]
    await days_come(site)
    assert sorted(await on_map(site)) == [(first, "Chờ báo cáo"), (second, "Chờ báo cáo")]
    async with site.database.transaction() as session:
        await session.execute(text("update due_reports set due_on = '2024-10-14'"))
    await send(site, make.SCHOOL, due_on=date(2024, 10, 14))
    assert await on_map(site) == [(first, "Trễ báo cáo"), (second, "Đã báo cáo")]  # the late ones first
    assert await on_map(site, "&bao-cao=late") == [(first, "Trễ báo cáo")]
