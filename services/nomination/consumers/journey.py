"""Where a nomination is: what review and publishing say of it, here and at the agencies above."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import hearing
from services.nomination.rules import State
from shared import inbox, jobs, outbox, parcels
from shared.events import (
    CaseOpened,
    CaseReopened,
    CaseReturned,
    ExemplarHonoured,
    HonourHeld,
    HonourPassedOn,
    HonourResumed,
    HonourRevoked,
    HonourStanding,
    MovePassedOn,
    NominationReferred,
    Outcome,
    RecallAsked,
    ReferralAccepted,
    ReferralDecided,
    ReferralEvent,
    ReferralReturned,
    ReviewCompleted,
    StoryEvent,
    StoryPublished,
    StoryRetracted,
)
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
        reopened=event.reopened,
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
    """The story can be read, here or at another agency."""
    await _note_news(session, event, "published")


async def on_story_retracted(session: AsyncSession, event: StoryRetracted) -> None:
    """The story can be read no more; why is not said."""
    await _note_news(session, event, "retracted")


async def _note_news(session: AsyncSession, event: StoryEvent, what: str) -> None:
    speaker = inbox.speaker_of(session)
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what=what,
        holder="done",
        by_agency=None if speaker == outbox.agency_of(session) else speaker,
    )


async def _note_referral(
    session: AsyncSession, event: ReferralEvent, what: str, *, by: str | None = None, other: str | None = None
) -> None:
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.occurred_at,
        what=what,
        holder="above",
        by_agency=by,
        with_agency=other,
    )


async def on_nomination_referred(session: AsyncSession, event: NominationReferred) -> None:
    """Our council handed the file to an agency above."""
    await _note_referral(session, event, "referred", other=event.to_agency)


async def on_recall_asked(session: AsyncSession, event: RecallAsked) -> None:
    """Our council wants the file back."""
    await _note_referral(session, event, "recall_asked", other=event.to_agency)


async def on_referral_accepted(session: AsyncSession, event: ReferralAccepted) -> None:
    """The agency above took the file over."""
    await _note_referral(session, event, "accepted", by=inbox.speaker_of(session))


async def on_referral_returned(session: AsyncSession, event: ReferralReturned) -> None:
    """The agency above gave the file back."""
    what = "recalled" if event.recalled else "given_back"
    await _note_referral(session, event, what, by=inbox.speaker_of(session))


async def on_referral_decided(session: AsyncSession, event: ReferralDecided) -> None:
    """The council of the agency above concluded."""
    await _note_referral(session, event, f"{event.outcome}_above", by=inbox.speaker_of(session))


MOVES = {"returned": "given_back", "honour": "honour_above", "decline": "decline_above"}
STANDINGS = {
    HonourStanding.IN_FORCE: "honoured_above",
    HonourStanding.HELD: "held_above",
    HonourStanding.REVOKED: "revoked_above",
}


async def on_move_passed_on(session: AsyncSession, event: MovePassedOn) -> None:
    """What agencies further up did with the file."""
    what = MOVES.get(event.move, str(event.move))
    await _note_referral(session, event, what, by=event.by_agency, other=event.with_agency)


async def on_honour_passed_on(session: AsyncSession, event: HonourPassedOn) -> None:
    """How the honour of an agency above stands."""
    await hearing.note_step(
        session,
        nomination_id=event.nomination_id,
        at=event.changed_at,
        what=STANDINGS[event.standing],
        holder="above",
        by_agency=event.by_agency,
    )


def _of_ours(
    handler: Callable[[AsyncSession, Any], Awaitable[None]],
) -> Callable[[AsyncSession, Any], Awaitable[None]]:
    """Only for nominations that began here: of others this agency has no timeline."""

    async def handle(session: AsyncSession, event: Any) -> None:
        if event.origin_agency == outbox.agency_of(session):
            await handler(session, event)

    return handle


def _from_above(
    handler: Callable[[AsyncSession, Any], Awaitable[None]],
) -> Callable[[AsyncSession, Any], Awaitable[None]]:
    """Only what another agency tells us; what our own review tells others is known here."""

    async def handle(session: AsyncSession, event: Any) -> None:
        if inbox.speaker_of(session) != outbox.agency_of(session):
            await handler(session, event)

    return _of_ours(handle)


JOURNEY: Handlers = {
    CaseOpened: _of_ours(on_case_opened),
    CaseReopened: _of_ours(on_case_reopened),
    CaseReturned: _of_ours(on_case_returned),
    ReviewCompleted: _of_ours(on_review_completed),
    ExemplarHonoured: _of_ours(on_exemplar_honoured),
    HonourHeld: _of_ours(on_honour_held),
    HonourResumed: _of_ours(on_honour_resumed),
    HonourRevoked: _of_ours(on_honour_revoked),
    NominationReferred: _of_ours(on_nomination_referred),
    RecallAsked: _of_ours(on_recall_asked),
    ReferralAccepted: _from_above(on_referral_accepted),
    ReferralReturned: _from_above(on_referral_returned),
    ReferralDecided: _from_above(on_referral_decided),
    MovePassedOn: _from_above(on_move_passed_on),
    HonourPassedOn: _from_above(on_honour_passed_on),
    StoryPublished: _of_ours(on_story_published),
    StoryRetracted: _of_ours(on_story_retracted),
}
