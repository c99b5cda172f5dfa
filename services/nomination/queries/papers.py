"""The reads of a nominee's question by its own id."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Agreement, Nomination


async def get_agreement(session: AsyncSession, *, agreement_id: UUID) -> tuple[Agreement, str] | None:
    """A question to a nominee, and the code of the dossier it is about."""
    query = (
        select(Agreement, col(Nomination.code))
        .join(Nomination, col(Nomination.id) == col(Agreement.nomination_id))
        .where(col(Agreement.id) == agreement_id)
    )
    found = (await session.execute(query)).one_or_none()
    return (found[0], found[1]) if found else None
