"""What reports count: numbers of a time, never of a person."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.queries.targets import list_standings
from services.nomination.rules import State
from services.nomination.rules.reports import COUNTED_BY, Stage, empty
from services.nomination.tables import Nomination, Unit, UnitArea
from shared.clock import VIETNAM

MOST_WITHOUT = 50
# Those who were handed in within the time and not withdrawn, and how far each got by now, as the timeline says.
_HANDED_IN = """
with chosen as materialized (
    select n.id, n.unit_id, s.category, s.groups, n.state = 'honoured' as honoured, n.handed_in_on
    from nominations n join subjects s on s.id = n.subject_id
    where n.agency = :agency and n.handed_in_on between :from_on and :until_on and n.state <> 'withdrawn'
      and (cast(:units as uuid[]) is null or n.unit_id = any(cast(:units as uuid[])))
), got as (
    select c.id,
        bool_or(t.what = 'case_opened') as taken,
        bool_or(t.what = 'referred' and t.by_agency is null) as referred,
        bool_or(t.what = 'honoured_above') as honoured_above,
        bool_or(t.what = 'published') as published
    from chosen c join steps t on t.nomination_id = c.id group by c.id
)
select c.category, c.groups,
    coalesce((select jsonb_agg(distinct a.area) from unit_areas a where a.unit_id = c.unit_id
        and a.valid_from <= c.handed_in_on and (a.valid_to is null or a.valid_to > c.handed_in_on)), '[]') as areas,
    count(*) as handed_in, count(*) filter (where c.honoured) as honoured,
    count(*) filter (where g.taken) as taken, count(*) filter (where g.referred) as referred,
    count(*) filter (where g.honoured_above) as honoured_above, count(*) filter (where g.published) as published
from chosen c left join got g on g.id = c.id
group by 1, 2, 3"""
_SPOTTED = """
select count(*) from leads where agency = :agency
  and (spotted_at at time zone :zone)::date between :from_on and :until_on
  and (cast(:units as uuid[]) is null or unit_id = any(cast(:units as uuid[])))"""
_UNITS = """
select count(*), count(*) filter (where exists (select from nominations n where n.agency = u.agency and n.unit_id = u.id
    and n.handed_in_on between :from_on and :until_on and n.state <> 'withdrawn'))
from units u where u.agency = :agency and u.valid_from <= :until_on and (u.valid_to is null or u.valid_to > :from_on)
  and (cast(:units as uuid[]) is null or u.id = any(cast(:units as uuid[])))"""


async def count(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, from_on: date, until_on: date
) -> dict[str, Any]:
    """The figures (`rules.reports.Figures`) of these units (None: of all) without targets, both days included."""
    within = {"agency": agency, "units": list(units) if units is not None else None}
    asked: dict[str, Any] = {**within, "from_on": from_on, "until_on": until_on}
    figures = empty() | {"agencies": 1}
    for row in (await session.execute(text(_HANDED_IN), asked)).mappings():
        for stage in Stage:
            figures["stages"][stage] += row.get(stage.value, 0)
        for by, names in zip(COUNTED_BY, ([row["category"]], row["groups"], row["areas"]), strict=True):
            for name in names:
                counts = figures[by].setdefault(name, {"handed_in": 0, "honoured": 0})
                counts["handed_in"] += row["handed_in"]
                counts["honoured"] += row["honoured"]
    figures["stages"][Stage.SPOTTED] = await session.scalar(text(_SPOTTED), asked | {"zone": str(VIETNAM)})
    there, giving = (await session.execute(text(_UNITS), asked)).one()
    figures["units"] = {"all": there, "giving": giving}
    return figures


async def list_targets(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, on: date
) -> list[dict[str, Any]]:
    """What the plans in force ask for and how far it was met on that day: the figures' `targets`."""
    return [
        {
            "plan": one.plan.number or one.plan.code,
            "bound": one.target.bound.value,
            "number": one.target.number,
            "per": one.target.per.value,
            "counted": one.target.counted.value,
            "value": one.value,
            "goal": one.goal,
        }
        for one in await list_standings(session, agency=agency, units=units, today=on)
        if one.counted
    ]


async def list_areas(session: AsyncSession, *, unit_id: UUID) -> Sequence[UnitArea]:
    """Where a unit lies and lay, the newest first."""
    of_unit = select(UnitArea).where(col(UnitArea.unit_id) == unit_id)
    return list(await session.scalars(of_unit.order_by(col(UnitArea.valid_from).desc(), col(UnitArea.area))))


async def list_without(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, from_on: date, until_on: date
) -> tuple[Sequence[Unit], int]:
    """The units that put nobody forward in that time, by name: the first fifty, and how many there are."""
    gave = exists().where(
        col(Nomination.agency) == agency,
        col(Nomination.unit_id) == col(Unit.id),
        col(Nomination.handed_in_on).between(from_on, until_on),
        col(Nomination.state) != State.WITHDRAWN,
    )
    query = select(Unit).where(
        col(Unit.agency) == agency,
        col(Unit.valid_from) <= until_on,
        or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > until_on),
        ~gave,
    )
    if units is not None:
        query = query.where(col(Unit.id).in_(units))
    shown = query.add_columns(func.count().over()).order_by(col(Unit.name)).limit(MOST_WITHOUT)
    rows: Sequence[Any] = (await session.execute(shown)).all()
    return [row[0] for row in rows], rows[0][1] if rows else 0
