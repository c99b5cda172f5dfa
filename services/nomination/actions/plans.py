"""What an agency works with: its units, its plans with their rounds, its criteria."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination.actions import cascade
from services.nomination.actions.rounds import rounds_of
from services.nomination.actions.targets import target_of
from services.nomination.tables import Criterion, Plan, Unit, UnitEdge
from shared import audit, outbox
from shared.audit import Actor
from shared.events import UnitOpened
from shared.names import normal


@dataclass(frozen=True)
class Agency:
    """What actions need of the agency that runs this service."""

    id: str
    mark: str


async def open_unit(
    session: AsyncSession,
    agency: Agency,
    *,
    code: str,
    name: str,
    kind: str,
    since: date,
    at: datetime,
    by: Actor,
    id: UUID | str | None = None,
) -> Unit:
    """Let a unit exist from a day on, and announce it. A unit of that code that exists already is returned as it is."""
    found = await session.scalar(select(Unit).where(col(Unit.agency) == agency.id, col(Unit.code) == code))
    if found is not None:
        return found
    unit = Unit(
        id=UUID(str(id)) if id else uuid7(), agency=agency.id, code=code, name=normal(name), kind=kind, valid_from=since
    )
    session.add(unit)
    await session.flush()
    outbox.record(session, UnitOpened(unit_id=unit.id, name=unit.name, kind=kind, valid_from=since, occurred_at=at))
    await audit.record(session, by, "unit.opened", unit.id)
    return unit


async def put_under(
    session: AsyncSession, *, child: UUID, parent: UUID, line: str, since: date, until: date | None = None, by: Actor
) -> UnitEdge:
    """Let a unit stand under another in a line, from a day on until (exclusive) another.

    Raises NoResultFound for an unknown unit, ValueError for one under itself.
    """
    if child == parent:
        raise ValueError("a unit cannot stand under itself")
    lower, upper = await session.get_one(Unit, child), await session.get_one(Unit, parent)
    edge = UnitEdge(
        agency=lower.agency, child_id=lower.id, parent_id=upper.id, line=line, valid_from=since, valid_to=until
    )
    session.add(edge)
    await session.flush()
    await audit.record(session, by, "unit.put_under", child)
    return edge


async def enter_plan(
    session: AsyncSession,
    agency: Agency,
    *,
    plan: dict[str, Any],
    rounds: Sequence[dict[str, Any]],
    at: datetime,
    by: Actor,
    targets: Sequence[dict[str, Any]] = (),
) -> Plan:
    """Enter an issued plan with its rounds and targets as its papers say it, and tell the agencies below.

    A plan of that code that was entered before is left as it is. Raises ValueError when its rounds or
    targets contradict themselves.
    """
    found = await session.scalar(select(Plan).where(col(Plan.agency) == agency.id, col(Plan.code) == plan["code"]))
    if found is not None:
        return found
    entered = Plan(agency=agency.id, **plan)
    session.add(entered)
    await session.flush()
    windows = [one for told in rounds for one in rounds_of(entered, told)]
    session.add_all(windows)
    session.add_all(target_of(entered, told) for told in targets)
    outbox.record(session, cascade.published(entered, windows, at))
    await audit.record(session, by, "plan.entered", entered.id)
    return entered


async def enter_criteria(
    session: AsyncSession, agency: Agency, *, pack: str, criteria: Sequence[dict[str, Any]], by: Actor
) -> int:
    """Enter a version of a criteria pack; what was entered before is left as it is. Returns how many are new."""
    known = set(
        await session.scalars(
            select(col(Criterion.code)).where(col(Criterion.agency) == agency.id, col(Criterion.pack) == pack)
        )
    )
    new = [
        Criterion(agency=agency.id, pack=pack, position=place, **one)
        for place, one in enumerate(criteria, 1)
        if one["code"] not in known
    ]
    session.add_all(new)
    if new:
        await audit.record(session, by, "criteria.entered", pack)
    return len(new)
