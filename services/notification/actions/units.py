"""What is remembered of units: how they are called."""

from datetime import date
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.tables import Unit


async def note_unit(session: AsyncSession, *, agency: str, unit_id: UUID, name: str, valid_from: date) -> None:
    """Remember a unit's name, the newest one that was told."""
    unit = insert(Unit).values(id=unit_id, agency=agency, name=name, valid_from=valid_from)
    told = {"name": name, "valid_from": valid_from}
    await session.execute(unit.on_conflict_do_update(index_elements=["id"], set_=told))
