"""Consent links: asked for by publishing, sent as soon as both the request and the person's contact are known."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.tables import Contact, Request
from shared import audit, jobs
from shared.audit import Actor

LINK = "link"


async def take_contacts(session: AsyncSession, *, agency: str, persons: Sequence[dict[str, Any]]) -> None:
    """The parcel with contacts has arrived; requests that waited for them can go out."""
    for person in persons:
        told = {"name": person["name"], "email": person["email"]}
        row = insert(Contact).values(person_id=UUID(person["person_id"]), agency=agency, **told)
        await session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=told))
        waiting = await session.scalars(
            select(Request).where(col(Request.person_id) == UUID(person["person_id"]), col(Request.sent).is_(False))
        )
        for request in waiting:
            await _queue(session, request.consent_id)
    await audit.record(session, Actor("system:parcels", "system"), "contacts.taken", len(persons))


async def note_request(
    session: AsyncSession,
    *,
    agency: str,
    consent_id: UUID,
    event_id: UUID,
    person_id: UUID,
    nomination_id: UUID,
    expires_at: datetime,
) -> None:
    """Somebody's word is asked for."""
    session.add(
        Request(
            agency=agency,
            consent_id=consent_id,
            event_id=event_id,
            person_id=person_id,
            nomination_id=nomination_id,
            expires_at=expires_at,
        )
    )
    await session.flush()
    if await session.get(Contact, person_id) is not None:
        await _queue(session, consent_id)


async def _queue(session: AsyncSession, consent_id: UUID) -> None:
    await jobs.enqueue(session, LINK, {"consent_id": str(consent_id)}, key=f"{LINK}:{consent_id}")
