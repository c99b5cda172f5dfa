"""What nomination hears, each event translated into one action: plans here, the way of each file in `journey`."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import cascade, reports_between
from services.nomination.consumers.journey import HAND_ON, JOURNEY, REASONS
from shared import door, inbox, outbox, parcels
from shared.events import (
    PlanAcknowledged,
    PlanPublished,
    PlanWithdrawn,
    ReportReceived,
    ReportReturned,
    ReportSent,
    SessionEnded,
)
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers

REPORT, REPORT_REASONS = "report", "report-reasons"
"""What parcels between agencies are for, beside those of `journey`."""


async def on_plan_published(session: AsyncSession, event: PlanPublished) -> None:
    """An agency above has a plan, or a new version of one."""
    speaker = inbox.speaker_of(session)
    await cascade.take_plan(session, agency=outbox.agency_of(session), issuer_agency=speaker, event=event)


async def on_plan_withdrawn(session: AsyncSession, event: PlanWithdrawn) -> None:
    """A plan from above is no longer in force."""
    await cascade.take_withdrawal(session, issuer_agency=inbox.speaker_of(session), event=event)


async def on_plan_acknowledged(session: AsyncSession, event: PlanAcknowledged) -> None:
    """An agency below has read a plan of ours."""
    speaker = inbox.speaker_of(session)
    await cascade.note_acknowledgement(session, agency=outbox.agency_of(session), child=speaker, event=event)


async def on_report_sent(session: AsyncSession, event: ReportSent) -> None:
    """An agency below reports; the parcel with its words lies at our door already."""
    speaker, own = inbox.speaker_of(session), outbox.agency_of(session)
    if speaker == own:
        return
    report = await reports_between.take(session, agency=own, speaker=speaker, event=event, at=event.occurred_at)
    about = {"report_id": str(report.id), "version": event.version}
    owner = door.owner_of(speaker, "nomination")
    await parcels.expect(session, event.words, owner=owner, purpose=REPORT, about=about)


async def on_report_received(session: AsyncSession, event: ReportReceived) -> None:
    """The agency above took our report."""
    speaker = inbox.speaker_of(session)
    if speaker != outbox.agency_of(session):
        await reports_between.hear_received(session, speaker=speaker, event=event)


async def on_report_returned(session: AsyncSession, event: ReportReturned) -> None:
    """The agency above gave our report back; why lies in a parcel that is fetched from there."""
    speaker = inbox.speaker_of(session)
    if speaker == outbox.agency_of(session):
        return
    report = await reports_between.hear_returned(session, speaker=speaker, event=event)
    about = {"report_id": str(report.id)}
    await parcels.expect(
        session, event.reasons, owner=event.said_by, purpose=REPORT_REASONS, about=about, lies_at=speaker
    )


HANDLERS: Handlers = {
    PlanPublished: on_plan_published,
    PlanWithdrawn: on_plan_withdrawn,
    PlanAcknowledged: on_plan_acknowledged,
    ReportSent: on_report_sent,
    ReportReceived: on_report_received,
    ReportReturned: on_report_returned,
    **JOURNEY,
    SessionEnded: on_session_ended,
}

__all__ = ["HANDLERS", "HAND_ON", "REASONS", "REPORT", "REPORT_REASONS"]
