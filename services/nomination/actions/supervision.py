"""Duties and visits: who looks after which units, and what a visit saw. No action commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.supervision import (
    BadVisit,
    Point,
    check_day,
    check_fields,
    check_points,
    check_span,
)
from services.nomination.tables import ChecklistPoint, SupervisionDuty, Unit, Visit
from shared import audit
from shared.audit import Actor
from shared.names import lines, normal, sort_key

NO_UNIT = "Hãy chọn đơn vị."


@dataclass(frozen=True)
class Duty:
    """Who is to look after units, since and until when, and what to look at."""

    person: str
    since: date
    until: date | None = None
    what: str = ""
    identity: str = ""


@dataclass(frozen=True)
class Visited:
    """What is told of a visit."""

    held_on: date
    party: str
    points: Sequence[Point] = ()
    summary: str = ""


async def give_duty(
    session: AsyncSession, agency: Agency, duty: Duty, *, units: Mapping[UUID, UUID], today: date, by: Actor
) -> None:
    """Give somebody a duty over units. `units`: by unit the id of its row, so that a form sent twice gives one.

    Raises BadVisit.
    """
    told = {"person": normal(duty.person), "what": lines(duty.what)}
    check_fields(told, needed={"person": "Hãy ghi họ và tên người được phân công."})
    check_span(duty.since, duty.until)
    await _check_units(session, agency.id, units, today)
    for unit_id, id in units.items():
        row = SupervisionDuty(
            id=id,
            agency=agency.id,
            unit_id=unit_id,
            person=told["person"],
            identity=duty.identity,
            what=told["what"],
            since=duty.since,
            until=duty.until,
            sort_key=sort_key(told["person"]),
        )
        new = insert(SupervisionDuty).values(**row.model_dump()).on_conflict_do_nothing()
        if (await session.execute(new.returning(col(SupervisionDuty.id)))).all():
            await audit.record(session, by, "duty.given", id)


async def end_duty(session: AsyncSession, *, duty_id: UUID, today: date, by: Actor) -> None:
    """Today is a duty's last day, or it never was one when it was to begin later."""
    duty = await session.get(SupervisionDuty, duty_id, with_for_update=True)
    if duty is None or (duty.until is not None and duty.until <= today):
        return
    if duty.since > today:
        await session.delete(duty)
    else:
        duty.until = today
    await audit.record(session, by, "duty.ended", duty_id)


async def note_visit(
    session: AsyncSession, agency: Agency, visited: Visited, *, unit_id: UUID, today: date, by: Actor, id: UUID
) -> None:
    """Write a visit down; the same form, known by its `id`, sent twice writes one. Raises BadVisit."""
    told = _check(visited, today)
    await _check_units(session, agency.id, [unit_id], today)
    visit = Visit(
        id=id,
        agency=agency.id,
        unit_id=unit_id,
        held_on=visited.held_on,
        party=told["party"],
        summary=told["summary"],
        entered_by=by.identity,
    )
    visit.tell(visited.points)
    new = insert(Visit).values(**visit.model_dump()).on_conflict_do_nothing().returning(col(Visit.id))
    if (await session.execute(new)).all():
        await audit.record(session, by, "visit.noted", id)


async def change_visit(session: AsyncSession, visited: Visited, *, visit_id: UUID, today: date, by: Actor) -> None:
    """Tell a visit anew. Raises BadVisit."""
    told = _check(visited, today)
    visit = await session.get_one(Visit, visit_id, with_for_update=True)
    visit.held_on, visit.party, visit.summary = visited.held_on, told["party"], told["summary"]
    visit.tell(visited.points)
    await audit.record(session, by, "visit.changed", visit_id)


async def enter_checklist(
    session: AsyncSession, agency: Agency, *, points: Sequence[Mapping[str, Any]], by: Actor
) -> None:
    """Enter what visitors look at; points that are known are left as they are."""
    new = 0
    for position, told in enumerate(points):
        point = ChecklistPoint(agency=agency.id, position=position, **told)
        row = insert(ChecklistPoint).values(**point.model_dump()).on_conflict_do_nothing()
        new += len((await session.execute(row.returning(col(ChecklistPoint.id)))).all())
    if new:
        await audit.record(session, by, "checklist.entered", agency.id)


def _check(visited: Visited, today: date) -> dict[str, str]:
    """The words of a visit as they are kept. Raises BadVisit."""
    told = {"party": lines(visited.party), "summary": lines(visited.summary)}
    check_day(visited.held_on, today)
    check_fields(told, needed={"party": "Hãy ghi ai đã đi kiểm tra."})
    check_points(visited.points)
    return told


async def _check_units(session: AsyncSession, agency: str, units: Collection[UUID], today: date) -> None:
    """Raises BadVisit for what is no unit of the agency, or none any more."""
    query = select(Unit).where(col(Unit.agency) == agency, col(Unit.id).in_(units))
    found = list(await session.scalars(query))
    if not units or len(found) != len(units) or any(one.valid_to and one.valid_to <= today for one in found):
        raise BadVisit("unit", NO_UNIT)
