"""What a nomination learns from other services: where it is, what came of it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import particulars
from services.nomination.actions.dossiers import lock
from services.nomination.rules import State
from services.nomination.rules.papers import CLOSED
from services.nomination.tables import Return, Step
from shared import audit
from shared.audit import Actor

INBOX, PARCELS = Actor("system:inbox", "system"), Actor("system:parcels", "system")


async def note_step(
    session: AsyncSession,
    *,
    nomination_id: UUID,
    at: datetime,
    what: str,
    holder: str,
    state: State | None = None,
    by_agency: str | None = None,
    with_agency: str | None = None,
    reopened: Sequence[str] = (),
) -> None:
    """Put a line on the timeline; `state` is what the nomination is told to be from now on, if that changed.

    `reopened`: what may be changed of it from now on, none: all. `by_agency`, `with_agency`: who did it and to whom,
    when it was not all done here.
    """
    nomination = await lock(session, nomination_id)
    if state is not None:
        nomination.state = rules.after_news(nomination.state, state)
        nomination.version += 1
        nomination.reopened = list(reopened)
    if nomination.state in CLOSED:
        await particulars.erase(session, nomination_id=nomination_id, by=INBOX)
    if state is State.RETURNED:  # perhaps somebody else sends it again
        nomination.kin, nomination.kin_said_by = None, ""
    step = Step(agency=nomination.agency, nomination_id=nomination_id, at=at, what=what, holder=holder)
    step.by_agency, step.with_agency = by_agency, with_agency
    session.add(step)


async def take_reason(session: AsyncSession, *, nomination_id: UUID, revision: int, reason: str) -> None:
    """The parcel with the reason of a return has arrived."""
    nomination = await lock(session, nomination_id)
    session.add(Return(agency=nomination.agency, nomination_id=nomination_id, revision=revision, reason=reason))
    await audit.record(session, PARCELS, "reason.taken", nomination_id)
