"""What is remembered of units: how they are called, and where roles go on when one ends."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.tables import Grant, Unit
from shared import audit
from shared.audit import Actor


async def note_unit(session: AsyncSession, *, agency: str, unit_id: UUID, name: str, valid_from: date) -> None:
    """Remember a unit's name, the newest one that was told."""
    unit = insert(Unit).values(id=unit_id, agency=agency, name=name, valid_from=valid_from)
    told = {"name": name, "valid_from": valid_from}
    await session.execute(unit.on_conflict_do_update(index_elements=["id"], set_=told))


async def note_end(session: AsyncSession, *, agency: str, unit_id: UUID, day: date) -> None:
    """Remember that a unit is no more from a day on: nobody is given a role there any longer."""
    ended = update(Unit).where(col(Unit.agency) == agency, col(Unit.id) == unit_id)
    await session.execute(ended.values(valid_to=day))


async def hand_over(
    session: AsyncSession, *, agency: str, unit_id: UUID, successor_id: UUID, day: date, at: datetime
) -> None:
    """Let the roles that were given at a unit that has ended be held at its successor from that day on."""
    by = Actor("system:unit-ended", "administrator", unit_id)
    lasting = or_(col(Grant.until).is_(None), col(Grant.until) > day)
    given = select(Grant).where(
        col(Grant.agency) == agency, col(Grant.unit_id) == unit_id, col(Grant.revoked_at).is_(None), lasting
    )
    for old in list(await session.scalars(given.with_for_update())):
        new = Grant(
            agency=agency,
            identity=old.identity,
            role=old.role,
            unit_id=successor_id,
            since=max(day, old.since) if old.since else day,
            until=old.until,
            granted_by=by.identity,
            granted_at=at,
        )
        session.add(new)
        if old.since is not None and old.since >= day:
            old.revoked_by, old.revoked_at = by.identity, at
        else:
            old.until = day
        await session.flush()
        await audit.record(session, by, "role.moved", new.id)
