"""Plans as an officer writes them in the browser: what is typed, and the way through the steps."""

import re
from datetime import date
from uuid import uuid4

import httpx2
from sqlalchemy import text

from services.nomination.actions import cascade
from shared.events import PlanDeadline, PlanPublished, PlanRound, PlanTarget
from tests.support import factories as make
from tests.support.site import Site

PAPER = {"title": "Kế hoạch nêu gương năm 2024", "number": "12/KH-PGDĐT", "issued_on": "01/09/2024"}
PAPER |= {"issuer": "Phòng Giáo dục và Đào tạo", "signer_post": "Trưởng phòng", "period": "năm 2024"}
PAPER |= {"starts_on": "01/09/2024", "ends_on": "31/08/2025", "cycle_begins": "01/09"}
ROUND = {"name": "Đợt thu", "kind": "window", "opens_on": "01/10/2024", "closes_on": "20/11/2024", "hour": "17:00"}
ROUND |= {"grace": "3", "confirmed": "1"}
TARGET = {"bound": "at_most", "count": "2", "counted": "nominations", "per": "round", "unit_kind": "school"}
TARGET |= {"confirmed": "1"}
REPORT = {"what": "Báo cáo năm", "who": "các trường", "duty": "report", "when": "30/10", "confirmed": "1"}
ABOVE = uuid4()
PUBLISHED = "select count(*) from outbox where type like '%PlanPublished%' and topic like '%internal'"


async def hear(site: Site, version: int = 1, closes_on: date = date(2024, 11, 30)) -> None:
    """The city's plan comes down; its round closes that day."""
    told = PlanPublished(
        plan_id=ABOVE,
        version=version,
        title="Kế hoạch của thành phố",
        issuer="Sở Giáo dục và Đào tạo",
        period="giai đoạn 2023-2025",
        number="5344/KH-UBND",
        subjects=["giáo viên"],
        movements=["Dạy tốt – Học tốt"],
        rounds=[PlanRound(name="Đợt thu", opens_on=date(2024, 9, 1), closes_on=closes_on)],
        targets=[PlanTarget(bound="at_most", number=3, per="round", counted="nominations")],
        deadlines=[PlanDeadline(what="Báo cáo năm", duty="report", each="10-30")],
        occurred_at=make.AT,
    )
    async with site.database.transaction() as session:
        await cascade.take_plan(session, agency="tan-binh", issuer_agency="hcm", event=told)


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    """What a query finds."""
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def fill(by: httpx2.AsyncClient, draft: str, step: str, **values: str) -> httpx2.Response:
    """Send a step's form as the page holds it."""
    page = await by.get(f"{draft}/soan/{step}")
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, page.text
    return await by.post(f"{draft}/soan/{step}", data=values | {"version": found[1]})


async def issue(by: httpx2.AsyncClient, draft: str) -> httpx2.Response:
    """Issue what is drafted, as the page of the check holds it."""
    page = await by.get(f"{draft}/ban-hanh")
    found = re.search(r'name="version" value="(\d+)"', page.text)
    return await by.post(f"{draft}/ban-hanh", data={"version": found[1] if found else "0"})


async def begun(by: httpx2.AsyncClient) -> str:
    """The address of a new plan's draft."""
    answer = await by.post("/de-cu/ke-hoach/moi", data=PAPER | {"once": str(uuid4())})
    assert answer.status_code == 303
    return str(answer.headers["location"]).removesuffix("/soan/can-cu")
