"""The training register: courses for officers and speakers, and who took part."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination import queries
from services.nomination.actions import training as acting
from services.nomination.actions.training import Held
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.queries import training
from services.nomination.rules.training import BadCourse, read_hours
from services.nomination.tables import Course, CourseAttendance, Unit
from shared.audit import Actor
from shared.formats import read_day
from shared.forms import form_id, uuid_of
from shared.identity.allowed import allowed
from shared.listing import Asked, Cell, Column, Link, ListKind, Reader, Rows
from shared.lists import show_list

router = APIRouter()
PATH = "/de-cu/tap-huan"
COURSE = "/tap-huan/{course_id}"
BAD_DAY = "Ngày chưa đúng. Ví dụ: 20/11/2026."
COLUMNS = (
    Column("Ngày", ("cu", "moi")),
    Column("Lớp tập huấn", ("ten", "ten-nguoc")),
    Column("Cho ai"),
    Column("Số giờ", number=True),
    Column("Ai tổ chức", minor=True),
    Column("Người của đơn vị", number=True),
)
PEOPLE_COLUMNS = (
    Column("Họ và tên", ("ten", "ten-nguoc")),
    Column("Đơn vị"),
    Column("Công việc"),
    Column("Ngày", ("cu", "moi")),
    Column("Lớp tập huấn"),
    Column("Số giờ", number=True),
)


def _cells(course: Course, took: int) -> tuple[Cell, ...]:
    name = Link(course.name, f"{PATH}/{course.id}")
    return course.held_on, name, course.audience, course.hours, course.organiser, took


def _person(one: CourseAttendance, course: Course, unit: Unit) -> tuple[Cell, ...]:
    return one.name, unit.name, one.role, course.held_on, Link(course.name, f"{PATH}/{course.id}"), course.hours


async def _find(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await training.page_of_courses(session, agency=reader.agency, units=reader.units, asked=asked)


async def _find_people(session: AsyncSession, reader: Reader, asked: Asked) -> Rows:
    return await training.page_of_people(session, agency=reader.agency, units=reader.units, asked=asked)


COURSES = ListKind(
    PATH,
    "training.read",
    "Tập huấn",
    "tap-huan",
    training.ORDERS,
    (),
    COLUMNS,
    _find,
    lambda _reader, row: _cells(*row),
)
PEOPLE = ListKind(
    f"{PATH}/nguoi",
    "training.read",
    "Người đã tập huấn",
    "nguoi-da-tap-huan",
    training.PEOPLE_ORDERS,
    (),
    PEOPLE_COLUMNS,
    _find_people,
    lambda _reader, row: _person(*row),
)


@router.get("/tap-huan", dependencies=[allowed("training.read")])
async def list_courses(desk: AtDesk) -> Response:
    """The courses, with how many of the person's units took part."""
    return await show_list(desk.request, COURSES, "courses.html", writing=desk.rights.opens("training.write"))


@router.get("/tap-huan/nguoi", dependencies=[allowed("training.read")])
async def list_people(desk: AtDesk) -> Response:
    """Who of the person's units took part in what."""
    return await show_list(desk.request, PEOPLE, "trained.html")


@dataclass
class Typed:
    """The form of a course as it was sent."""

    name: Annotated[str, Form()] = ""
    when: Annotated[str, Form()] = ""
    audience: Annotated[str, Form()] = ""
    hours: Annotated[str, Form()] = ""
    organiser: Annotated[str, Form()] = ""

    def read(self) -> Held:
        """What it says. Raises BadCourse."""
        held_on = read_day(self.when)
        if held_on is None:
            raise BadCourse("when", BAD_DAY)
        return Held(held_on, self.name, self.audience, read_hours(self.hours), self.organiser)


def writer(desk: Desk) -> Actor:
    """Whoever writes: a course is the agency's, though the role may be held for a unit. Raises Forbidden."""
    units = desk.rights.units("training.write")
    return desk.rights.actor("training.write", min(units) if units else None)


@router.get("/tap-huan/moi", dependencies=[allowed("training.write")])
async def new(desk: AtDesk) -> Response:
    """A course that was held."""
    return _new(desk, Typed(), str(uuid4()), {})


def _new(desk: Desk, typed: Typed, once: str, errors: Mapping[str, str]) -> Response:
    values, status = asdict(typed) | {"once": once}, 422 if errors else 200
    return desk.pages.render(
        desk.request, "course_new.html", status_code=status, values=values, errors=errors, course=None, theirs=None
    )


@router.post("/tap-huan/moi", dependencies=[allowed("training.write")])
async def enter(desk: AtDesk, typed: Annotated[Typed, Depends()], once: Annotated[str, Form()] = "") -> Response:
    """Enter it; the same form sent twice enters one."""
    by, id = writer(desk), form_id(once, asdict(typed))
    try:
        held, today = typed.read(), desk.clock.today()
        async with desk.database.transaction() as session:
            await acting.enter_course(session, desk.agency, held, today=today, by=by, id=id)
    except BadCourse as refusal:
        return _new(desk, typed, once, {refusal.field: str(refusal)})
    return see_other(f"{PATH}/{id}")


async def get_course(desk: Desk, session: AsyncSession, course_id: UUID) -> Course:
    """The course. Raises HTTPException (404)."""
    found = await training.get_course(session, agency=desk.agency.id, course_id=course_id)
    if found is None:
        raise HTTPException(404)
    return found


@router.get(COURSE, dependencies=[allowed("training.read")])
async def show(desk: AtDesk, course_id: UUID) -> Response:
    """A course with who of the person's units took part."""
    return await _show(desk, course_id)


async def _show(
    desk: Desk, course_id: UUID, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Response:
    writing = desk.rights.units("training.write")
    async with desk.database.reading() as session:
        course = await get_course(desk, session, course_id)
        people = await training.list_people(session, course_id=course_id, units=desk.rights.units("training.read"))
        units = await queries.list_units(session, agency=desk.agency.id, units=writing, on=desk.clock.today())
    return desk.pages.render(
        desk.request,
        "course.html",
        status_code=422 if errors else 200,
        course=course,
        people=[(one, unit, writing is None or unit.id in writing) for one, unit in people],
        units=[(unit.id, unit.name) for unit in units],
        writing=desk.rights.opens("training.write"),
        values=dict.fromkeys(("unit", "names", "role"), "") | dict(values or {}),
        errors=errors or {},
    )


@router.post(COURSE + "/nguoi", dependencies=[allowed("training.write")])
async def note_people(
    desk: AtDesk,
    course_id: UUID,
    unit: Annotated[str, Form()] = "",
    names: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
) -> Response:
    """Write down who of a unit took part; said twice it stays said once."""
    values = {"unit": unit, "names": names, "role": role}
    async with desk.database.reading() as session:
        await get_course(desk, session, course_id)
    unit_id = uuid_of(unit)
    if unit_id is None or not desk.rights.may("training.write", unit_id):
        return await _show(desk, course_id, {"unit": "Hãy chọn đơn vị."}, values)
    by = desk.rights.actor("training.write", unit_id)
    try:
        async with desk.database.transaction() as session:
            await acting.note_people(
                session, course_id=course_id, unit_id=unit_id, names=names.split("\n"), role=role, by=by
            )
    except BadCourse as refusal:
        return await _show(desk, course_id, {refusal.field: str(refusal)}, values)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{course_id}")


async def get_person(desk: Desk, course_id: UUID, attendance_id: UUID) -> tuple[CourseAttendance, Course]:
    """Somebody of the person's units who took part, and in what. Raises HTTPException (404)."""
    async with desk.database.reading() as session:
        course = await get_course(desk, session, course_id)
        people = await training.list_people(session, course_id=course_id, units=desk.rights.units("training.read"))
    found = next((one for one, _ in people if one.id == attendance_id), None)
    if found is None:
        raise HTTPException(404)
    return found, course


@router.post(COURSE + "/nguoi/{attendance_id}/bo", dependencies=[allowed("training.write")])
async def drop_person(desk: AtDesk, course_id: UUID, attendance_id: UUID) -> Response:
    """Somebody was written down by mistake."""
    found, _ = await get_person(desk, course_id, attendance_id)
    by = desk.rights.actor("training.write", found.unit_id)
    async with desk.database.transaction() as session:
        await acting.drop_person(session, course_id=course_id, attendance_id=attendance_id, by=by)
    return see_other(f"{PATH}/{course_id}")
