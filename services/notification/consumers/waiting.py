"""What waits for somebody from now on: a case, a story, a report, a finding, a confirmation."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.actions import messages, tasks
from services.notification.rules import CASE_KINDS, REPORT_KINDS, STORY_KINDS, Kind
from shared.events import (
    CaseAwaits,
    ConfirmationAwaits,
    FindingEvent,
    FindingRaised,
    FindingSettled,
    ReportAwaits,
    ReportDue,
    StoryAwaits,
)
from shared.inbox import Handlers
from shared.outbox import agency_of


async def on_case_awaits(session: AsyncSession, event: CaseAwaits) -> None:
    """The council has something else to do from now on."""
    await tasks.replace_tasks(
        session,
        wanted={Kind(f"case.{step}"): event.done_by for step in event.steps},
        among=CASE_KINDS,
        thing_id=event.case_id,
        agency=agency_of(session),
        code=event.code,
        unit_id=await messages.unit_of(session, event.nomination_id, event.unit_id),
        path=f"/xet-duyet/ho-so/{event.code}",
        since=event.occurred_at,
        due_on=event.due_on,
    )


async def on_story_awaits(session: AsyncSession, event: StoryAwaits) -> None:
    """The editor has something else to do from now on."""
    await tasks.replace_tasks(
        session,
        wanted={Kind(f"story.{step}"): () for step in event.steps},
        among=STORY_KINDS,
        thing_id=event.story_id,
        agency=agency_of(session),
        code=event.code,
        unit_id=await messages.unit_of(session, event.nomination_id, event.unit_id),
        path=f"/lan-toa/bai/{event.code}",
        since=event.occurred_at,
        due_on=event.due_on,
    )


async def on_report_awaits(session: AsyncSession, event: ReportAwaits) -> None:
    """A report waits to be taken, or to be written anew."""
    await tasks.replace_tasks(
        session,
        wanted={Kind(f"report.{step}"): () for step in event.steps},
        among=REPORT_KINDS,
        thing_id=event.report_id,
        agency=agency_of(session),
        code=str(event.year),
        unit_id=event.unit_id,
        path=f"/de-cu/bao-cao/{event.report_id}",
        since=event.occurred_at,
        due_on=event.due_on,
    )


async def on_report_due(session: AsyncSession, event: ReportDue) -> None:
    """A report is to be written and sent by its day, or need not any more."""
    kind = Kind.DUE_REPORT if event.unit_id else Kind.OWN_DUE_REPORT
    await tasks.replace_tasks(
        session,
        wanted={kind: ()} if event.waits else {},
        among=(kind,),
        thing_id=event.due_id,
        agency=agency_of(session),
        code=event.what,
        unit_id=event.unit_id,
        path="/de-cu/bao-cao",
        since=event.occurred_at,
        due_on=event.due_on,
    )


async def _finding_waits(
    session: AsyncSession, event: FindingEvent, waits: Sequence[Kind], due_on: date | None
) -> None:
    await tasks.replace_tasks(
        session,
        wanted=dict.fromkeys(waits, ()),
        among=(Kind.FINDING,),
        thing_id=event.finding_id,
        agency=agency_of(session),
        code="",
        unit_id=event.unit_id,
        path=f"/de-cu/giam-sat/{event.visit_id}/dieu/{event.finding_id}",
        since=event.occurred_at,
        due_on=due_on,
    )


async def on_finding_raised(session: AsyncSession, event: FindingRaised) -> None:
    """The unit has something to answer."""
    await _finding_waits(session, event, [Kind.FINDING], event.due_on)


async def on_finding_settled(session: AsyncSession, event: FindingSettled) -> None:
    """The unit has answered, or need not any more."""
    await _finding_waits(session, event, [], None)


async def on_confirmation_awaits(session: AsyncSession, event: ConfirmationAwaits) -> None:
    """An officer of the agency has a dossier to confirm, or has not any more."""
    await tasks.replace_tasks(
        session,
        wanted={Kind.CONFIRM: ()} if event.waits else {},
        among=(Kind.CONFIRM,),
        thing_id=event.nomination_id,
        agency=agency_of(session),
        code=event.code,
        unit_id=await messages.unit_of(session, event.nomination_id, event.unit_id),
        path=f"/de-cu/ho-so/{event.code}/xac-nhan",
        since=event.occurred_at,
        due_on=None,
    )


WAITING: Handlers = {
    CaseAwaits: on_case_awaits,
    StoryAwaits: on_story_awaits,
    ReportAwaits: on_report_awaits,
    ReportDue: on_report_due,
    ConfirmationAwaits: on_confirmation_awaits,
    FindingRaised: on_finding_raised,
    FindingSettled: on_finding_settled,
}
