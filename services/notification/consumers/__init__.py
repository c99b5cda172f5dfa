"""What notification hears, each event translated into one action."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.actions import links, messages, tasks, units
from services.notification.consumers.waiting import WAITING
from services.notification.rules import Kind
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
    NominationMoved,
    NominationReferred,
    NominationRevised,
    NominationStarted,
    NominationSubmitted,
    NominationWithdrawn,
    PlanAcknowledged,
    PlanPublished,
    PlanWithdrawn,
    ReferralDecided,
    ReferralReturned,
    ReviewCompleted,
    ReviewEvent,
    StoryPublished,
    StoryRetracted,
    UnitChanged,
    UnitEnded,
    UnitOpened,
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


async def _open(
    session: AsyncSession, event: NominationEvent | ReviewEvent, kind: Kind, version: int, **more: Any
) -> None:
    """The unit has something to do with its file."""
    await tasks.open_task(
        session,
        agency=agency_of(session),
        kind=kind,
        thing_id=event.nomination_id,
        code=event.code,
        unit_id=await messages.unit_of(session, event.nomination_id, event.unit_id),
        path=f"/de-cu/ho-so/{event.code}",
        since=event.occurred_at,
        version=version,
        **more,
    )


async def _close(session: AsyncSession, kind: Kind, thing_id: UUID, version: int = tasks.FOR_GOOD) -> None:
    await tasks.close_task(session, agency=agency_of(session), kind=kind, thing_id=thing_id, version=version)


async def on_unit(session: AsyncSession, event: UnitOpened | UnitChanged) -> None:
    """Roles are given for a unit by its name."""
    await units.note_unit(
        session, agency=agency_of(session), unit_id=event.unit_id, name=event.name, valid_from=event.valid_from
    )


async def on_unit_ended(session: AsyncSession, event: UnitEnded) -> None:
    """Nobody is given a role there any longer; those that were given are held at the successor."""
    await units.note_end(session, agency=agency_of(session), unit_id=event.unit_id, day=event.valid_to)
    if event.successor_id is not None:
        await units.hand_over(
            session,
            agency=agency_of(session),
            unit_id=event.unit_id,
            successor_id=event.successor_id,
            day=event.valid_to,
            at=event.occurred_at,
        )


async def on_nomination_started(session: AsyncSession, event: NominationStarted) -> None:
    """The unit has a draft to finish."""
    await _open(session, event, Kind.DRAFT, 1, due_on=event.due_on)


async def on_nomination_moved(session: AsyncSession, event: NominationMoved) -> None:
    """Another unit goes on with it."""
    await messages.move_file(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        code=event.code,
        unit_id=event.unit_id,
    )


async def on_nomination_withdrawn(session: AsyncSession, event: NominationWithdrawn) -> None:
    """The unit has nothing more to do with it."""
    await _close(session, Kind.DRAFT, event.nomination_id)
    await _close(session, Kind.COMPLETE, event.nomination_id)


async def on_plan_published(session: AsyncSession, event: PlanPublished) -> None:
    """A plan from above is to be acknowledged."""
    issuer = speaker_of(session)
    if issuer != agency_of(session):
        await tasks.open_task(
            session,
            agency=agency_of(session),
            kind=Kind.PLAN,
            thing_id=event.plan_id,
            code=event.number or event.title,
            unit_id=None,
            path=f"/de-cu/ke-hoach/cap-tren/{issuer}/{event.plan_id}",
            since=event.occurred_at,
            version=event.version,
        )


async def on_plan_acknowledged(session: AsyncSession, event: PlanAcknowledged) -> None:
    """This agency has read it; what its children read is the plan desk's to see."""
    if _is_ours(session):
        await _close(session, Kind.PLAN, event.plan_id, event.version)


async def on_plan_withdrawn(session: AsyncSession, event: PlanWithdrawn) -> None:
    """There is nothing left to read."""
    await _close(session, Kind.PLAN, event.plan_id)


async def on_nomination_submitted(session: AsyncSession, event: NominationSubmitted) -> None:
    """The unit and the council hear of the file."""
    await _note_file(session, event)
    await _close(session, Kind.DRAFT, event.nomination_id)
    await _announce(session, event, "submitted", event.nomination_id)
    await _announce(session, event, "arrived", event.nomination_id)


async def on_nomination_revised(session: AsyncSession, event: NominationRevised) -> None:
    """The council hears that the file is back."""
    await _close(session, Kind.COMPLETE, event.nomination_id, event.revision - 1)
    await _announce(session, event, "arrived", event.nomination_id)


async def on_contacts_given(session: AsyncSession, event: ContactsGiven) -> None:
    """How people are reached lies in a parcel."""
    await parcels.expect(session, event.contacts, owner=event.said_by, purpose=CONTACTS, about={})


async def on_case_returned(session: AsyncSession, event: CaseReturned) -> None:
    """The unit has something to do, unless it has done it already: revision 2 answers the return of revision 1."""
    await _note_file(session, event)
    await _open(session, event, Kind.COMPLETE, event.revision)
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
    **WAITING,
    UnitOpened: on_unit,
    UnitChanged: on_unit,
    UnitEnded: on_unit_ended,
    PlanPublished: on_plan_published,
    PlanAcknowledged: on_plan_acknowledged,
    PlanWithdrawn: on_plan_withdrawn,
    NominationStarted: on_nomination_started,
    NominationMoved: on_nomination_moved,
    NominationWithdrawn: on_nomination_withdrawn,
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
