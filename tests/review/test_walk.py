"""Who may do what in review: every role at every route, as the table says."""

import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.review.rules import Referral, Side
from services.review.tables import Dossier, Letter, ReferralRow
from shared import files
from tests.support import factories as make
from tests.support.site import Site, Sites
from tests.support.walk import THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
ROW = UUID(int=21)


async def seeded(site: Site) -> str:
    """An honoured case with a file and a referral, one of another agency like it; the file's hash."""
    made, _ = await make.honoured(site.database)
    accepted = files.accept("a.pdf", PDF)
    await site.runtime.objects.put(files.path_of("review", accepted.sha256), PDF)
    entry = {"name": "a.pdf", "type": accepted.media_type, "size": len(PDF), "sha256": accepted.sha256}
    stranger = await make.case(site.database, code="TB-24-0002", dossier=False)
    content: dict[str, Any] = {"subject_name": "", "subject_position": "", "claims": []}
    async with site.database.transaction() as session:
        await session.execute(
            text("update dossiers set files = jsonb_build_array(cast(:one as jsonb))"), {"one": json.dumps(entry)}
        )
        session.add(Dossier(agency="hcm", case_id=stranger.id, revision=1, content=content, files=[entry]))
        for number, (case_id, agency) in enumerate(((made.id, "tan-binh"), (stranger.id, "hcm"))):
            session.add(
                ReferralRow(
                    id=UUID(int=ROW.int + number),
                    agency=agency,
                    referral_id=UUID(int=30 + number),
                    case_id=case_id,
                    side=Side.LOWER,
                    other="hcm",
                    state=Referral.RULED,
                    revision=1,
                    at=make.AT,
                    moved_at=make.AT,
                )
            )
        session.add(Letter(agency="tan-binh", to_agency="hcm", dated=make.TODAY, at=make.AT))
        await session.flush()
        await session.execute(text("update cases set agency = 'hcm' where id = :id"), {"id": stranger.id})
    return accepted.sha256


def steps(sha256: str) -> dict[str, Step]:
    cases = {"ours": {"code": "TB-24-0001"}, THEIRS: {"code": "TB-24-0002"}}
    kept = {place: {**filled, "sha256": sha256} for place, filled in cases.items()}
    case, book = "/xet-duyet/ho-so/{code}", "/xet-duyet/so-khen/{code}"
    return {
        **run_steps("/xet-duyet"),
        "GET /xet-duyet/ho-so": Step(),
        f"GET {case}": Step(cases),
        f"GET {case}/tep/{{sha256}}": Step(kept),
        f"GET {case}/nhat-ky": Step(cases),
        f"POST {case}/tra-lai": Step(cases, {"reason": "x"}),
        f"POST {case}/cham": Step(cases, {"mark-GV1": "9"}),
        f"POST {case}/mo-phieu": Step(cases),
        f"POST {case}/bo-phieu": Step(cases, {"choice": "agree"}),
        f"POST {case}/dong-phieu": Step(cases),
        f"POST {case}/ket-luan": Step(cases),
        f"POST {case}/khen": Step(cases, {"number": "1", "date": "15/10/2024", "form": "a"}),
        "GET /xet-duyet/so-khen": Step(),
        "GET /xet-duyet/tim": Step(),
        "GET /xet-duyet/tim/so": Step(),
        f"GET {book}": Step(cases),
        f"POST {book}/tam-dung": Step(cases, {"ground": "mistake"}),
        f"POST {book}/khoi-phuc": Step(cases),
        f"POST {book}/thu-hoi": Step(cases, {"ground": "mistake"}),
        f"POST {case}/trinh": Step(cases, {"to": "hcm"}),
        f"POST {case}/thu-ve": Step(cases, {"row": str(ROW)}),
        f"POST {case}/trinh-lai": Step(cases, {"row": str(ROW)}),
        f"POST {case}/tiep-nhan": Step(cases),
        "GET /xet-duyet/to-trinh": Step(),
        "GET /xet-duyet/to-trinh/moi": Step(),
        "POST /xet-duyet/to-trinh/moi": Step(),
        "GET /xet-duyet/to-trinh/{letter_id}": Step({THEIRS: {"letter_id": str(UUID(int=66))}}),
        "GET /xet-duyet/to-trinh/{letter_id}/to-trinh.docx": Step({THEIRS: {"letter_id": str(UUID(int=66))}}),
    }


@pytest.mark.parametrize("role", WALKERS)
async def test_every_route_is_open_as_the_table_says(sites: Sites, role: str) -> None:
    site = await sites("review")
    found, told = await walk(site, role, make.SCHOOL, steps(await seeded(site)))
    assert found == told


async def test_every_route_says_whose_it_is(sites: Sites) -> None:
    _, others, silent = stated(await sites("review"))
    door = ["GET /door/review/parcels/{parcel_id}", "PUT /door/review/parcels/{parcel_id}"]
    verifying = ["GET /xac-minh", "GET /xac-minh/{code}"]
    assert (others, silent) == (sorted(open_to_all("review") + door + verifying), silent_in("review"))
