"""What an honour sets free is handed on, and what is heard stands on the timeline."""

from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.nomination.actions import handing_on
from services.nomination.consumers import HANDLERS
from services.nomination.queries import packing
from services.nomination.tables import Nomination
from shared import outbox
from shared.database import Database
from shared.events import (
    CaseOpened,
    CaseReturned,
    Category,
    ContactsGiven,
    Event,
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    Outcome,
    ReviewCompleted,
    StoryMaterialGiven,
    StoryPublished,
    StoryRetracted,
)
from shared.inbox.batch import SPEAKER
from tests.nomination.test_nominations import about, rows
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.factories import Plan

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("nomination")


@pytest.fixture
async def plan(database: Database) -> Plan:
    return await make.plan(database)


async def hand_on(database: Database, made: Nomination, honour_id: UUID) -> list[Event]:
    async with database.transaction() as session:
        await handing_on.hand_on(
            session,
            nomination_id=made.id,
            honour_id=honour_id,
            material=make.PARCEL,
            contacts=make.PARCEL,
            at=make.AT,
        )
        return list(outbox.recorded(session))


async def test_what_an_honour_sets_free_is_handed_on_once_however_often_it_is_tried(
    database: Database, plan: Plan
) -> None:
    made, honour_id = await make.submitted(database, plan.open), uuid7()
    assert await hand_on(database, made, honour_id) == [
        ContactsGiven.model_validate(about(made) | {"contacts": make.PARCEL}),
        StoryMaterialGiven.model_validate(
            about(made) | {"category": Category.TEACHER, "honour_id": honour_id, "material": make.PARCEL}
        ),
    ]
    assert await hand_on(database, made, honour_id) == []


async def test_parcels_hold_what_their_readers_need_and_no_more(database: Database, plan: Plan) -> None:
    made = await make.draft(database, plan.open, category=Category.PUPIL)
    async with database.reading() as session:
        found = await packing.find_for_packing(session, made.id)
    ids = {str(one.relation): str(one.id) for one in found.persons}
    fields = packing.dossier_of(found).manifest.fields
    assert fields["claims"] == [
        {
            "criterion": "HS2",
            "criterion_text": "Tiêu chí HS2",
            "text": "Dạy học bằng dự án đọc sách.",
            "options": [],
            "level": None,
            "rests_on": None,
            "state": "unverified",
            "evidence": [{"kind": "words", "text": "Sáng kiến số 12", "fields": {}, **NO_FILE}],
        }
    ]
    assert "example" not in str(fields)
    assert packing.material_of(found).manifest.fields == {
        "name": "Nguyễn Thị Thảo Nguyên",
        "position": "giáo viên Ngữ văn",
        "unit": "Trường THCS Hoa Mai",
        "born_on": "2011-09-05",
        "points": ["Dạy học bằng dự án đọc sách."],
        "persons": [{"person_id": ids[one], "relation": one} for one in ("self", "guardian")],
    }
    assert [one["email"] for one in packing.contacts_of(found).manifest.fields["persons"]] == [
        "nguyen@hoa-mai.example",
        "me@gia-dinh.example",
    ]


NO_FILE = {"sha256": None, "name": None, "size": None}
REVIEW = {"case_id": UUID(int=3)}
HONOUR = REVIEW | {"honour_id": UUID(int=4)}
DECISION = {"category": Category.TEACHER, "decision_number": "1", "decision_date": make.TODAY, "form": "", "level": ""}
STORY = {"story_id": UUID(int=6)}


@pytest.mark.parametrize(
    ("kind", "more", "step", "state"),
    [
        (CaseOpened, REVIEW, ("case_opened", "review"), "reviewed"),
        (CaseReturned, REVIEW | {"revision": 1, "reasons": make.PARCEL}, ("returned", "unit"), "returned"),
        (ReviewCompleted, REVIEW | {"outcome": Outcome.HONOUR}, ("completed", "review"), "submitted"),
        (ReviewCompleted, REVIEW | {"outcome": Outcome.DECLINE}, ("declined", "done"), "declined"),
        (ExemplarHonoured, HONOUR | DECISION, ("honoured", "publishing"), "honoured"),
        (HonourHeld, HONOUR, ("held", "review"), "submitted"),
        (HonourResumed, HONOUR, ("resumed", "publishing"), "submitted"),
        (HonourRevoked, HONOUR, ("revoked", "done"), "submitted"),
        (StoryPublished, STORY | {"category": Category.TEACHER, "path": "/guong/a", "sha256": "0"}, None, "submitted"),
        (StoryRetracted, STORY, ("retracted", "done"), "submitted"),
    ],
)
async def test_what_is_heard_stands_on_the_timeline(
    database: Database,
    plan: Plan,
    kind: type[Event],
    more: dict[str, Any],
    step: tuple[str, str] | None,
    state: str,
) -> None:
    made = await make.submitted(database, plan.open)
    async with database.transaction() as session:
        session.info[SPEAKER] = "tan-binh"
        await HANDLERS[kind](session, kind.model_validate(about(made) | more))
        assert outbox.recorded(session) == []
    steps = await rows(database, "select what, holder from steps order by id")
    assert steps == [("submitted", "review"), step or ("published", "done")]
    assert await rows(database, "select state from nominations") == [(state,)]
