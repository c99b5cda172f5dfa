"""Courses are entered, and who took part in them. No action commits."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.training import BadCourse, check_course, check_people
from services.nomination.tables import Course, CourseAttendance, Unit
from shared import audit
from shared.audit import Actor
from shared.names import normal, sort_key, title_key


async def enter_course(
    session: AsyncSession,
    agency: Agency,
    *,
    held_on: date,
    name: str,
    audience: str,
    hours: int | None,
    organiser: str,
    today: date,
    by: Actor,
    id: UUID,
) -> None:
    """Enter a course that was held; the same form, known by its `id`, sent twice enters one. Raises BadCourse."""
    told = {"name": normal(name), "audience": normal(audience), "organiser": normal(organiser)}
    check_course(told, held_on, today)
    row = Course(
        id=id,
        agency=agency.id,
        held_on=held_on,
        name=told["name"],
        audience=told["audience"],
        hours=hours,
        organiser=told["organiser"],
        sort_key=title_key(told["name"]),
        entered_by=by.identity,
    )
    entered = insert(Course).values(**row.model_dump()).on_conflict_do_nothing().returning(col(Course.id))
    if (await session.execute(entered)).all():
        await audit.record(session, by, "course.entered", id)


async def note_people(
    session: AsyncSession, *, course_id: UUID, unit_id: UUID, names: Sequence[str], role: str, by: Actor
) -> None:
    """Write down who of a unit took part; whoever is known already stays as they are. Raises BadCourse."""
    people = list(dict.fromkeys(name for one in names if (name := normal(one))))
    check_people(people, normal(role))
    course = await session.get_one(Course, course_id)
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.agency != course.agency:
        raise BadCourse("unit", "Hãy chọn đơn vị.")
    new = 0
    for name in people:
        row = CourseAttendance(
            agency=course.agency,
            course_id=course_id,
            unit_id=unit_id,
            name=name,
            role=normal(role),
            sort_key=sort_key(name),
        )
        noted = insert(CourseAttendance).values(**row.model_dump()).on_conflict_do_nothing()
        new += len((await session.execute(noted.returning(col(CourseAttendance.id)))).all())
    if new:
        await audit.record(session, by, "course.attended", course_id)


async def drop_person(session: AsyncSession, *, course_id: UUID, attendance_id: UUID, by: Actor) -> None:
    """Somebody was written down by mistake."""
    query = select(CourseAttendance).where(
        col(CourseAttendance.id) == attendance_id, col(CourseAttendance.course_id) == course_id
    )
    found = await session.scalar(query.with_for_update())
    if found is not None:
        await session.delete(found)
        await audit.record(session, by, "course.dropped", course_id)
