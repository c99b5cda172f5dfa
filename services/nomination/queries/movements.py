"""Movements as lists and one by one. What was found through one is counted only where the reader may see it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules import PlanState, State
from services.nomination.rules.movements import Taker
from services.nomination.tables import (
    Lead,
    Movement,
    MovementActivity,
    MovementRegistration,
    Nomination,
    Plan,
    Unit,
    below,
)
from shared.listing import Asked, Order, Rows, page_of
from shared.names import folded

MOST_SHOWN = 20
"""How many activities a movement's page shows; the list beside it has them all."""
MOST_OFFERED = 200
"""How many movements a form offers."""
ORDERS = {
    "moi": Order(col(Movement.starts_on), True, "Bắt đầu sau trước"),
    "cu": Order(col(Movement.starts_on), False, "Bắt đầu trước trước"),
    "ten": Order(col(Movement.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Movement.sort_key), True, "Tên, từ Y"),
}
ACTIVITY_ORDERS = {
    "moi": Order(col(MovementActivity.held_on), True, "Mới nhất trước"),
    "cu": Order(col(MovementActivity.held_on), False, "Cũ nhất trước"),
}
REGISTRATION_ORDERS = {
    "ten": Order(col(MovementRegistration.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(MovementRegistration.sort_key), True, "Tên, từ Y"),
    "moi": Order(col(MovementRegistration.at), True, "Mới nhất trước"),
    "cu": Order(col(MovementRegistration.at), False, "Cũ nhất trước"),
}


@dataclass(frozen=True)
class Seen:
    """A movement with who launched it (None: the agency), and the leads and files found through it that one may see."""

    movement: Movement
    unit: Unit | None
    leads: int
    files: int


def _found(units: Collection[UUID] | None) -> tuple[Any, Any]:
    """How many leads and files of these units (None: of all) were found through the movement of the row."""
    leads = select(func.count()).where(col(Lead.movement_id) == col(Movement.id))
    files = select(func.count()).where(
        col(Nomination.movement_id) == col(Movement.id), col(Nomination.state) != State.WITHDRAWN
    )
    if units is not None:
        leads, files = leads.where(col(Lead.unit_id).in_(units)), files.where(col(Nomination.unit_id).in_(units))
    return leads.correlate(Movement).scalar_subquery(), files.correlate(Movement).scalar_subquery()


def _seen(agency: str, units: Collection[UUID] | None) -> Any:
    return (
        select(Movement, Unit, *_found(units))
        .outerjoin(Unit, col(Unit.id) == col(Movement.unit_id))
        .where(col(Movement.agency) == agency)
    )


async def page_of_movements(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked
) -> Rows:
    """One page of movements, those with the words asked for: rows as `Seen` takes them."""
    query = _seen(agency, units)
    for word in folded(asked.kept.get("q", "")).split():
        query = query.where(col(Movement.search_text).contains(word, autoescape=True))
    return await page_of(session, query, asked, ORDERS, col(Movement.id))


async def get_movement(
    session: AsyncSession, *, agency: str, movement_id: UUID, units: Collection[UUID] | None = ()
) -> Seen | None:
    """One movement."""
    row = (await session.execute(_seen(agency, units).where(col(Movement.id) == movement_id))).one_or_none()
    return Seen(*row) if row else None


async def list_current(
    session: AsyncSession, *, agency: str, today: date, besides: UUID | None = None
) -> Sequence[Movement]:
    """The movements that have begun and are not over, by name: through which somebody may be found now; and one
    `besides`, which stays to be chosen where it was chosen before.
    """
    now = and_(
        col(Movement.starts_on) <= today,
        col(Movement.ended_on).is_(None),
        or_(col(Movement.ends_on).is_(None), col(Movement.ends_on) >= today),
    )
    query = select(Movement).where(col(Movement.agency) == agency, or_(now, col(Movement.id) == besides))
    return list(await session.scalars(query.order_by(col(Movement.sort_key), col(Movement.id)).limit(MOST_OFFERED)))


async def list_offered(session: AsyncSession, *, agency: str) -> Mapping[str, str]:
    """The movements that the plans in force name, each with its issuer."""
    query = select(col(Plan.movements)).where(col(Plan.agency) == agency, col(Plan.state) == PlanState.IN_FORCE)
    told: dict[str, str] = {}
    for entries in await session.scalars(query.order_by(col(Plan.code))):
        told |= {one["name"]: one.get("issuer") or told.get(one["name"], "") for one in entries}
    return dict(sorted(told.items()))


async def list_units_of(session: AsyncSession, movement: Movement, *, today: date) -> Sequence[Unit]:
    """The units that a movement is for: the one that launched it and all below, by name."""
    query = select(Unit).where(
        col(Unit.agency) == movement.agency, or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > today)
    )
    if movement.unit_id is not None:
        under = below(movement.agency, [movement.unit_id], today).subquery()
        query = query.where(or_(col(Unit.id) == movement.unit_id, col(Unit.id).in_(select(under.c.unit))))
    return list(await session.scalars(query.order_by(col(Unit.name))))


def _activities(movement_id: UUID) -> Any:
    return (
        select(MovementActivity, Unit)
        .outerjoin(Unit, col(Unit.id) == col(MovementActivity.unit_id))
        .where(col(MovementActivity.movement_id) == movement_id)
    )


async def list_newest(session: AsyncSession, *, movement_id: UUID) -> Sequence[tuple[MovementActivity, Unit | None]]:
    """What was done last in a movement, the newest first."""
    newest = col(MovementActivity.held_on).desc(), col(MovementActivity.id).desc()
    rows = await session.execute(_activities(movement_id).order_by(*newest).limit(MOST_SHOWN))
    return [(activity, unit) for activity, unit in rows]


async def page_of_activities(session: AsyncSession, *, movement_id: UUID, asked: Asked) -> Rows:
    """One page of what was done in a movement: rows of (MovementActivity, Unit or None)."""
    return await page_of(session, _activities(movement_id), asked, ACTIVITY_ORDERS, col(MovementActivity.id))


def _registrations(movement_id: UUID, units: Collection[UUID] | None, person: str) -> Any:
    """Those of these units (None: of all), and the person's own (empty: nobody's)."""
    query = (
        select(MovementRegistration, Unit)
        .join(Unit, col(Unit.id) == col(MovementRegistration.unit_id))
        .where(col(MovementRegistration.movement_id) == movement_id)
    )
    if units is None:
        return query
    own = and_(col(MovementRegistration.taker) == Taker.PERSON, col(MovementRegistration.who) == person)
    return query.where(or_(col(MovementRegistration.unit_id).in_(units), own))


async def page_of_registrations(
    session: AsyncSession, *, movement_id: UUID, units: Collection[UUID] | None, asked: Asked
) -> Rows:
    """One page of who takes part, of these units (None: of all): rows of (MovementRegistration, Unit)."""
    query = _registrations(movement_id, units, person="")
    return await page_of(session, query, asked, REGISTRATION_ORDERS, col(MovementRegistration.id))


async def get_registration(
    session: AsyncSession, *, movement_id: UUID, registration_id: UUID, units: Collection[UUID] | None, person: str
) -> tuple[MovementRegistration, Unit] | None:
    """One registration of these units (None: of all), or the person's own."""
    query = _registrations(movement_id, units, person).where(col(MovementRegistration.id) == registration_id)
    row = (await session.execute(query)).one_or_none()
    return (row[0], row[1]) if row else None


async def get_own(session: AsyncSession, *, movement_id: UUID, person: str) -> MovementRegistration | None:
    """The registration of somebody for themselves."""
    found: MovementRegistration | None = await session.scalar(
        select(MovementRegistration).where(
            col(MovementRegistration.movement_id) == movement_id,
            col(MovementRegistration.taker) == Taker.PERSON,
            col(MovementRegistration.who) == person,
        )
    )
    return found
