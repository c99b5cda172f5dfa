"""Courses, and who took part in them, as lists and one by one."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.tables import Course, CourseAttendance, Unit
from shared.listing import Asked, Order, Rows, page_of

MOST_SHOWN = 500
"""How many people a course's page names; the list by person has them all."""
ORDERS = {
    "moi": Order(col(Course.held_on), True, "Mới nhất trước"),
    "cu": Order(col(Course.held_on), False, "Cũ nhất trước"),
    "ten": Order(col(Course.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Course.sort_key), True, "Tên, từ Y"),
}
PEOPLE_ORDERS = {
    "ten": Order(col(CourseAttendance.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(CourseAttendance.sort_key), True, "Tên, từ Y"),
    "moi": Order(col(Course.held_on), True, "Mới nhất trước"),
    "cu": Order(col(Course.held_on), False, "Cũ nhất trước"),
}


def _of_units(query: Any, units: Collection[UUID] | None) -> Any:
    """The attendances of these units (None: of all)."""
    return query if units is None else query.where(col(CourseAttendance.unit_id).in_(units))


async def page_of_courses(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of courses: rows of (Course, how many of these units took part)."""
    took = select(func.count()).where(col(CourseAttendance.course_id) == col(Course.id))
    query = select(Course, _of_units(took, units).correlate(Course).scalar_subquery())
    return await page_of(session, query.where(col(Course.agency) == agency), asked, ORDERS, col(Course.id))


async def page_of_people(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of who took part in what: rows of (CourseAttendance, Course, Unit)."""
    query = (
        select(CourseAttendance, Course, Unit)
        .join(Course, col(Course.id) == col(CourseAttendance.course_id))
        .join(Unit, col(Unit.id) == col(CourseAttendance.unit_id))
        .where(col(CourseAttendance.agency) == agency)
    )
    return await page_of(session, _of_units(query, units), asked, PEOPLE_ORDERS, col(CourseAttendance.id))


async def get_course(session: AsyncSession, *, agency: str, course_id: UUID) -> Course | None:
    """One course of the agency."""
    found = await session.get(Course, course_id)
    return found if found is not None and found.agency == agency else None


async def count_people(session: AsyncSession, *, course_id: UUID, units: Collection[UUID] | None) -> int:
    """How many of these units (None: of all) took part in a course."""
    query = select(func.count()).where(col(CourseAttendance.course_id) == course_id)
    return await session.scalar(_of_units(query, units)) or 0


async def list_people(
    session: AsyncSession, *, course_id: UUID, units: Collection[UUID] | None
) -> Sequence[tuple[CourseAttendance, Unit]]:
    """Who of these units (None: of all) took part in a course, by name."""
    query = (
        select(CourseAttendance, Unit)
        .join(Unit, col(Unit.id) == col(CourseAttendance.unit_id))
        .where(col(CourseAttendance.course_id) == course_id)
        .order_by(col(CourseAttendance.sort_key), col(CourseAttendance.id))
        .limit(MOST_SHOWN)
    )
    return [(one, unit) for one, unit in await session.execute(_of_units(query, units))]
