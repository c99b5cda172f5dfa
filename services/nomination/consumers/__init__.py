"""What nomination hears, each event translated into one action: plans here, the way of each file in `journey`."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import cascade
from services.nomination.consumers.journey import HAND_ON, JOURNEY, REASONS
from shared import inbox, outbox
from shared.events import PlanAcknowledged, PlanPublished, PlanWithdrawn, SessionEnded
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers


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


HANDLERS: Handlers = {
    PlanPublished: on_plan_published,
    PlanWithdrawn: on_plan_withdrawn,
    PlanAcknowledged: on_plan_acknowledged,
    **JOURNEY,
    SessionEnded: on_session_ended,
}

__all__ = ["HANDLERS", "HAND_ON", "REASONS"]
