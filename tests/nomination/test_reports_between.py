"""Reports between agencies: figures by event, received or given back, summed at the next tier."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.nomination.actions import plans, reports, reports_between
from services.nomination.consumers import HANDLERS
from services.nomination.rules.reports import ReportKind, ReportState, Told, counted_once, empty
from services.nomination.tables import Report
from shared.events import Sealed
from tests.support import factories as make
from tests.support import signing
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

WORDS = {"done": "Đã mở lớp bồi dưỡng cho ba tổ.", "lessons": "Nên ghi nhân tố mới ngay từ đầu năm.", "asks": ""}
BELOW = {"units": {"all": 16, "giving": 9}, "categories": {"teacher": {"handed_in": 9, "honoured": 4}}, "agencies": 1}
FIGURES = empty() | BELOW
REASON = "Cần nói thêm về việc nhân rộng ở các trường."
CHILD, PARENT = "tan-binh", "hcm"
OURS = UUID(int=21)


@pytest.fixture
async def tiers(databases: Databases) -> Neighbours:
    federation = signing.federation(*(f"{agency}/nomination/1" for agency in (CHILD, PARENT)))
    made = {agency: await databases.service("nomination", agency=agency) for agency in (CHILD, PARENT)}
    return Neighbours(federation, "nomination", made, HANDLERS)


def sealed() -> Sealed:
    return Sealed(parcel_id=uuid4(), sha256="0" * 64, size=1, recipient="hcm/nomination/1")


async def rows(tiers: Neighbours, agency: str, query: str) -> list[tuple[Any, ...]]:
    async with tiers.databases[agency].reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def send(tiers: Neighbours) -> None:
    """The district's report, sent and brought to the city's door."""
    wanted = reports.Wanted(ReportKind.YEARLY, "Báo cáo năm 2024", date(2024, 1, 1), make.TODAY, to_agency=PARENT)
    about: dict[str, Any] = {"writer": "Lê Thị Ánh", "at": make.AT, "today": make.TODAY, "by": make.CLERK}
    async with tiers.databases[CHILD].transaction() as session:
        await reports.begin(session, plans.Agency(CHILD, "TB"), wanted, id=OURS, **about)
        version = (await reports.lock(session, OURS)).version
        await reports.write(session, report_id=OURS, version=version, words=WORDS, by=make.CLERK)
        await reports.send(session, report_id=OURS, figures=FIGURES, at=make.AT, by=make.CLERK)
        await reports_between.note_parcel(session, report_id=OURS, sealed=sealed())
        await reports_between.note_brought(session, report_id=OURS, at=make.AT)
    await tiers.carry()


async def stands(tiers: Neighbours) -> tuple[list[Any], list[Any]]:
    """State and reason of the report at both agencies."""
    query = "select state, reason from reports"
    return await rows(tiers, CHILD, query), await rows(tiers, PARENT, query)


async def theirs(tiers: Neighbours) -> UUID:
    [(report_id,)] = await rows(tiers, PARENT, "select id from reports")
    assert isinstance(report_id, UUID)
    return report_id


async def awaited(tiers: Neighbours, agency: str) -> list[Any]:
    """For what each report waited, in turn."""
    query = (
        "select convert_from(body, 'UTF8')::jsonb->'steps' from outbox where type like '%ReportAwaits%'"
        " order by position, id"
    )
    return [steps for (steps,) in await rows(tiers, agency, query)]


async def test_a_report_goes_up_comes_back_goes_up_again_and_is_received(tiers: Neighbours) -> None:
    await send(tiers)
    assert await stands(tiers) == ([("sent", "")], [("sent", "")])
    async with tiers.databases[PARENT].transaction() as session:
        about: dict[str, Any] = {"reason": REASON, "at": make.AT, "by": make.CLERK}
        await reports.give_back(session, report_id=await theirs(tiers), sealed=sealed(), **about)
    await tiers.carry()
    async with tiers.databases[CHILD].transaction() as session:
        await reports_between.take_reason(session, report_id=OURS, reason=REASON)
    assert await stands(tiers) == ([("returned", REASON)], [("returned", REASON)])
    await send(tiers)
    late: dict[str, Any] = {"report_id": await theirs(tiers), "title": "Cũ", "words": {"done": "Lời của bản trước."}}
    async with tiers.databases[PARENT].transaction() as session:
        await reports_between.take_words(session, version=3, **late)
        now = late | {"title": "Báo cáo năm 2024", "words": WORDS}
        await reports_between.take_words(session, version=5, **now)
        await reports.receive(session, report_id=await theirs(tiers), at=make.AT, by=make.CLERK)
    await tiers.carry()
    assert await stands(tiers) == ([("received", "")], [("received", "")])
    told = await rows(tiers, PARENT, "select title, words->>'done', version, figures->'categories' from reports")
    assert told == [("Báo cáo năm 2024", WORDS["done"], 5, FIGURES["categories"])]
    assert await awaited(tiers, CHILD) == [[], ["rewrite"], [], []]
    assert await awaited(tiers, PARENT) == [["take"], [], ["take"], []]


async def test_a_door_that_refuses_leaves_the_report_open_and_says_why(tiers: Neighbours) -> None:
    wanted = reports.Wanted(ReportKind.INTERIM, "Sơ kết", date(2024, 1, 1), make.TODAY, to_agency=PARENT)
    about: dict[str, Any] = {"writer": "", "at": make.AT, "today": make.TODAY, "by": make.CLERK}
    async with tiers.databases[CHILD].transaction() as session:
        await reports.begin(session, plans.Agency(CHILD, "TB"), wanted, id=OURS, **about)
        await reports.write(session, report_id=OURS, version=1, words=WORDS, by=make.CLERK)
        await reports.send(session, report_id=OURS, figures=FIGURES, at=make.AT, by=make.CLERK)
    for _ in range(2):
        async with tiers.databases[CHILD].transaction() as session:
            await reports_between.give_up(session, report_id=OURS, reason="the door refuses", at=make.AT)
    assert await stands(tiers) == ([("draft", "the door refuses")], [])
    async with tiers.databases[CHILD].transaction() as session:
        await reports_between.note_brought(session, report_id=OURS, at=make.AT)  # it came through after all
    assert await stands(tiers) == ([("draft", "the door refuses")], [])


async def from_below(site: Site, number: int, agency: str = "phuong-1", **told: Any) -> None:
    """A report of the first nine months, that came from below so many hours after the first."""
    about: dict[str, Any] = {"agency": CHILD, "from_agency": agency, "kind": ReportKind.YEARLY, "title": ""}
    about |= {"from_on": date(2024, 1, 1), "until_on": date(2024, 9, 30), "state": ReportState.SENT, "figures": FIGURES}
    id = UUID(int=30 + number)
    async with site.database.transaction() as session:
        session.add(Report(id=id, their_id=id, at=make.AT + timedelta(hours=number), **about | told))


async def summed(site: Site) -> str:
    """The page of the agency's own report of that time."""
    form = {"unit": "ca-co-quan", "kind": "yearly", "title": "Báo cáo cả năm", "to": "hcm", "once": str(uuid4())}
    form |= {"from_on": "01/01/2024", "until_on": f"{make.TODAY:%d/%m/%Y}"}
    async with site.signed_in("officer") as officer:
        answer = await officer.post("/de-cu/bao-cao/moi", data=form)
        assert answer.status_code == 303, text_of(answer)
        return text_of(await officer.get(answer.headers["location"]))


async def test_the_next_tier_adds_what_it_received(sites: Sites) -> None:
    site: Site = await sites("nomination")
    await make.plan(site.database)
    for number, state in enumerate((ReportState.RECEIVED, ReportState.SENT, ReportState.RETURNED)):
        await from_below(site, number, f"phuong-{number}", state=state)
    shown = await summed(site)
    async with site.signed_in("officer") as officer:
        listed = text_of(await officer.get("/de-cu/bao-cao"))
    assert "Gồm số liệu của 3 cơ quan." in shown, shown
    assert "18 trên 34 đơn vị có hồ sơ." in shown, shown
    assert "Giáo viên 18 8" in shown, shown
    assert "phuong-1" in listed


async def test_of_overlapping_reports_the_later_one_is_added_and_the_page_says_so(sites: Sites) -> None:
    site: Site = await sites("nomination")
    await make.plan(site.database)
    await from_below(site, 0)
    await from_below(site, 1, until_on=date(2024, 6, 30))
    await from_below(site, 2, from_on=date(2024, 7, 1))
    await from_below(site, 3, "phuong-2")
    shown = await summed(site)
    assert "Gồm số liệu của 4 cơ quan." in shown, shown
    left_out = "Không cộng báo cáo 01/01/2024 – 30/09/2024 của phuong-1: một báo cáo nhận sau nói về cùng thời gian."
    assert (shown.count("Không cộng báo cáo"), left_out in shown) == (1, True)


def test_of_reports_about_a_same_day_the_last_one_counts() -> None:
    def told(by: str, first: int, last: int, hour: int) -> Told:
        return Told(by, date(2024, first, 1), date(2024, last, 28), make.AT + timedelta(hours=hour))

    whole, spring, autumn, other = told("a", 1, 12, 0), told("a", 1, 4, 1), told("a", 9, 12, 2), told("b", 1, 12, 0)
    assert counted_once([whole, spring, autumn, other]) == [False, True, True, True]
    assert counted_once([spring, told("a", 1, 12, 3), autumn]) == [False, True, False]
    assert counted_once([]) == []
