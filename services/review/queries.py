"""The reads of reviewing: one function per page that needs one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review.tables import Case, Unit


@dataclass(frozen=True)
class Listed:
    """A case with its unit, whose name may not have been heard yet."""

    case: Case
    unit: Unit | None


async def list_cases(session: AsyncSession, *, agency: str, before: str = "", limit: int = 50) -> Sequence[Listed]:
    """Cases, newest code first; `before` is the last code of the page before."""
    query = (
        select(Case, Unit)
        .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
        .where(col(Case.agency) == agency)
        .order_by(col(Case.code).desc())
        .limit(limit)
    )
    if before:
        query = query.where(col(Case.code) < before)
    return [Listed(*row) for row in await session.execute(query)]


async def get_case(session: AsyncSession, *, agency: str, code: str) -> Listed | None:
    """The case of that code."""
    row = (
        await session.execute(
            select(Case, Unit)
            .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
            .where(col(Case.agency) == agency, col(Case.code) == code)
        )
    ).one_or_none()
    return Listed(*row) if row else None
