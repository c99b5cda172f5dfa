"""Stories, what people say of them, and channels."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from uuid_utils.compat import uuid7

from services.publishing import tables as publishing
from services.publishing.actions import consents, deliveries, receipts, stories
from services.publishing.rules import Purpose
from shared.database import Database
from shared.events import Category, Word
from tests.support.factories.ground import AT, CLERK, EDITOR, SCHOOL


async def consent_rule(database: Database) -> None:
    """Under 7 the guardian, from 7 to 17 both, from 18 oneself."""
    bands = [{"below": 7, "who": ["guardian"]}, {"below": 18, "who": ["self", "guardian"]}, {"who": ["self"]}]
    async with database.transaction() as session:
        await consents.enter_rule(
            session,
            agency=database.speaker.agency,
            code="dong-y",
            valid_from=date(2023, 1, 1),
            source="",
            bands=bands,
            by=CLERK,
        )


async def channel(database: Database, code: str, purpose: Purpose) -> None:
    """A channel that is told of stories."""
    async with database.transaction() as session:
        await deliveries.enter_channel(
            session,
            agency=database.speaker.agency,
            code=code,
            name=f"Kênh {code}",
            url="http://127.0.0.1:9/press",
            purpose=purpose,
            secret_file="press.key",
            by=CLERK,
        )


async def story(
    database: Database,
    *,
    category: Category = Category.TEACHER,
    born_on: date | None = None,
    people: Collection[str] = ("self",),
    honour: bool = True,
    code: str = "TB-24-0001",
    origin: str = "tan-binh",
    told: Mapping[str, Any] | None = None,
) -> publishing.Story:
    """A story with its first draft; `people`: the relations of those whose contacts are known.

    `origin`: who nominated. `told`: what the parcel says instead.
    """
    fields: dict[str, Any] = {
        "name": "Nguyễn Thị Thảo Nguyên",
        "position": "giáo viên Ngữ văn",
        "unit": "Trường THCS Hoa Mai",
        "born_on": born_on.isoformat() if born_on else None,
        "points": ["Dạy học bằng dự án đọc sách, cả trường cùng đọc."],
        "persons": [{"person_id": str(uuid4()), "relation": one} for one in people],
        **(told or {}),
    }
    async with database.transaction() as session:
        made = await stories.begin(
            session,
            agency="tan-binh",
            nomination_id=uuid7(),
            origin_agency=origin,
            unit_id=SCHOOL,
            code=code,
            category=category,
            at=AT,
        )
        if honour:
            decision = {"number": "152/QĐ-PGDĐT", "date": "2024-10-15", "form": "Giấy khen", "level": ""}
            await stories.note_honour(session, made, honour_id=uuid7(), decision=decision, at=AT)
        await session.flush()
        await stories.take_material(session, story_id=made.id, fields=fields, at=AT)
    return made


async def heard_word(
    database: Database, story: publishing.Story, word: Word, *purposes: Purpose, at: datetime = AT
) -> None:
    """What another agency tells of the word of whom a story from there is about."""
    person = next(UUID(one["person_id"]) for one in story.persons if one["relation"] == "self")
    told = receipts.Receipt(
        consent_id=UUID(int=3),
        person_id=person,
        relation="self",
        word=word,
        purposes=sorted(purposes),
        text_version=2,
        text_sha256="0" * 64,
        method="link",
        said_at=at,
    )
    about = receipts.About.model_validate(story.model_dump() | {"story_id": UUID(int=4)})
    async with database.transaction() as session:
        await receipts.note_referrer(session, about, from_agency="hai-phong", at=at)
        await receipts.take(session, about, told, told_by="hai-phong", at=at)


async def asked(database: Database, story_id: UUID) -> dict[str, publishing.Consent]:
    """Ask everybody; the consents by relation."""
    async with database.transaction() as session:
        made = await consents.ask(session, story_id=story_id, at=AT, by=EDITOR)
    return {one.relation: one for one in made}


async def answer(database: Database, consent_id: UUID, *purposes: Purpose) -> None:
    """A person's answer; no purpose is a no."""
    async with database.transaction() as session:
        await consents.answer(session, consent_id=consent_id, purposes=purposes, at=AT)


async def live(database: Database, *purposes: Purpose, **more: Any) -> tuple[publishing.Story, publishing.Consent]:
    """A story that is shown, agreed to for the portal and these purposes; `more` as `story` takes it."""
    made = await story(database, **more)
    for consent in (await asked(database, made.id)).values():
        await answer(database, consent.id, Purpose.PORTAL, *purposes)
    return made, consent
