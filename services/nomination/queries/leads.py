"""Leads as lists and one by one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules.leads import LeadState, NoteKind
from services.nomination.tables import Lead, LeadNote, Movement, Nomination, Unit
from shared.listing import CATEGORY_FILTER, Asked, Order, Rows, chosen, page_of, state_filter

ORDERS = {
    "moi": Order(col(Lead.spotted_at), True, "Mới nhất trước"),
    "cu": Order(col(Lead.spotted_at), False, "Cũ nhất trước"),
    "ten": Order(col(Lead.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Lead.sort_key), True, "Tên, từ Y"),
}
FILTERS = (state_filter("lead", LeadState), CATEGORY_FILTER)


@dataclass(frozen=True)
class Seen:
    """A lead with its unit (none: not sorted yet), its lines, the codes of the files before and after it, and the
    movement in which it was seen.
    """

    lead: Lead
    unit: Unit | None
    notes: Sequence[LeadNote]
    nomination: str | None
    after: str | None
    movement: Movement | None

    def of(self, *kinds: NoteKind) -> list[LeadNote]:
        """Its lines of these kinds, the oldest first."""
        return [one for one in self.notes if one.kind in kinds]


def _within(query: Any, units: Collection[UUID] | None) -> Any:
    """Those of these units (None: of all). What nobody sorted yet belongs to no unit: who sees all sees it."""
    return query if units is None else query.where(col(Lead.unit_id).in_(units))


async def page_of_leads(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of leads: rows of (Lead, Unit or None)."""
    query = select(Lead, Unit).outerjoin(Unit, col(Unit.id) == col(Lead.unit_id)).where(col(Lead.agency) == agency)
    query = chosen(_within(query, units), asked, {"trang-thai": col(Lead.state), "loai": col(Lead.category)})
    return await page_of(session, query, asked, ORDERS, col(Lead.id))


async def list_waiting(session: AsyncSession, *, agency: str, units: Collection[UUID] | None) -> Sequence[Lead]:
    """What came by the public form and nobody took up, the oldest first; the first twenty."""
    query = select(Lead).where(col(Lead.agency) == agency, ~col(Lead.taken_up), col(Lead.state) == LeadState.SPOTTED)
    return list(await session.scalars(_within(query, units).order_by(col(Lead.spotted_at)).limit(20)))


async def get_lead(session: AsyncSession, *, agency: str, lead_id: UUID, units: Collection[UUID] | None) -> Seen | None:
    """One lead of these units (None: of all)."""
    query = (
        select(Lead, Unit, Movement, col(Nomination.code))
        .outerjoin(Unit, col(Unit.id) == col(Lead.unit_id))
        .outerjoin(Movement, col(Movement.id) == col(Lead.movement_id))
        .outerjoin(Nomination, col(Nomination.id) == col(Lead.nomination_id))
        .where(col(Lead.agency) == agency, col(Lead.id) == lead_id)
    )
    row = (await session.execute(_within(query, units))).one_or_none()
    if row is None:
        return None
    lead, unit, movement, nomination = row
    lines = select(LeadNote).where(col(LeadNote.lead_id) == lead_id).order_by(col(LeadNote.at), col(LeadNote.id))
    notes = list(await session.scalars(lines))
    after = select(col(Nomination.code)).where(col(Nomination.id) == lead.after_id)
    followed = await session.scalar(after) if lead.after_id else None
    return Seen(lead, unit, notes, nomination, followed, movement)


async def list_spotted(session: AsyncSession, *, agency: str, by: str) -> Sequence[tuple[Lead, Unit | None]]:
    """The leads that a person spotted, the newest first; the first fifty."""
    query = (
        select(Lead, Unit)
        .outerjoin(Unit, col(Unit.id) == col(Lead.unit_id))
        .where(col(Lead.agency) == agency, col(Lead.spotted_by) == by)
        .order_by(col(Lead.spotted_at).desc())
        .limit(50)
    )
    return [(lead, unit) for lead, unit in await session.execute(query)]
