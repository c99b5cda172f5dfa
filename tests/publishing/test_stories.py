"""Stories on real PostgreSQL: consents, honours, and when it is said that a story appears or goes."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.publishing import rules
from services.publishing.actions import consents, stories
from services.publishing.consumers import (
    on_exemplar_honoured,
    on_honour_held,
    on_honour_resumed,
    on_honour_revoked,
    on_story_material_given,
)
from services.publishing.consumers.receivers import take_material
from services.publishing.rules import HonourState, Purpose
from services.publishing.tables import Consent, Story
from shared.database import Database
from shared.events import (
    Category,
    ConsentAnswered,
    ConsentAsked,
    ConsentWithdrawn,
    Event,
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    StoryMaterialGiven,
    StoryPublished,
    StoryRetracted,
)
from shared.parcels import Manifest, Opened
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


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def state(database: Database) -> object:
    ((found,),) = await rows(database, "select state from stories")
    return found


def about(story: Story) -> dict[str, Any]:
    return {
        "story_id": story.id,
        "nomination_id": story.nomination_id,
        "origin_agency": "tan-binh",
        "unit_id": story.unit_id,
        "occurred_at": make.AT,
    }


def shown(story: Story) -> StoryPublished:
    words = {"path": story.path, "sha256": rules.fingerprint(story.title, story.text), "category": story.category}
    return StoryPublished.model_validate(about(story) | words)


def gone(story: Story) -> StoryRetracted:
    return StoryRetracted.model_validate(about(story))


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


def honoured(story: Story | None = None) -> ExemplarHonoured:
    return ExemplarHonoured(
        nomination_id=story.nomination_id if story else uuid7(),
        origin_agency="tan-binh",
        unit_id=make.SCHOOL,
        subject_id=uuid7(),
        case_id=uuid7(),
        code="TB-24-0001",
        honour_id=uuid7(),
        category=Category.TEACHER,
        decision_number="152/QĐ-PGDĐT",
        decision_date=make.TODAY,
        form="Giấy khen",
        level="cấp quận",
        occurred_at=make.AT,
    )


async def test_nothing_is_shown_before_the_honour_itself_was_heard_of(database: Database) -> None:
    story = await make.story(database, honour=False)
    asked = await make.asked(database, story.id)
    await make.answer(database, asked["self"].id, PORTAL)
    assert await state(database) == "consent"
    async with database.transaction() as session:
        await on_exemplar_honoured(session, honoured(story))
        assert said_in(session) == [shown(story)]
    assert await rows(database, "select state, decision->>'number' from stories") == [("live", "152/QĐ-PGDĐT")]


def material(event: ExemplarHonoured) -> StoryMaterialGiven:
    told = event.model_dump(include={"nomination_id", "origin_agency", "unit_id", "subject_id", "code", "honour_id"})
    more = {"category": Category.TEACHER, "material": make.PARCEL, "occurred_at": make.AT}
    return StoryMaterialGiven.model_validate(told | more)


@pytest.mark.parametrize("order", [0, 1])
async def test_honour_and_material_come_in_either_order(database: Database, order: int) -> None:
    event = honoured()
    acts: list[Callable[[Any], Awaitable[None]]] = [
        lambda session: on_exemplar_honoured(session, event),
        lambda session: on_story_material_given(session, material(event)),
    ]
    for act in acts[::-1] if order else acts:
        async with database.transaction() as session:
            await act(session)
            assert said_in(session) == []
    assert await rows(database, "select honour_id, state, code from stories") == [
        (event.honour_id, "awaited", "TB-24-0001")
    ]
    ((story_id,),) = await rows(database, "select id from stories")
    assert await rows(database, "select owner, purpose, about from awaited_parcels") == [
        ("nomination", "material", {"story_id": str(story_id)})
    ]


async def test_material_makes_a_first_draft_once(database: Database) -> None:
    event = honoured()
    async with database.transaction() as session:
        await on_story_material_given(session, material(event))
    ((story_id,),) = await rows(database, "select id from stories")
    fields = {
        "name": "Nguyễn Thị Thảo Nguyên",
        "position": "giáo viên Ngữ văn",
        "unit": "Trường THCS Hoa Mai",
        "born_on": None,
        "points": ["Một.", "Hai."],
        "persons": [{"person_id": str(uuid7()), "relation": "self"}],
    }
    for name in ("Nguyễn Thị Thảo Nguyên", "Người khác"):
        async with database.transaction() as session:
            opened = Opened(Manifest(ids={}, fields=fields | {"name": name}), {})
            await take_material(session, {"story_id": str(story_id)}, opened)
    assert await rows(database, "select state, title, text, unit from stories") == [
        ("draft", "Nguyễn Thị Thảo Nguyên, giáo viên Ngữ văn", "Một.\n\nHai.", "Trường THCS Hoa Mai")
    ]


@pytest.mark.parametrize(
    ("kind", "handler", "expected"),
    [(HonourHeld, on_honour_held, "held"), (HonourRevoked, on_honour_revoked, "revoked")],
)
async def test_what_is_heard_of_an_honour_moves_its_story(
    database: Database, kind: type[Event], handler: Callable[..., Awaitable[None]], expected: str
) -> None:
    story, _ = await make.live(database)
    ((honour_id,),) = await rows(database, "select honour_id from stories")
    told = about(story) | {"subject_id": uuid7(), "case_id": uuid7(), "code": story.code, "honour_id": honour_id}
    async with database.transaction() as session:
        await handler(session, kind.model_validate(told))
        assert said_in(session) == [gone(story)]
    assert await state(database) == expected
    async with database.transaction() as session:
        await on_honour_resumed(session, HonourResumed.model_validate(told))
    assert await state(database) == ("live" if expected == "held" else "revoked")


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
