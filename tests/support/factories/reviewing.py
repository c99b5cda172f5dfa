"""The council's rules, cases, votes and honours."""

from datetime import date
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.review import tables as reviewing
from services.review.actions import cases, council, honours
from services.review.rules import Choice
from shared.audit import Actor
from shared.database import Database
from shared.events import Category
from tests.support.factories.ground import AT, CHAIR, CLERK, PACK, SCHOOL, SECRETARY, SIGNER, TODAY

RULES = {
    "seats": 3,
    "quorum": "2/3",
    "threshold": "1/2",
    "sheets": 3,
    "highest_mark": 10,
    "secret_from": 3,
    "shortest_reason": 20,
}
MEMBERS = ("https://id|uy-vien-1", "https://id|uy-vien-2", "https://id|chu-tich")


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
