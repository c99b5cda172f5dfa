"""Lists of dossiers: those of some units, and those that have some words."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.tables import Nomination, Subject, Unit
from shared.listing import CATEGORY_FILTER, Asked, Order, Rows, chosen, page_of, state_filter
from shared.search import Finding, Sought, nearest

FILE_ORDERS = {
    "moi": Order(col(Nomination.code), True, "Mới nhất trước"),
    "cu": Order(col(Nomination.code), False, "Cũ nhất trước"),
    "ten": Order(col(Subject.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Subject.sort_key), True, "Tên, từ Y"),
}
FILE_FILTERS = (state_filter("nomination", rules.State), CATEGORY_FILTER)


async def page_of_files(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of the nominations of these units (None: of all): rows of (Nomination, Subject, Unit)."""
    query = (
        select(Nomination, Subject, Unit)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.agency) == agency)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    query = chosen(query, asked, {"trang-thai": col(Nomination.state), "loai": col(Subject.category)})
    return await page_of(session, query, asked, FILE_ORDERS, col(Nomination.id))


async def find_files(session: AsyncSession, sought: Sought, *, agency: str, units: Collection[UUID] | None) -> Finding:
    """Nominations of these units (None: of all) that have the words: rows of (Nomination, Subject, Unit)."""
    looked = await sought.look(session, agency, units)
    found = looked.table
    query = (
        select(Nomination, Subject, Unit)
        .join(found, found.c.thing == col(Nomination.id))
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.agency) == agency)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    return Finding(query, nearest(found, col(Subject.sort_key)), col(Nomination.id), looked.cut)
