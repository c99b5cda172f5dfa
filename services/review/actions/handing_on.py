"""What an upper agency hands on when it honours: what may be told of an exemplar that came from below."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions.awaiting import about
from services.review.actions.cases import lock
from services.review.actions.honours import of_case
from shared import audit, outbox
from shared.audit import Actor
from shared.events import ReferredMaterialGiven, Sealed


async def give_material(session: AsyncSession, *, case_id: UUID, material: Sealed, at: datetime) -> None:
    """Announce what may be told of an honoured exemplar that came from below; its parcel lies in the store already."""
    case = await lock(session, case_id)
    found = await of_case(session, case)
    outbox.record(
        session,
        ReferredMaterialGiven(**about(case, at), category=case.category, honour_id=found.id, material=material),
    )
    await audit.record(session, Actor("system:jobs", "system"), "material.given", case_id)
