"""Stories on real PostgreSQL: begun by an honour and its material, in either order, and moved by what is heard."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.publishing.consumers import (
    on_exemplar_honoured,
    on_honour_held,
    on_honour_resumed,
    on_honour_revoked,
    on_story_material_given,
)
from services.publishing.consumers.receivers import take_material
from services.publishing.rules import Purpose
from services.publishing.tables import Story
from shared.database import Database
from shared.events import (
    Category,
    Event,
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    StoryMaterialGiven,
)
from shared.parcels import Manifest, Opened
from tests.publishing.story_facts import about, gone, rows, shown, state
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.saying import said_in

pytestmark = pytest.mark.db

PORTAL = Purpose.PORTAL


@pytest.fixture
async def database(databases: Databases) -> Database:
    made = await databases.service("publishing")
    await make.consent_rule(made)
    return made


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
