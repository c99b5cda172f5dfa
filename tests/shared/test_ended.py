"""Sessions that ended are forgotten in every service once none of their tokens counts any more."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from shared.events import SERVICES
from shared.identity import ended
from tests.support import factories as make
from tests.support.site import Site, Sites, working

pytestmark = pytest.mark.db


async def known(site: Site) -> list[str]:
    async with site.database.reading() as session:
        return list(await session.scalars(text("select id from ended_sessions order by id")))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_session_that_ended_is_known_for_a_day(sites: Sites, service: str) -> None:
    site = await sites(service)
    times: dict[str, datetime] = {"young": make.AT - ended.KEPT, "old": make.AT - ended.KEPT - timedelta(seconds=1)}
    async with site.database.transaction() as session:
        for name, at in times.items():
            await ended.end(session, name, at)
    async with working(site), asyncio.timeout(30):
        while len(await known(site)) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert await known(site) == ["young"]
