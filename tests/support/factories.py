"""Things to test with, each made by the actions that make it in life: plans, drafts, cases, stories, accounts.

Names are invented. Everything belongs to the agency `tan-binh` and happens at `AT`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination import queries
from services.nomination import tables as nominating
from services.nomination.actions import claims as claiming
from services.nomination.actions import criteria as packs
from services.nomination.actions import nominations, plans, units
from services.nomination.queries import packing
from services.nomination.rules import Relation
from services.publishing import tables as publishing
from services.publishing.actions import consents, deliveries, receipts, stories
from services.publishing.rules import Purpose
from services.review import tables as reviewing
from services.review.actions import cases, council, honours
from services.review.rules import Choice
from shared.audit import Actor
from shared.clock import FixedClock
from shared.database import Database
from shared.events import Category, Sealed, Word

AT = FixedClock().now()
TODAY = FixedClock().today()
AGENCY = plans.Agency("tan-binh", "TB")
SCHOOL = UUID("01900000-0000-7000-8000-000000000001")
OTHER_SCHOOL = UUID("01900000-0000-7000-8000-000000000002")
NOMINATOR = Actor("https://id|co-hanh", "nominator", SCHOOL)
HEAD = Actor("https://id|hieu-truong", "head", SCHOOL)
SECRETARY = Actor("https://id|thu-ky", "secretary")
CHAIR = Actor("https://id|chu-tich", "chair")
SIGNER = Actor("https://id|nguoi-ky", "signer")
EDITOR = Actor("https://id|bien-tap", "editor")
CLERK = Actor("system:command-line", "administrator")
PARCEL = Sealed(parcel_id=UUID(int=7), sha256="0" * 64, size=1, recipient="tan-binh/review/1")
PACK = "dien-hinh/1"
CRITERIA = {"GV1": Category.TEACHER, "GV4": Category.TEACHER, "HS2": Category.PUPIL, "TT3": Category.COLLECTIVE}
FIRST = {Category.TEACHER: "GV1", Category.PUPIL: "HS2", Category.COLLECTIVE: "TT3"}
RULES = {
    "seats": 3,
    "quorum": "2/3",
    "threshold": "1/2",
    "sheets": 3,
    "highest_mark": 10,
    "secret_from": 3,
    "shortest_reason": 20,
}
NO_KIN = {"related": "no"}
"""What is sent with a dossier's form by whoever is of another family."""
MEMBERS = ("https://id|uy-vien-1", "https://id|uy-vien-2", "https://id|chu-tich")


@dataclass(frozen=True)
class Plan:
    """What a nominator finds: an open round, one that is over, one that is still to come."""

    open: UUID
    over: UUID
    coming: UUID


async def plan(database: Database) -> Plan:
    """Two schools, a plan with three rounds, a criteria pack."""
    rounds = [
        {"name": "đợt này", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20), "confirmed": True},
        {"name": "đợt trước", "opens_on": date(2024, 1, 1), "closes_on": date(2024, 5, 31)},
        {"name": "đợt sau", "opens_on": date(2025, 3, 1)},
    ]
    about: dict[str, Any] = {"code": "kh-1", "title": "Kế hoạch", "issuer": "Phòng GDĐT", "period": "2023-2025"}
    about |= {"grounds": [], "movements": [], "subjects": []}
    criteria = [{"code": code, "category": category, "text": f"Tiêu chí {code}"} for code, category in CRITERIA.items()]
    async with database.transaction() as session:
        for number, (unit_id, name) in enumerate(((SCHOOL, "Trường THCS Hoa Mai"), (OTHER_SCHOOL, "Trường Bình Minh"))):
            await units.open_unit(
                session,
                AGENCY,
                id=unit_id,
                code=f"truong-{number}",
                name=name,
                kind="school",
                since=date(2020, 1, 1),
                at=AT,
                by=CLERK,
            )
        entered = await plans.enter_plan(session, AGENCY, plan=about, rounds=rounds, at=AT, by=CLERK)
        await packs.enter_criteria(session, AGENCY, pack=PACK, criteria=criteria, by=CLERK)
        await session.flush()
        rows = await session.scalars(select(nominating.Round).where(col(nominating.Round.plan_id) == entered.id))
        made = {one.name: one.id for one in rows}
    return Plan(made["đợt này"], made["đợt trước"], made["đợt sau"])


async def draft(
    database: Database,
    round_id: UUID,
    *,
    category: Category = Category.TEACHER,
    unit_id: UUID = SCHOOL,
    claims: Mapping[str, str] | None = None,
    evidence: bool = True,
    contacts: bool = True,
    name: str = "Nguyễn Thị Thảo Nguyên",
) -> nominating.Nomination:
    """A draft; as it is by default, it can be handed in."""
    told = {FIRST[category]: "Dạy học bằng dự án đọc sách."} if claims is None else claims
    by = Actor(NOMINATOR.identity, "nominator", unit_id)
    async with database.transaction() as session:
        made = await nominations.start_nomination(
            session,
            AGENCY,
            unit_id=unit_id,
            round_id=round_id,
            category=category,
            name=name,
            position="giáo viên Ngữ văn",
            rule_set=PACK,
            at=AT,
            today=TODAY,
            by=by,
        )
        for criterion, text in told.items():
            claim = await claiming.write_claim(
                session, nomination_id=made.id, criterion=criterion, text=text, version=0, by=by
            )
            if evidence:
                await claiming.add_evidence(session, claim_id=claim.id, text="Sáng kiến số 12", by=by)
        if contacts:
            child = category is Category.PUPIL
            emails = {Relation.SELF: "nguyen@hoa-mai.example"}
            await nominations.set_contacts(
                session,
                nomination_id=made.id,
                emails=emails | ({Relation.GUARDIAN: "me@gia-dinh.example"} if child else {}),
                guardian="Nguyễn Thu Lan" if child else "",
                born_on=date(2011, 9, 5) if child else None,
                today=TODAY,
                by=by,
            )
    return made


async def hand_in(
    session: AsyncSession, made: nominating.Nomination, *, at: datetime = AT, by: Actor = NOMINATOR
) -> nominating.Nomination:
    """Hand a dossier in as its writer knows it; its parcel is a name only."""
    found = await queries.get_dossier(session, agency=made.agency, code=made.code, units=None)
    assert found is not None
    return await nominations.submit_nomination(
        session,
        nomination_id=made.id,
        version=made.version,
        ready=found.readiness,
        content=packing.content_of(found),
        dossier=PARCEL,
        at=at,
        by=by,
    )


async def submitted(database: Database, round_id: UUID) -> nominating.Nomination:
    """A dossier that was handed in."""
    made = await draft(database, round_id)
    async with database.transaction() as session:
        return await hand_in(session, made)


async def rule_set(database: Database, **changes: Any) -> None:
    """The council's rules: three seats, all as tests need them."""
    async with database.transaction() as session:
        await cases.enter_rule_set(
            session,
            agency="tan-binh",
            code="hoi-dong",
            valid_from=date(2023, 1, 1),
            values=RULES | changes,
            confirmed=True,
            by=CLERK,
        )


async def case(database: Database, *, code: str = "TB-24-0001", dossier: bool = True) -> reviewing.Case:
    """A case with its dossier, ready to be marked. There must be a rule set."""
    claim = {"criterion": "GV1", "criterion_text": "Tiêu chí GV1", "text": "Dạy giỏi.", "evidence": []}
    content = {"subject_name": "Nguyễn Thị Thảo Nguyên", "subject_position": "giáo viên", "claims": [claim]}
    async with database.transaction() as session:
        made = await cases.open_case(
            session,
            agency="tan-binh",
            nomination_id=uuid7(),
            origin_agency="tan-binh",
            unit_id=SCHOOL,
            subject_id=uuid7(),
            code=code,
            category=Category.TEACHER,
            criteria=PACK,
            revision=1,
            at=AT,
            today=TODAY,
        )
        if dossier:
            await cases.take_dossier(session, case_id=made.id, revision=1, content=content, files=[])
    return made


async def voting(database: Database, **changes: Any) -> reviewing.Case:
    """A case whose marks are in and whose ballot is open."""
    await rule_set(database, **changes)
    made = await case(database)
    async with database.transaction() as session:
        for member in MEMBERS:
            by = Actor(member, "member")
            await council.submit_sheet(session, case_id=made.id, member=member, marks={"GV1": 9}, note="", by=by)
        await council.open_ballot(session, case_id=made.id, at=AT, by=SECRETARY)
    return made


async def vote(database: Database, case_id: UUID, *choices: Choice) -> None:
    """Let as many members vote, each in a transaction of their own."""
    for member, choice in zip(MEMBERS, choices, strict=False):
        async with database.transaction() as session:
            await council.cast_vote(session, case_id=case_id, voter=member, choice=choice)


async def honoured(database: Database) -> tuple[reviewing.Case, reviewing.Honour]:
    """A case that went all the way to an honour."""
    made = await voting(database)
    await vote(database, made.id, Choice.AGREE, Choice.AGREE, Choice.DISAGREE)
    async with database.transaction() as session:
        await council.close_ballot(session, case_id=made.id, at=AT, by=SECRETARY)
        await council.complete_review(session, case_id=made.id, at=AT, by=CHAIR)
        honour = await honours.honour(
            session,
            case_id=made.id,
            decision_number="152/QĐ-PGDĐT",
            decision_date=TODAY,
            form="Giấy khen",
            level="cấp quận",
            at=AT,
            today=TODAY,
            by=SIGNER,
        )
    return made, honour


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
