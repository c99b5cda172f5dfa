"""Plans, drafts and dossiers that were handed in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import queries
from services.nomination import tables as nominating
from services.nomination.actions import claims as claiming
from services.nomination.actions import criteria as packs
from services.nomination.actions import nominations, plans, units
from services.nomination.queries import packing
from services.nomination.rules import Relation
from shared.audit import Actor
from shared.database import Database
from shared.events import Category
from tests.support.factories.ground import AGENCY, AT, CLERK, NOMINATOR, OTHER_SCHOOL, PACK, PARCEL, SCHOOL, TODAY

CRITERIA = {"GV1": Category.TEACHER, "GV4": Category.TEACHER, "HS2": Category.PUPIL, "TT3": Category.COLLECTIVE}
FIRST = {Category.TEACHER: "GV1", Category.PUPIL: "HS2", Category.COLLECTIVE: "TT3"}
NO_KIN = {"related": "no"}
"""What is sent with a dossier's form by whoever is of another family."""


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
