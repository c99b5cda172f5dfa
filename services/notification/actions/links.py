"""Consent links: asked for by publishing, sent as soon as the person's contact and the file's code are known too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.tables import Contact, File, Request
from shared import audit, jobs
from shared.audit import Actor

LINK = "link"


async def take_contacts(session: AsyncSession, *, agency: str, persons: Sequence[dict[str, Any]]) -> None:
    """The parcel with contacts has arrived; requests that waited for them can go out."""
    for person in persons:
        told = {"name": person["name"], "email": person["email"]}
        row = insert(Contact).values(person_id=UUID(person["person_id"]), agency=agency, **told)
        await session.execute(row.on_conflict_do_update(index_elements=["person_id"], set_=told))
    await release(session, col(Request.person_id).in_([UUID(person["person_id"]) for person in persons]))
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
    await release(session, col(Request.consent_id) == consent_id)


async def release(session: AsyncSession, which: ColumnElement[bool]) -> None:
    """Send the links of those requests for which everything is known now: the person's contact, the file's code."""
    ready = (
        select(col(Request.consent_id))
        .join(Contact, col(Contact.person_id) == col(Request.person_id))
        .join(File, col(File.nomination_id) == col(Request.nomination_id))
        .where(which, col(Request.sent).is_(False))
        .order_by(col(Request.consent_id))
    )
    for consent_id in (await session.scalars(ready)).all():
        await jobs.enqueue(session, LINK, {"consent_id": str(consent_id)}, key=f"{LINK}:{consent_id}")
