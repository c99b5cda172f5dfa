"""The reads of one claim: who looked into it, and which dossiers it may rest on."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import State
from services.nomination.tables import ClaimCheck, Nomination, Subject
from shared.events import Category

GONE = (State.WITHDRAWN, State.DECLINED)
MOST = 50


async def list_checks(session: AsyncSession, *, claim_id: UUID) -> Sequence[ClaimCheck]:
    """Who looked into a claim, newest first."""
    query = select(ClaimCheck).where(col(ClaimCheck.claim_id) == claim_id)
    return list(await session.scalars(query.order_by(col(ClaimCheck.at).desc(), col(ClaimCheck.id).desc())))


async def list_supports(
    session: AsyncSession, *, agency: str, category: Category, unit_id: UUID
) -> Sequence[tuple[Nomination, Subject]]:
    """The dossiers of a unit, about subjects of a category, that a claim may rest on; newest first."""
    query = (
        select(Nomination, Subject)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .where(
            col(Nomination.agency) == agency,
            col(Nomination.unit_id) == unit_id,
            col(Subject.category) == category,
            col(Nomination.state).not_in(GONE),
        )
    )
    rows = await session.execute(query.order_by(col(Nomination.code).desc()).limit(MOST))
    return [(nomination, subject) for nomination, subject in rows]
