"""Plans on their way down: published, amended, withdrawn by one agency; heard and acknowledged by those below."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import documents
from services.nomination.rules import PlanState
from services.nomination.rules.plan_content import plain
from services.nomination.rules.tightening import is_cited
from services.nomination.tables import Acknowledgement, Plan, PlanFromAbove, Round, Target
from services.nomination.tables.plan_content import of_rows, round_told, target_told
from shared import audit, outbox
from shared.audit import Actor
from shared.events import (
    PlanAcknowledged,
    PlanDeadline,
    PlanPublished,
    PlanRef,
    PlanRound,
    PlanTarget,
    PlanWithdrawn,
)

INBOX = Actor("system:inbox", "system")


def published(plan: Plan, rounds: Sequence[Round], targets: Sequence[Target], at: datetime) -> PlanPublished:
    """What the agencies below are told of a plan as it stands."""
    return PlanPublished(
        plan_id=plan.id,
        version=plan.version,
        title=plan.title,
        issuer=plan.issuer,
        period=plan.period,
        number=plan.number,
        issued_on=plan.issued_on,
        starts_on=plan.starts_on,
        ends_on=plan.ends_on,
        subjects=plan.subjects,
        movements=[movement["name"] for movement in plan.movements],
        grounds=[
            PlanRef(
                number=ground["number"],
                issuer=ground["issuer"],
                title=ground["title"],
                issued_on=ground.get("date") or None,
            )
            for ground in plan.grounds
        ],
        rounds=[PlanRound.model_validate(round_told(one)) for one in rounds],
        targets=[PlanTarget.model_validate(target_told(one)) for one in targets],
        deadlines=[
            PlanDeadline.model_validate({**one, "on": one["on"] or None, "each": one["each"] or None})
            for one in plan.deadlines
        ],
        occurred_at=at,
    )


async def tell(session: AsyncSession, plan: Plan, at: datetime) -> None:
    """Tell the agencies below what a plan says now."""
    outbox.record(session, published(plan, *await documents.rows_of(session, plan), at))


async def amend(
    session: AsyncSession, *, plan_id: UUID, seen: int, changes: Mapping[str, Any], at: datetime, by: Actor
) -> Plan:
    """Publish a new version of a plan in which these parts of it (`rules.plan_content`) say something else.

    Raises PlanNotInForce, PlanChanged, DraftPending.
    """
    plan = await lock(session, plan_id)
    rules.check_in_force(plan.state)
    rules.check_version(plan.version, seen)
    if plan.draft is not None:
        raise rules.DraftPending("Đang có bản sửa đổi soạn dở. Hãy ban hành hoặc bỏ bản ấy trước.")
    await documents.keep_version(session, plan, None, None)
    said = of_rows(plan, *await documents.rows_of(session, plan))["plan"]
    documents.fill(plan, said | plain(changes))
    plan.version += 1
    await tell(session, plan, at)
    await documents.keep_version(session, plan, at, by)
    await audit.record(session, by, "plan.amended", plan_id)
    return plan


async def withdraw(session: AsyncSession, *, plan_id: UUID, seen: int, at: datetime, by: Actor) -> Plan:
    """Take a plan out of force; its rounds take nothing more. Raises PlanNotInForce, PlanChanged."""
    plan = await lock(session, plan_id)
    rules.check_in_force(plan.state)
    rules.check_version(plan.version, seen)
    plan.state, plan.version = PlanState.WITHDRAWN, plan.version + 1
    outbox.record(session, PlanWithdrawn(plan_id=plan_id, version=plan.version, occurred_at=at))
    await audit.record(session, by, "plan.withdrawn", plan_id)
    return plan


async def take_plan(session: AsyncSession, *, agency: str, issuer_agency: str, event: PlanPublished) -> None:
    """A plan of an agency above is in force, or a new version of it."""
    told = {
        "version": event.version,
        "state": PlanState.IN_FORCE,
        "number": event.number,
        "content": event.model_dump(mode="json"),
        "heard_at": event.occurred_at,
    }
    row = insert(PlanFromAbove).values(agency=agency, issuer_agency=issuer_agency, plan_id=event.plan_id, **told)
    await session.execute(row.on_conflict_do_update(index_elements=["issuer_agency", "plan_id"], set_=told))
    await audit.record(session, INBOX, "plan.heard", event.plan_id)


async def take_withdrawal(session: AsyncSession, *, issuer_agency: str, event: PlanWithdrawn) -> None:
    """A plan of an agency above is no longer in force."""
    plan = await lock_from_above(session, issuer_agency, event.plan_id)
    plan.state, plan.version, plan.heard_at = PlanState.WITHDRAWN, event.version, event.occurred_at
    await audit.record(session, INBOX, "plan.heard_withdrawn", event.plan_id)


async def acknowledge(
    session: AsyncSession, *, issuer_agency: str, plan_id: UUID, seen: int, at: datetime, by: Actor
) -> PlanFromAbove:
    """Say to the agency above that its plan was read. Raises PlanChanged when a newer version has come since."""
    plan = await lock_from_above(session, issuer_agency, plan_id)
    rules.check_version(plan.version, seen)
    if plan.acknowledged < plan.version:
        plan.acknowledged, plan.acknowledged_at = plan.version, at
        told = PlanAcknowledged(to_agency=issuer_agency, plan_id=plan_id, version=plan.version, occurred_at=at)
        outbox.record(session, told)
        await audit.record(session, by, "plan.acknowledged", plan_id)
    return plan


async def note_acknowledgement(session: AsyncSession, *, agency: str, child: str, event: PlanAcknowledged) -> None:
    """An agency below has read a plan of ours. Raises LookupError when it is none of ours."""
    if await session.get(Plan, event.plan_id) is None:
        raise LookupError(f"{child} acknowledges a plan that is not here: {event.plan_id}")
    told = {"version": event.version, "at": event.occurred_at, "planned": event.planned}
    row = insert(Acknowledgement).values(agency=agency, plan_id=event.plan_id, child=child, **told)
    planned = or_(col(Acknowledgement.planned), row.excluded.planned)
    await session.execute(
        row.on_conflict_do_update(index_elements=["plan_id", "child"], set_=told | {"planned": planned})
    )


async def plans_above(
    session: AsyncSession, agency: str, grounds: Sequence[Mapping[str, Any]]
) -> Sequence[PlanFromAbove]:
    """The plans from above in force that a plan rests on: named as such, or cited by their number."""
    heard = select(PlanFromAbove).where(
        col(PlanFromAbove.agency) == agency, col(PlanFromAbove.state) == PlanState.IN_FORCE
    )
    found = await session.scalars(heard.order_by(col(PlanFromAbove.heard_at)))
    return [one for one in found if is_cited(grounds, str(one.plan_id), one.number)]


def tell_planned(session: AsyncSession, above: PlanFromAbove, at: datetime) -> None:
    """Say to the agency above that there is a plan which rests on its own; that it was read goes without saying."""
    if above.acknowledged < above.version:
        above.acknowledged, above.acknowledged_at = above.version, at
    told = PlanAcknowledged(
        to_agency=above.issuer_agency, plan_id=above.plan_id, version=above.version, planned=True, occurred_at=at
    )
    outbox.record(session, told)


async def lock(session: AsyncSession, plan_id: UUID) -> Plan:
    """The plan as it is now, locked until the transaction ends. Raises NoResultFound."""
    locked = select(Plan).where(col(Plan.id) == plan_id).with_for_update()
    return (await session.execute(locked, execution_options={"populate_existing": True})).scalar_one()


async def lock_from_above(session: AsyncSession, issuer_agency: str, plan_id: UUID) -> PlanFromAbove:
    """A plan from above as it is now, locked. Raises NoResultFound."""
    own = select(PlanFromAbove).where(
        col(PlanFromAbove.issuer_agency) == issuer_agency, col(PlanFromAbove.plan_id) == plan_id
    )
    found = await session.execute(own.with_for_update(), execution_options={"populate_existing": True})
    return found.scalar_one()
