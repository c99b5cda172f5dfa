"""A dossier that is taken back after it was handed in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import particulars
from services.nomination.actions.dossiers import lock, tell_confirmation, told
from services.nomination.rules import State
from services.nomination.tables import Nomination, Step
from shared import audit, outbox
from shared.audit import Actor
from shared.events import NominationWithdrawn


async def withdraw_nomination(
    session: AsyncSession, *, nomination_id: UUID, version: int, at: datetime, by: Actor
) -> Nomination:
    """Take a dossier back that was handed in; `version` is that of the nomination the person saw.

    Raises NotWithdrawable, ChangedMeanwhile.
    """
    nomination = await lock(session, nomination_id)
    rules.check_withdrawable(nomination.state)
    if nomination.version != version:
        raise rules.ChangedMeanwhile("", nomination.version)
    nomination.state, nomination.version = State.WITHDRAWN, nomination.version + 1
    outbox.record(session, NominationWithdrawn.model_validate(told(nomination, at)))
    tell_confirmation(session, nomination, waits=False, at=at)
    session.add(Step(agency=nomination.agency, nomination_id=nomination.id, at=at, what="withdrawn", holder="done"))
    await particulars.erase(session, nomination_id=nomination.id, by=by)
    await audit.record(session, by, "nomination.withdrawn", nomination.id)
    return nomination
