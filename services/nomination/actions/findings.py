"""What a visit found, until it is settled: raised, answered, asked again, closed. Each action locks the finding."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from services.nomination.rules.supervision import (
    LEADS,
    FindingState,
    WordKind,
    check_due,
    check_fields,
    check_word,
)
from services.nomination.tables import FindingWord, Visit, VisitFinding
from shared import audit, outbox
from shared.audit import Actor
from shared.events import FindingRaised, FindingSettled
from shared.names import lines

NEEDED = {
    WordKind.ANSWER: "Hãy ghi đơn vị đã làm gì.",
    WordKind.AGAIN: "Hãy ghi còn phải làm gì thêm.",
    WordKind.CLOSE: "Hãy ghi vì sao đóng.",
}


async def raise_finding(
    session: AsyncSession,
    *,
    visit_id: UUID,
    text: str,
    to_do: str,
    due_on: date,
    at: datetime,
    by: Actor,
    id: UUID,
) -> None:
    """Write down what a visit found; its unit is told. The same form, known by its `id`, sent twice writes one.

    Raises BadVisit.
    """
    told = {"text": lines(text), "to_do": lines(to_do)}
    visit = await session.get_one(Visit, visit_id, with_for_update=True)
    check_fields(told, needed={"text": "Hãy ghi điều đã thấy."})
    check_due(due_on, visit.held_on)
    if await session.get(VisitFinding, id) is not None:
        return
    finding = VisitFinding(
        id=id,
        agency=visit.agency,
        visit_id=visit_id,
        unit_id=visit.unit_id,
        text=told["text"],
        to_do=told["to_do"],
        due_on=due_on,
        at=at,
    )
    session.add(finding)
    await session.flush()
    outbox.record(session, raised(finding, at))
    await audit.record(session, by, "finding.raised", id)


async def speak(
    session: AsyncSession,
    *,
    finding_id: UUID,
    kind: WordKind,
    text: str,
    at: datetime,
    by: Actor,
    due_on: date | None = None,
) -> None:
    """Answer a finding, ask again until another day, or close it. Raises BadVisit, FindingMoved."""
    finding = await session.get_one(VisitFinding, finding_id, with_for_update=True)
    check_word(finding.state, kind)
    told = {"text": lines(text)}
    check_fields(told, needed={"text": NEEDED[kind]})
    waited = finding.state is FindingState.WAITING
    finding.state = LEADS[kind]
    if due_on is not None:
        finding.due_on = due_on
    session.add(
        FindingWord(id=uuid7(), agency=finding.agency, finding_id=finding_id, kind=kind, text=told["text"], at=at)
    )
    await session.flush()
    if kind is WordKind.AGAIN:
        outbox.record(session, raised(finding, at))
    elif waited:
        outbox.record(session, FindingSettled(**_about(finding), occurred_at=at))
    await audit.record(session, by, f"finding.{kind}", finding_id)


def _about(finding: VisitFinding) -> dict[str, UUID]:
    return {"visit_id": finding.visit_id, "finding_id": finding.id, "unit_id": finding.unit_id}


def raised(finding: VisitFinding, at: datetime) -> FindingRaised:
    """That a finding waits for its unit."""
    return FindingRaised(
        visit_id=finding.visit_id,
        finding_id=finding.id,
        unit_id=finding.unit_id,
        due_on=finding.due_on,
        occurred_at=at,
    )
