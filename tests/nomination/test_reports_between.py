"""Reports between agencies: figures by event, received or given back, summed at the next tier."""

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.nomination.actions import plans, reports, reports_between
from services.nomination.consumers import HANDLERS
from services.nomination.rules.reports import ReportKind, empty
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


async def test_the_next_tier_adds_what_it_received(sites: Sites) -> None:
    site: Site = await sites("nomination")
    await make.plan(site.database)
    below = "insert into reports (agency, id, from_agency, their_id, to_agency, kind, title, from_on, until_on, state,"
    below += (
        " version, words, figures, reason, writer, at) values ('tan-binh', :id, 'phuong-1', :id, '', 'yearly', :title,"
    )
    below += " '2024-01-01', '2024-09-30', :state, 1, '{}', cast(:figures as jsonb), '', '', now())"
    async with site.database.transaction() as session:
        for number, state in enumerate(("received", "sent", "returned")):
            told = {"id": UUID(int=30 + number), "title": "", "state": state, "figures": json.dumps(FIGURES)}
            await session.execute(text(below), told)
    form = {"unit": "ca-co-quan", "kind": "yearly", "title": "Báo cáo cả năm", "to": "hcm", "once": str(uuid4())}
    form |= {"from_on": "01/01/2024", "until_on": f"{make.TODAY:%d/%m/%Y}"}
    async with site.signed_in("officer") as officer:
        answer = await officer.post("/de-cu/bao-cao/moi", data=form)
        assert answer.status_code == 303, text_of(answer)
        shown = text_of(await officer.get(answer.headers["location"]))
        listed = text_of(await officer.get("/de-cu/bao-cao"))
    assert "Gồm số liệu của 3 cơ quan." in shown, shown
    assert "18 trên 34 đơn vị có hồ sơ." in shown, shown
    assert "Giáo viên 18 8" in shown, shown
    assert "phuong-1" in listed
