"""What the walk over nomination's routes finds of leads."""

from uuid import UUID

from services.nomination.rules.leads import NoteKind, Source
from services.nomination.tables import Lead, LeadNote
from shared.events import Category
from tests.nomination.walking_units import UNITS
from tests.support import factories as make
from tests.support.site import Site
from tests.support.walk import THEIRS, Step


async def spotted(site: Site, number: int, unit: UUID) -> UUID:
    """A lead of that unit, with something to do."""
    id = UUID(int=300 + number)
    seen = {"category": Category.TEACHER, "name": "Lê Thị Ánh", "deed": "Dạy bơi.", "sort_key": "a"}
    async with site.database.transaction() as session:
        session.add(
            Lead(id=id, agency="tan-binh", unit_id=unit, source=Source.STAFF, spotted_at=make.AT, **seen)  # type: ignore[arg-type]
        )
        await session.flush()
        what = {"kind": NoteKind.MEASURE, "text": "Dự giờ."}
        session.add(LeadNote(id=id, agency="tan-binh", lead_id=id, at=make.AT, **what))  # type: ignore[arg-type]
    return id


def lead_steps(new: dict[str, str]) -> dict[str, Step]:
    """The routes of leads."""
    leads = {str(one): {"lead_id": str(UUID(int=300 + number))} for number, one in enumerate(UNITS)}
    leads[THEIRS] = {"lead_id": str(UUID(int=399))}
    notes = {one: {**place, "note_id": place["lead_id"]} for one, place in leads.items()}
    lead = "/de-cu/nhan-to/{lead_id}"
    return {
        "GET /de-cu/nhan-to": Step(),
        "GET /de-cu/nhan-to/moi": Step(),
        "POST /de-cu/nhan-to/moi": Step(form={**new, "deed": "Dạy bơi miễn phí."}),
        "GET /de-cu/nhan-to/toi-ghi": Step(),
        f"GET {lead}": Step(leads),
        f"POST {lead}": Step(leads, {"deed": "Dạy bơi miễn phí."}),
        f"POST {lead}/so": Step(leads, {"kind": "gap", "text": "Chưa có số liệu."}),
        f"POST {lead}/so/{{note_id}}/xong": Step(notes),
        f"POST {lead}/buoc": Step(leads, {"to": "ready"}),
        f"POST {lead}/nhan": Step(leads, {"unit": "?"}),
        f"POST {lead}/de-cu": Step(leads, {"round": "?"}),
    }
