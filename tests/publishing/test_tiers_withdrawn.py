"""Across tiers: a word taken back hides the story everywhere, everybody answers, and only who may tells a word."""

import pytest
from sqlalchemy import text

from services.publishing.actions import receipts
from services.publishing.actions.receipts import About
from services.publishing.rules import Purpose
from services.publishing.tables import Consent, Story
from shared import outbox
from shared.events import (
    WithdrawalAnswered,
    Word,
)
from tests.publishing.country import ANSWERS, LATER, PORTAL, PRESS, UPPER, WORDS, Country, make_country, told, withdraw
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db


@pytest.fixture
async def country(databases: Databases) -> Country:
    return await make_country(databases)


async def shown_everywhere(country: Country, *purposes: Purpose) -> tuple[Story, Consent]:
    """The case went up to the ministry, and every tier shows its story."""
    story, consent = await country.answered(PORTAL, UPPER, *purposes)
    await country.refer(story, "tan-binh", "hcm")
    await country.refer(story, "hcm", "moet")
    await country.carry()
    for agency in ("hcm", "moet"):
        await country.release(agency, *await country.honour_above(story, agency))
    assert [await country.state(agency) for agency in ("tan-binh", "hcm", "moet")] == ["live"] * 3
    return story, consent


def receipt(consent: Consent, word: Word, at: str = "2024-10-15T02:00:00Z") -> dict[str, object]:
    told = {"consent_id": str(consent.id), "person_id": str(consent.person_id), "relation": "self"}
    proof = {"text_version": 2, "text_sha256": "0" * 64, "method": "link", "said_at": at}
    return {**told, **proof, "word": word, "purposes": ["upper"]}


async def test_the_words_in_the_parcel_count_until_newer_ones_are_told(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    given = receipt(consent, Word.GIVEN)
    await country.release("hcm", *await country.honour_above(story, "hcm", consents=[given]))
    assert await country.state("hcm") == "live"
    assert await country.rows("hcm", WORDS) == [("self", "given", ["upper"], "")]
    await country.refer(story, "tan-binh", "hcm")  # what the parcel told is told again, by whom it can be answered
    await country.carry()
    both = [("self", "given", ["upper"], ""), ("self", "given", ["upper"], "tan-binh")]
    assert await country.rows("hcm", WORDS) == both
    await withdraw(country, consent)
    await country.carry()
    assert await country.state("hcm") == "refused"


async def test_a_parcel_packed_before_the_withdrawal_brings_nothing_back(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await withdraw(country, consent)
    await country.carry()
    given = receipt(consent, Word.GIVEN)
    assert await country.release("hcm", *await country.honour_above(story, "hcm", consents=[given])) == []
    assert await country.state("hcm") == "refused"


async def test_a_word_taken_back_hides_the_story_everywhere_and_everybody_answers(country: Country) -> None:
    _, consent = await shown_everywhere(country)
    await withdraw(country, consent)
    async with country.database("tan-binh").reading() as session:
        assert await session.scalar(text("select count(*) from withdrawal_answers")) == 0
    await country.carry()
    assert [await country.state(agency) for agency in ("tan-binh", "hcm", "moet")] == ["refused"] * 3
    assert await country.rows("tan-binh", ANSWERS) == [("hcm", True), ("moet", True)]
    said = "select count(*) from outbox where type like '%StoryRetracted%' and topic like '%.internal'"
    assert [await country.rows(agency, said) for agency in ("tan-binh", "hcm", "moet")] == [[(1,)]] * 3
    assert await country.rows("hcm", "select 1 from withdrawal_answers") == []


async def test_who_never_showed_it_answers_so(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await withdraw(country, consent)
    await country.carry()
    assert await country.rows("tan-binh", ANSWERS) == [("hcm", False)]


async def test_a_holder_hides_and_answers_in_one_transaction(country: Country) -> None:
    story, consent = await country.answered(PORTAL, UPPER)
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    story_id, version = await country.honour_above(story, "hcm")
    await country.release("hcm", story_id, version)
    await withdraw(country, consent)
    await country.carry()
    query = (
        "select distinct position from outbox where type like '%StoryRetracted%' or type like '%WithdrawalAnswered%'"
    )
    assert len(await country.rows("hcm", query)) == 1
    [body] = [row[0] for row in await country.rows("hcm", "select body from outbox where topic like '%to-tan-binh'")]
    answer = WithdrawalAnswered.model_validate_json(body)
    assert (answer.to_agency, answer.by_agency, answer.consent_id, answer.shown) == (
        "tan-binh",
        "hcm",
        consent.id,
        True,
    )


async def test_nobody_tells_us_the_words_of_our_own_people(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    forged = told(story, consent, "tan-binh", UPPER).model_copy(update={"word": Word.WITHDRAWN})
    async with country.database("hcm").transaction() as session:
        outbox.record(session, forged)
    assert await country.publishing.carry() == {"tan-binh": {"parked": 1}}
    assert await country.rows("tan-binh", "select state from consents") == [("given",)]


async def test_words_count_only_from_who_referred_the_case(country: Country) -> None:
    story, consent = await country.answered(PORTAL, PRESS)
    await country.refer(story, "tan-binh", "hcm")
    await country.refer(story, "hcm", "moet")
    await country.carry()
    await country.release("moet", *await country.honour_above(story, "moet"))
    forged = told(story, consent, "moet", UPPER).model_copy(update={"said_at": LATER})
    stranger = await country.databases.service("publishing", agency="hai-phong")
    async with stranger.transaction() as session:
        outbox.record(session, forged)
    country.publishing.databases["hai-phong"] = stranger
    await country.carry()
    assert await country.rows("moet", WORDS) == [
        ("self", "given", ["upper"], "hai-phong"),
        ("self", "given", ["portal", "press"], "hcm"),
    ]
    assert await country.state("moet") == "consent"


async def test_words_that_come_before_the_referral_count_with_it(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await country.release("hcm", *await country.honour_above(story, "hcm"))
    await country.say("tan-binh")
    async with country.database("tan-binh").transaction() as session:
        about = About.model_validate(story.model_dump() | {"story_id": story.id})
        await receipts.note_holder(session, about, to_agency="hcm", at=make.AT)
    await country.carry()
    await withdraw(country, consent)
    await country.carry()
    assert await country.rows("hcm", WORDS) == [("self", "withdrawn", ["upper"], "tan-binh")]
    assert (await country.state("hcm"), await country.rows("tan-binh", ANSWERS)) == ("consent", [])
    await country.refer(story, "tan-binh", "hcm")
    await country.carry()
    assert (await country.state("hcm"), await country.rows("tan-binh", ANSWERS)) == ("refused", [("hcm", False)])


async def test_only_who_has_the_case_from_us_answers(country: Country) -> None:
    story, consent = await country.answered(UPPER)
    await withdraw(country, consent)
    case = {"story_id": story.id, "nomination_id": story.nomination_id, "origin_agency": "tan-binh"}
    said = {"unit_id": story.unit_id, "to_agency": "tan-binh", "by_agency": "hcm", "consent_id": consent.id}
    forged = WithdrawalAnswered.model_validate(case | said | {"shown": False, "done_at": LATER, "occurred_at": LATER})
    async with country.database("hcm").transaction() as session:
        outbox.record(session, forged)
    assert (await country.publishing.carry())["tan-binh"] == {"parked": 1}
    assert await country.rows("tan-binh", ANSWERS) == []
