"""Taking a nomination back: what may be, what is said, and what news after it changes."""

import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from services.nomination import rules
from services.nomination.actions import hearing
from services.nomination.actions.withdrawing import withdraw_nomination
from services.nomination.rules import State
from shared import outbox
from shared.events import NominationWithdrawn
from tests.support import factories as make
from tests.support.factories import Plan
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


@pytest.fixture
async def plan(site: Site) -> Plan:
    return await make.plan(site.database)


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


def nominator(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh")


async def test_what_was_handed_in_is_taken_back_once_and_said(site: Site, plan: Plan) -> None:
    made = await make.submitted(site.database, plan.open)
    about: dict[str, Any] = {"nomination_id": made.id, "at": make.AT, "by": make.NOMINATOR}
    async with site.database.transaction() as session:
        with pytest.raises(rules.ChangedMeanwhile):
            await withdraw_nomination(session, version=made.version - 1, **about)
        await withdraw_nomination(session, version=made.version, **about)
        told = {
            "nomination_id": made.id,
            "origin_agency": "tan-binh",
            "unit_id": made.unit_id,
            "subject_id": made.subject_id,
            "code": made.code,
            "occurred_at": make.AT,
        }
        assert outbox.recorded(session) == [NominationWithdrawn.model_validate(told)]
    async with site.database.transaction() as session:
        with pytest.raises(rules.NotWithdrawable):
            await withdraw_nomination(session, version=made.version + 1, **about)
    assert await rows(site, "select state, version from nominations") == [("withdrawn", made.version + 1)]
    assert await rows(site, "select what, holder from steps order by id") == [
        ("submitted", "review"),
        ("withdrawn", "done"),
    ]


@pytest.mark.parametrize(("told", "after"), [(State.REVIEWED, "withdrawn"), (State.HONOURED, "honoured")])
async def test_news_that_crosses_a_withdrawal_changes_nothing_but_an_honour_does(
    site: Site, plan: Plan, told: State, after: str
) -> None:
    made = await make.submitted(site.database, plan.open)
    async with site.database.transaction() as session:
        await withdraw_nomination(session, nomination_id=made.id, version=made.version, at=make.AT, by=make.NOMINATOR)
        await hearing.note_step(
            session, nomination_id=made.id, at=make.AT, what="case_opened", holder="review", state=told
        )
    assert await rows(site, "select state from nominations") == [(after,)]


async def test_a_person_reads_what_it_means_before_pressing(site: Site, plan: Plan) -> None:
    draft = await make.draft(site.database, plan.open)
    made = await make.submitted(site.database, plan.open)
    path = f"/de-cu/ho-so/{made.code}"
    async with nominator(site) as by:
        early = text_of(await by.get(f"/de-cu/ho-so/{draft.code}/rut"))
        assert "Hồ sơ này không ở bước rút được." in early
        assert "Rút hồ sơ" in text_of(await by.get(f"{path}/hanh-trinh"))
        page = await by.get(f"{path}/rut")
        assert "Không hoàn tác được" in text_of(page)
        [version] = re.findall(r'name="version" value="(\d+)"', page.text)
        stale = await by.post(f"{path}/rut", data={"version": "0"})
        assert (stale.status_code, "vừa sang bước khác" in text_of(stale)) == (409, True)
        done = await by.post(f"{path}/rut", data={"version": version})
        assert (done.status_code, done.headers["location"]) == (303, f"{path}/hanh-trinh")
        journey = text_of(await by.get(f"{path}/hanh-trinh"))
        assert ("Ai đang giữ Hồ sơ đã rút" in journey, "Rút hồ sơ" in journey) == (True, False)
    async with site.signed_in("nominator", unit=make.OTHER_SCHOOL) as stranger:
        assert (await stranger.get(f"{path}/rut")).status_code == 404
    async with site.signed_in("officer") as officer:
        assert (await officer.post(f"{path}/rut", data={"version": version})).status_code == 403
