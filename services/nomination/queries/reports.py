"""Reports as a list and one by one, and those that plans ask for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import PlanState
from services.nomination.rules.plan_content import Duty, day_of, due, year_of
from services.nomination.rules.reports import ReportKind, ReportState, Told, counted_once
from services.nomination.tables import Plan, PlanFromAbove, Report, Unit
from shared.listing import Asked, Filter, Order, Rows, chosen, page_of, state_filter

KIND_FILTER = Filter(
    "ky", "Kỳ", ((ReportKind.YEARLY.value, "Báo cáo năm"), (ReportKind.INTERIM.value, "Báo cáo sơ kết"))
)
FILTERS = (state_filter("report", ReportState), KIND_FILTER)
ORDERS = {
    "moi": Order(col(Report.at), True, "Mới nhất trước"),
    "cu": Order(col(Report.at), False, "Cũ nhất trước"),
    "ky": Order(col(Report.until_on), True, "Kỳ gần nhất trước"),
    "ky-cu": Order(col(Report.until_on), False, "Kỳ xa nhất trước"),
}


@dataclass(frozen=True)
class Due:
    """A report that a plan asks for this year. `to_agency`: whose plan it is; empty: ours, for our units to report."""

    title: str
    due_on: date | None
    plan: str
    from_on: date
    until_on: date
    to_agency: str = ""

    def late(self, today: date) -> bool:
        """Whether its day has passed."""
        return self.due_on is not None and self.due_on < today


async def page_of_reports(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of reports: rows of (Report, Unit or None). Those without a unit are for who sees all units."""
    query = select(Report, Unit).outerjoin(Unit, col(Unit.id) == col(Report.unit_id))
    query = query.where(col(Report.agency) == agency)
    if units is not None:
        query = query.where(col(Report.unit_id).in_(units))
    query = chosen(query, asked, {"trang-thai": col(Report.state), "ky": col(Report.kind)})
    return await page_of(session, query, asked, ORDERS, col(Report.id))


async def get_report(
    session: AsyncSession, *, agency: str, report_id: UUID, units: Collection[UUID] | None
) -> tuple[Report, Unit | None] | None:
    """One report, with its unit if it is a unit's."""
    query = select(Report, Unit).outerjoin(Unit, col(Unit.id) == col(Report.unit_id))
    query = query.where(col(Report.agency) == agency, col(Report.id) == report_id)
    if units is not None:
        query = query.where(col(Report.unit_id).in_(units))
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_due(session: AsyncSession, *, agency: str, today: date) -> list[Due]:
    """What the plans in force, ours and those from above, ask to be reported this year, what is due first on top."""
    ours = select(Plan).where(col(Plan.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
    above = select(PlanFromAbove).where(
        col(PlanFromAbove.agency) == agency, col(PlanFromAbove.state) == PlanState.IN_FORCE
    )
    found = [
        _due(one, plan.number or plan.code, plan.cycle_begins, today, "")
        for plan in await session.scalars(ours)
        for one in plan.deadlines
        if one["duty"] == Duty.REPORT
    ]
    found += [
        _due(one, plan.number or "", plan.content.get("cycle_begins") or "", today, plan.issuer_agency)
        for plan in await session.scalars(above)
        for one in plan.content.get("deadlines", [])
        if one.get("duty") == Duty.REPORT
    ]
    return sorted(found, key=lambda one: (one.due_on is None, one.due_on or today, one.title))


def _due(deadline: dict[str, Any], plan: str, cycle_begins: str, today: date, to_agency: str) -> Due:
    days = {"each": deadline.get("each") or "", "on": deadline.get("on") or ""}
    begins = day_of(cycle_begins or "01-01", year_of(today, cycle_begins or "01-01"))
    return Due(deadline["what"], due(days, today), plan, begins, today, to_agency)


async def list_below(session: AsyncSession, report: Report) -> tuple[list[Report], list[Report]]:
    """The reports of the same kind and within its time that agencies below sent: those that count, and those that tell
    of days which a later one of the same agency tells of too.
    """
    query = (
        select(Report)
        .where(
            col(Report.agency) == report.agency,
            col(Report.from_agency) != "",
            col(Report.kind) == report.kind,
            col(Report.from_on) >= report.from_on,
            col(Report.until_on) <= report.until_on,
            col(Report.state).in_((ReportState.SENT, ReportState.RECEIVED)),
        )
        .order_by(col(Report.from_agency), col(Report.from_on), col(Report.id))
    )
    found = list(await session.scalars(query))
    counted = counted_once([Told(one.from_agency, one.from_on, one.until_on, one.at) for one in found])
    both = list(zip(found, counted, strict=True))
    return [one for one, counts in both if counts], [one for one, counts in both if not counts]
