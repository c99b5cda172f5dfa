"""In which movement and for which main task whom a dossier is about was found, said anew."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import rules
from services.nomination.actions import movements
from services.nomination.actions.dossiers import lock
from shared import audit
from shared.audit import Actor
from shared.names import normal

PART = "origin"
"""What a return would name to open it again; none does, so that it stays unless all of the dossier is open."""


async def tell_origin(
    session: AsyncSession, *, nomination_id: UUID, movement_id: UUID | None, task: str, by: Actor
) -> None:
    """Say it anew; none takes it off. Raises NotADraft, NotReopened, TooMuch, BadMovement."""
    nomination = await lock(session, nomination_id)
    rules.check_open(nomination.state, nomination.reopened, PART)
    await movements.check_known(session, nomination.agency, movement_id)
    rules.check_length("task", task := normal(task))
    nomination.movement_id, nomination.task = movement_id, task
    nomination.version += 1
    await audit.record(session, by, "nomination.origin_told", nomination_id)
