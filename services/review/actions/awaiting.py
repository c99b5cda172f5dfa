"""What a case waits for, told whenever that changes: from it people's task lists are made."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.tables import Case, RuleSetRow, Sheet
from shared import outbox
from shared.events import CaseAwaits, CaseStep
from shared.identity.marks import mark_of


def about(case: Case, at: datetime) -> dict[str, Any]:
    """What every event of a case says."""
    return {
        "nomination_id": case.nomination_id,
        "origin_agency": case.origin_agency,
        "unit_id": case.unit_id,
        "subject_id": case.subject_id,
        "case_id": case.id,
        "code": case.code,
        "occurred_at": at,
    }


async def tell(session: AsyncSession, case: Case) -> None:
    """Say what the case waits for as it is now, and who has done their part of it.

    Of a vote it is never said who has cast one: the order of such events would be that of the papers in the box.
    """
    await session.flush()
    sheets = needed = 0
    done: list[str] = []
    if case.state is rules.State.SCORING:
        wanted = select(col(Sheet.member)).where(col(Sheet.case_id) == case.id, col(Sheet.revision) == case.revision)
        members = list(await session.scalars(wanted))
        values = await session.scalar(
            select(col(RuleSetRow.values)).where(
                col(RuleSetRow.agency) == case.agency, col(RuleSetRow.code) == case.rules
            )
        )
        sheets, needed = len(members), int(values["sheets"]) if values else 0
        done = sorted(mark_of(case.agency, member) for member in members)
    steps = rules.awaited(case.state, frozen=case.frozen, sheets=sheets, needed=needed)
    outbox.record(
        session,
        CaseAwaits(
            **about(case, outbox.clock_of(session).now()), steps=[CaseStep(step) for step in steps], done_by=done
        ),
    )
