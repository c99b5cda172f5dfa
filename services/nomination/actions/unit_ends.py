"""How a unit ends, merged into another, split or dissolved: prepared, confirmed, carried out when its day comes.

Until its day it can be taken back. What is open goes on at its successor; single things may go to another (`share`).
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from uuid import UUID

import structlog
from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.open_work import has_open_work, move_work
from services.nomination.actions.units import alone, lock
from services.nomination.rules.units import BadEnd, check_end
from services.nomination.tables import Unit, UnitEdge, UnitEnd, UnitShare, below
from shared import audit, outbox
from shared.audit import Actor
from shared.events import UnitEnded
from shared.names import normal
from shared.outbox.recording import agency_of
from shared.wording import say

_log = structlog.get_logger("units")


async def prepare_end(
    session: AsyncSession, *, unit_id: UUID, successor_id: UUID | None, day: date, paper: str, by: Actor
) -> UnitEnd:
    """Write down how a unit is to end: nothing happens until somebody confirms it. Prepared again, it is as told last.

    Raises BadEnd.
    """
    unit = await _lock(session, unit_id)
    end = await session.get(UnitEnd, unit_id)
    if end is None:
        end = UnitEnd(agency=unit.agency, unit_id=unit_id, day=day)
        session.add(end)
    elif end.confirmed:
        raise BadEnd("day", "Đơn vị đã có ngày thôi hoạt động. Hãy tải lại trang.")
    end.successor_id, end.day, end.paper = successor_id, day, normal(paper)
    await _check(session, unit, end)
    await session.flush()
    await audit.record(session, by, "unit.end_prepared", unit_id)
    return end


async def share(
    session: AsyncSession, *, unit_id: UUID, things: Collection[UUID], successor_id: UUID, by: Actor
) -> None:
    """Let these things of a unit (what is open of its work, units below it) go on at that unit when it ends.

    Raises BadEnd; LookupError when the unit does not end any more, or never did.
    """
    unit, end = await _pending(session, unit_id)
    await _check_taker(session, unit, successor_id, end.day)
    rows = [
        {"agency": unit.agency, "unit_id": unit_id, "thing_id": one, "successor_id": successor_id}
        for one in things
        if one != successor_id
    ]
    if rows:
        row = insert(UnitShare).values(rows)
        told = {"successor_id": row.excluded.successor_id}
        await session.execute(row.on_conflict_do_update(index_elements=["unit_id", "thing_id"], set_=told))
    await audit.record(session, by, "unit.shared", unit_id)


async def confirm_end(session: AsyncSession, *, unit_id: UUID, at: datetime, today: date, by: Actor) -> None:
    """What was prepared is to be. A day that has come takes effect at once, a later one when it comes.

    Raises BadEnd; LookupError when nothing was prepared, or it is done.
    """
    unit, end = await _pending(session, unit_id)
    await _check(session, unit, end)
    end.confirmed = True
    await session.flush()
    await audit.record(session, by, "unit.end_confirmed", unit_id)
    if end.day <= today:
        await _carry_out(session, unit, end, at)


async def take_back_end(session: AsyncSession, *, unit_id: UUID, by: Actor) -> None:
    """A unit goes on after all. LookupError when it has no end, or its day has come."""
    _, end = await _pending(session, unit_id)
    await session.execute(delete(UnitShare).where(col(UnitShare.unit_id) == unit_id))
    await session.delete(end)
    await audit.record(session, by, "unit.end_taken_back", unit_id)


async def carry_out_due(session: AsyncSession, *, at: datetime, today: date) -> int:
    """End every unit whose day has come, in the order of the days; how many."""
    await alone(session, agency_of(session))
    due = select(UnitEnd).where(col(UnitEnd.confirmed), ~col(UnitEnd.done), col(UnitEnd.day) <= today)
    ends = list(await session.scalars(due.order_by(col(UnitEnd.day))))
    done = 0
    for end in ends:
        unit = await lock(session, end.unit_id)
        if end.successor_id is None and await has_open_work(session, end.unit_id, end.day):
            # Something was begun since: nobody may lose it, so the unit stays until somebody says who takes it.
            _log.error("units.end_waits", unit=str(unit.id))
            continue
        await _carry_out(session, unit, end, at)
        done += 1
    return done


async def _lock(session: AsyncSession, unit_id: UUID) -> Unit:
    """A unit, locked. Whoever changes the graph waits for a turn before locking, lest two wait for each other."""
    await alone(session, agency_of(session))
    return await lock(session, unit_id)


async def _pending(session: AsyncSession, unit_id: UUID) -> tuple[Unit, UnitEnd]:
    """A unit, locked, and its end that has not come. Raises LookupError."""
    unit = await _lock(session, unit_id)
    end = await session.get(UnitEnd, unit_id)
    if end is None or end.done:
        raise LookupError("the unit does not end any more, or never did")
    return unit, end


async def _check(session: AsyncSession, unit: Unit, end: UnitEnd) -> None:
    """Whether a unit can end so. Raises BadEnd."""
    check_end(
        unit.valid_from,
        end.day,
        open_work=await has_open_work(session, unit.id, end.day),
        successor=end.successor_id is not None,
    )
    shares = select(col(UnitShare.successor_id)).where(col(UnitShare.unit_id) == unit.id).distinct()
    for successor_id in {end.successor_id, *await session.scalars(shares)} - {None}:
        await _check_taker(session, unit, successor_id, end.day)
    sharing = select(col(UnitShare.unit_id)).where(col(UnitShare.successor_id) == unit.id)
    owing = (col(UnitEnd.successor_id) == unit.id) | col(UnitEnd.unit_id).in_(sharing)
    owed = select(exists().where(owing, ~col(UnitEnd.done), col(UnitEnd.day) >= end.day))
    if await session.scalar(owed):
        raise BadEnd("day", "Một đơn vị khác sẽ chuyển việc sang đơn vị này vào hoặc sau ngày ấy. Hãy bỏ lần đó trước.")


async def _check_taker(session: AsyncSession, unit: Unit, successor_id: UUID | None, day: date) -> None:
    """Whether what is open of a unit can go on there from the day on. Raises BadEnd."""
    successor = await session.get(Unit, successor_id)
    if successor_id == unit.id or successor is None or successor.agency != unit.agency:
        raise BadEnd("successor", "Hãy chọn một đơn vị khác của cơ quan.")
    if successor.valid_from > day:
        told = "Đến {day:%d/%m/%Y} đơn vị nhận việc mới bắt đầu có. Hãy chọn ngày từ đó trở đi, hoặc đơn vị khác."
        raise BadEnd("successor", say(told, day=successor.valid_from))
    ending = await session.get(UnitEnd, successor_id)
    if ending is not None and ending.day <= day:
        raise BadEnd("successor", "Đơn vị nhận việc cũng thôi hoạt động trước hoặc vào ngày ấy. Hãy chọn đơn vị khác.")


async def _carry_out(session: AsyncSession, unit: Unit, end: UnitEnd, at: datetime) -> None:
    unit.valid_to, end.done = end.day, True
    if end.successor_id is not None:
        rows = await session.scalars(select(UnitShare).where(col(UnitShare.unit_id) == unit.id))
        shares = {one.thing_id: one.successor_id for one in rows}
        await move_work(session, end, end.successor_id, shares, at)
        await _move_below(session, unit, end.successor_id, shares, end.day)
    of_unit = (col(UnitEdge.child_id) == unit.id) | (col(UnitEdge.parent_id) == unit.id)
    await session.execute(delete(UnitEdge).where(of_unit, col(UnitEdge.valid_from) >= end.day))
    later = col(UnitEdge.valid_to).is_(None) | (col(UnitEdge.valid_to) > end.day)
    await session.execute(update(UnitEdge).where(of_unit, later).values(valid_to=end.day))
    outbox.record(
        session,
        UnitEnded(unit_id=unit.id, successor_id=end.successor_id, valid_to=end.day, occurred_at=at),
    )
    await session.flush()


async def _move_below(
    session: AsyncSession, unit: Unit, successor_id: UUID, shares: Mapping[UUID, UUID], day: date
) -> None:
    """What stands below it stands below its successor from the day on, but for what is above that."""
    later = col(UnitEdge.valid_to).is_(None) | (col(UnitEdge.valid_to) > day)
    edges = list(await session.scalars(select(UnitEdge).where(col(UnitEdge.parent_id) == unit.id, later)))
    for edge in edges:
        above = shares.get(edge.child_id, successor_id)
        under_child = await session.execute(below(unit.agency, [edge.child_id], day, and_later=True))
        if above in {edge.child_id, *(one for _, one in under_child)}:
            continue
        standing = select(col(UnitEdge.id)).where(
            col(UnitEdge.child_id) == edge.child_id,
            col(UnitEdge.parent_id) == above,
            col(UnitEdge.line) == edge.line,
            later,
        )
        if await session.scalar(standing) is None:
            session.add(
                UnitEdge(
                    agency=unit.agency,
                    child_id=edge.child_id,
                    parent_id=above,
                    line=edge.line,
                    valid_from=max(day, edge.valid_from),
                    valid_to=edge.valid_to,
                )
            )
    await session.flush()
