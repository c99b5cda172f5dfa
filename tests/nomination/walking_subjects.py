"""What the walk over nomination's routes finds of those whom dossiers are about."""

from uuid import UUID

from services.nomination.tables import Subject
from shared.events import Category
from tests.nomination.walking_units import UNITS
from tests.support.site import Site
from tests.support.walk import THEIRS, Step


async def known(site: Site, number: int, unit: UUID) -> None:
    """Somebody of that unit who has no dossier yet."""
    name = {"name": "Lê Thị Ánh", "search_text": "le thi anh", "sort_key": "a", "same_key": "grown-up: anh le thi"}
    async with site.database.transaction() as session:
        id, category = UUID(int=500 + number), Category.TEACHER
        session.add(Subject(id=id, agency="tan-binh", unit_id=unit, category=category, **name))  # type: ignore[arg-type]


def subject_steps() -> dict[str, Step]:
    """The routes of those who may be one: each reads those of their units, two are made one for the agency."""
    subjects = {str(one): {"subject_id": str(UUID(int=500 + number))} for number, one in enumerate(UNITS)}
    strangers = {"subject_id": str(UUID(int=599)), "other_id": str(UUID(int=598))}
    both = {"ours": {"subject_id": str(UUID(int=500)), "other_id": str(UUID(int=501))}, THEIRS: strangers}
    pair = "/de-cu/doi-tuong/{subject_id}/gop/{other_id}"
    lists, nobodys = "/de-cu/doi-tuong/nhap", {THEIRS: {"intake_id": str(UUID(int=16))}}
    return {
        "GET /de-cu/doi-tuong": Step(),
        "GET /de-cu/doi-tuong/{subject_id}": Step({**subjects, THEIRS: {"subject_id": str(UUID(int=599))}}),
        f"GET {pair}": Step(both),
        f"POST {pair}": Step(both, {"stands": "?"}),
        f"POST {pair}/khac": Step(both),
        f"POST {pair}/hoan-tac": Step(both),
        f"GET {lists}": Step(),
        f"GET {lists}/mau.xlsx": Step(),
        f"POST {lists}": Step(),
        f"GET {lists}/{{intake_id}}": Step(nobodys),
        f"GET {lists}/{{intake_id}}/loi.xlsx": Step(nobodys),
        f"POST {lists}/{{intake_id}}/ghi": Step(nobodys),
        f"POST {lists}/{{intake_id}}/hoan-tac": Step(nobodys),
    }
