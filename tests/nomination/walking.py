"""What the walk over nomination's routes finds of movements, of supervision and of the training register.

The things of the unit with a number have that number in their ids.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from services.nomination.rules.movements import Taker
from services.nomination.tables import (
    Course,
    CourseAttendance,
    Movement,
    MovementActivity,
    MovementRegistration,
    SupervisionDuty,
    Visit,
    VisitFinding,
)
from shared.policy import Relation
from tests.nomination.walking_dossiers import PDF
from tests.support import factories as make
from tests.support.site import Site
from tests.support.walk import THEIRS, Step

COURSE = UUID(int=600)


async def moved(site: Site, number: int, unit: UUID) -> None:
    """A movement of that unit, with something done and a team that takes part."""
    told = {"name": "Dạy tốt – Học tốt", "search_text": "day tot", "sort_key": "day tot", "launched_by": "ai"}
    async with site.database.transaction() as session:
        about: dict[str, Any] = {"starts_on": make.TODAY, "launched_at": make.AT, **told}
        id = UUID(int=400 + number)
        session.add(Movement(id=id, agency="tan-binh", unit_id=unit, **about))
        await session.flush()
        place: dict[str, Any] = {"id": id, "agency": "tan-binh", "movement_id": id, "unit_id": unit}
        session.add(MovementActivity(held_on=make.TODAY, what="Hội thi", **place))
        session.add(MovementRegistration(taker=Taker.TEAM, name="Lớp 8A", sort_key="8a", at=make.AT, **place))


async def trained(site: Site, units: Iterable[UUID]) -> None:
    """A course with somebody of each unit."""
    told: dict[str, Any] = {"name": "Viết bài gương", "sort_key": "viet bai guong", "entered_by": "ai"}
    async with site.database.transaction() as session:
        session.add(Course(id=COURSE, agency="tan-binh", held_on=make.TODAY, **told))
        await session.flush()
        for number, unit in enumerate(units):
            person: dict[str, Any] = {"id": UUID(int=600 + number), "agency": "tan-binh", "unit_id": unit}
            session.add(CourseAttendance(course_id=COURSE, name="Lê Văn Ba", sort_key="ba", **person))


def movement_steps(units: Sequence[Relation]) -> dict[str, Step]:
    """The routes of movements. Who sees and changes a registration: test_movement_joining.py."""
    movements = {str(one): {"movement_id": str(UUID(int=400 + number))} for number, one in enumerate(units)}
    movements[THEIRS] = {"movement_id": str(UUID(int=499))}
    ours = {"ours": movements[Relation.OWN], THEIRS: movements[THEIRS]}
    nobodys = {THEIRS: {"movement_id": str(UUID(int=400)), "registration_id": str(UUID(int=499))}}
    told = {"unit": str(make.SCHOOL), "name": "Dạy tốt", "starts_on": "05/09/2024"}
    movement = "/de-cu/phong-trao/{movement_id}"
    registration = movement + "/dang-ky/{registration_id}"
    return {
        "GET /de-cu/phong-trao": Step(),
        "GET /de-cu/phong-trao/moi": Step(),
        "POST /de-cu/phong-trao/moi": Step(form=told),
        f"GET {movement}": Step(movements),
        f"GET {movement}/sua": Step(movements),
        f"POST {movement}/sua": Step(movements, told),
        f"POST {movement}/ket-qua": Step(movements, {"result": "Tốt."}),
        f"POST {movement}/ket-thuc": Step(movements),
        f"POST {movement}/mo-lai": Step(movements, {"until": "30/11/2024"}),
        f"GET {movement}/hoat-dong": Step(movements),
        f"POST {movement}/hoat-dong": Step(
            ours, {"at_unit": str(make.SCHOOL), "when": "15/10/2024", "what": "Hội thi"}
        ),
        f"GET {movement}/dang-ky": Step(ours),
        f"POST {movement}/dang-ky": Step(movements, {"taker": "person", "unit": str(make.SCHOOL)}),
        f"GET {registration}": Step(nobodys),
        f"POST {registration}/rut": Step(nobodys),
        f"POST {registration}/ket-qua": Step(nobodys, {"result": "Tốt."}),
    }


async def visited(site: Site, number: int, unit: UUID) -> None:
    """A visit to that unit, what it found, and a duty over the unit."""
    id = UUID(int=500 + number)
    about: dict[str, Any] = {"id": id, "agency": "tan-binh", "unit_id": unit}
    async with site.database.transaction() as session:
        session.add(Visit(held_on=make.TODAY, party="Lê Văn Ba", entered_by="ai", **about))
        duty: dict[str, Any] = {"person": "Lê Văn Ba", "sort_key": "ba"}
        session.add(SupervisionDuty(since=make.TODAY, **duty, **about))
        await session.flush()
        session.add(VisitFinding(visit_id=id, text="Chưa phổ biến.", due_on=make.TODAY, at=make.AT, **about))


def visit_steps(units: Sequence[Relation]) -> dict[str, Step]:
    """The routes of supervision."""
    ids = {str(one): str(UUID(int=500 + number)) for number, one in enumerate(units)} | {THEIRS: str(UUID(int=599))}
    visits = {one: {"visit_id": id} for one, id in ids.items()}
    findings = {one: {"visit_id": id, "finding_id": id} for one, id in ids.items()}
    duties = {one: {"duty_id": id} for one, id in ids.items()}
    told = {"unit": str(make.SCHOOL), "when": "15/10/2024", "party": "Lê Văn Ba"}
    given = {"units": str(make.SCHOOL), "person": "Lê Văn Ba", "since": "15/10/2024"}
    place, visit = "/de-cu/giam-sat", "/de-cu/giam-sat/{visit_id}"
    finding, duty = visit + "/dieu/{finding_id}", place + "/phan-cong/{duty_id}"
    file, files = visit + "/tep/{sha256}", {one: filled | {"sha256": "0" * 64} for one, filled in visits.items()}
    return {
        f"GET {place}": Step(),
        f"GET {place}/moi": Step(),
        f"POST {place}/moi": Step(form=told),
        f"GET {visit}": Step(visits),
        f"GET {visit}/sua": Step(visits),
        f"POST {visit}/sua": Step(visits, told),
        f"POST {visit}/dieu": Step(visits, {"text": "Chưa phổ biến.", "due_on": "30/11/2024"}),
        f"GET {finding}": Step(findings),
        f"POST {finding}/tra-loi": Step(findings, {"text": "Đã phổ biến."}),
        f"POST {finding}/hoi-lai": Step(findings, {"reply": "Cho xem biên bản.", "due_on": "30/11/2024"}),
        f"POST {finding}/dong": Step(findings, {"reply": "Đã xem."}),
        f"POST {visit}/tep": Step(visits, files={"file": ("a.pdf", PDF)}),
        f"GET {file}": Step({THEIRS: files[THEIRS]}),
        f"GET {file}/nho": Step({THEIRS: files[THEIRS]}),
        f"POST {file}/bo": Step(files),
        f"GET {place}/phan-cong": Step(),
        f"GET {place}/phan-cong/moi": Step(),
        f"POST {place}/phan-cong/moi": Step(form=given),
        f"GET {duty}": Step(duties),
        f"POST {duty}/thoi": Step(duties),
    }


def training_steps() -> dict[str, Step]:
    """The routes of the training register. Who is struck out by whom: tests/nomination/test_training.py."""
    ours = {"ours": {"course_id": str(COURSE)}, THEIRS: {"course_id": str(UUID(int=699))}}
    nobodys = {THEIRS: {"course_id": str(COURSE), "attendance_id": str(UUID(int=699))}}
    place = "/de-cu/tap-huan"
    return {
        f"GET {place}": Step(),
        f"GET {place}/nguoi": Step(),
        f"GET {place}/moi": Step(),
        f"POST {place}/moi": Step(form={"name": "Viết bài gương", "when": "15/10/2024"}),
        f"GET {place}/{{course_id}}": Step(ours),
        f"GET {place}/{{course_id}}/sua": Step(ours),
        f"POST {place}/{{course_id}}/sua": Step(ours, {"name": "Viết bài gương", "when": "15/10/2024", "version": "1"}),
        f"GET {place}/{{course_id}}/bo": Step(ours),
        f"POST {place}/{{course_id}}/bo": Step(ours, {"version": "0"}),
        f"GET {place}/{{course_id}}/nguoi/{{attendance_id}}": Step(nobodys),
        f"POST {place}/{{course_id}}/nguoi/{{attendance_id}}": Step(nobodys, {"name": "Lê Văn Ba", "version": "1"}),
        f"POST {place}/{{course_id}}/nguoi": Step(ours, {"unit": str(make.SCHOOL), "names": "Lê Văn Ba"}),
        f"POST {place}/{{course_id}}/nguoi/{{attendance_id}}/bo": Step(nobodys),
    }
