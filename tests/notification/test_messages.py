"""Messages and links on real PostgreSQL: one per event, person and channel; nothing lost whatever comes first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.notification import consumers, queries
from services.notification.actions import accounts, links, messages
from services.notification.consumers.background import letter
from services.notification.consumers.receivers import take_contacts
from services.notification.rules import subject_of
from shared import outbox
from shared.database import Database
from shared.events import (
    CaseReturned,
    Category,
    ConsentAsked,
    Event,
    ExemplarHonoured,
    MessageFailed,
    NominationSubmitted,
    SessionEnded,
    StoryPublished,
)
from shared.inbox.batch import EVENT_ID, SPEAKER
from shared.parcels import Manifest, Opened
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db

FILE = UUID(int=5)
STORY = {"story_id": UUID(int=6), "nomination_id": FILE, "origin_agency": "tan-binh", "unit_id": make.SCHOOL}
NOMINATION = {
    "nomination_id": FILE,
    "origin_agency": "tan-binh",
    "unit_id": make.SCHOOL,
    "subject_id": UUID(int=8),
    "code": "TB-24-0001",
    "occurred_at": make.AT,
}
SUBMITTED = NominationSubmitted.model_validate(
    NOMINATION
    | {"category": Category.TEACHER, "plan_id": UUID(int=1), "round_id": UUID(int=2), "rule_set": "a", "revision": 1}
)
RETURNED = CaseReturned.model_validate(NOMINATION | {"case_id": UUID(int=3), "revision": 1, "reasons": make.PARCEL})
HONOURED = ExemplarHonoured.model_validate(
    NOMINATION
    | {"case_id": UUID(int=3), "honour_id": UUID(int=4), "category": Category.TEACHER, "decision_number": "1"}
    | {"decision_date": make.TODAY, "form": "Giấy khen", "level": ""}
)
PUBLISHED = StoryPublished.model_validate(
    STORY | {"category": Category.TEACHER, "path": "/guong/a", "sha256": "0", "occurred_at": make.AT}
)
PERSON, CONSENT = uuid4(), uuid4()
ASKED = ConsentAsked.model_validate(
    STORY
    | {"consent_id": CONSENT, "person_id": PERSON, "expires_at": make.AT + timedelta(days=30)}
    | {"occurred_at": make.AT}
)
NOMINATOR, MEMBER, EDITOR = "https://id|hanh", "https://id|ha", "https://id|bien-tap"


@pytest.fixture
async def database(databases: Databases) -> Database:
    made = await databases.service("notification")
    people: list[tuple[str, str, dict[str, Any]]] = [
        (NOMINATOR, "hanh@hoa-mai.example", {"role": "nominator", "unit": str(make.SCHOOL)}),
        ("https://id|viet", "viet@binh-minh.example", {"role": "nominator", "unit": str(make.OTHER_SCHOOL)}),
        (MEMBER, "", {"role": "member", "unit": None}),
        (EDITOR, "bt@tan-binh.example", {"role": "editor", "unit": None}),
    ]
    async with made.transaction() as session:
        for identity, email, role in people:
            await accounts.note_account(
                session, agency="tan-binh", identity=identity, name="", email=email, roles=[role], at=make.AT
            )
    return made


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def hear(database: Database, event: Event, event_id: UUID | None = None) -> UUID:
    """What the inbox does with an event: call its handler, which may ask for the event's id."""
    event_id = event_id or uuid7()
    async with database.transaction() as session:
        session.info[EVENT_ID], session.info[SPEAKER] = event_id, "tan-binh"
        await consumers.HANDLERS[type(event)](session, event)
        assert outbox.recorded(session) == []
    return event_id


async def told(database: Database) -> set[tuple[object, ...]]:
    """Who is told what: by mail in words, in the inbox by a kind that has words."""
    found = await rows(database, "select recipient, channel, subject, notice, code from messages")
    return {
        (who, channel, subject or str(subject_of(str(notice), str(code))))
        for who, channel, subject, notice, code in found
    }


def both(who: str, subject: str, *, mail: bool = True) -> set[tuple[str, str, str]]:
    return {(who, "in_app", subject)} | ({(who, "email", subject)} if mail else set())


async def test_an_event_tells_those_whom_it_concerns_by_each_channel_once(database: Database) -> None:
    event_id = await hear(database, SUBMITTED)
    expected = both(NOMINATOR, "Đã nhận hồ sơ TB-24-0001") | both(
        MEMBER, "Hồ sơ TB-24-0001 vừa được gửi tới", mail=False
    )
    assert await told(database) == expected
    await hear(database, SUBMITTED, event_id)
    assert await rows(database, "select count(*) from messages") == [(3,)]
    assert await rows(database, "select count(*) from pgqueuer where entrypoint = 'mail'") == [(1,)]
    assert await rows(database, "select channel, state from messages order by 1, 2") == [
        ("email", "queued"),
        ("in_app", "sent"),
        ("in_app", "sent"),
    ]


@pytest.mark.parametrize("late", [False, True])
async def test_no_topic_has_to_come_before_another(database: Database, late: bool) -> None:
    events = [SUBMITTED, RETURNED, HONOURED, PUBLISHED]
    for event in events[::-1] if late else events:
        await hear(database, event)
    assert await told(database) == (
        both(NOMINATOR, "Đã nhận hồ sơ TB-24-0001")
        | both(MEMBER, "Hồ sơ TB-24-0001 vừa được gửi tới", mail=False)
        | both(NOMINATOR, "Hồ sơ TB-24-0001 cần bổ sung")
        | both(EDITOR, "Hồ sơ TB-24-0001 chờ viết bài")
        | both(NOMINATOR, "Bài TB-24-0001 đã đăng")
    )
    assert await rows(database, "select * from late_notices") == []


async def give_contacts(database: Database) -> None:
    person = {"person_id": str(PERSON), "relation": "self", "name": "Ai đó", "email": "ai-do@hoa-mai.example"}
    async with database.transaction() as session:
        await take_contacts(session, {}, Opened(Manifest(ids={}, fields={"persons": [person]}), {}))


async def ask(database: Database) -> None:
    await hear(database, ASKED)


async def submit(database: Database) -> None:
    await hear(database, SUBMITTED)


@pytest.mark.parametrize(
    "order", [(submit, give_contacts, ask), (ask, give_contacts, submit), (give_contacts, ask, submit)]
)
async def test_a_link_goes_out_when_request_contact_and_code_are_known(
    database: Database, order: tuple[Callable[[Database], Any], ...]
) -> None:
    for number, act in enumerate(order, 1):
        await act(database)
        jobs = await rows(
            database, "select convert_from(payload, 'UTF8')::jsonb from pgqueuer where entrypoint = 'link'"
        )
        assert jobs == ([({"consent_id": str(CONSENT)},)] if number == 3 else [])
    async with database.transaction() as session:
        found = await queries.get_request(session, CONSENT)
    assert (found.contact.email, found.code) == ("ai-do@hoa-mai.example", "TB-24-0001")


async def test_a_letter_keeps_its_message_id_and_says_where_to_look(database: Database) -> None:
    await hear(database, SUBMITTED)
    ((message_id,),) = await rows(database, "select id from messages where channel = 'email'")
    assert isinstance(message_id, UUID)
    async with database.reading() as session:
        message = await queries.get_message(session, message_id)
    first, again = (letter(message, "https://tan-binh.localhost:8443") for _ in range(2))
    assert first.as_bytes() == again.as_bytes()
    assert {name: first[name] for name in ("To", "Subject", "Message-ID", "Auto-Submitted")} == {
        "To": "hanh@hoa-mai.example",
        "Subject": "Đã nhận hồ sơ TB-24-0001",
        "Message-ID": f"<{message_id}@tan-binh.localhost>",
        "Auto-Submitted": "auto-generated",
    }
    assert first.get_content() == (
        "Hồ sơ TB-24-0001 đã được gửi tới hội đồng.\n\n"
        "Xem: https://tan-binh.localhost:8443/de-cu/ho-so/TB-24-0001/hanh-trinh\n"
    )


async def test_a_letter_that_cannot_be_sent_is_said(database: Database) -> None:
    await hear(database, SUBMITTED)
    ((message_id,),) = await rows(database, "select id from messages where channel = 'email'")
    assert isinstance(message_id, UUID)
    async with database.transaction() as session:
        await messages.note_failed(session, message_id=message_id, at=make.AT)
        assert outbox.recorded(session) == [MessageFailed(message_id=message_id, channel="email", occurred_at=make.AT)]
    assert await rows(database, "select state from messages where channel = 'email'") == [("failed",)]


async def test_a_session_is_ended_and_said_once(database: Database) -> None:
    said: list[Event] = []
    for _ in range(2):
        async with database.transaction() as session:
            await accounts.end_session(session, session_id="abc", at=make.AT)
            said += outbox.recorded(session)
    assert said == [SessionEnded(session_id="abc", occurred_at=make.AT)]


async def test_reading_marks_ones_own_inbox_only(database: Database) -> None:
    await hear(database, SUBMITTED)
    async with database.transaction() as session:
        await messages.mark_read(session, agency="tan-binh", recipient=NOMINATOR, at=make.AT)
    read = "select recipient, read_at is not null from messages where channel = 'in_app' order by 2"
    assert await rows(database, read) == [(MEMBER, False), (NOMINATOR, True)]


async def test_a_person_who_changes_address_gets_the_next_link_there(database: Database) -> None:
    await submit(database)
    await give_contacts(database)
    person = {"person_id": str(PERSON), "relation": "self", "name": "Ai đó", "email": "moi@hoa-mai.example"}
    async with database.transaction() as session:
        await links.take_contacts(session, agency="tan-binh", persons=[person])
    assert await rows(database, "select email from contacts") == [("moi@hoa-mai.example",)]
