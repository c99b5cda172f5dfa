"""What nomination hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import cascade, hearing
from services.nomination.rules import State
from shared import inbox, jobs, outbox, parcels
from shared.events import (
    CaseOpened,
    CaseReopened,
    CaseReturned,
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    Outcome,
    PlanAcknowledged,
    PlanPublished,
    PlanWithdrawn,
    ReviewCompleted,
    SessionEnded,
    StoryPublished,
    StoryRetracted,
)
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers

REASONS = "reasons"
HAND_ON = "hand_on"


async def on_case_opened(session: AsyncSession, event: CaseOpened) -> None:
    """The file has arrived at review."""
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what="case_opened",
        holder="review",
        state=State.REVIEWED,
    )


async def on_case_reopened(session: AsyncSession, event: CaseReopened) -> None:
    """The corrected file has arrived at review."""
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what="reopened",
        holder="review",
        state=State.REVIEWED,
    )


async def on_case_returned(session: AsyncSession, event: CaseReturned) -> None:
    """The file has come back; why lies in a parcel."""
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what="returned",
        holder="unit",
        state=State.RETURNED,
    )
    about = {"nomination_id": str(event.nomination_id), "revision": event.revision}
    await parcels.expect(session, event.reasons, owner=event.said_by, purpose=REASONS, about=about)


async def on_review_completed(session: AsyncSession, event: ReviewCompleted) -> None:
    """The council has concluded."""
    declined = event.outcome is Outcome.DECLINE
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what="declined" if declined else "completed",
        holder="done" if declined else "review",
        state=State.DECLINED if declined else None,
    )


async def on_exemplar_honoured(session: AsyncSession, event: ExemplarHonoured) -> None:
    """A decision honours the subject: a job hands on what publishing and notification need."""
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what="honoured",
        holder="publishing",
        state=State.HONOURED,
    )
    payload = {"nomination_id": str(event.nomination_id), "honour_id": str(event.honour_id)}
    await jobs.enqueue(session, HAND_ON, payload, key=f"{HAND_ON}:{event.honour_id}")


async def on_honour_held(session: AsyncSession, event: HonourHeld) -> None:
    """The honour does not count for the time being; why is not said."""
    await hearing.note_step(
        session, nomination_id=event.nomination_id, at=event.occurred_at, what="held", holder="review"
    )


async def on_honour_resumed(session: AsyncSession, event: HonourResumed) -> None:
    """The honour counts again."""
    await hearing.note_step(
        session, nomination_id=event.nomination_id, at=event.occurred_at, what="resumed", holder="publishing"
    )


async def on_honour_revoked(session: AsyncSession, event: HonourRevoked) -> None:
    """The honour counts no more; why is not said."""
    await hearing.note_step(
        session, nomination_id=event.nomination_id, at=event.occurred_at, what="revoked", holder="done"
    )


async def on_story_published(session: AsyncSession, event: StoryPublished) -> None:
    """The story can be read."""
    await hearing.note_step(
        session, nomination_id=event.nomination_id, at=event.occurred_at, what="published", holder="done"
    )


async def on_story_retracted(session: AsyncSession, event: StoryRetracted) -> None:
    """The story can be read no more; why is not said."""
    await hearing.note_step(
        session, nomination_id=event.nomination_id, at=event.occurred_at, what="retracted", holder="done"
    )


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
    CaseOpened: on_case_opened,
    CaseReopened: on_case_reopened,
    CaseReturned: on_case_returned,
    ReviewCompleted: on_review_completed,
    ExemplarHonoured: on_exemplar_honoured,
    HonourHeld: on_honour_held,
    HonourResumed: on_honour_resumed,
    HonourRevoked: on_honour_revoked,
    StoryPublished: on_story_published,
    StoryRetracted: on_story_retracted,
    SessionEnded: on_session_ended,
}
