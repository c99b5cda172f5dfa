"""What leaves nomination when an exemplar was honoured: what may be told, and how the people concerned are reached."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions.dossiers import lock
from services.nomination.tables import Subject
from shared import audit, outbox
from shared.audit import Actor
from shared.events import ContactsGiven, Sealed, StoryMaterialGiven


async def hand_on(
    session: AsyncSession, *, nomination_id: UUID, honour_id: UUID, material: Sealed, contacts: Sealed, at: datetime
) -> None:
    """Announce both parcels, which lie in the store already; once per honour, however often the job is tried."""
    nomination = await lock(session, nomination_id)
    if nomination.given_for == honour_id:
        return
    nomination.given_for = honour_id
    subject = await session.get_one(Subject, nomination.subject_id)
    about = {
        "nomination_id": nomination.id,
        "origin_agency": nomination.agency,
        "unit_id": nomination.unit_id,
        "subject_id": nomination.subject_id,
        "code": nomination.code,
        "occurred_at": at,
    }
    outbox.record(session, ContactsGiven.model_validate(about | {"contacts": contacts}))
    outbox.record(
        session,
        StoryMaterialGiven.model_validate(
            about | {"category": subject.category, "honour_id": honour_id, "material": material}
        ),
    )
    await audit.record(session, Actor("system:jobs", "system"), "material.given", nomination_id)
