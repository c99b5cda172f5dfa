"""What review hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.review import actions
from shared.events import NominationSubmitted, UnitOpened
from shared.inbox import Handlers
from shared.outbox import agency_of


async def on_nomination_submitted(session: AsyncSession, event: NominationSubmitted) -> None:
    """A nomination waits for this agency: open its case."""
    await actions.open_case(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        subject_id=event.subject_id,
        code=event.code,
        category=event.category,
        rule_set=event.rule_set,
        revision=event.revision,
        at=event.occurred_at,
    )


async def on_unit_opened(session: AsyncSession, event: UnitOpened) -> None:
    """Cases show their unit by name."""
    await actions.note_unit(
        session,
        agency=agency_of(session),
        unit_id=event.unit_id,
        name=event.name,
        kind=event.kind,
        valid_from=event.valid_from,
    )


HANDLERS: Handlers = {
    NominationSubmitted: on_nomination_submitted,
    UnitOpened: on_unit_opened,
}
