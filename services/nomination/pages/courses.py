"""A course and who took part in it, corrected; a course that was entered by mistake, taken off."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import Response

from services.nomination import rules
from services.nomination.actions import training as acting
from services.nomination.pages.desk import AtDesk, Desk, see_other
from services.nomination.pages.training import COURSE, PATH, Typed, get_course, get_person, writer
from services.nomination.queries import training
from services.nomination.rules.training import BadCourse
from services.nomination.tables import Course, CourseAttendance
from shared.formats import day
from shared.identity.allowed import allowed

router = APIRouter()
PERSON = COURSE + "/nguoi/{attendance_id}"


@router.get(COURSE + "/sua", dependencies=[allowed("training.write")])
async def edit(desk: AtDesk, course_id: UUID) -> Response:
    """The form of a course with what it says."""
    async with desk.database.reading() as session:
        course = await get_course(desk, session, course_id)
    told = {name: getattr(course, name) for name in ("name", "audience", "organiser")}
    typed = Typed(**told, when=day(course.held_on), hours=str(course.hours or ""))
    return _edit(desk, course, asdict(typed) | {"version": course.version}, {})


def _edit(
    desk: Desk, course: Course, values: Mapping[str, object], errors: Mapping[str, str], *, theirs: Course | None = None
) -> Response:
    """`theirs`: the course as somebody else saved it meanwhile."""
    return desk.pages.render(
        desk.request,
        "course_new.html",
        status_code=422 if errors else 200,
        course=course,
        values=values,
        errors=errors,
        theirs=theirs,
    )


@router.post(COURSE + "/sua", dependencies=[allowed("training.write")])
async def correct(
    desk: AtDesk, course_id: UUID, typed: Annotated[Typed, Depends()], version: Annotated[int, Form()] = 0
) -> Response:
    """Tell it anew; where somebody else did meanwhile, both texts are shown."""
    async with desk.database.reading() as session:
        course = await get_course(desk, session, course_id)
    by, values, today = writer(desk), asdict(typed) | {"version": version}, desk.clock.today()
    try:
        held = typed.read()
        async with desk.database.transaction() as session:
            await acting.correct_course(session, held, course_id=course_id, seen=version, today=today, by=by)
    except BadCourse as refusal:
        return _edit(desk, course, values, {refusal.field: str(refusal)})
    except rules.ChangedMeanwhile as refusal:
        async with desk.database.reading() as session:
            theirs = await get_course(desk, session, course_id)
        return _edit(desk, course, values | {"version": theirs.version}, {"name": str(refusal)}, theirs=theirs)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{course_id}")


@router.get(COURSE + "/bo", dependencies=[allowed("training.write")])
async def ask_to_take_off(desk: AtDesk, course_id: UUID) -> Response:
    """What would go with a course that was entered by mistake."""
    return await _taking_off(desk, course_id)


async def _taking_off(desk: Desk, course_id: UUID, error: str = "") -> Response:
    units = desk.rights.units("training.read")
    async with desk.database.reading() as session:
        course = await get_course(desk, session, course_id)
        people = await training.count_people(session, course_id=course_id, units=units)
    status = 422 if error else 200
    return desk.pages.render(
        desk.request, "course_off.html", status_code=status, course=course, people=people, error=error
    )


@router.post(COURSE + "/bo", dependencies=[allowed("training.write")])
async def take_off(
    desk: AtDesk, course_id: UUID, version: Annotated[int, Form()] = 0, people: Annotated[int, Form()] = 0
) -> Response:
    """Take it off with whom the page counted; what changed since is shown anew."""
    async with desk.database.reading() as session:
        await get_course(desk, session, course_id)
    by = writer(desk)
    try:
        async with desk.database.transaction() as session:
            await acting.take_off(session, course_id=course_id, seen=version, people=people, by=by)
    except rules.ChangedMeanwhile:
        return await _taking_off(desk, course_id, "Có người vừa sửa lớp này. Hãy xem lại trước khi bỏ.")
    except rules.Refusal as refusal:
        return await _taking_off(desk, course_id, str(refusal))
    except LookupError:
        raise HTTPException(404) from None
    return see_other(PATH)


@router.get(PERSON, dependencies=[allowed("training.write")])
async def edit_person(desk: AtDesk, course_id: UUID, attendance_id: UUID) -> Response:
    """Somebody who took part, as they are written down."""
    found, course = await get_person(desk, course_id, attendance_id)
    desk.rights.actor("training.write", found.unit_id)
    return _person(desk, course, found, {"name": found.name, "role": found.role, "version": found.version}, {})


def _person(
    desk: Desk,
    course: Course,
    person: CourseAttendance,
    values: Mapping[str, object],
    errors: Mapping[str, str],
    *,
    changed: bool = False,
) -> Response:
    return desk.pages.render(
        desk.request,
        "attendance.html",
        status_code=422 if errors else 200,
        course=course,
        one=person,
        values=values,
        errors=errors,
        changed=changed,
    )


@router.post(PERSON, dependencies=[allowed("training.write")])
async def correct_person(
    desk: AtDesk,
    course_id: UUID,
    attendance_id: UUID,
    name: Annotated[str, Form()] = "",
    role: Annotated[str, Form()] = "",
    version: Annotated[int, Form()] = 0,
) -> Response:
    """Write their name or work anew; where somebody else did meanwhile, both texts are shown."""
    found, course = await get_person(desk, course_id, attendance_id)
    by = desk.rights.actor("training.write", found.unit_id)
    told = {"name": name, "role": role}
    try:
        async with desk.database.transaction() as session:
            await acting.correct_person(
                session, course_id=course_id, attendance_id=attendance_id, seen=version, by=by, **told
            )
    except BadCourse as refusal:
        errors = {"name" if refusal.field == "names" else refusal.field: str(refusal)}
        return _person(desk, course, found, told | {"version": version}, errors)
    except rules.ChangedMeanwhile as refusal:
        theirs, course = await get_person(desk, course_id, attendance_id)
        values = told | {"version": theirs.version}
        return _person(desk, course, theirs, values, {"name": str(refusal)}, changed=True)
    except LookupError:
        raise HTTPException(404) from None
    return see_other(f"{PATH}/{course_id}")
