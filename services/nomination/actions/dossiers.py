"""What every act on a dossier shares: its lock, what its events say, that it was changed, who is to confirm it now."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Confirmation, Nomination
from shared import outbox
from shared.events import ConfirmationAwaits

# Made once: every act asks it, and to make it anew was a good part of what a hand-in cost.
_LOCKED = (
    select(Nomination)
    .where(col(Nomination.id) == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def lock(session: AsyncSession, nomination_id: UUID) -> Nomination:
    """The nomination as it is now, locked until the transaction ends. Raises NoResultFound."""
    return (await session.execute(_LOCKED, {"id": nomination_id})).scalar_one()


def told(nomination: Nomination, at: datetime) -> dict[str, Any]:
    """What every event of a nomination says of it."""
    return {
        "nomination_id": nomination.id,
        "origin_agency": nomination.agency,
        "unit_id": nomination.unit_id,
        "subject_id": nomination.subject_id,
        "code": nomination.code,
        "occurred_at": at,
    }


async def note_edit(session: AsyncSession, nomination: Nomination) -> None:
    """What a dossier says was changed; if an officer of the agency had confirmed it, it waits for one anew."""
    if nomination.left_to_agency:
        confirmed = exists().where(
            col(Confirmation.nomination_id) == nomination.id, col(Confirmation.edits) == nomination.edits
        )
        if await session.scalar(select(confirmed)):
            tell_confirmation(session, nomination, waits=True, at=outbox.clock_of(session).now())
    nomination.note_edit()


def tell_confirmation(session: AsyncSession, nomination: Nomination, *, waits: bool, at: datetime) -> None:
    """Say whether a dossier waits for an officer to confirm it; one that was not left to the agency never does."""
    if nomination.left_to_agency:
        outbox.record(session, ConfirmationAwaits(**told(nomination, at), waits=waits))
