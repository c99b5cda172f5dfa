"""Duties and visits as lists and one by one, and the units that might be visited next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import PlanState
from services.nomination.rules.carrying_out import last_due
from services.nomination.rules.plan_content import Duty
from services.nomination.rules.supervision import FindingState, reasons
from services.nomination.tables import (
    ChecklistPoint,
    FindingWord,
    Nomination,
    Plan,
    SupervisionDuty,
    Unit,
    UnitAcknowledgement,
    Visit,
    VisitFile,
    VisitFinding,
)
from shared.listing import Asked, Order, Rows, page_of

MOST_OPEN = 50
"""How many open findings the first page names."""
MOST_SUGGESTED = 20
ORDERS = {
    "moi": Order(col(Visit.held_on), True, "Mới nhất trước"),
    "cu": Order(col(Visit.held_on), False, "Cũ nhất trước"),
}
DUTY_ORDERS = {
    "ten": Order(col(SupervisionDuty.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(SupervisionDuty.sort_key), True, "Tên, từ Y"),
    "moi": Order(col(SupervisionDuty.since), True, "Mới nhất trước"),
    "cu": Order(col(SupervisionDuty.since), False, "Cũ nhất trước"),
}


@dataclass(frozen=True)
class Found:
    """A finding with what was said about it, the oldest first."""

    finding: VisitFinding
    words: Sequence[FindingWord]


@dataclass(frozen=True)
class Seen:
    """A visit with its unit, its findings and its files, in the order in which they were written."""

    visit: Visit
    unit: Unit
    findings: Sequence[Found]
    files: Sequence[VisitFile]


@dataclass(frozen=True)
class Suggested:
    """A unit that might be visited next, why, and when it was visited last."""

    unit: Unit
    reasons: Sequence[str]
    visited: date | None


def _of_units(query: Any, column: Any, units: Collection[UUID] | None) -> Any:
    """Those of these units (None: of all)."""
    return query if units is None else query.where(column.in_(units))


async def page_of_visits(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of visits: rows of (Visit, Unit, how many of its findings are open)."""
    still = select(func.count()).where(
        col(VisitFinding.visit_id) == col(Visit.id), col(VisitFinding.state) != FindingState.CLOSED
    )
    query = (
        select(Visit, Unit, still.correlate(Visit).scalar_subquery())
        .join(Unit, col(Unit.id) == col(Visit.unit_id))
        .where(col(Visit.agency) == agency)
    )
    return await page_of(session, _of_units(query, col(Visit.unit_id), units), asked, ORDERS, col(Visit.id))


async def list_open(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None
) -> Sequence[tuple[VisitFinding, Unit]]:
    """Findings that are not closed, what is due first before the rest."""
    query = (
        select(VisitFinding, Unit)
        .join(Unit, col(Unit.id) == col(VisitFinding.unit_id))
        .where(col(VisitFinding.agency) == agency, col(VisitFinding.state) != FindingState.CLOSED)
    )
    query = _of_units(query, col(VisitFinding.unit_id), units)
    rows = await session.execute(query.order_by(col(VisitFinding.due_on), col(VisitFinding.id)).limit(MOST_OPEN))
    return [(finding, unit) for finding, unit in rows]


async def get_visit(
    session: AsyncSession, *, agency: str, visit_id: UUID, units: Collection[UUID] | None
) -> Seen | None:
    """One visit to one of these units (None: of all)."""
    query = (
        select(Visit, Unit)
        .join(Unit, col(Unit.id) == col(Visit.unit_id))
        .where(col(Visit.agency) == agency, col(Visit.id) == visit_id)
    )
    if units is not None:  # a finding goes on elsewhere when its unit ends, and is read with its visit
        moved = select(col(VisitFinding.visit_id)).where(col(VisitFinding.unit_id).in_(units))
        query = query.where(or_(col(Visit.unit_id).in_(units), col(Visit.id).in_(moved)))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    lines = await session.execute(
        select(VisitFinding, FindingWord)
        .outerjoin(FindingWord, col(FindingWord.finding_id) == col(VisitFinding.id))
        .where(col(VisitFinding.visit_id) == visit_id)
        .order_by(col(VisitFinding.at), col(VisitFinding.id), col(FindingWord.at), col(FindingWord.id))
    )
    found: dict[UUID, tuple[VisitFinding, list[FindingWord]]] = {}
    for finding, word in lines:
        found.setdefault(finding.id, (finding, []))[1].extend([word] if word else [])
    kept = select(VisitFile).where(col(VisitFile.visit_id) == visit_id).order_by(col(VisitFile.id))
    files = list(await session.scalars(kept))
    return Seen(row[0], row[1], [Found(*one) for one in found.values()], files)


async def list_points(session: AsyncSession, *, agency: str, on: date) -> Sequence[str]:
    """What visitors look at on that day."""
    ends = or_(col(ChecklistPoint.valid_to).is_(None), col(ChecklistPoint.valid_to) > on)
    query = select(col(ChecklistPoint.text)).where(
        col(ChecklistPoint.agency) == agency, col(ChecklistPoint.valid_from) <= on, ends
    )
    return list(await session.scalars(query.order_by(col(ChecklistPoint.position), col(ChecklistPoint.id))))


async def page_of_duties(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of duties: rows of (SupervisionDuty, Unit)."""
    query = (
        select(SupervisionDuty, Unit)
        .join(Unit, col(Unit.id) == col(SupervisionDuty.unit_id))
        .where(col(SupervisionDuty.agency) == agency)
    )
    query = _of_units(query, col(SupervisionDuty.unit_id), units)
    return await page_of(session, query, asked, DUTY_ORDERS, col(SupervisionDuty.id))


async def get_duty(
    session: AsyncSession, *, agency: str, duty_id: UUID, units: Collection[UUID] | None
) -> tuple[SupervisionDuty, Unit] | None:
    """One duty over one of these units (None: of all)."""
    query = (
        select(SupervisionDuty, Unit)
        .join(Unit, col(Unit.id) == col(SupervisionDuty.unit_id))
        .where(col(SupervisionDuty.agency) == agency, col(SupervisionDuty.id) == duty_id)
    )
    row = (await session.execute(_of_units(query, col(SupervisionDuty.unit_id), units))).one_or_none()
    return (row[0], row[1]) if row else None


async def list_names(session: AsyncSession, *, agency: str) -> Sequence[str]:
    """Whom duties were given to before, within what one may see."""
    query = select(col(SupervisionDuty.person)).where(col(SupervisionDuty.agency) == agency).distinct()
    return sorted(await session.scalars(query.limit(200)))


async def suggest(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, today: date
) -> Sequence[Suggested]:
    """The units with the most reasons for a visit, those that were not visited for longest before the rest."""
    plans = await session.scalars(select(Plan).where(col(Plan.agency) == agency, col(Plan.state) == PlanState.IN_FORCE))
    late = sum((_is_late(plan, today) for plan in plans), start=literal(0))
    visited = select(func.max(col(Visit.held_on))).where(col(Visit.unit_id) == col(Unit.id))
    nominated = select(literal(True)).where(
        col(Nomination.agency) == agency,
        col(Nomination.unit_id) == col(Unit.id),
        col(Nomination.handed_in_on) >= date(today.year, 1, 1),
    )
    last = visited.correlate(Unit).scalar_subquery()
    gave = nominated.correlate(Unit).exists()
    found = (
        select(Unit, last.label("visited"), late.label("late"), gave.label("nominated"))
        .where(
            col(Unit.agency) == agency,
            col(Unit.valid_from) <= today,
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
        )
        .order_by(
            (case((last.is_(None), 1), else_=0) + case((late > 0, 1), else_=0) + case((gave, 0), else_=1)).desc(),
            last.asc().nulls_first(),
            col(Unit.name),
        )
    )
    rows = await session.execute(_of_units(found, col(Unit.id), units).limit(MOST_SUGGESTED))
    told = [
        Suggested(unit, reasons(visited=last_visit, late_plans=behind, nominated=given), last_visit)
        for unit, last_visit, behind, given in rows
    ]
    return [one for one in told if one.reasons]


def _is_late(plan: Plan, today: date) -> Any:
    """1 for a unit that should have brought the plan to its people, and has not."""
    day = last_due(plan.deadlines, Duty.ACKNOWLEDGE, today, plan.issued_on)
    if day is None:
        return literal(0)
    said = UnitAcknowledgement
    told = select(literal(True)).where(
        col(said.plan_id) == plan.id, col(said.unit_id) == col(Unit.id), col(said.version) >= plan.version
    )
    return case((and_(col(Unit.valid_from) <= day, ~told.correlate(Unit).exists()), 1), else_=0)
