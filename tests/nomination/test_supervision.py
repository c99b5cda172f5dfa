"""Supervision: duties over units, visits, findings that wait for an answer, and where one might go next."""

import asyncio
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.nomination.actions import supervision, units
from services.nomination.rules.supervision import FROM, FindingMoved, FindingState, Met, WordKind, check_word, reasons
from services.nomination.tables import ChecklistPoint, FindingWord, SupervisionDuty, Visit, VisitFinding
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of
from tests.support.statements import MOST, counted

pytestmark = pytest.mark.db

PATH = "/de-cu/giam-sat"
CHECKLIST = Path(__file__).parents[2] / "deploy" / "checklists" / "kiem-tra-giam-sat.toml"
TEAM = UUID(int=3)
TOLD: dict[str, Any] = {
    "unit": str(make.SCHOOL),
    "when": "10/10/2024",
    "party": "Đỗ Văn Bình, phó trưởng phòng\nLý Thị Cúc, chuyên viên",
    "check": ["Kế hoạch đã được phổ biến", "Có chỉ tiêu cụ thể", "Khen thưởng công khai", "Sổ nhân tố mới", " "],
    "met": ["good", "lacking", "unseen", "good", "lacking"],
    "note": ["có biên bản họp", "", "", "", "bỏ trống"],
    "summary": "Trường làm nghiêm túc.",
}
FINDING = {"text": "Chưa có chỉ tiêu cụ thể.", "to_do": "Bổ sung chỉ tiêu.", "due_on": "30/10/2024"}
"""Today is 15/10/2024."""


@pytest.fixture
async def site(sites: Sites) -> Site:
    """Two schools and a unit below the first."""
    made: Site = await sites("nomination")
    await make.plan(made.database)
    since = date(2020, 1, 1)
    async with made.database.transaction() as session:
        opened: dict[str, Any] = {"kind": "team", "since": since, "at": make.AT, "by": make.CLERK}
        await units.open_unit(session, make.AGENCY, id=TEAM, code="to-van", name="Tổ Ngữ văn", **opened)
        under: dict[str, Any] = {"child": TEAM, "parent": make.SCHOOL, "line": "administrative"}
        await units.put_under(session, since=since, by=make.CLERK, **under)
    return made


async def noted(site: Site, **changed: Any) -> str:
    """The address of a visit to the school, written down by a supervisor."""
    async with site.signed_in("supervisor") as person:
        answer = await person.post(f"{PATH}/moi", data=TOLD | changed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def raised(site: Site, visit: str, **changed: str) -> str:
    """The address of something that a visit found."""
    async with site.signed_in("supervisor") as person:
        answer = await person.post(f"{visit}/dieu", data=FINDING | changed)
    assert answer.status_code == 303, answer.text
    newest = max(await every(site, VisitFinding), key=lambda one: (one.due_on, str(one.id)))
    return f"{visit}/dieu/{newest.id}"


async def every(site: Site, row: type[Any]) -> list[Any]:
    async with site.database.reading() as session:
        return list(await session.scalars(select(row).order_by(col(row.id))))


async def said(site: Site) -> list[str]:
    """What was said of findings, the oldest first."""
    query = text(
        "select regexp_replace(type, '^.*\\.(\\w+)\\.v1$', '\\1') from outbox where type ~ 'Finding' order by id"
    )
    async with site.database.reading() as session:
        return list(await session.scalars(query))


async def test_a_visit_is_written_down_once_and_reads_as_minutes(site: Site) -> None:
    sent = TOLD | {"once": str(uuid4())}
    async with site.signed_in("supervisor", unit=make.SCHOOL) as person:
        answers = await asyncio.gather(*(person.post(f"{PATH}/moi", data=sent) for _ in range(2)))
        page = text_of(await person.get(answers[0].headers["location"]))
        listed = text_of(await person.get(PATH))
    (visit,) = await every(site, Visit)
    assert {(one.status_code, one.headers["location"]) for one in answers} == {(303, f"{PATH}/{visit.id}")}
    assert [(one.text, one.met, one.note) for one in visit.points] == [
        ("Kế hoạch đã được phổ biến", Met.GOOD, "có biên bản họp"),
        ("Có chỉ tiêu cụ thể", Met.LACKING, ""),
        ("Khen thưởng công khai", Met.UNSEEN, ""),
        ("Sổ nhân tố mới", Met.GOOD, ""),
    ]
    assert "Kế hoạch đã được phổ biến: Đạt có biên bản họp Có chỉ tiêu cụ thể: Chưa đạt" in page
    assert "Khen thưởng công khai" not in page, "what nobody looked at is not in the minutes"
    assert "10/10/2024 Trường THCS Hoa Mai Đỗ Văn Bình" in listed


BAD: tuple[tuple[Mapping[str, Any], str], ...] = (
    ({"unit": ""}, "Hãy chọn đơn vị"),
    ({"unit": str(make.OTHER_SCHOOL)}, "Hãy chọn đơn vị"),
    ({"when": "16/10/2024"}, "ngày này chưa tới"),
    ({"when": "?"}, "Ngày chưa đúng"),
    ({"party": " "}, "Hãy ghi ai đã đi kiểm tra"),
    ({"note": ["có biên bản họp", "a" * 301]}, "Có mục dài quá 300 chữ cái"),
    ({"check": [f"Mục {number}" for number in range(41)]}, "Nhiều nhất 40 mục"),
)


@pytest.mark.parametrize(("changed", "told"), BAD)
async def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    site: Site, changed: Mapping[str, Any], told: str
) -> None:
    async with site.signed_in("supervisor", unit=make.SCHOOL) as person:
        answer = await person.post(f"{PATH}/moi", data=TOLD | dict(changed))
    kept = ("có biên bản họp" in answer.text, "Trường làm nghiêm túc." in answer.text)
    assert (answer.status_code, told in text_of(answer), kept) == (422, True, (True, True))
    assert await every(site, Visit) == []


async def test_a_visit_is_told_anew_by_supervisors_and_never_by_the_unit(site: Site) -> None:
    visit = await noted(site)
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert [(await head.get(visit)).status_code, (await head.get(f"{visit}/sua")).status_code] == [200, 403]
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as other:
        assert (await other.get(visit)).status_code == 404
    async with site.signed_in("officer") as officer:
        assert "có biên bản họp" in (await officer.get(f"{visit}/sua")).text
        wrong = await officer.post(f"{visit}/sua", data=TOLD | {"party": ""})
        assert (wrong.status_code, "Hãy ghi ai đã đi" in wrong.text) == (422, True)
        changed = TOLD | {"met": ["lacking", "lacking", "good", "unseen", ""], "when": "11/10/2024"}
        assert (await officer.post(f"{visit}/sua", data=changed)).status_code == 303
    (one,) = await every(site, Visit)
    assert (one.held_on, [point.met for point in one.points]) == (
        date(2024, 10, 11),
        [Met.LACKING, Met.LACKING, Met.GOOD, Met.UNSEEN],
    )


async def test_a_finding_goes_to_and_fro_until_it_is_closed(site: Site) -> None:
    visit = await noted(site)
    async with site.signed_in("supervisor") as person:
        sent = FINDING | {"once": str(uuid4())}
        assert [(await person.post(f"{visit}/dieu", data=sent)).status_code for _ in range(2)] == [303, 303]
        for changed, told in (
            ({"text": ""}, "Hãy ghi điều đã thấy"),
            ({"due_on": "?"}, "Ngày chưa đúng"),
            ({"due_on": "09/10/2024"}, "Hạn trả lời phải từ ngày nêu trở đi"),
        ):
            answer = await person.post(f"{visit}/dieu", data=sent | changed)
            assert (answer.status_code, told in text_of(answer), "Bổ sung chỉ tiêu." in answer.text) == (
                422,
                True,
                True,
            )
    (finding,) = await every(site, VisitFinding)
    place = f"{visit}/dieu/{finding.id}"
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert "Điều còn mở Chưa có chỉ tiêu cụ thể." in text_of(await head.get(PATH))
        empty = await head.post(f"{place}/tra-loi", data={"text": " "})
        assert (empty.status_code, "Hãy ghi đơn vị đã làm gì" in empty.text) == (422, True)
        both = [await head.post(f"{place}/tra-loi", data={"text": "Đã bổ sung 3 chỉ tiêu."}) for _ in range(2)]
        assert [one.status_code for one in both] == [303, 422], "what was said is said"
        assert (await head.post(f"{place}/dong", data={"reply": "Xong."})).status_code == 403
    async with site.signed_in("supervisor") as person:
        for sent, told in (
            ({"reply": "", "due_on": "20/11/2024"}, "Hãy ghi còn phải làm gì thêm"),
            ({"reply": "Cho xem quyết định.", "due_on": ""}, "Ngày chưa đúng"),
            ({"reply": "Cho xem quyết định.", "due_on": "01/10/2024"}, "phải từ hôm nay trở đi"),
        ):
            answer = await person.post(f"{place}/hoi-lai", data=sent)
            assert (answer.status_code, told in text_of(answer)) == (422, True), told
        await person.post(f"{place}/hoi-lai", data={"reply": "Cho xem quyết định.", "due_on": "20/11/2024"})
        assert (await person.post(f"{place}/tra-loi", data={"text": "Đây."})).status_code == 403
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        await head.post(f"{place}/tra-loi", data={"text": "Gửi kèm quyết định."})
    async with site.signed_in("supervisor") as person:
        await person.post(f"{place}/dong", data={"reply": "Đã xem đủ."})
        late = await person.post(f"{place}/hoi-lai", data={"reply": "Thêm.", "due_on": "20/11/2024"})
        assert (late.status_code, "vừa được chuyển sang bước khác" in late.text) == (422, True)
        page = text_of(await person.get(visit))
        assert "Điều còn mở Chưa" not in text_of(await person.get(PATH))
    words = [(one.kind, one.text) for one in await every(site, FindingWord)]
    assert words == [
        (WordKind.ANSWER, "Đã bổ sung 3 chỉ tiêu."),
        (WordKind.AGAIN, "Cho xem quyết định."),
        (WordKind.ANSWER, "Gửi kèm quyết định."),
        (WordKind.CLOSE, "Đã xem đủ."),
    ]
    (finding,) = await every(site, VisitFinding)
    assert (finding.state, finding.due_on) == (FindingState.CLOSED, date(2024, 11, 20))
    assert ("Đã xong" in page, "Gửi kèm quyết định." in page) == (True, True)
    assert await said(site) == ["FindingRaised", "FindingSettled", "FindingRaised", "FindingSettled"]


async def test_what_is_past_due_stands_first_and_closed_unanswered_waits_no_more(site: Site) -> None:
    visit = await noted(site)
    await raised(site, visit, text="Còn lâu.", due_on="30/11/2024")
    late = await raised(site, visit, text="Đã quá hạn.", due_on="11/10/2024")
    async with site.signed_in("supervisor") as person:
        page = text_of(await person.get(PATH))
        assert page.index("Đã quá hạn.") < page.index("Còn lâu.")
        assert ("Quá hạn trả lời" in page, "Chờ đơn vị trả lời" in page) == (True, True)
    assert late
    by_text = {one.text: one for one in await every(site, VisitFinding)}
    async with site.signed_in("supervisor") as person:
        closed = await person.post(f"{visit}/dieu/{by_text['Đã quá hạn.'].id}/dong", data={"reply": "Nêu nhầm."})
    assert (closed.status_code, await said(site)) == (303, ["FindingRaised", "FindingRaised", "FindingSettled"])


async def test_units_are_suggested_with_reasons(site: Site) -> None:
    plan = await make.plan(site.database)
    await make.submitted(site.database, plan.open)  # the school's
    await noted(site)
    overdue = '[{"what": "Phổ biến", "duty": "acknowledge", "each": "", "on": "2024-10-01", "confirmed": true}]'
    async with site.database.transaction() as session:
        await session.execute(text("update plans set deadlines = cast(:told as jsonb)"), {"told": overdue})
    async with site.signed_in("supervisor") as person:
        await site.database.engine.dispose()
        with counted(site.database) as asked:
            page = text_of(await person.get(PATH))
        assert len(asked) <= MOST, asked
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert "Nên đến kiểm tra" not in text_of(await head.get(PATH))
    never = "Chưa được kiểm tra lần nào · Chậm phổ biến kế hoạch: 1 · Năm nay chưa giới thiệu ai"
    told = f"Trường Bình Minh {never} Tổ Ngữ văn {never}"
    assert f"{told} Trường THCS Hoa Mai Chậm phổ biến kế hoạch: 1 · lần gần nhất 10/10/2024" in page, page


async def test_duties_are_given_over_units_and_ended(site: Site) -> None:
    sent = {
        "person": "Lý Thị Cúc",
        "units": [str(make.SCHOOL), str(TEAM)],
        "since": "01/09/2024",
        "until": "",
        "what": "Việc phổ biến kế hoạch",
        "once": str(uuid4()),
    }
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        both = [await head.post(f"{PATH}/phan-cong/moi", data=sent) for _ in range(2)]
        assert [one.status_code for one in both] == [303, 303]
        for changed, told in (
            ({"units": []}, "Hãy chọn đơn vị"),
            ({"units": [str(make.OTHER_SCHOOL)]}, "Hãy chọn đơn vị"),
            ({"person": ""}, "Hãy ghi họ và tên"),
            ({"since": "?"}, "Ngày chưa đúng"),
            ({"until": "31/08/2024"}, "Ngày cuối phải từ ngày bắt đầu"),
        ):
            answer = await head.post(f"{PATH}/phan-cong/moi", data=sent | changed)
            assert (answer.status_code, told in text_of(answer)) == (422, True), told
            assert "Việc phổ biến kế hoạch" in answer.text
        await head.post(f"{PATH}/phan-cong/moi", data=sent | {"person": "Người ai", "units": [str(TEAM)]})
        rows = await every(site, SupervisionDuty)
        assert {(one.person, one.unit_id) for one in rows} == {
            ("Lý Thị Cúc", make.SCHOOL),
            ("Lý Thị Cúc", TEAM),
            ("Người ai", TEAM),
        }
        own = next(one for one in rows if one.unit_id == make.SCHOOL)
        assert "Việc phổ biến kế hoạch" in text_of(await head.get(f"{PATH}/phan-cong/{own.id}"))
        assert (await head.post(f"{PATH}/phan-cong/{own.id}/thoi")).status_code == 303
        page = text_of(await head.get(f"{PATH}/phan-cong"))
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as other:
        assert "Lý Thị Cúc" not in (await other.get(f"{PATH}/phan-cong")).text
        assert (await other.get(f"{PATH}/phan-cong/{own.id}")).status_code == 404
    ended = next(one for one in await every(site, SupervisionDuty) if one.id == own.id)
    assert (ended.until, "Lý Thị Cúc Trường THCS Hoa Mai" in page) == (make.TODAY, True)


async def test_the_checklist_that_is_shipped_is_offered_and_entered_once(site: Site) -> None:
    points = tomllib.loads(CHECKLIST.read_text())["check"]
    for _ in range(2):
        async with site.database.transaction() as session:
            await supervision.enter_checklist(session, make.AGENCY, points=points, by=make.CLERK)
    assert len(await every(site, ChecklistPoint)) == len(points)
    assert all(one["source"].startswith("Kế hoạch") for one in points)
    async with site.signed_in("supervisor") as person:
        page = text_of(await person.get(f"{PATH}/moi", params={"don-vi": str(make.SCHOOL)}))
    assert all(one["text"] in page for one in points)


def test_a_finding_moves_as_the_table_says_and_no_other_way() -> None:
    allowed = set()
    for state in FindingState:
        for kind in WordKind:
            try:
                check_word(state, kind)
            except FindingMoved:
                continue
            allowed.add((kind, state))
    assert allowed == {(kind, state) for kind, states in FROM.items() for state in states}


def test_reasons_are_words() -> None:
    assert [str(one) for one in reasons(visited=None, late_plans=0, nominated=False)] == [
        "Chưa được kiểm tra lần nào",
        "Năm nay chưa giới thiệu ai",
    ]
    assert reasons(visited=make.TODAY, late_plans=0, nominated=True) == []
