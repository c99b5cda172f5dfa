"""Reports that plans ask for are called for as their day comes near, and no more once they are sent. None commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.actions.units import alone
from services.nomination.rules import PlanState
from services.nomination.rules.plan_content import Duty, coming, due
from services.nomination.rules.reports import CALLED_AHEAD, ReportState
from services.nomination.tables import DueReport, Plan, PlanFromAbove, Report, Unit
from shared import outbox
from shared.events import ReportDue

MOST = 500
"""How many are called for, or settled, in one transaction."""


@dataclass(frozen=True)
class Asking:
    """A plan in force with the reports that it asks for; `to_agency`: whose it is, empty: ours."""

    plan_id: UUID
    to_agency: str
    deadlines: Sequence[dict[str, Any]]

    def asks(self, what: str, day: date) -> bool:
        """Whether it asks for that report by that day still."""
        return any(one["what"] == what and due(one, day) == day for one in self.deadlines)


async def call(session: AsyncSession, agency: str, *, at: datetime, today: date) -> bool:
    """Call for what is due soon and was neither called for nor sent; whether there may be more."""
    await alone(session, agency)
    for plan in await _asking(session, agency):
        for deadline in plan.deadlines:
            day = coming(deadline, today, CALLED_AHEAD)
            if day is not None and await _call(session, agency, plan, deadline["what"], day, at, today):
                return True
    return False


async def _asking(session: AsyncSession, agency: str) -> list[Asking]:
    """Every plan in force, ours and those from above."""
    ours = select(Plan).where(col(Plan.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
    theirs = PlanFromAbove
    above = select(theirs).where(col(theirs.agency) == agency, col(theirs.state) == PlanState.IN_FORCE)
    found = [(plan.id, "", plan.deadlines) for plan in await session.scalars(ours)]
    found += [
        (one.plan_id, one.issuer_agency, one.content.get("deadlines", [])) for one in await session.scalars(above)
    ]
    usual: dict[str, Any] = {"each": "", "on": "", "confirmed": True}
    return [
        Asking(id, to, [usual | one for one in deadlines if one.get("duty") == Duty.REPORT])
        for id, to, deadlines in found
    ]


async def _call(
    session: AsyncSession, agency: str, plan: Asking, what: str, day: date, at: datetime, today: date
) -> bool:
    """Call for one report: that of the agency, or those of its units. Whether there may be more."""
    mine = DueReport
    known = exists().where(col(mine.plan_id) == plan.plan_id, col(mine.what) == what, col(mine.due_on) == day)
    sent = exists().where(
        col(Report.agency) == agency, col(Report.due_on) == day, col(Report.state) != ReportState.DRAFT
    )
    units: list[UUID | None]
    if plan.to_agency:
        known = known.where(col(mine.agency) == agency, col(mine.unit_id).is_(None))
        sent = sent.where(col(Report.to_agency) == plan.to_agency)
        units = [] if await session.scalar(select(or_(known, sent))) else [None]
    else:
        known = known.where(col(mine.unit_id) == col(Unit.id))
        sent = sent.where(col(Report.unit_id) == col(Unit.id))
        there = select(col(Unit.id)).where(
            col(Unit.agency) == agency,
            col(Unit.valid_from) <= today,
            or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today),
            ~known,
            ~sent,
        )
        units = list(await session.scalars(there.limit(MOST)))
    for unit_id in units:
        about: dict[str, Any] = {"plan_id": plan.plan_id, "unit_id": unit_id, "to_agency": plan.to_agency}
        one = DueReport(agency=agency, what=what, due_on=day, at=at, **about)
        session.add(one)
        _tell(session, one, at)
    await session.flush()
    return len(units) == MOST


async def settle(session: AsyncSession, agency: str, *, at: datetime, today: date) -> bool:
    """Call no more for what was sent, for what its plan asks no more or asked anew, nor at a unit that has ended;
    whether there may be more.
    """
    mine = DueReport
    asking = {one.plan_id: one for one in await _asking(session, agency)}
    still = select(col(mine.plan_id), col(mine.what), col(mine.due_on)).where(
        col(mine.agency) == agency, col(mine.open)
    )
    gone = [
        and_(col(mine.plan_id) == plan_id, col(mine.what) == what, col(mine.due_on) == day)
        for plan_id, what, day in await session.execute(still)
        if plan_id not in asking or not asking[plan_id].asks(what, day)
    ]
    ended = exists().where(col(Unit.id) == col(mine.unit_id), col(Unit.valid_to) <= today)
    query = select(mine).where(col(mine.agency) == agency, col(mine.open), or_(_sent(), _newer(), ended, *gone))
    rows = list(await session.scalars(query.order_by(col(mine.id)).limit(MOST).with_for_update(of=mine)))
    _close(session, rows, at)
    return len(rows) == MOST


def _sent() -> ColumnElement[bool]:
    """A report of that day, or called so and sent since, is on its way or further."""
    mine = DueReport
    whose = or_(
        col(Report.unit_id) == col(mine.unit_id),
        and_(col(mine.unit_id).is_(None), col(Report.to_agency) == col(mine.to_agency)),
    )
    meant = or_(
        col(Report.due_on) == col(mine.due_on),
        and_(col(Report.title) == col(mine.what), col(Report.at) >= col(mine.at)),
    )
    on = col(Report.state) != ReportState.DRAFT
    return exists().where(col(Report.agency) == col(mine.agency), col(Report.from_agency) == "", whose, meant, on)


def _newer() -> ColumnElement[bool]:
    """The same was called for once more since: it comes back each year."""
    mine, later = DueReport, aliased(DueReport)
    return exists().where(
        col(later.plan_id) == col(mine.plan_id),
        col(later.what) == col(mine.what),
        col(later.unit_id).is_not_distinct_from(col(mine.unit_id)),
        col(later.due_on) > col(mine.due_on),
    )


async def note_sent(session: AsyncSession, report: Report, at: datetime) -> None:
    """Call no more for what this report answers."""
    mine = DueReport
    whose = col(mine.unit_id) == report.unit_id
    if report.unit_id is None:
        whose = and_(col(mine.unit_id).is_(None), col(mine.to_agency) == report.to_agency)
    meant = or_(col(mine.due_on) == report.due_on, col(mine.what) == report.title)
    query = select(mine).where(col(mine.agency) == report.agency, col(mine.open), whose, meant)
    _close(session, list(await session.scalars(query.order_by(col(mine.id)).with_for_update())), at)


def _close(session: AsyncSession, rows: Sequence[DueReport], at: datetime) -> None:
    for one in rows:
        one.open = False
        _tell(session, one, at)


def _tell(session: AsyncSession, one: DueReport, at: datetime) -> None:
    about: dict[str, Any] = {"due_id": one.id, "unit_id": one.unit_id, "what": one.what, "due_on": one.due_on}
    outbox.record(session, ReportDue(**about, waits=one.open, occurred_at=at))
