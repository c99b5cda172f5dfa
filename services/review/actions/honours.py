"""Honours: decided with number and date, held, resumed, revoked. Outside nobody learns why."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions import awaiting, standings
from services.review.actions.awaiting import about
from services.review.actions.cases import lock
from services.review.rules import HonourState, State
from services.review.tables import Case, Honour
from shared import audit, jobs, outbox, search_words
from shared.audit import Actor
from shared.events import ExemplarHonoured, HonourHeld, HonourResumed, HonourRevoked
from shared.names import normal

HAND_ON = "hand_on"
"""Job: give publishing what may be told of an exemplar that came from below."""


async def honour(
    session: AsyncSession,
    *,
    case_id: UUID,
    decision_number: str,
    decision_date: date,
    form: str,
    level: str,
    at: datetime,
    today: date,
    by: Actor,
    once_more: bool = False,
) -> Honour:
    """Honour a decided case by a decision with number and date, and say so.

    `once_more`: the person knows that the subject has an honour here already. Raises WrongState, Frozen, BadInput,
    HonouredBefore.
    """
    case = await lock(session, case_id)
    rules.check_free(case.frozen)
    rules.check_state(case.state, State.DECIDED)
    decision_number, form, level = normal(decision_number), normal(form), normal(level)
    for field, typed in (("number", decision_number), ("form", form), ("level", level)):
        rules.check_length(field, typed)
    if not decision_number:
        raise rules.BadInput("number", "Hãy ghi số quyết định.")
    if not form:
        raise rules.BadInput("form", "Hãy ghi hình thức khen.")
    if decision_date > today:
        raise rules.BadInput("date", "Ngày quyết định không thể sau hôm nay.")
    if not once_more and (codes := await _honoured_before(session, case)):
        raise rules.HonouredBefore(codes)
    made = Honour(
        agency=case.agency,
        case_id=case_id,
        decision_number=decision_number,
        decision_date=decision_date,
        form=form,
        level=level,
    )
    session.add(made)
    await session.flush()
    await search_words.enter(session, case_id, decision_number)
    case.state, case.moved_at, case.version = State.HONOURED, at, case.version + 1
    outbox.record(session, _told(case, made, at))
    await awaiting.tell(session, case)
    await standings.tell_honour(session, case, made, at=at)
    if case.origin_agency != case.agency:
        await jobs.enqueue(session, HAND_ON, {"case_id": str(case.id)}, key=f"{HAND_ON}:{made.id}")
    await audit.record(session, by, "exemplar.honoured", made.id)
    return made


def _told(case: Case, made: Honour, at: datetime) -> ExemplarHonoured:
    return ExemplarHonoured(
        **about(case, at),
        honour_id=made.id,
        category=case.category,
        decision_number=made.decision_number,
        decision_date=made.decision_date,
        form=made.form,
        level=made.level,
    )


async def _honoured_before(session: AsyncSession, case: Case) -> list[str]:
    """Codes of other cases in which the same subject has an honour here that was not revoked."""
    rows = await session.scalars(
        select(col(Case.code))
        .join(Honour, col(Honour.case_id) == col(Case.id))
        .where(
            col(Case.agency) == case.agency,
            col(Case.origin_agency) == case.origin_agency,
            col(Case.subject_id) == case.subject_id,
            col(Case.id) != case.id,
            col(Honour.state) != HonourState.REVOKED,
        )
        .order_by(col(Case.code))
    )
    return list(rows)


async def hold(session: AsyncSession, *, case_id: UUID, ground: str, at: datetime, by: Actor) -> Honour:
    """Stop an honour for the time being; `ground` is a code and stays here. Raises WrongState."""
    return await _move(session, case_id, rules.check_hold, HonourState.HELD, HonourHeld, ground, at, by)


async def resume(session: AsyncSession, *, case_id: UUID, at: datetime, by: Actor) -> Honour:
    """Let a held honour count again. Raises WrongState."""
    return await _move(session, case_id, rules.check_resume, HonourState.IN_FORCE, HonourResumed, None, at, by)


async def revoke(session: AsyncSession, *, case_id: UUID, ground: str, at: datetime, by: Actor) -> Honour:
    """Take an honour back for good; `ground` is a code and stays here. Raises WrongState."""
    return await _move(session, case_id, rules.check_revoke, HonourState.REVOKED, HonourRevoked, ground, at, by)


async def _move(
    session: AsyncSession,
    case_id: UUID,
    check: Callable[[HonourState], None],
    state: HonourState,
    event: type[HonourHeld | HonourResumed | HonourRevoked],
    ground: str | None,
    at: datetime,
    by: Actor,
) -> Honour:
    case = await lock(session, case_id)
    found = await of_case(session, case)
    check(found.state)
    found.state, found.ground, found.version = state, ground, found.version + 1
    outbox.record(
        session,
        event(
            **about(case, at),
            honour_id=found.id,
        ),
    )
    await standings.tell_honour(session, case, found, at=at)
    await audit.record(session, by, f"honour.{state}", found.id)
    return found


async def of_case(session: AsyncSession, case: Case) -> Honour:
    """The honour of a case. Raises WrongState when there is none."""
    found = await session.scalar(select(Honour).where(col(Honour.case_id) == case.id))
    if found is None:
        raise rules.WrongState("Hồ sơ này chưa được khen.")
    return found
