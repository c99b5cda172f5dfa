"""A case on its way between tiers: what each of them does with it, and how it stands there."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text

from services.review.actions import cases, council, honours, offers, referrals
from services.review.consumers import HANDLERS
from services.review.rules import Choice
from services.review.tables import Case
from shared.audit import Actor
from shared.database import Database
from shared.events import NominationWithdrawn, Sealed
from tests.support import factories as make
from tests.support import signing
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours
from tests.support.wire import make as record_of

TIERS = ("moet", "hcm", "tan-binh", "cdgd-hcm", "vneu")
CONTENT: dict[str, Any] = {
    "subject_name": "Nguyễn Thị Thảo Nguyên",
    "subject_position": "giáo viên",
    "unit": "Trường THCS Hoa Mai",
    "claims": [{"criterion": "GV1", "criterion_text": "Tiêu chí GV1", "text": "Dạy giỏi.", "evidence": []}],
}


async def met(databases: Databases) -> Neighbours:
    """Review in each of the tiers, with the council's rules."""
    federation = signing.federation(*(f"{agency}/review/1" for agency in TIERS))
    made = {agency: await databases.service("review", agency=agency) for agency in TIERS}
    for agency, database in made.items():
        async with database.transaction() as session:
            await cases.enter_rule_set(
                session,
                agency=agency,
                code="hoi-dong",
                valid_from=date(2023, 1, 1),
                values=make.RULES,
                confirmed=True,
                by=make.CLERK,
            )
    return Neighbours(federation, "review", made, HANDLERS)


def sealed() -> Sealed:
    return Sealed(parcel_id=uuid4(), sha256="0" * 64, size=1, recipient="hcm/review/1")


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def the_case(tiers: Neighbours, agency: str) -> UUID:
    [(case_id,)] = await rows(tiers.databases[agency], "select id from cases")
    assert isinstance(case_id, UUID)
    return case_id


async def stands(tiers: Neighbours, agency: str) -> tuple[Any, ...]:
    """State of the agency's case, whether it is frozen, and its referrals as (other, side, state)."""
    database = tiers.databases[agency]
    [(state, frozen)] = await rows(database, "select state, frozen from cases")
    return state, frozen, await rows(database, "select other, side, state from referrals order by id")


async def conclude(tiers: Neighbours, agency: str, *choices: Choice) -> None:
    """Marks, the vote, the conclusion."""
    database, case_id = tiers.databases[agency], await the_case(tiers, agency)
    async with database.transaction() as session:
        for member in make.MEMBERS:
            by = Actor(member, "member")
            await council.submit_sheet(session, case_id=case_id, member=member, marks={"GV1": 9}, note="", by=by)
        await council.open_ballot(session, case_id=case_id, at=make.AT, by=make.SECRETARY)
    await make.vote(database, case_id, *(choices or (Choice.AGREE,) * 3))
    async with database.transaction() as session:
        await council.close_ballot(session, case_id=case_id, at=make.AT, by=make.SECRETARY)
        await council.complete_review(session, case_id=case_id, at=make.AT, by=make.CHAIR)


async def honour(tiers: Neighbours, agency: str, number: str = "1/QĐ") -> None:
    async with tiers.databases[agency].transaction() as session:
        await honours.honour(
            session,
            case_id=await the_case(tiers, agency),
            decision_number=number,
            decision_date=make.TODAY,
            form="Giấy khen",
            level="",
            at=make.AT,
            today=make.TODAY,
            by=make.SIGNER,
        )


async def decided(tiers: Neighbours) -> Case:
    """A case of Tân Bình that its council wants to honour."""
    case = await make.case(tiers.databases["tan-binh"])
    await conclude(tiers, "tan-binh")
    return case


async def refer(tiers: Neighbours, agency: str, to: str) -> UUID:
    """Press the button; the parcel has not left yet."""
    async with tiers.databases[agency].transaction() as session:
        case_id = await the_case(tiers, agency)
        row = await referrals.refer(session, case_id=case_id, to_agency=to, parents=[to], at=make.AT, by=make.SECRETARY)
        return row.id


async def arrive(tiers: Neighbours, agency: str, row_id: UUID) -> None:
    """The parent's door has taken the parcel."""
    async with tiers.databases[agency].transaction() as session:
        await referrals.note_parcel(session, row_id=row_id, sealed=sealed())
        await referrals.note_sent(session, row_id=row_id, at=make.AT)


async def take_dossier(tiers: Neighbours, agency: str) -> None:
    """The parcel that was awaited is opened."""
    database = tiers.databases[agency]
    async with database.transaction() as session:
        [case] = (await session.execute(text("select id, revision from cases"))).all()
        await cases.take_dossier(session, case_id=case.id, revision=case.revision, content=CONTENT, files=[])


async def accept(tiers: Neighbours, agency: str) -> None:
    async with tiers.databases[agency].transaction() as session:
        await offers.accept(session, case_id=await the_case(tiers, agency), at=make.AT, by=make.SECRETARY)


async def give_back(tiers: Neighbours, agency: str, *others: str) -> None:
    async with tiers.databases[agency].transaction() as session:
        case_id = await the_case(tiers, agency)
        reasons = {other: sealed() for other in others}
        await offers.give_back(session, case_id=case_id, reasons=reasons, at=make.AT, by=make.SECRETARY)


async def recall(tiers: Neighbours, agency: str, row_id: UUID) -> None:
    async with tiers.databases[agency].transaction() as session:
        await referrals.recall(session, row_id=row_id, at=make.AT, by=make.SECRETARY)


async def offered(tiers: Neighbours) -> UUID:
    """A case of Tân Bình lies at the city, with its dossier, not yet taken over; the lower side's row."""
    await decided(tiers)
    row_id = await refer(tiers, "tan-binh", "hcm")
    await arrive(tiers, "tan-binh", row_id)
    await tiers.carry()
    await take_dossier(tiers, "hcm")
    return row_id


LOWER, UPPER = ("hcm", "lower"), ("tan-binh", "upper")


async def withdraw(tiers: Neighbours) -> None:
    """The unit takes its nomination back."""
    [found] = await rows(tiers.databases["tan-binh"], "select nomination_id, unit_id, subject_id, code from cases")
    names = ("nomination_id", "unit_id", "subject_id", "code")
    about = dict(zip(names, found, strict=True)) | {"origin_agency": "tan-binh", "occurred_at": make.AT}
    event = NominationWithdrawn.model_validate(about)
    assert await tiers.hear("tan-binh", record_of(event, 1, agency="tan-binh")) == {"handled": 1}


async def concluded_and_referred(tiers: Neighbours, agency: str, to: str) -> UUID:
    await conclude(tiers, agency)
    return await refer(tiers, agency, to)
