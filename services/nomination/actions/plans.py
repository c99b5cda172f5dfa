"""What an agency works with: its units, its plans with their rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination.actions import cascade, documents, drafting
from services.nomination.actions.rounds import rounds_of
from services.nomination.actions.targets import target_of
from services.nomination.rules import PlanState
from services.nomination.rules.plan_checks import check_ready
from services.nomination.rules.plan_content import content
from services.nomination.tables import Plan
from shared import audit
from shared.audit import Actor
from shared.clock import local_date


@dataclass(frozen=True)
class Agency:
    """What actions need of the agency that runs this service."""

    id: str
    mark: str


async def enter_plan(
    session: AsyncSession,
    agency: Agency,
    *,
    plan: dict[str, Any],
    rounds: Sequence[dict[str, Any]],
    at: datetime,
    by: Actor,
    targets: Sequence[dict[str, Any]] = (),
) -> Plan:
    """Enter an issued plan with its rounds and targets as its papers say it, and tell the agencies below.

    A plan of that code that was entered before is left as it is. Raises ValueError when what is told contradicts
    itself.
    """
    told = dict(plan)
    code = told.pop("code")
    found = await session.scalar(select(Plan).where(col(Plan.agency) == agency.id, col(Plan.code) == code))
    if found is not None:
        return found
    entered = empty_plan(agency, code=code)
    documents.fill(entered, told)
    session.add(entered)
    await session.flush()
    session.add_all([one for each in rounds for one in rounds_of(entered, each)])
    session.add_all([target_of(entered, one) for one in targets])
    await session.flush()
    await cascade.tell(session, entered, at)
    await documents.keep_version(session, entered, at, by)
    await audit.record(session, by, "plan.entered", entered.id)
    return entered


def empty_plan(agency: Agency, *, code: str, state: PlanState = PlanState.IN_FORCE, id: UUID | None = None) -> Plan:
    """A plan that says nothing yet."""
    return Plan(
        id=id or uuid7(),
        agency=agency.id,
        code=code,
        title="",
        issuer="",
        period="",
        grounds=[],
        movements=[],
        subjects=[],
        state=state,
    )


async def draft_plan(
    session: AsyncSession,
    agency: Agency,
    *,
    plan: dict[str, Any],
    rounds: Sequence[dict[str, Any]],
    targets: Sequence[dict[str, Any]],
    at: datetime,
    by: Actor,
    id: UUID | None = None,
) -> Plan:
    """Begin to write a plan: nothing changes for anybody until it is issued. It may say anything of a plan's data but
    its code, which is given here when it has none; `id` is that of the form, so that one sent twice begins one.

    Raises ValueError for what no plan can say.
    """
    if id is not None:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(id), 0))))
        if (found := await session.get(Plan, id)) is not None:
            return found
    told = dict(plan)
    number = id or uuid7()
    code = told.pop("code", "") or f"kh-{local_date(at):%Y}-{number.hex[-6:]}"
    drafted = empty_plan(agency, code=code, state=PlanState.DRAFT, id=number)
    drafted.draft, drafted.draft_version = content(told, rounds, targets), 1
    documents.fill(drafted, told)
    session.add(drafted)
    await session.flush()
    await audit.record(session, by, "plan.drafted", drafted.id)
    return drafted


async def issue_plan(session: AsyncSession, *, plan_id: UUID, seen: int, at: datetime, by: Actor) -> Plan:
    """Put what is drafted into force, a new plan or the next version of one, and tell the agencies below; those above
    on whose plans it rests hear that there is a plan. `seen`: the version of the draft that the person saw.

    Raises NoDraft, PlanChanged, PlanNotInForce, PlanNotReady.
    """
    plan = await drafting.lock_draft(session, plan_id, seen)
    drafted = plan.draft or {}
    above = await cascade.plans_above(session, plan.agency, drafted["plan"]["grounds"])
    check_ready(await drafting.troubles(session, plan, above))
    if plan.state is PlanState.DRAFT:
        plan.state = PlanState.IN_FORCE
    else:
        await documents.keep_version(session, plan, None, None)
        plan.version += 1
    documents.fill(plan, drafted["plan"])
    await documents.set_rows(session, plan, drafted["rounds"], drafted["targets"])
    plan.draft = None
    await cascade.tell(session, plan, at)
    await documents.keep_version(session, plan, at, by)
    for upper in above:
        cascade.tell_planned(session, upper, at)
    await audit.record(session, by, "plan.issued", plan_id)
    return plan
