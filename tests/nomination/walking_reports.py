"""What the walk over nomination's routes finds of reports."""

from datetime import date
from uuid import UUID

from services.nomination.rules.reports import ReportKind, ReportState, empty
from services.nomination.tables import Report
from tests.nomination.walking_dossiers import Places
from tests.nomination.walking_units import UNITS
from tests.support import factories as make
from tests.support.site import Site
from tests.support.walk import THEIRS, Step


async def reported(site: Site, number: int, unit: UUID) -> None:
    """A report that was sent by that unit."""
    about = {"title": "Báo cáo năm", "from_on": date(2024, 1, 1), "until_on": make.TODAY, "figures": empty()}
    async with site.database.transaction() as session:
        session.add(
            Report(
                id=UUID(int=400 + number),
                agency="tan-binh",
                unit_id=unit,
                kind=ReportKind.YEARLY,
                state=ReportState.SENT,
                at=make.AT,
                **about,  # type: ignore[arg-type]
            )
        )


def report_steps(files: Places) -> dict[str, Step]:
    """The routes of reports, and of what they count apart."""
    sent = {str(one): {"report_id": str(UUID(int=400 + number))} for number, one in enumerate(UNITS)}
    sent[THEIRS] = {"report_id": str(UUID(int=499))}
    units = {"ours": {"unit_id": str(make.SCHOOL)}, THEIRS: {"unit_id": str(UUID(int=14))}}
    place, areas = "/de-cu/bao-cao", "/de-cu/quan-tri/don-vi/{unit_id}/vung"
    return {
        f"GET {place}": Step(),
        f"GET {place}/moi": Step(),
        f"POST {place}/moi": Step(),
        f"GET {place}/cong-bang": Step(),
        f"GET {place}/{{report_id}}": Step(sent),
        f"GET {place}/{{report_id}}/so-lieu.xlsx": Step(sent),
        f"GET {place}/{{report_id}}/bao-cao.docx": Step(sent),
        f"POST {place}/{{report_id}}": Step(sent, {"version": "1"}),
        f"POST {place}/{{report_id}}/nhan": Step(sent),
        f"POST {place}/{{report_id}}/tra": Step(sent),
        "GET /de-cu/ho-so/{code}/nhom": Step(files),
        "POST /de-cu/ho-so/{code}/nhom": Step(files),
        f"GET {areas}": Step(units),
        f"POST {areas}": Step(units),
        f"POST {areas}/thoi": Step(units),
    }
