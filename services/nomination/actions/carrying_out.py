"""Units say that they have brought a plan to their people."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import cascade
from services.nomination.rules.carrying_out import check_carried_out
from services.nomination.tables import Unit, UnitAcknowledgement
from shared import audit
from shared.audit import Actor
from shared.clock import local_date


async def carry_out(
    session: AsyncSession,
    *,
    plan_id: UUID,
    unit_id: UUID,
    seen: int,
    told_on: date | None,
    people: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """Note that a unit's people have heard of this version of a plan; said again, the later word counts.

    Raises PlanNotInForce, PlanChanged, BadPart; LookupError for a unit of another agency.
    """
    plan = await cascade.lock(session, plan_id)
    rules.check_in_force(plan.state)
    rules.check_version(plan.version, seen)
    check_carried_out(told_on, people, plan.issued_on, local_date(at))
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != plan.agency:
        raise LookupError("not of this agency")
    told = {"version": plan.version, "told_on": told_on, "people": people, "at": at}
    row = insert(UnitAcknowledgement).values(agency=plan.agency, plan_id=plan_id, unit_id=unit_id, **told)
    await session.execute(row.on_conflict_do_update(index_elements=["plan_id", "unit_id"], set_=told))
    await audit.record(session, by, "plan.carried_out", plan_id)
