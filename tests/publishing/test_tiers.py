"""Across tiers: a person's word goes up to every holder, their answers come down, a story above needs it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from services.publishing import rules
from services.publishing.actions import consents, elsewhere, receipts, stories
from services.publishing.actions.receipts import About
from services.publishing.rules import Purpose
from services.publishing.tables import Consent, Story
from shared import outbox
from shared.events import (
    ConsentPassedOn,
    HonourStanding,
    StoryPublished,
    WithdrawalAnswered,
    Word,
)
from tests.publishing.country import Country, make_country, passed_on
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db

PORTAL, UPPER, PRESS, SOCIAL = Purpose
LATER = make.AT + timedelta(hours=1)
WORDS = "select relation, word, purposes, told_by from words order by relation, told_by"
ANSWERS = "select by_agency, shown from withdrawal_answers order by by_agency"


@pytest.fixture
async def country(databases: Databases) -> Country:
    return await make_country(databases)


def told(story: Story, consent: Consent, to: str, *purposes: Purpose, word: Word = Word.GIVEN) -> ConsentPassedOn:
    return ConsentPassedOn(
        story_id=story.id,
        nomination_id=story.nomination_id,
        origin_agency="tan-binh",
        unit_id=story.unit_id,
        to_agency=to,
        consent_id=consent.id,
        person_id=consent.person_id,
        relation="self",
        word=word,
        purposes=sorted(purposes),
        text_version=consent.text_version,
        text_sha256=rules.fingerprint(story.title, story.text),
        method="link",
        said_at=LATER if word is Word.WITHDRAWN else make.AT,
        occurred_at=LATER if word is Word.WITHDRAWN else make.AT,
    )


async def withdraw(country: Country, consent: Consent) -> None:
    async with country.database("tan-binh").transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=LATER)


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
