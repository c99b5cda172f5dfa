"""The reads of lists that came in as files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules.intakes import IntakeKind, Outcome
from services.nomination.tables import Intake, IntakeRow

PAGE = 100
LATEST = 20


@dataclass(frozen=True)
class Seen:
    """An intake, how many of its rows come out how, and one page of rows with the number after which it goes on."""

    intake: Intake
    counts: Mapping[Outcome, int]
    rows: Sequence[IntakeRow]
    following: int | None


async def get_intake(
    session: AsyncSession,
    *,
    agency: str,
    kind: IntakeKind,
    intake_id: UUID,
    outcome: Outcome | None = None,
    after: int = 0,
) -> Seen | None:
    """A list as it was read; of its rows a page of those with that outcome, or of all."""
    intake = await session.get(Intake, intake_id)
    if intake is None or (intake.agency, intake.kind) != (agency, kind):
        return None
    counted = select(col(IntakeRow.outcome), func.count()).where(col(IntakeRow.intake_id) == intake_id)
    counts = {row[0]: row[1] for row in await session.execute(counted.group_by(col(IntakeRow.outcome)))}
    rows = await _rows(session, intake_id, outcome, after, PAGE + 1)
    return Seen(intake, counts, rows[:PAGE], rows[PAGE - 1].number if len(rows) > PAGE else None)


async def bad_rows(session: AsyncSession, intake_id: UUID) -> Sequence[IntakeRow]:
    """All rows that cannot be written."""
    return await _rows(session, intake_id, Outcome.BAD, 0, None)


async def _rows(
    session: AsyncSession, intake_id: UUID, outcome: Outcome | None, after: int, most: int | None
) -> Sequence[IntakeRow]:
    rows = select(IntakeRow).where(col(IntakeRow.intake_id) == intake_id, col(IntakeRow.number) > after)
    if outcome is not None:
        rows = rows.where(col(IntakeRow.outcome) == outcome)
    return list(await session.scalars(rows.order_by(col(IntakeRow.number)).limit(most)))


async def list_intakes(session: AsyncSession, *, agency: str, kind: IntakeKind, by: str) -> Sequence[Intake]:
    """The latest lists of a kind that somebody gave in."""
    own = select(Intake).where(col(Intake.agency) == agency, col(Intake.entered_by) == by, col(Intake.kind) == kind)
    return list(await session.scalars(own.order_by(col(Intake.at).desc()).limit(LATEST)))
