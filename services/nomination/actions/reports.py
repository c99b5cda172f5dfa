"""Reports: begun, written, sent to whoever is above, received or given back. Each action locks the report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions import due_reports
from services.nomination.actions.plans import Agency
from services.nomination.rules import ChangedMeanwhile
from services.nomination.rules.reports import (
    OPEN,
    BadReport,
    Figures,
    ReportAct,
    ReportKind,
    ReportState,
    WrongStep,
    after,
    check_reason,
    check_sendable,
    check_time,
    check_words,
)
from services.nomination.tables import Report, UnitEnd
from shared import audit, door, jobs, outbox
from shared.audit import Actor
from shared.events import ReportAwaits, ReportReceived, ReportReturned, ReportStep, Sealed
from shared.names import lines, normal

BRING = "bring_report"
"""The job: bring a report's words to the door of the agency above."""
HAND_ON = "hand_on_report"
"""The job: let a report that came back go on where the work of its unit did."""
LONGEST_TITLE = 300


@dataclass(frozen=True)
class Wanted:
    """What a report is to be of: a unit's (`unit_id`), or the agency's own to one above (`to_agency`)."""

    kind: ReportKind
    title: str
    from_on: date | None
    until_on: date | None
    due_on: date | None = None
    unit_id: UUID | None = None
    to_agency: str = ""


async def begin(
    session: AsyncSession,
    agency: Agency,
    wanted: Wanted,
    *,
    id: UUID,
    writer: str,
    at: datetime,
    today: date,
    by: Actor,
) -> UUID:
    """Begin a report; `id` is the form's: once is once. Its id. Raises BadReport."""
    title = normal(wanted.title)
    if not 2 <= len(title) <= LONGEST_TITLE:
        raise BadReport("title", "Hãy ghi tên báo cáo, nhiều nhất 300 chữ.")
    check_time(wanted.from_on, wanted.until_on, today)
    row: dict[str, Any] = {
        "agency": agency.id,
        "id": id,
        "unit_id": wanted.unit_id,
        "from_agency": "",
        "to_agency": wanted.to_agency,
        "kind": wanted.kind,
        "title": title,
        "from_on": wanted.from_on,
        "until_on": wanted.until_on,
        "due_on": wanted.due_on,
        "state": ReportState.DRAFT,
        "version": 1,
        "words": {},
        "reason": "",
        "writer": writer,
        "at": at,
    }
    begun = await session.scalar(insert(Report).values(row).on_conflict_do_nothing().returning(col(Report.id)))
    if begun is not None:
        await audit.record(session, by, "report.begun", id)
    return id


async def write(session: AsyncSession, *, report_id: UUID, version: int, words: Mapping[str, str], by: Actor) -> None:
    """Keep the words of a report. Raises BadReport, WrongStep; ChangedMeanwhile when somebody wrote since."""
    kept = {part: lines(text) for part, text in words.items()}
    check_words(kept)
    report = await lock(session, report_id)
    if report.state not in OPEN:
        raise WrongStep("Báo cáo đã gửi nên không sửa được nữa. Hãy tải lại trang.")
    if report.version != version:
        raise ChangedMeanwhile("", report.version)
    report.words, report.version = kept, report.version + 1
    await audit.record(session, by, "report.written", report_id)


async def send(session: AsyncSession, *, report_id: UUID, figures: Figures, at: datetime, by: Actor) -> Report:
    """Send a report with its figures as they are now: a unit's to its agency, the agency's own to the one above it, if
    there is one.

    Raises BadReport, WrongStep.
    """
    report = await lock(session, report_id)
    act = ReportAct.SEND_UP if report.to_agency else ReportAct.SEND
    following = after(report.state, act)
    check_sendable(report.words)
    report.state, report.figures, report.at, report.reason = following, dict(figures), at, ""
    report.version += 1
    if act is ReportAct.SEND_UP:
        report.parcel = None
        await jobs.enqueue(session, BRING, {"report_id": str(report_id)}, key=f"{BRING}:{report_id}:{report.version}")
    else:
        await due_reports.note_sent(session, report, at)
    await audit.record(session, by, "report.sent", report_id)
    await tell_awaits(session, report, at)
    return report


async def receive(session: AsyncSession, *, report_id: UUID, at: datetime, by: Actor) -> Report:
    """Take a report as it is. Raises WrongStep."""
    report = await lock(session, report_id)
    report.state, report.at = after(report.state, ReportAct.RECEIVE), at
    if report.from_agency:
        told = {"to_agency": report.from_agency, "report_id": report.their_id, "occurred_at": at}
        outbox.record(session, ReportReceived.model_validate(told))
    await audit.record(session, by, "report.received", report_id)
    await tell_awaits(session, report, at)
    return report


async def give_back(
    session: AsyncSession, *, report_id: UUID, reason: str, at: datetime, by: Actor, sealed: Sealed | None = None
) -> Report:
    """Give a report back to be written anew; its figures follow the data again.

    `sealed`: the parcel with the reason for the agency that it came from. Raises BadReport, WrongStep.
    """
    reason = lines(reason)
    check_reason(reason)
    report = await lock(session, report_id)
    report.state, report.at = after(report.state, ReportAct.RETURN), at
    report.reason = reason
    if report.from_agency and sealed is not None:
        told = {"to_agency": report.from_agency, "report_id": report.their_id, "reasons": sealed, "occurred_at": at}
        outbox.record(session, ReportReturned.model_validate(told))
        await door.offer(session, sealed, report.from_agency)
    ended = select(col(UnitEnd.done)).where(col(UnitEnd.unit_id) == report.unit_id)
    if report.unit_id is not None and await session.scalar(ended):
        # Whoever gives it back may not reach the unit where it goes on: that is done apart.
        key = f"{HAND_ON}:{report_id}:{at.isoformat()}"
        await jobs.enqueue(session, HAND_ON, {"report_id": str(report_id)}, key=key)
    await audit.record(session, by, "report.given_back", report_id)
    await tell_awaits(session, report, at)
    return report


async def tell_awaits(session: AsyncSession, report: Report, at: datetime) -> None:
    """Say what a report waits for now, here: for whoever takes it, or whoever writes it anew."""
    here = not report.to_agency and (report.unit_id is not None or report.from_agency != "")
    steps = [ReportStep.TAKE] if report.state is ReportState.SENT and here else []
    if report.state is ReportState.RETURNED and not report.from_agency:
        steps = [ReportStep.REWRITE]
    about = {"report_id": report.id, "unit_id": report.unit_id, "year": report.until_on.year, "due_on": report.due_on}
    outbox.record(session, ReportAwaits.model_validate({**about, "steps": steps, "occurred_at": at}))


async def lock(session: AsyncSession, report_id: UUID) -> Report:
    """The report, locked until the transaction ends."""
    found = await session.execute(select(Report).where(col(Report.id) == report_id).with_for_update())
    return found.scalar_one()
