"""What review hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import cases
from shared import parcels
from shared.clock import local_date
from shared.events import NominationRevised, NominationSubmitted, SessionEnded, UnitOpened
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers
from shared.outbox import agency_of

DOSSIER = "dossier"


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


async def on_unit_opened(session: AsyncSession, event: UnitOpened) -> None:
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
    UnitOpened: on_unit_opened,
    SessionEnded: on_session_ended,
}
