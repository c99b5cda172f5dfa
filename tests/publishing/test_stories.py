"""Stories on real PostgreSQL: consents, honours, and when it is said that a story appears or goes."""

from datetime import date
from typing import Any

import pytest

from services.publishing import rules
from services.publishing.actions import consents, stories
from services.publishing.rules import HonourState, Purpose
from services.publishing.tables import Consent, Story
from shared.database import Database
from shared.events import (
    Category,
    ConsentAnswered,
    ConsentAsked,
    ConsentWithdrawn,
    Event,
)
from tests.publishing.story_facts import about, gone, rows, shown, state
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.saying import said_in

pytestmark = pytest.mark.db

PORTAL, UPPER, PRESS, SOCIAL = Purpose


@pytest.fixture
async def database(databases: Databases) -> Database:
    made = await databases.service("publishing")
    await make.consent_rule(made)
    return made


def of_consent(story: Story, consent: Consent) -> dict[str, Any]:
    return about(story) | {"consent_id": consent.id, "person_id": consent.person_id}


def receipt(story: Story, consent: Consent, *purposes: Purpose) -> ConsentAnswered:
    return ConsentAnswered(
        **of_consent(story, consent),
        given=bool(purposes),
        relation=consent.relation,
        purposes=sorted(purposes),
        text_version=story.version,
        text_sha256=rules.fingerprint(story.title, story.text),
        method="link",
    )


@pytest.mark.parametrize(
    ("category", "born_on", "asked"),
    [
        (Category.TEACHER, None, ["self"]),
        (Category.COLLECTIVE, None, ["self"]),
        (Category.PUPIL, date(2018, 1, 1), ["guardian"]),
        (Category.PUPIL, date(2011, 9, 5), ["guardian", "self"]),
        (Category.PUPIL, date(2006, 10, 15), ["self"]),
        (Category.PUPIL, None, ["guardian", "self"]),
    ],
)
async def test_those_are_asked_whose_word_the_age_needs(
    database: Database, category: Category, born_on: date | None, asked: list[str]
) -> None:
    story = await make.story(database, category=category, born_on=born_on, people=("self", "guardian"))
    async with database.transaction() as session:
        made = await consents.ask(session, story_id=story.id, at=make.AT, by=make.EDITOR)
        assert said_in(session) == [
            ConsentAsked.model_validate(of_consent(story, one) | {"expires_at": one.expires_at}) for one in made
        ]
    assert sorted(one.relation for one in made) == asked
    assert {one.text_version for one in made} == {story.version}
    assert await state(database) == "consent"


@pytest.mark.parametrize("people", [(), ("self",)])
async def test_nobody_to_ask_is_told_and_changes_nothing(database: Database, people: tuple[str, ...]) -> None:
    story = await make.story(database, category=Category.PUPIL, born_on=date(2011, 9, 5), people=people)
    async with database.transaction() as session:
        with pytest.raises(rules.NobodyToAsk):
            await consents.ask(session, story_id=story.id, at=make.AT, by=make.EDITOR)
    assert (await state(database), await rows(database, "select 1 from consents")) == ("draft", [])


async def test_without_a_rule_nobody_can_be_asked(databases: Databases) -> None:
    database = await databases.service("publishing")
    story = await make.story(database)
    async with database.transaction() as session:
        with pytest.raises(rules.NobodyToAsk):
            await consents.ask(session, story_id=story.id, at=make.AT, by=make.EDITOR)


async def test_a_pupil_is_shown_when_both_agreed_to_the_portal(database: Database) -> None:
    people = ("self", "guardian")
    story = await make.story(database, category=Category.PUPIL, born_on=date(2011, 9, 5), people=people)
    asked = await make.asked(database, story.id)
    async with database.transaction() as session:
        await consents.answer(session, consent_id=asked["self"].id, purposes=[PORTAL], at=make.AT)
        assert said_in(session) == [receipt(story, asked["self"], PORTAL)]
    assert await state(database) == "consent"
    async with database.transaction() as session:
        await consents.answer(session, consent_id=asked["guardian"].id, purposes=[PRESS, PORTAL], at=make.AT)
        assert said_in(session) == [receipt(story, asked["guardian"], PRESS, PORTAL), shown(story)]
    assert await state(database) == "live"
    assert await rows(database, "select relation, purposes from consents order by 1") == [
        ("guardian", ["portal", "press"]),
        ("self", ["portal"]),
    ]


async def test_who_agrees_to_the_press_only_is_not_shown_here(database: Database) -> None:
    story = await make.story(database)
    asked = await make.asked(database, story.id)
    await make.answer(database, asked["self"].id, PRESS)
    assert await state(database) == "consent"


async def test_a_no_is_kept_and_an_answer_is_given_once(database: Database) -> None:
    story = await make.story(database)
    asked = await make.asked(database, story.id)
    async with database.transaction() as session:
        await consents.answer(session, consent_id=asked["self"].id, purposes=[], at=make.AT)
        assert said_in(session) == [receipt(story, asked["self"])]
    async with database.transaction() as session:
        with pytest.raises(rules.WrongState):
            await consents.answer(session, consent_id=asked["self"].id, purposes=[PORTAL], at=make.AT)
        with pytest.raises(rules.WrongState):
            await consents.withdraw(session, consent_id=asked["self"].id, at=make.AT)
        assert said_in(session) == []
    assert await state(database) == "refused"


async def move(database: Database, story: Story, to: HonourState) -> list[Event]:
    """The honour moves; what was said of it."""
    async with database.transaction() as session:
        found = await stories.lock(session, story.id)
        assert found.honour_id is not None
        await stories.move_honour(session, honour_id=found.honour_id, state=to, at=make.AT)
        return said_in(session)


async def test_a_story_goes_and_comes_back_with_its_honour_and_each_is_said_once(database: Database) -> None:
    story, _ = await make.live(database)
    steps = [
        (HonourState.HELD, "held", [gone(story)]),
        (HonourState.HELD, "held", []),
        (HonourState.IN_FORCE, "live", [shown(story)]),
        (HonourState.IN_FORCE, "live", []),
        (HonourState.HELD, "held", [gone(story)]),
        (HonourState.REVOKED, "revoked", []),
        (HonourState.IN_FORCE, "revoked", []),
    ]
    for to, expected, said in steps:
        assert await move(database, story, to) == said
        assert await state(database) == expected


async def test_a_word_taken_back_takes_the_story_away_for_good(database: Database) -> None:
    story, consent = await make.live(database)
    async with database.transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=make.AT)
        assert said_in(session) == [
            ConsentWithdrawn.model_validate(of_consent(story, consent)),
            gone(story),
        ]
    assert await move(database, story, HonourState.HELD) == []
    assert await move(database, story, HonourState.IN_FORCE) == []
    assert await state(database) == "refused"


async def test_a_word_taken_back_during_a_hold_keeps_it_away_afterwards(database: Database) -> None:
    story, consent = await make.live(database)
    await move(database, story, HonourState.HELD)
    async with database.transaction() as session:
        await consents.withdraw(session, consent_id=consent.id, at=make.AT)
        assert said_in(session) == [ConsentWithdrawn.model_validate(of_consent(story, consent))]
    assert await move(database, story, HonourState.IN_FORCE) == []
    assert await state(database) == "refused"


async def test_consent_given_during_a_hold_shows_the_story_when_it_ends(database: Database) -> None:
    story = await make.story(database)
    asked = await make.asked(database, story.id)
    assert await move(database, story, HonourState.HELD) == []
    await make.answer(database, asked["self"].id, PORTAL)
    assert await state(database) == "held"
    assert await move(database, story, HonourState.IN_FORCE) == [shown(story)]


async def test_two_editors_of_one_story_do_not_overwrite_each_other(database: Database) -> None:
    story = await make.story(database)
    words = "Câu chuyện dài hơn hai mươi chữ cái."
    async with database.transaction() as session:
        first = await stories.write(
            session, story_id=story.id, title="Tên thứ nhất", text=words, version=story.version, by=make.EDITOR
        )
    async with database.transaction() as session:
        with pytest.raises(rules.ChangedMeanwhile):
            await stories.write(
                session, story_id=story.id, title="Tên khác", text=words, version=story.version, by=make.EDITOR
            )
    assert await rows(database, "select title, version from stories") == [("Tên thứ nhất", first.version)]


async def test_an_address_names_nobody(database: Database) -> None:
    story = await make.story(database)
    kind, mark = story.path.removeprefix("/guong/giao-vien").split("-")
    assert (kind, len(mark)) == ("", 6)
