"""The reads of what a dossier said each time it was handed in."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Revision


async def list_revisions(session: AsyncSession, *, nomination_id: UUID) -> Sequence[Revision]:
    """All revisions of a dossier, newest first."""
    query = select(Revision).where(col(Revision.nomination_id) == nomination_id)
    return list(await session.scalars(query.order_by(col(Revision.number).desc())))


async def last_revision(session: AsyncSession, *, nomination_id: UUID) -> Revision | None:
    """What the council has: the dossier as it was handed in last."""
    query = select(Revision).where(col(Revision.nomination_id) == nomination_id)
    return await session.scalar(query.order_by(col(Revision.number).desc()).limit(1))
