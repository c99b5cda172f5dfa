"""The verbs of reviewing. Each locks what it speaks about, records what it says, and never commits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.review.tables import Case, Unit
from shared import audit, outbox
from shared.audit import Actor
from shared.events import CaseOpened, Category

SYSTEM = Actor("system:inbox", "system")


async def open_case(
    session: AsyncSession,
    *,
    agency: str,
    nomination_id: UUID,
    origin_agency: str,
    unit_id: UUID,
    subject_id: UUID,
    code: str,
    category: Category,
    rule_set: str,
    revision: int,
    at: datetime,
) -> Case:
    """Take a nomination in and say so."""
    case = Case(
        agency=agency,
        nomination_id=nomination_id,
        origin_agency=origin_agency,
        unit_id=unit_id,
        subject_id=subject_id,
        code=code,
        category=category,
        rule_set=rule_set,
        revision=revision,
        opened_at=at,
    )
    session.add(case)
    await session.flush()
    outbox.record(
        session,
        CaseOpened(
            nomination_id=nomination_id,
            origin_agency=origin_agency,
            unit_id=unit_id,
            subject_id=subject_id,
            case_id=case.id,
            occurred_at=at,
        ),
    )
    await audit.record(session, SYSTEM, "case.opened", case.id)
    return case


async def note_unit(
    session: AsyncSession, *, agency: str, unit_id: UUID, name: str, kind: str, valid_from: date
) -> None:
    """Remember a unit's name; a case may have come before it."""
    unit = insert(Unit).values(id=unit_id, agency=agency, name=name, kind=kind, valid_from=valid_from)
    await session.execute(
        unit.on_conflict_do_update(index_elements=["id"], set_={"name": name, "kind": kind, "valid_from": valid_from})
    )
