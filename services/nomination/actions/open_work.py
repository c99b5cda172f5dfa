"""What is open of a unit's work, and how it goes on at other units; what has ended stays where it was."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.actions import findings, reports
from services.nomination.actions.dossiers import told
from services.nomination.rules import ENDED
from services.nomination.rules.leads import LeadState
from services.nomination.rules.reports import OPEN, ReportState
from services.nomination.rules.supervision import FindingState
from services.nomination.tables import (
    Lead,
    Movement,
    MovementRegistration,
    Nomination,
    Report,
    Step,
    Subject,
    UnitEnd,
    UnitShare,
    VisitFinding,
)
from shared import audit, outbox
from shared.audit import Actor
from shared.events import NominationMoved
from shared.search_words import WORDS

JOBS = Actor("system:jobs", "system")


async def has_open_work(session: AsyncSession, unit_id: UUID, day: date) -> bool:
    """Whether somebody has to go on with something of a unit from that day on."""
    joined = _joined(unit_id, day)
    open_ones = (*_open(unit_id, day).values(), joined)
    return bool(await session.scalar(select(or_(*(exists().where(one) for one in open_ones)))))


def _open(unit_id: UUID, day: date) -> dict[type, ColumnElement[bool]]:
    """By table, what of a unit is open on that day."""
    on = or_(col(Movement.ends_on).is_(None), col(Movement.ends_on) >= day)
    return {
        Nomination: (col(Nomination.unit_id) == unit_id) & col(Nomination.state).not_in(ENDED),
        Lead: (col(Lead.unit_id) == unit_id) & (col(Lead.state) != LeadState.NOMINATED),
        VisitFinding: (col(VisitFinding.unit_id) == unit_id) & (col(VisitFinding.state) != FindingState.CLOSED),
        Report: (col(Report.unit_id) == unit_id) & col(Report.state).in_(OPEN),
        Movement: (col(Movement.unit_id) == unit_id) & col(Movement.ended_on).is_(None) & on,
    }


def _joined(unit_id: UUID, day: date) -> ColumnElement[bool]:
    """Registrations of a unit's people in movements that go on."""
    going_on = select(col(Movement.id)).where(
        col(Movement.ended_on).is_(None), or_(col(Movement.ends_on).is_(None), col(Movement.ends_on) >= day)
    )
    return (col(MovementRegistration.unit_id) == unit_id) & col(MovementRegistration.movement_id).in_(going_on)


async def move_work(
    session: AsyncSession, end: UnitEnd, successor_id: UUID, shares: Mapping[UUID, UUID], at: datetime
) -> None:
    """Let what is open go on at the successor, or where it is shared out; whom no file has yet go with the most."""
    is_open = _open(end.unit_id, end.day)
    await _move_files(session, end.unit_id, successor_id, shares, at)
    leads = select(Lead).where(is_open[Lead])
    for lead in list(await session.scalars(leads.order_by(col(Lead.id)).with_for_update())):
        lead.unit_id = shares.get(lead.id, successor_id)
    found = select(VisitFinding).where(is_open[VisitFinding])
    for finding in list(await session.scalars(found.order_by(col(VisitFinding.id)).with_for_update())):
        finding.unit_id = shares.get(finding.id, successor_id)
        if finding.state is FindingState.WAITING:
            outbox.record(session, findings.raised(finding, at))
    drafts = select(Report).where(is_open[Report])
    for report in list(await session.scalars(drafts.order_by(col(Report.id)).with_for_update())):
        report.unit_id = shares.get(report.id, successor_id)
        if report.state is ReportState.RETURNED:
            await reports.tell_awaits(session, report, at)
    launched = select(Movement).where(is_open[Movement])
    for movement in list(await session.scalars(launched.order_by(col(Movement.id)).with_for_update())):
        movement.unit_id = shares.get(movement.id, successor_id)
    await _move_registrations(session, end, successor_id)


async def hand_on_report(session: AsyncSession, *, report_id: UUID, at: datetime) -> None:
    """Let a report that came back go on where the work of its unit did, which has ended meanwhile."""
    report = await reports.lock(session, report_id)
    if report.unit_id is None or report.state is not ReportState.RETURNED:
        return
    heir = await _heir(session, report.unit_id, report_id)
    if heir != report.unit_id:
        report.unit_id = heir
        await reports.tell_awaits(session, report, at)
        await audit.record(session, JOBS, "report.moved", report_id)


async def _heir(session: AsyncSession, unit_id: UUID, thing_id: UUID) -> UUID:
    """Where that thing of a unit is now; without a successor it stays."""
    end = await session.get(UnitEnd, unit_id)
    if end is None or not end.done or end.successor_id is None:
        return unit_id
    share = await session.get(UnitShare, (unit_id, thing_id))
    return await _heir(session, share.successor_id if share else end.successor_id, thing_id)


async def _move_registrations(session: AsyncSession, end: UnitEnd, successor_id: UUID) -> None:
    """Who takes part does so at the successor; who takes part there already is not counted twice."""
    mine, theirs = MovementRegistration, aliased(MovementRegistration)
    already = exists().where(
        col(theirs.unit_id) == successor_id,
        col(theirs.movement_id) == col(mine.movement_id),
        col(theirs.taker) == col(mine.taker),
        col(theirs.who) == col(mine.who),
    )
    moving = update(mine).where(_joined(end.unit_id, end.day), ~already).values(unit_id=successor_id)
    await session.execute(moving.execution_options(synchronize_session=False))


async def _move_files(
    session: AsyncSession, unit_id: UUID, successor_id: UUID, shares: Mapping[UUID, UUID], at: datetime
) -> None:
    """Files that go on, with their subjects, and whom no file has yet."""
    going_on = select(Nomination).where(col(Nomination.unit_id) == unit_id, col(Nomination.state).not_in(ENDED))
    for one in list(await session.scalars(going_on.order_by(col(Nomination.id)).with_for_update())):
        one.unit_id = shares.get(one.id, successor_id)
        subject = update(Subject).where(col(Subject.id) == one.subject_id)
        await session.execute(subject.values(unit_id=one.unit_id))
        await session.execute(update(WORDS).where(WORDS.c.thing == one.id).values(unit_id=one.unit_id))
        outbox.record(session, NominationMoved(**told(one, at)))
        steps = select(Step).where(col(Step.nomination_id) == one.id).order_by(col(Step.at).desc(), col(Step.id).desc())
        if (last := await session.scalar(steps.limit(1))) is not None:  # a draft has none
            session.add(
                Step(agency=one.agency, nomination_id=one.id, at=max(at, last.at), what="moved", holder=last.holder)
            )
    unused = col(Subject.unit_id) == unit_id, ~exists().where(col(Nomination.subject_id) == col(Subject.id))
    await session.execute(update(Subject).where(*unused).values(unit_id=successor_id))
