"""What notification hears, each event translated into one action."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.actions import links, messages
from shared import parcels
from shared.events import (
    CaseReturned,
    ConsentAnswered,
    ConsentAsked,
    ConsentWithdrawn,
    ContactsGiven,
    DeliveryFailed,
    Event,
    ExemplarHonoured,
    NominationEvent,
    NominationReferred,
    NominationRevised,
    NominationSubmitted,
    ReferralDecided,
    ReferralReturned,
    ReviewCompleted,
    ReviewEvent,
    StoryPublished,
    StoryRetracted,
)
from shared.inbox import Handlers, event_id_of, speaker_of
from shared.outbox import agency_of

CONTACTS = "contacts"


async def _note_file(session: AsyncSession, event: NominationEvent | ReviewEvent) -> None:
    """Whichever event of a file comes first, of whatever topic, tells its code and unit."""
    await messages.note_file(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        code=event.code,
        unit_id=event.unit_id,
    )


async def _announce(session: AsyncSession, event: Event, notice: str, nomination_id: UUID) -> None:
    await messages.announce(
        session,
        agency=agency_of(session),
        event_id=event_id_of(session),
        notice=notice,
        nomination_id=nomination_id,
        at=event.occurred_at,
    )


def _is_ours(session: AsyncSession) -> bool:
    """Whether the event in hand was said by this agency."""
    return speaker_of(session) == agency_of(session)


async def on_nomination_submitted(session: AsyncSession, event: NominationSubmitted) -> None:
    """The unit and the council hear of the file."""
    await _note_file(session, event)
    await _announce(session, event, "submitted", event.nomination_id)
    await _announce(session, event, "arrived", event.nomination_id)


async def on_nomination_revised(session: AsyncSession, event: NominationRevised) -> None:
    """The council hears that the file is back."""
    await _announce(session, event, "arrived", event.nomination_id)


async def on_contacts_given(session: AsyncSession, event: ContactsGiven) -> None:
    """How people are reached lies in a parcel."""
    await parcels.expect(session, event.contacts, owner=event.said_by, purpose=CONTACTS, about={})


async def on_case_returned(session: AsyncSession, event: CaseReturned) -> None:
    """The unit has something to do."""
    await _note_file(session, event)
    await _announce(session, event, "returned", event.nomination_id)


async def on_nomination_referred(session: AsyncSession, event: NominationReferred) -> None:
    """The council above has something to take over."""
    if not _is_ours(session):
        await _note_file(session, event)
        await _announce(session, event, "offered", event.nomination_id)


async def on_referral_returned(session: AsyncSession, event: ReferralReturned) -> None:
    """The council below goes on with the case."""
    if not _is_ours(session):
        await _note_file(session, event)
        await _announce(session, event, "given_back", event.nomination_id)


async def on_referral_decided(session: AsyncSession, event: ReferralDecided) -> None:
    """The council below may look."""
    if not _is_ours(session):
        await _note_file(session, event)
        await _announce(session, event, "ruled", event.nomination_id)


async def on_review_completed(session: AsyncSession, event: ReviewCompleted) -> None:
    """The unit may look."""
    await _note_file(session, event)
    await _announce(session, event, "completed", event.nomination_id)


async def on_exemplar_honoured(session: AsyncSession, event: ExemplarHonoured) -> None:
    """The editor has something to write."""
    await _note_file(session, event)
    await _announce(session, event, "honoured", event.nomination_id)


async def on_consent_asked(session: AsyncSession, event: ConsentAsked) -> None:
    """A link goes to the person, as soon as it is known how they are reached."""
    await links.note_request(
        session,
        agency=agency_of(session),
        consent_id=event.consent_id,
        event_id=event_id_of(session),
        person_id=event.person_id,
        nomination_id=event.nomination_id,
        expires_at=event.expires_at,
    )


async def on_consent_answered(session: AsyncSession, event: ConsentAnswered) -> None:
    """The editor may look."""
    await _announce(session, event, "answered", event.nomination_id)


async def on_consent_withdrawn(session: AsyncSession, event: ConsentWithdrawn) -> None:
    """The editor may look."""
    await _announce(session, event, "withdrawn", event.nomination_id)


async def on_story_published(session: AsyncSession, event: StoryPublished) -> None:
    """The unit may look; what other agencies publish is not told here."""
    if _is_ours(session):
        await _announce(session, event, "published", event.nomination_id)


async def on_story_retracted(session: AsyncSession, event: StoryRetracted) -> None:
    """The editor may look."""
    if _is_ours(session):
        await _announce(session, event, "retracted", event.nomination_id)


async def on_delivery_failed(session: AsyncSession, event: DeliveryFailed) -> None:
    """Somebody has to act."""
    await _announce(session, event, "delivery_failed", event.nomination_id)


HANDLERS: Handlers = {
    NominationSubmitted: on_nomination_submitted,
    NominationRevised: on_nomination_revised,
    ContactsGiven: on_contacts_given,
    CaseReturned: on_case_returned,
    NominationReferred: on_nomination_referred,
    ReferralReturned: on_referral_returned,
    ReferralDecided: on_referral_decided,
    ReviewCompleted: on_review_completed,
    ExemplarHonoured: on_exemplar_honoured,
    ConsentAsked: on_consent_asked,
    ConsentAnswered: on_consent_answered,
    ConsentWithdrawn: on_consent_withdrawn,
    StoryPublished: on_story_published,
    StoryRetracted: on_story_retracted,
    DeliveryFailed: on_delivery_failed,
}
