"""What a nomination learns from other services: where it is, what came of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions.nominations import lock
from services.nomination.rules import State
from services.nomination.tables import Return, Step
from shared import audit
from shared.audit import Actor

PARCELS = Actor("system:parcels", "system")


async def note_step(
    session: AsyncSession, *, nomination_id: UUID, at: datetime, what: str, holder: str, state: State | None = None
) -> None:
    """Put a line on the timeline; `state` is where the nomination is from now on, if that changed."""
    nomination = await lock(session, nomination_id)
    if state is not None:
        nomination.state = state
        nomination.version += 1
    session.add(Step(agency=nomination.agency, nomination_id=nomination_id, at=at, what=what, holder=holder))


async def take_reason(session: AsyncSession, *, nomination_id: UUID, revision: int, reason: str) -> None:
    """The parcel with the reason of a return has arrived."""
    nomination = await lock(session, nomination_id)
    session.add(Return(agency=nomination.agency, nomination_id=nomination_id, revision=revision, reason=reason))
    await audit.record(session, PARCELS, "reason.taken", nomination_id)
