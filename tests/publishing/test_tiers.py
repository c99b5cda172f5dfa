"""Across tiers: a person's word goes up to every holder, and a story above needs it."""

import asyncio

import pytest

from services.publishing import rules
from services.publishing.actions import consents, receipts, stories
from services.publishing.actions.receipts import About
from services.publishing.rules import Purpose
from shared import outbox
from shared.events import (
    ConsentPassedOn,
    StoryPublished,
    Word,
)
from tests.publishing.country import (
    ANSWERS,
    LATER,
    PORTAL,
    PRESS,
    SOCIAL,
    UPPER,
    WORDS,
    Country,
    make_country,
    told,
    withdraw,
)
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db


@pytest.fixture
async def country(databases: Databases) -> Country:
    return await make_country(databases)


async def test_a_parent_hears_the_words_known_at_the_referral_and_every_later_one(country: Country) -> None:
    story, consent = await country.answered(PORTAL, UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.rows("hcm", WORDS) == [("self", "given", ["portal", "upper"], "tan-binh")]
    async with country.database("tan-binh").transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=LATER)
        passed = [one for one in outbox.recorded(session) if isinstance(one, ConsentPassedOn)]
    assert passed == [told(story, consent, "hcm", PORTAL, UPPER, word=Word.WITHDRAWN)]
    await country.carry()
    assert await country.rows("hcm", WORDS) == [("self", "withdrawn", ["portal", "upper"], "tan-binh")]


async def test_who_joins_further_up_hears_what_the_middle_knows(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.rows("moet", WORDS) == []
    await country.refer(story, "hcm", "moet")
    await country.carry()
    assert await country.rows("moet", WORDS) == [("self", "given", ["upper"], "hcm")]
    assert await country.rows("moet", "select story_id, consent_id from words") == [(story.id, consent.id)]


async def waiting(country: Country, agency: str) -> None:
    """Until somebody waits for a lock there."""
    query = "select count(*) from pg_locks where not granted"
    async with asyncio.timeout(20):
        while await country.rows(agency, query) == [(0,)]:  # noqa: ASYNC110  # the database rings no bell for it
            await asyncio.sleep(0.01)


async def test_a_word_said_while_the_case_is_handed_on_reaches_the_new_holder(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    case = About.model_validate(story.model_dump() | {"story_id": story.id})
    async with country.database("tan-binh").transaction() as referring:
        await receipts.note_holder(referring, case, to_agency="hcm", at=make.AT)
        withdrawing = asyncio.create_task(withdraw(country, consent))
        await waiting(country, "tan-binh")
    await withdrawing
    await country.carry()
    assert await country.rows("hcm", WORDS) == [("self", "withdrawn", ["upper"], "tan-binh")]


async def test_a_word_heard_while_the_case_is_handed_on_reaches_the_new_holder(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    await withdraw(country, consent)
    case = About.model_validate(story.model_dump() | {"story_id": story.id})
    async with country.database("hcm").transaction() as referring:
        await receipts.note_holder(referring, case, to_agency="moet", at=make.AT)
        hearing = asyncio.create_task(country.publishing.carry())
        await waiting(country, "hcm")
    await hearing
    await country.refer(story, "hcm", "moet")
    await country.carry()
    assert await country.rows("moet", WORDS) == [("self", "withdrawn", ["upper"], "hcm")]
    assert await country.rows("tan-binh", ANSWERS) == [("hcm", False), ("moet", False)]


async def test_nothing_is_told_before_anybody_answered(country: Country) -> None:
    story = await make.story(country.database("tan-binh"))
    consent = (await make.asked(country.database("tan-binh"), story.id))["self"]
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.rows("hcm", WORDS) == []
    async with country.database("tan-binh").transaction() as session:
        await consents.answer(session, consent_id=consent.id, purposes=[PORTAL], at=make.AT)
        passed = [one for one in outbox.recorded(session) if isinstance(one, ConsentPassedOn)]
    assert passed == [told(story, consent, "hcm", PORTAL)]


async def test_above_an_editor_releases_and_the_word_for_upper_pages_shows(country: Country) -> None:
    story, _ = await country.answered(PORTAL, UPPER, PRESS)
    await make.channel(country.database("hcm"), "press", PRESS)
    await make.channel(country.database("hcm"), "social", SOCIAL)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    story_id, version = await country.honour_above(story, "hcm")
    assert await country.state("hcm") == "draft"
    async with country.database("hcm").transaction() as session:
        with pytest.raises(rules.WrongState):
            await consents.ask(session, story_id=story_id, at=make.AT, by=make.EDITOR)
        with pytest.raises(rules.ChangedMeanwhile):
            await stories.release(session, story_id=story_id, version=version - 1, at=make.AT, by=make.EDITOR)
    said = await country.release("hcm", story_id, version)
    assert [(type(one), one.key) for one in said] == [(StoryPublished, str(story_id))]
    assert await country.state("hcm") == "live"
    query = "select c.code from deliveries d join channels c on c.id = d.channel_id"
    assert await country.rows("hcm", query) == [("press",)]


async def test_our_own_story_is_not_released_but_agreed_to(country: Country) -> None:
    story = await make.story(country.database("tan-binh"))
    async with country.database("tan-binh").transaction() as session:
        with pytest.raises(rules.WrongState):
            await stories.release(session, story_id=story.id, version=story.version, at=make.AT, by=make.EDITOR)


@pytest.mark.parametrize("purposes", [(), (PORTAL,), (PORTAL, PRESS)])
async def test_without_the_word_for_upper_pages_nothing_is_shown_above(
    country: Country, purposes: tuple[Purpose, ...]
) -> None:
    story, _ = await country.answered(*purposes)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.release("hcm", *await country.honour_above(story, "hcm")) == []
    assert await country.state("hcm") == ("consent" if purposes else "refused")


async def test_a_word_that_comes_after_the_release_shows_the_story(country: Country) -> None:
    story = await make.story(country.database("tan-binh"))
    consent = (await make.asked(country.database("tan-binh"), story.id))["self"]
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert await country.release("hcm", *await country.honour_above(story, "hcm")) == []
    await make.answer(country.database("tan-binh"), consent.id, UPPER)
    await country.carry()
    assert (await country.state("hcm"), await country.state("tan-binh")) == ("live", "consent")
