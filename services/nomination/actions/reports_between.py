"""Reports between agencies: the agency's own on its way up, and those that come from below.

An agency below has its report under its own id; here it is known by (agency, that id).
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions import due_reports
from services.nomination.actions.reports import lock, tell_awaits
from services.nomination.rules.reports import Part, ReportAct, ReportKind, ReportState, after, understood
from services.nomination.tables import Report
from shared import audit, jobs, outbox
from shared.audit import Actor
from shared.events import ReportFigures, ReportReceived, ReportReturned, ReportSent, Sealed
from shared.names import lines

FORGET = "forget_report"
"""The job: drop our copy of a parcel that has served."""
INBOX, JOBS = Actor("system:inbox", "system"), Actor("system:jobs", "system")


async def note_parcel(session: AsyncSession, *, report_id: UUID, sealed: Sealed) -> Sealed:
    """The parcel as it was stored the first time: every further try brings the same one."""
    report = await lock(session, report_id)
    if report.parcel is None:
        report.parcel = sealed.model_dump(mode="json")
    return Sealed.model_validate(report.parcel)


async def note_brought(session: AsyncSession, *, report_id: UUID, at: datetime) -> None:
    """The words lie at the door of the agency above: say so, with the figures."""
    report = await lock(session, report_id)
    if report.state is not ReportState.SENDING:
        return
    report.state, report.at = after(report.state, ReportAct.BROUGHT), at
    outbox.record(
        session,
        ReportSent(
            to_agency=report.to_agency,
            report_id=report.id,
            kind=report.kind,
            from_on=report.from_on,
            until_on=report.until_on,
            version=report.version,
            figures=ReportFigures.model_validate(report.figures),
            words=Sealed.model_validate(report.parcel),
            occurred_at=at,
        ),
    )
    await due_reports.note_sent(session, report, at)
    await audit.record(session, JOBS, "report.brought", report_id)


async def give_up(session: AsyncSession, *, report_id: UUID, reason: str, at: datetime) -> None:
    """The door above will not take it: the report is open again, and its page says why."""
    report = await lock(session, report_id)
    if report.state is not ReportState.SENDING:
        return
    report.state, report.at, report.reason = after(report.state, ReportAct.FAIL), at, reason
    await audit.record(session, JOBS, "report.failed", report_id)


async def take(session: AsyncSession, *, agency: str, speaker: str, event: ReportSent, at: datetime) -> Report:
    """A report from below, or the next version of one that was given back."""
    known = select(Report).where(col(Report.from_agency) == speaker, col(Report.their_id) == event.report_id)
    report = await session.scalar(known.with_for_update())
    kind = ReportKind(event.kind) if event.kind in list(ReportKind) else ReportKind.INTERIM
    about = {"kind": kind, "from_on": event.from_on, "until_on": event.until_on, "version": event.version}
    if report is None:
        new = {"agency": agency, "from_agency": speaker, "their_id": event.report_id, "title": "", "at": at}
        report = Report.model_validate(new | about)
        session.add(report)
    for name, value in about.items():
        setattr(report, name, value)
    report.state, report.at, report.words, report.reason = ReportState.SENT, at, {}, ""
    report.figures = understood(event.figures.model_dump())
    await session.flush()
    await audit.record(session, INBOX, "report.heard", report.id)
    await tell_awaits(session, report, at)
    return report


async def take_words(
    session: AsyncSession, *, report_id: UUID, version: int, title: str, words: Mapping[str, str]
) -> None:
    """The words of a report from below; those of a version that a newer one replaced are too late."""
    report = await lock(session, report_id)
    if report.version == version:
        report.title = lines(title)
        report.words = {part: lines(str(words[part])) for part in Part if words.get(part)}


async def hear_received(session: AsyncSession, *, speaker: str, event: ReportReceived) -> None:
    """The agency above took our report as it is. Raises LookupError."""
    report = await _ours(session, speaker, event.report_id)
    report.state, report.at = after(report.state, ReportAct.RECEIVE), event.occurred_at
    await _served(session, report)
    await audit.record(session, INBOX, "report.received", report.id)
    await tell_awaits(session, report, event.occurred_at)


async def hear_returned(session: AsyncSession, *, speaker: str, event: ReportReturned) -> Report:
    """The agency above gave our report back; why is on its way. Raises LookupError."""
    report = await _ours(session, speaker, event.report_id)
    report.state, report.at = after(report.state, ReportAct.RETURN), event.occurred_at
    await _served(session, report)
    await audit.record(session, INBOX, "report.given_back", report.id)
    await tell_awaits(session, report, event.occurred_at)
    return report


async def take_reason(session: AsyncSession, *, report_id: UUID, reason: str) -> None:
    """Why our report came back, unless it was written anew meanwhile."""
    report = await lock(session, report_id)
    if report.state is ReportState.RETURNED:
        report.reason = lines(reason)


async def _ours(session: AsyncSession, speaker: str, report_id: UUID) -> Report:
    sent = select(Report).where(col(Report.id) == report_id, col(Report.to_agency) == speaker)
    report = await session.scalar(sent.with_for_update())
    if report is None:
        raise LookupError(f"{speaker} answers a report that was not sent to it: {report_id}")
    return report


async def _served(session: AsyncSession, report: Report) -> None:
    if report.parcel is not None:
        await jobs.enqueue(session, FORGET, {"parcel_id": report.parcel["parcel_id"]})
