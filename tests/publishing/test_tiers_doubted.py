"""Across tiers: an honour that does not count elsewhere hides our story until it counts again."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.publishing import rules
from services.publishing.actions import elsewhere
from services.publishing.tables import Story
from shared.events import (
    HonourStanding,
)
from tests.publishing.country import PORTAL, Country, make_country, passed_on, withdraw
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db


@pytest.fixture
async def country(databases: Databases) -> Country:
    return await make_country(databases)


async def hear(country: Country, story: Story, standing: HonourStanding, **changes: object) -> str:
    if not await country.rows("tan-binh", "select 1 from holders"):
        await country.refer(story, "tan-binh", "hcm")
    await country.say("hcm", passed_on(story, standing, **changes))
    await country.carry()
    return await country.state("tan-binh")


async def test_what_is_told_of_an_honour_counts_only_from_who_has_the_case(country: Country) -> None:
    story, _ = await country.answered(PORTAL)
    await country.say("hcm", passed_on(story, HonourStanding.REVOKED))
    await country.carry()
    assert await country.state("tan-binh") == "live"
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.state("tan-binh") == "doubted"


async def test_an_honour_that_does_not_count_elsewhere_hides_our_story_until_it_counts_again(country: Country) -> None:
    story, _ = await country.answered(PORTAL)
    held, resumed = make.AT + timedelta(minutes=1), make.AT + timedelta(minutes=2)
    assert await hear(country, story, HonourStanding.IN_FORCE) == "live"
    assert await hear(country, story, HonourStanding.HELD, changed_at=held) == "doubted"
    assert await hear(country, story, HonourStanding.IN_FORCE, changed_at=make.AT) == "doubted"  # older: ignored
    assert await hear(country, story, HonourStanding.IN_FORCE, changed_at=resumed) == "live"
    said = (
        "select split_part(type, '.', 4) from outbox where type similar to '%Story(Pub|Ret)%'"
        " and topic like '%.internal' order by id"
    )
    assert await country.rows("tan-binh", said) == [("StoryPublished",), ("StoryRetracted",), ("StoryPublished",)]


async def test_an_editor_shows_it_again_for_the_change_that_was_seen_only(country: Country) -> None:
    story, _ = await country.answered(PORTAL)
    revoked = make.AT + timedelta(minutes=1)
    assert await hear(country, story, HonourStanding.HELD) == "doubted"

    async def show(seen: set[elsewhere.Change]) -> str:
        async with country.database("tan-binh").transaction() as session:
            await elsewhere.show_again(session, story_id=story.id, seen=seen, at=make.AT, by=make.EDITOR)
        return await country.state("tan-binh")

    assert await show({(UUID(int=5), make.AT)}) == "live"
    with pytest.raises(rules.WrongState):
        await show({(UUID(int=5), make.AT)})
    assert await hear(country, story, HonourStanding.REVOKED, changed_at=revoked) == "doubted"
    with pytest.raises(rules.ChangedMeanwhile):
        await show({(UUID(int=5), make.AT)})
    assert await show({(UUID(int=5), revoked)}) == "live"
    audited = await country.rows("tan-binh", "select role, object from audit where verb = 'story.shown_again'")
    assert audited == [("editor", str(story.id))] * 2


async def test_a_doubt_that_comes_first_keeps_a_story_from_appearing(country: Country) -> None:
    story = await make.story(country.database("tan-binh"))
    assert await hear(country, story, HonourStanding.REVOKED) == "draft"
    consent = (await make.asked(country.database("tan-binh"), story.id))["self"]
    await make.answer(country.database("tan-binh"), consent.id, PORTAL)
    assert await country.state("tan-binh") == "doubted"
    said = "select 1 from outbox where type like '%StoryPublished%' or type like '%StoryRetracted%'"
    assert await country.rows("tan-binh", said) == []


async def test_what_comes_back_is_told_as_retracted_and_published(country: Country) -> None:
    story, consent = await country.answered(PORTAL)
    await hear(country, story, HonourStanding.HELD)
    await withdraw(country, consent)
    assert await country.state("tan-binh") == "refused"
    said = "select count(*) from outbox where type like '%StoryRetracted%' and topic like '%.internal'"
    assert await country.rows("tan-binh", said) == [(1,)]
