"""What review hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import cases, offers, receipts, referrals, standings
from shared import door, inbox, parcels
from shared.clock import local_date
from shared.events import (
    ConsentAnswered,
    ConsentWithdrawn,
    HonourPassedOn,
    MovePassedOn,
    NominationMoved,
    NominationReferred,
    NominationRevised,
    NominationSubmitted,
    NominationWithdrawn,
    RecallAsked,
    ReferralAccepted,
    ReferralDecided,
    ReferralReturned,
    SessionEnded,
    UnitChanged,
    UnitOpened,
)
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers
from shared.outbox import agency_of, clock_of

DOSSIER, REFERRAL, REASONS = "dossier", "referral", "referral-reasons"
"""What parcels that review awaits are for."""


async def on_nomination_submitted(session: AsyncSession, event: NominationSubmitted) -> None:
    """A nomination waits for this agency: open its case, await its dossier."""
    case = await cases.open_case(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        subject_id=event.subject_id,
        code=event.code,
        category=event.category,
        criteria=event.rule_set,
        revision=event.revision,
        at=event.occurred_at,
        today=local_date(event.occurred_at),
    )
    if event.dossier is not None:
        about = {"case_id": str(case.id), "revision": event.revision}
        await parcels.expect(session, event.dossier, owner=event.said_by, purpose=DOSSIER, about=about)


async def on_nomination_revised(session: AsyncSession, event: NominationRevised) -> None:
    """The corrected dossier is on its way."""
    case = await cases.reopen_case(
        session,
        agency=agency_of(session),
        origin_agency=event.origin_agency,
        nomination_id=event.nomination_id,
        revision=event.revision,
        at=event.occurred_at,
    )
    if event.dossier is not None:
        about = {"case_id": str(case.id), "revision": event.revision}
        await parcels.expect(session, event.dossier, owner=event.said_by, purpose=DOSSIER, about=about)


async def on_nomination_moved(session: AsyncSession, event: NominationMoved) -> None:
    """Its unit is no more; another goes on with it."""
    await cases.move(session, agency=agency_of(session), nomination_id=event.nomination_id, unit_id=event.unit_id)


async def on_nomination_withdrawn(session: AsyncSession, event: NominationWithdrawn) -> None:
    """The unit took its nomination back."""
    case = await cases.find(
        session,
        agency=agency_of(session),
        origin_agency=event.origin_agency,
        nomination_id=event.nomination_id,
    )
    if case is not None:
        await referrals.withdraw(session, case, at=event.occurred_at)


async def on_nomination_referred(session: AsyncSession, event: NominationReferred) -> None:
    """An agency below offers a case; its parcel lies at our door already."""
    speaker = inbox.speaker_of(session)
    at = clock_of(session).now()
    case = await offers.take_referral(
        session, agency=agency_of(session), speaker=speaker, event=event, at=at, today=local_date(at)
    )
    if case is not None:
        about = {"case_id": str(case.id), "revision": case.revision}
        await parcels.expect(session, event.dossier, owner=door.owner_of(speaker), purpose=REFERRAL, about=about)


async def on_recall_asked(session: AsyncSession, event: RecallAsked) -> None:
    """An agency below wants a case back."""
    speaker = inbox.speaker_of(session)
    await offers.hear_recall(session, speaker=speaker, referral_id=event.referral_id, at=event.occurred_at)


async def on_referral_accepted(session: AsyncSession, event: ReferralAccepted) -> None:
    """The parent took our case over."""
    speaker = inbox.speaker_of(session)
    await referrals.hear_accepted(session, speaker=speaker, referral_id=event.referral_id, at=event.occurred_at)


async def on_referral_returned(session: AsyncSession, event: ReferralReturned) -> None:
    """The parent gave our case back; why lies in a parcel that is fetched from there."""
    speaker = inbox.speaker_of(session)
    row = await referrals.hear_returned(
        session, speaker=speaker, referral_id=event.referral_id, recalled=event.recalled, at=event.occurred_at
    )
    if event.reasons is not None:
        about = {"row_id": str(row.id)}
        await parcels.expect(session, event.reasons, owner=event.said_by, purpose=REASONS, about=about, lies_at=speaker)


async def on_referral_decided(session: AsyncSession, event: ReferralDecided) -> None:
    """The parent's council concluded on our case."""
    speaker = inbox.speaker_of(session)
    await referrals.hear_decided(
        session, speaker=speaker, referral_id=event.referral_id, outcome=event.outcome, at=event.occurred_at
    )


async def on_move_passed_on(session: AsyncSession, event: MovePassedOn) -> None:
    """What happened further up goes on to those below."""
    await standings.take_move(session, agency=agency_of(session), event=event)


async def on_honour_passed_on(session: AsyncSession, event: HonourPassedOn) -> None:
    """An honour elsewhere counts, is held or was revoked."""
    speaker = inbox.speaker_of(session)
    await standings.take_honour(session, agency=agency_of(session), speaker=speaker, event=event)


async def on_consent_answered(session: AsyncSession, event: ConsentAnswered) -> None:
    """A person's word: it travels with the dossier."""
    await receipts.note_answer(session, agency=agency_of(session), event=event)


async def on_consent_withdrawn(session: AsyncSession, event: ConsentWithdrawn) -> None:
    """A person took the word back."""
    await receipts.note_withdrawal(session, consent_id=event.consent_id, at=event.occurred_at)


async def on_unit(session: AsyncSession, event: UnitOpened | UnitChanged) -> None:
    """Cases show their unit by name."""
    await cases.note_unit(
        session,
        agency=agency_of(session),
        unit_id=event.unit_id,
        name=event.name,
        kind=event.kind,
        valid_from=event.valid_from,
    )


HANDLERS: Handlers = {
    NominationSubmitted: on_nomination_submitted,
    NominationRevised: on_nomination_revised,
    NominationMoved: on_nomination_moved,
    NominationWithdrawn: on_nomination_withdrawn,
    NominationReferred: on_nomination_referred,
    RecallAsked: on_recall_asked,
    ReferralAccepted: on_referral_accepted,
    ReferralReturned: on_referral_returned,
    ReferralDecided: on_referral_decided,
    MovePassedOn: on_move_passed_on,
    HonourPassedOn: on_honour_passed_on,
    ConsentAnswered: on_consent_answered,
    ConsentWithdrawn: on_consent_withdrawn,
    UnitOpened: on_unit,
    UnitChanged: on_unit,
    SessionEnded: on_session_ended,
}
