"""Courses are entered, and who took part in them. No action commits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.training import BadCourse, CourseShared, check_course, check_people, check_seen
from services.nomination.tables import Course, CourseAttendance, Unit
from shared import audit
from shared.audit import Actor
from shared.names import normal, sort_key, title_key


@dataclass(frozen=True)
class Held:
    """What is told of a course."""

    held_on: date
    name: str
    audience: str = ""
    hours: int | None = None
    organiser: str = ""

    def read(self, today: date) -> "Held":
        """The same as it is kept. Raises BadCourse."""
        told = Held(self.held_on, normal(self.name), normal(self.audience), self.hours, normal(self.organiser))
        fields = {"name": told.name, "audience": told.audience, "organiser": told.organiser}
        check_course(fields, self.held_on, today)
        return told


async def enter_course(session: AsyncSession, agency: Agency, held: Held, *, today: date, by: Actor, id: UUID) -> None:
    """Enter a course that was held; the same form, known by its `id`, sent twice enters one. Raises BadCourse."""
    told = held.read(today)
    row = Course(id=id, agency=agency.id, sort_key=title_key(told.name), entered_by=by.identity, **asdict(told))
    entered = insert(Course).values(**row.model_dump()).on_conflict_do_nothing().returning(col(Course.id))
    if (await session.execute(entered)).all():
        await audit.record(session, by, "course.entered", id)


async def correct_course(
    session: AsyncSession, held: Held, *, course_id: UUID, seen: int, today: date, by: Actor
) -> None:
    """Tell a course anew; `seen` is the version that the person saw.

    Raises BadCourse, ChangedMeanwhile, LookupError.
    """
    told = held.read(today)
    course = await _lock(session, course_id)
    check_seen(course.version, seen)
    for name, value in asdict(told).items():
        setattr(course, name, value)
    course.sort_key, course.version = title_key(told.name), seen + 1
    await audit.record(session, by, "course.corrected", course_id)


async def take_off(session: AsyncSession, *, course_id: UUID, seen: int, people: int, by: Actor) -> None:
    """Take a course off that was entered by mistake, with the `people` who the person was told are written down in it.

    Raises ChangedMeanwhile; CourseShared when there are others, maybe of units that the person does not reach.
    """
    course = await _lock(session, course_id)
    check_seen(course.version, seen)
    gone = delete(CourseAttendance).where(col(CourseAttendance.course_id) == course_id)
    try:
        async with session.begin_nested():
            rows = await session.execute(gone.returning(col(CourseAttendance.id)))
            if len(rows.all()) != people:
                raise CourseShared("Danh sách người học vừa thay đổi. Hãy xem lại trước khi bỏ lớp.")
            await session.delete(course)
    except IntegrityError as error:
        if "course_attendances" not in str(error.orig):
            raise
        raise CourseShared("Lớp này còn ghi người của đơn vị khác. Hãy nhờ cán bộ phụ trách của cơ quan bỏ.") from None
    await audit.record(session, by, "course.taken_off", course_id)


async def _lock(session: AsyncSession, course_id: UUID) -> Course:
    """The course, locked until the transaction ends. Raises LookupError when it was taken off."""
    course = await session.get(Course, course_id, with_for_update=True)
    if course is None:
        raise LookupError("no such course")
    return course


async def note_people(
    session: AsyncSession, *, course_id: UUID, unit_id: UUID, names: Sequence[str], role: str, by: Actor
) -> None:
    """Write down who of a unit took part; whoever is known already stays as they are. Raises BadCourse, LookupError."""
    people = list(dict.fromkeys(name for one in names if (name := normal(one))))
    check_people(people, normal(role))
    course = await _lock(session, course_id)
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


async def correct_person(
    session: AsyncSession, *, course_id: UUID, attendance_id: UUID, name: str, role: str, seen: int, by: Actor
) -> None:
    """Write somebody's name or work anew; `seen` is the version that the person saw.

    Raises BadCourse, ChangedMeanwhile; LookupError when they were struck out.
    """
    check_people([name := normal(name)] if normal(name) else [], role := normal(role))
    found = await session.get(CourseAttendance, attendance_id, with_for_update=True)
    if found is None or found.course_id != course_id:
        raise LookupError("nobody of this course")
    check_seen(found.version, seen)
    try:
        async with session.begin_nested():
            found.name, found.role, found.sort_key, found.version = name, role, sort_key(name), seen + 1
    except IntegrityError as error:
        if "uq_course_attendances" not in str(error.orig):
            raise
        raise BadCourse("name", "Người này của đơn vị đã có trong lớp.") from None
    await audit.record(session, by, "course.corrected", course_id)


async def drop_person(session: AsyncSession, *, course_id: UUID, attendance_id: UUID, by: Actor) -> None:
    """Somebody was written down by mistake."""
    query = select(CourseAttendance).where(
        col(CourseAttendance.id) == attendance_id, col(CourseAttendance.course_id) == course_id
    )
    found = await session.scalar(query.with_for_update())
    if found is not None:
        await session.delete(found)
        await audit.record(session, by, "course.dropped", course_id)
