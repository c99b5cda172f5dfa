"""Nothing that is typed into reviewing, or comes in a parcel, becomes more than text."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest

from services.review.actions import cases, council
from services.review.rules import Choice, Referral, Side
from services.review.tables import Case, ReferralRow, Standing
from shared import files
from shared.events import HonourStanding
from tests.support import factories as make
from tests.support.hostile import BUNDLES, SOME, Texts
from tests.support.playing import Played, faults, form_fields, signed_in, unseen
from tests.support.site import Site, Sites

pytestmark = pytest.mark.db

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
CASE, BOOK = "/xet-duyet/ho-so/{code}", "/xet-duyet/so-khen/{code}"
MARK, RETURN, HONOUR = (f"POST {CASE}/{act}" for act in ("cham", "tra-lai", "khen"))
LETTER = "POST /xet-duyet/to-trinh/moi"
ROW = UUID(int=50)
MUST = {
    "date": lambda _n: "15/10/2024",
    "once_more": lambda _n: "1",
    "choice": lambda _n: "agree",
    "to": lambda _n: "hcm",
    "once": lambda n: str(UUID(int=200 + n)),
    "row": lambda _n: str(ROW),
    "ground": lambda _n: "mistake",
}
UNSEEN = {
    # Chosen from what the dossier has.
    "POST /xet-duyet/ho-so/{code}/tra-lai reopen",
    "refused POST /xet-duyet/luot-chay danh-sach",
    f"{MARK} note",
    "level elsewhere",
    *(f"{LETTER} {name}" for name in ("code", "dated")),
    f"refused {LETTER} code",
    "path",
    *(f"asked {name}" for name in ("trang-thai", "xep", "sau", "dang")),
    *(f"refused POST {CASE}/{field}" for field in ("khen once_more", "trinh to", "thu-ve row", "bo-phieu choice")),
    *(f"refused POST {BOOK}/{act} ground" for act in ("tam-dung", "thu-hoi")),
}
"""What no page tells: remarks to the council, and answers that were not among those to choose from."""


async def opened(site: Site, texts: Texts, number: int) -> Case:
    """A case of which everything that a parcel may say is bad."""
    accepted = files.accept("a.pdf", PDF)
    entry: dict[str, Any] = {"name": texts.in_path("file", number) + ".pdf", "type": accepted.media_type}
    entry |= {"size": len(PDF), "sha256": accepted.sha256}
    proof = {"text": texts("proof", number), **entry}
    claim = {"criterion": "GV1", "criterion_text": texts("criterion", number), "text": texts("claim", number)}
    content: dict[str, Any] = {"subject_name": texts("subject", number), "subject_position": texts("position", number)}
    content["kin"] = texts("kin", number)
    content |= {"unit": texts("unit of the dossier", number), "claims": [{**claim, "evidence": [proof]}]}
    await site.runtime.objects.put(files.path_of("review", accepted.sha256), PDF)
    unit = UUID(int=100 + number)
    made = await make.case(site.database, code=f"TB-24-{number + 1:04}", dossier=False)
    async with site.database.transaction() as session:
        case = await cases.lock(session, made.id)
        if number:  # that of the first one was not heard of
            name = texts("unit", number)
            about: dict[str, Any] = {"kind": "school", "valid_from": make.TODAY}
            await cases.note_unit(session, agency="tan-binh", unit_id=unit, name=name, **about)
        case.unit_id = unit
        await cases.take_dossier(session, case_id=made.id, revision=1, content=content, files=[entry])
        session.add_all(from_elsewhere(made, texts, number))
    return made


def from_elsewhere(case: Case, texts: Texts, number: int) -> list[ReferralRow | Standing]:
    """What other agencies have to do with a case, and say."""
    about: dict[str, Any] = {"agency": "tan-binh", "at": make.AT, "moved_at": make.AT, "revision": 1}
    return [
        *(
            ReferralRow(
                id=UUID(int=ROW.int + 10 * number + place),
                referral_id=UUID(int=70 + 10 * number + place),
                case_id=case.id,
                side=Side.LOWER,
                other="hcm",
                state=state,
                reason=texts("reason from above", number) if state is Referral.RETURNED else "",
                trouble=texts("trouble", number) if state is Referral.FAILED else None,
                **about,
            )
            for place, state in enumerate((Referral.FAILED, Referral.RETURNED))
        ),
        Standing(
            agency="tan-binh",
            by_agency="hcm",
            honour_id=UUID(int=90 + number),
            nomination_id=case.nomination_id,
            origin_agency=case.origin_agency,
            standing=HonourStanding.IN_FORCE,
            decision_number=texts("number elsewhere", number),
            decision_date=make.TODAY,
            form=texts("form elsewhere", number),
            level=texts("level elsewhere", number),
            changed_at=make.AT,
            told_by="hcm",
        ),
    ]


async def decided(site: Site, case: Case) -> None:
    """The council votes and concludes."""
    async with site.database.transaction() as session:
        await council.open_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
    await make.vote(site.database, case.id, Choice.AGREE, Choice.AGREE, Choice.AGREE)
    async with site.database.transaction() as session:
        await council.close_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
        await council.complete_review(session, case_id=case.id, at=make.AT, by=make.CHAIR)


async def played(sites: Sites, *, hostile: bool) -> Played:
    """Everything that reviewing lets people type, typed."""
    site, texts = await sites("review"), Texts(hostile)
    await make.rule_set(site.database, sheets=1, shortest_reason=1500)
    fields = form_fields(site.app) | {MARK: {"mark-GV1": int, "note": str}}
    must = MUST | {"mark-GV1": lambda _n: "9"}
    async with signed_in(site, texts) as who:
        play = Played(who, texts, fields, must, most={"number": 60, "form": 120, "level": 120})
        made = [await opened(site, texts, number) for number in range(len(BUNDLES))]
        for number, case in enumerate(made):
            path = CASE.format(code=case.code)
            await play.get(f"GET scored {number}", path)
            await play.post(RETURN, f"{path}/tra-lai", number)  # too short for this council
            if number < SOME:
                await refused(play, path, number, "trinh", "thu-ve", "bo-phieu")
            await play.post(MARK, f"{path}/cham", number)
            await decided(site, case)
            if number < SOME:
                await refused(play, path, number, "khen")
            await play.post(HONOUR, f"{path}/khen", number)
            await play.get(f"GET honoured {number}", path)
            await play.get(f"GET book {number}", BOOK.format(code=case.code))
            if number < SOME:
                await refused(play, BOOK.format(code=case.code), number, "tam-dung", "thu-hoi")
            await play.get(f"GET paper {number}", f"/xac-minh/{case.code}")
            await play.get(f"GET file {number}", f"{path}/tep/{files.accept('a.pdf', PDF).sha256}")
        await lists(play, made)
    return play


async def refused(play: Played, path: str, number: int, *acts: str) -> None:
    """Send forms in which every field is bad."""
    for act in acts:
        route = next(one for one in play.fields if one.endswith(f"/{act}"))
        await play.post(route, f"{path}/{act}", number, refused=True)


async def lists(play: Played, made: list[Case]) -> None:
    """What tells of many cases, or of none."""
    for name, path in {
        "cases": "/xet-duyet/ho-so",
        "book": "/xet-duyet/so-khen",
        "found": "/xet-duyet/tim?q=tb-24",
    }.items():
        await play.get(f"GET {name}", path)
        await play.get(f"GET {name} sheet", path + ("&" if "?" in path else "?") + "dang=xlsx")
    for number, case in enumerate(made):
        sent = await play.post(LETTER, "/xet-duyet/to-trinh/moi", number, code=case.code, to="hcm", dated="15/10/2024")
        if sent.status_code == 303:
            await play.get(f"GET letter {number}", sent.headers["location"])
        if number < SOME:
            await play.post(LETTER, "/xet-duyet/to-trinh/moi", number, refused=True)
    await play.get("GET letters", "/xet-duyet/to-trinh")
    await play.get("GET letters sheet", "/xet-duyet/to-trinh?dang=xlsx")
    await play.get("GET english", CASE.format(code=made[0].code) + "?lang=en")
    await play.get("GET log", CASE.format(code=made[0].code) + "/nhat-ky")
    for number in range(SOME):
        strange = quote(play.texts.in_path("path", number), safe="")
        for prefix in ("/xet-duyet/ho-so/", "/xet-duyet/so-khen/", "/xac-minh/"):
            await play.get(f"GET {prefix} unknown {number}", prefix + strange)
        asked = {name: play.texts(f"asked {name}", number) for name in ("trang-thai", "xep", "sau", "dang")}
        await play.get(f"GET cases asked {number}", "/xet-duyet/ho-so", **asked)
        typed = "Không ai có tên là những chữ như thế này: " + play.texts.in_path("asked q", number)
        await play.get(f"GET search {number}", "/xet-duyet/tim", q=typed)
        await play.post("POST /xet-duyet/luot-chay", "/xet-duyet/luot-chay", number, refused=True)
        await play.get(f"GET paper asked {number}", "/xac-minh", ma=play.texts("asked code", number, 40))


async def test_what_is_typed_stays_text_wherever_it_is_shown(sites: Sites) -> None:
    plain, bad = [await played(sites, hostile=hostile) for hostile in (False, True)]
    assert faults(plain, bad) == {}
    assert unseen(bad) == UNSEEN
