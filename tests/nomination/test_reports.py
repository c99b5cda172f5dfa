"""Reports up the line: figures from data, words, sent, received, given back."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import docx
import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.queries import figures
from services.nomination.rules.reports import (
    BadReport,
    Figures,
    Part,
    ReportAct,
    ReportState,
    WrongStep,
    after,
    check_sendable,
    check_time,
    empty,
    summed,
    understood,
)
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

PATH = "/de-cu/bao-cao"
BEGIN, TODAY = date(2024, 9, 1), make.TODAY
WORDS = {"done": "Đã mở lớp bồi dưỡng cho ba tổ.", "lessons": "Nên ghi nhân tố mới ngay từ đầu năm.", "asks": ""}


def form(**changed: str) -> dict[str, str]:
    told = {"unit": str(make.SCHOOL), "kind": "yearly", "title": "Báo cáo năm 2024", "from_on": "01/09/2024"}
    return told | {"until_on": f"{TODAY:%d/%m/%Y}", "once": str(uuid4())} | changed


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def begun(person: httpx2.AsyncClient, **changed: str) -> str:
    answer = await person.post(PATH + "/moi", data=form(**changed))
    assert answer.status_code == 303, text_of(answer)
    return str(answer.headers["location"])


async def one(site: Site, sql: str, **values: Any) -> Any:
    async with site.database.reading() as session:
        return await session.scalar(text(sql), values)


async def run(site: Site, sql: str, **values: Any) -> None:
    async with site.database.transaction() as session:
        await session.execute(text(sql), values)


async def counted(site: Site, units: list[UUID] | None = None, until: date = TODAY) -> Figures:
    async with site.database.reading() as session:
        return await figures.count(session, agency="tan-binh", units=units, from_on=BEGIN, until_on=until)


@pytest.mark.db
async def test_figures_count_whoever_was_handed_in_and_how_far_they_got(site: Site) -> None:
    round_id = UUID(str(await one(site, "select id from rounds where name = 'đợt này'")))
    sent = [await make.submitted(site.database, round_id) for _ in range(3)]
    await make.draft(site.database, round_id)
    await run(site, 'update subjects set groups = \'["women", "front_line"]\' where id = :id', id=sent[0].subject_id)
    await run(site, "update nominations set state = 'honoured' where id = :id", id=sent[0].id)
    await run(site, "update nominations set state = 'withdrawn' where id = :id", id=sent[2].id)
    await run(
        site,
        "insert into steps (id, agency, nomination_id, at, what, holder)"
        " select gen_random_uuid(), 'tan-binh', id, now(), what, '' from nominations, unnest(array['case_opened',"
        " 'case_opened', 'published']) what where id = :id",
        id=sent[0].id,
    )
    await run(
        site,
        "insert into unit_areas (id, agency, unit_id, area, valid_from, valid_to, paper) values"
        " (gen_random_uuid(), 'tan-binh', :unit, 'remote', '2020-01-01', null, ''),"
        " (gen_random_uuid(), 'tan-binh', :unit, 'border', '2020-01-01', '2021-01-01', '')",
        unit=make.SCHOOL,
    )
    both = {"handed_in": 2, "honoured": 1}
    stages = dict.fromkeys(empty()["stages"], 0) | {"handed_in": 2, "taken": 1, "honoured": 1, "published": 1}
    expected = {
        "stages": stages,
        "categories": {"teacher": both},
        "groups": {"women": {"handed_in": 1, "honoured": 1}, "front_line": {"handed_in": 1, "honoured": 1}},
        "areas": {"remote": both},
        "units": {"all": 2, "giving": 1},
        "agencies": 1,
        "targets": [],
    }
    assert await counted(site) == expected
    assert await counted(site, [make.SCHOOL]) == expected | {"units": {"all": 1, "giving": 1}}
    assert await counted(site, [make.OTHER_SCHOOL]) == empty() | {"units": {"all": 1, "giving": 0}, "agencies": 1}
    assert (await counted(site, until=BEGIN))["stages"]["handed_in"] == 0


@pytest.mark.db
async def test_a_unit_reports_and_the_agency_gives_it_back_then_receives_it(site: Site) -> None:
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        place = await begun(head)
        assert "Đang viết Báo cáo năm · Trường THCS Hoa Mai" in text_of(await head.get(place))
        short = await head.post(place, data=WORDS | {"lessons": "Tốt.", "version": "1", "then": "gui"})
        assert (short.status_code, "Hãy viết bài học kinh nghiệm" in text_of(short)) == (422, True)
        assert "Đã mở lớp bồi dưỡng" in text_of(short)
        late = await head.post(place, data=WORDS | {"lessons": "Khác.", "version": "1"})
        told = text_of(late)
        assert (late.status_code, "Có người vừa lưu" in told, "Bài học kinh nghiệm Tốt." in told) == (422, True, True)
        assert (await head.post(place, data=WORDS | {"version": "2", "then": "gui"})).status_code == 303
        assert "Đã gửi" in text_of(await head.get(place))
        assert (await head.post(place, data=WORDS | {"version": "4"})).status_code == 422
    async with site.signed_in("officer") as officer:
        assert "Báo cáo năm 2024" in text_of(await officer.get(PATH))
        without = await officer.post(place + "/tra", data={"reason": "Sai."})
        assert (without.status_code, "Hãy ghi rõ cần sửa gì" in text_of(without)) == (422, True)
        assert (
            await officer.post(place + "/tra", data={"reason": "Cần nói thêm về nhân rộng ở tổ khác."})
        ).status_code == 303
        assert (await officer.post(place + "/nhan")).status_code == 422
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        shown = text_of(await head.get(place))
        assert ("Cần viết lại" in shown, "nhân rộng ở tổ khác" in shown) == (True, True)
        version = str(await one(site, "select version from reports"))
        assert (await head.post(place, data=WORDS | {"version": version, "then": "gui"})).status_code == 303
    async with site.signed_in("officer") as officer:
        assert (await officer.post(place + "/nhan")).status_code == 303
        assert "Đã nhận" in text_of(await officer.get(place))
    told = await one(
        site, "select jsonb_build_array(state, words, figures->'stages'->'handed_in', reason) from reports"
    )
    assert told == ["received", WORDS, 0, ""]


@pytest.mark.db
async def test_figures_stay_as_they_were_sent(site: Site) -> None:
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        place = await begun(head)
        await head.post(place, data=WORDS | {"version": "1", "then": "gui"})
        round_id = UUID(str(await one(site, "select id from rounds where name = 'đợt này'")))
        await make.submitted(site.database, round_id)
        assert "0 trên 1 đơn vị có hồ sơ." in text_of(await head.get(place))
        sheet = load_workbook(io.BytesIO((await head.get(place + "/so-lieu.xlsx")).content)).worksheets[0]
        listed = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=4)]
        paper = docx.Document(io.BytesIO((await head.get(place + "/bao-cao.docx")).content))
    assert ("Từ phát hiện đến lan tỏa", "Hồ sơ đã gửi", 0, None) in listed
    assert [one.text for one in paper.paragraphs if one.text] == [
        "BÁO CÁO",
        "Báo cáo năm 2024",
        "Kính gửi: Phòng Giáo dục và Đào tạo quận Tân Bình.",
        "(Số liệu từ ngày 01/09/2024 đến hết ngày 15/10/2024)",
        "1. Việc đã làm",
        WORDS["done"],
        "2. Bài học kinh nghiệm",
        WORDS["lessons"],
        "PHỤ LỤC SỐ LIỆU",
        "Từ phát hiện đến lan tỏa",
    ]


@pytest.mark.db
async def test_whose_report_it_may_be_and_who_sees_it(site: Site) -> None:
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        place = await begun(head)
        once = form()
        twice = [(await head.post(PATH + "/moi", data=once)).headers["location"] for _ in range(2)]
        assert twice[0] == twice[1]
        other = await head.post(PATH + "/moi", data=form(unit=str(make.OTHER_SCHOOL)))
        whole = await head.post(PATH + "/moi", data=form(unit="ca-co-quan"))
        assert [(answer.status_code, "đơn vị" in text_of(answer)) for answer in (other, whole)] == [(422, True)] * 2
        for wrong, told in (
            ({"from_on": "31/02/2024"}, "Ngày chưa đúng"),
            ({"until_on": "01/08/2024"}, "Ngày cuối phải sau ngày đầu."),
            ({"from_on": f"{TODAY + timedelta(1):%d/%m/%Y}", "until_on": "01/01/2030"}, "chưa bắt đầu"),
            ({"title": ""}, "Hãy ghi tên báo cáo"),
            ({"due_on": "mai"}, "Ngày chưa đúng"),
        ):
            answer = await head.post(PATH + "/moi", data=form(**wrong))
            assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)
    async with site.signed_in("head", unit=make.OTHER_SCHOOL) as stranger:
        assert (await stranger.get(place)).status_code == 404
        assert "Báo cáo năm 2024" not in text_of(await stranger.get(PATH))


@pytest.mark.db
async def test_what_a_plan_asks_for_is_offered_and_filled_in(site: Site) -> None:
    asked = '[{"what": "Báo cáo tổng kết", "who": "", "duty": "report", "each": "10-30", "on": "", "confirmed": true}]'
    await run(site, "update plans set deadlines = cast(:asked as jsonb)", asked=asked)
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert "Báo cáo tổng kết" in text_of(await head.get(PATH))
        page = (await head.get(PATH + "/moi?han=0")).text
    assert ('value="Báo cáo tổng kết"' in page, f'value="30/10/{TODAY.year}"' in page) == (True, True)


@pytest.mark.unit
def test_a_report_moves_by_its_table_only() -> None:
    allowed = {
        (state, act): after(state, act) for state in ReportState for act in ReportAct if not refuses(after, state, act)
    }
    assert len(allowed) == 8
    assert allowed[ReportState.SENDING, ReportAct.FAIL] is ReportState.DRAFT


def refuses(check: Any, *arguments: Any) -> str:
    try:
        check(*arguments)
    except BadReport as refusal:
        return refusal.field
    except WrongStep:
        return "step"
    return ""


@pytest.mark.unit
def test_what_a_report_must_say() -> None:
    assert [refuses(check_sendable, words) for words in ({}, {Part.DONE: WORDS["done"]}, WORDS)] == [
        "done",
        "lessons",
        "",
    ]
    times = [(None, TODAY), (TODAY, None), (TODAY, TODAY - timedelta(1)), (TODAY + timedelta(1),) * 2, (TODAY, TODAY)]
    found = [refuses(check_time, begin, end, TODAY) for begin, end in times]
    assert found == ["from_on", "until_on", "until_on", "from_on", ""]


@pytest.mark.unit
def test_figures_of_several_agencies_are_added_and_what_is_unknown_is_left_out() -> None:
    one = empty() | {
        "agencies": 1,
        "units": {"all": 3, "giving": 2},
        "categories": {"pupil": {"handed_in": 2, "honoured": 1}},
    }
    other = one | {"stages": {"handed_in": 5, "of_tomorrow": 7}, "targets": [{"plan": "1"}]}
    assert summed([one, other, empty()]) == empty() | {
        "agencies": 2,
        "units": {"all": 6, "giving": 4},
        "categories": {"pupil": {"handed_in": 4, "honoured": 2}},
        "stages": dict.fromkeys(empty()["stages"], 0) | {"handed_in": 5},
    }


@pytest.mark.unit
def test_figures_from_elsewhere_are_shown_whatever_they_leave_out() -> None:
    told = {"stages": {"handed_in": 2, "of_tomorrow": 7}, "units": {}, "agencies": 3, "groups": {}, "areas": {}}
    told |= {"categories": {"teacher": {"handed_in": 2, "of_tomorrow": 1}}, "targets": [{"plan": "1"}]}
    assert understood(told) == empty() | {
        "stages": dict.fromkeys(empty()["stages"], 0) | {"handed_in": 2},
        "categories": {"teacher": {"handed_in": 2, "honoured": 0}},
        "agencies": 3,
    }


@pytest.mark.db
async def test_what_is_counted_apart_is_told_of_a_dossier_and_of_a_unit_by_its_days(site: Site) -> None:
    round_id = UUID(str(await one(site, "select id from rounds where name = 'đợt này'")))
    code = (await make.draft(site.database, round_id)).code
    path, areas = f"/de-cu/ho-so/{code}/nhom", f"/de-cu/quan-tri/don-vi/{make.SCHOOL}/vung"
    async with site.signed_in("nominator", unit=make.SCHOOL) as nominator:
        assert (await nominator.post(path, data={"group": ["women", "giau"]})).status_code == 303
        assert 'value="women" checked' in (await nominator.get(path)).text
        assert (await nominator.post(path)).status_code == 303
    assert await one(site, "select groups from subjects") == []
    entry = {"area": "remote", "since": "01/09/2020", "once": str(uuid4())}
    async with site.signed_in("administrator") as person:
        for wrong, told in (
            ({"area": ""}, "Hãy chọn vùng."),
            ({"since": "x"}, "Ngày chưa đúng"),
            ({"since": "01/01/1900"}, "Đơn vị có từ"),
            ({"paper": "x" * 201}, "Dài quá 200"),
        ):
            answer = await person.post(areas, data=entry | wrong)
            assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)
        assert [(await person.post(areas, data=entry)).status_code for _ in range(2)] == [303, 303]
        again = await person.post(areas, data=entry | {"once": str(uuid4()), "since": "01/09/2021"})
        assert (again.status_code, "đã được ghi ở vùng này" in text_of(again)) == (422, True)
        known = {"entry": str(await one(site, "select id from unit_areas"))}
        for wrong, told in (({"until": ""}, "Ngày chưa đúng"), ({"until": "01/09/2020"}, "Hãy chọn một ngày sau")):
            answer = await person.post(areas + "/thoi", data=known | wrong)
            assert (answer.status_code, told in text_of(answer)) == (422, True)
        assert (await person.post(areas + "/thoi", data=known | {"until": "01/09/2022"})).status_code == 303
        assert (
            await person.post(areas + "/thoi", data={"entry": str(uuid4()), "until": "01/09/2022"})
        ).status_code == 404
        assert "từ 01/09/2020 đến trước 01/09/2022" in text_of(await person.get(areas))
    assert await one(site, "select count(*) from unit_areas") == 1


@pytest.mark.db
async def test_small_numbers_are_not_told_and_units_without_anybody_are(site: Site) -> None:
    round_id = UUID(str(await one(site, "select id from rounds where name = 'đợt này'")))
    for _ in range(6):
        await make.submitted(site.database, round_id)
    await run(site, "update nominations set state = 'honoured' where code like '%1'")
    async with site.signed_in("officer") as officer:
        shown = text_of(await officer.get(PATH + "/cong-bang"))
        empty_year = text_of(await officer.get(PATH + "/cong-bang?nam=2020"))
    assert ("Giáo viên 6 dưới 5" in shown, "1 trên 2 đơn vị có hồ sơ." in shown) == (True, True), shown
    assert ("1 đơn vị Trường Bình Minh" in shown, "chưa có hồ sơ nào" in empty_year) == (True, True), shown
