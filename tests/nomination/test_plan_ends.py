"""A plan that ends in mid-round: what was begun in time is handed in until the round closes, nothing new begins."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.actions import nominations, plans
from services.nomination.queries import rounds as shown
from services.nomination.rules import Refusal, plan_checks
from services.nomination.rules.plan_checks import Known
from services.nomination.rules.plan_content import content
from services.nomination.tables import Nomination
from shared.clock import VIETNAM, FixedClock, local_date
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

ENDS, CLOSES = date(2024, 10, 31), date(2024, 11, 20)
PLAN: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024", "ends_on": ENDS}
ROUND = {"name": "đợt thu", "opens_on": date(2024, 9, 1), "closes_on": CLOSES}
ENDED = (
    "Kế hoạch hết hiệu lực ngày 31/10/2024, nên không bắt đầu hồ sơ mới được nữa. Hồ sơ đã bắt đầu vẫn gửi được đến"
    " khi đợt đóng. Hãy chọn đợt của kế hoạch khác."
)
CLOSED = "Đợt này đã đóng ngày 20/11/2024."


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def ending(site: Site) -> UUID:
    """The round of a plan that ends before it closes."""
    async with site.database.transaction() as session:
        about: dict[str, Any] = {"plan": PLAN, "rounds": [ROUND], "at": make.AT, "by": make.CLERK}
        made = await plans.enter_plan(session, make.AGENCY, **about)
        found = await session.scalar(text("select id from rounds where plan_id = :id"), {"id": made.id})
    assert isinstance(found, UUID)
    return found


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=VIETNAM)


async def begin(site: Site, round_id: UUID, at: datetime) -> str:
    """What comes of beginning a dossier."""
    about: dict[str, Any] = {"unit_id": make.SCHOOL, "round_id": round_id, "category": Category.TEACHER}
    about |= {"name": "Lê Thị Ánh", "position": "", "rule_set": make.PACK, "at": at, "today": local_date(at)}
    try:
        async with site.database.transaction() as session:
            await nominations.start_nomination(session, make.AGENCY, by=make.NOMINATOR, **about)
    except Refusal as refusal:
        return str(refusal)
    return "begun"


async def send(site: Site, draft: Nomination, at: datetime) -> str:
    """What comes of handing one in."""
    try:
        async with site.database.transaction() as session:
            await make.hand_in(session, draft, at=at)
    except Refusal as refusal:
        return str(refusal)
    return "taken"


@pytest.mark.parametrize(
    ("day", "begun", "sent"),
    [
        (ENDS - timedelta(days=1), "begun", "taken"),
        (ENDS, "begun", "taken"),
        (ENDS + timedelta(days=1), ENDED, "taken"),
        (CLOSES, ENDED, "taken"),
        (CLOSES + timedelta(days=1), ENDED, CLOSED),
    ],
)
async def test_what_was_begun_in_time_goes_on_until_its_round_closes(
    site: Site, day: date, begun: str, sent: str
) -> None:
    round_id = await ending(site)
    draft = await make.draft(site.database, round_id)
    assert await begin(site, round_id, noon(day)) == begun
    assert (await send(site, draft, noon(day))).startswith(sent)


async def test_the_last_instant_of_a_plan_is_one_of_its_own(site: Site) -> None:
    round_id = await ending(site)
    midnight = datetime(2024, 11, 1, tzinfo=VIETNAM)
    last = midnight - timedelta(microseconds=1)
    assert [await begin(site, round_id, at) for at in (last, midnight)] == ["begun", ENDED]


@pytest.mark.parametrize(("day", "offered"), [(ENDS, True), (ENDS + timedelta(days=1), False)])
async def test_a_round_is_offered_while_its_plan_lasts(sites: Sites, day: date, offered: bool) -> None:
    site = await sites("nomination", clock=replace(FixedClock(), at=noon(day)))
    await make.plan(site.database)
    round_id = await ending(site)
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        assert ("đợt thu" in text_of(await by.get("/de-cu/ho-so/moi"))) is offered
    async with site.database.reading() as session:
        seen = await shown.get_seen(session, agency="tan-binh", round_id=round_id, at=noon(day))
    assert seen is not None
    assert (seen.takes, seen.begins) == (True, offered)


@pytest.mark.unit
@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_round_that_outlasts_its_plan_is_told_with_what_to_do(days: int) -> None:
    told = {"name": "đợt thu", "opens_on": "2024-09-01", "closes_on": str(ENDS + timedelta(days=days))}
    paper = {"title": "Kế hoạch hai", "issuer": "Sở", "period": "2024", "ends_on": str(ENDS)}
    said = "Đợt «đợt thu» kéo dài quá ngày kế hoạch hết hiệu lực (31/10/2024)."
    advice = "Hãy cho đợt đóng sớm hơn, hoặc lùi ngày hết hiệu lực."
    found = plan_checks.troubles(content(paper, [told], ()), Known({}, {}))
    assert [(one.part, one.text) for one in found] == ([("dot", f"{said} {advice}")] if days > 0 else [])
