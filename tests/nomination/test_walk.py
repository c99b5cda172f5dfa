"""Who may do what in nomination: every role at every route, as the table says."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from services.nomination.actions import plans, subjects, units
from services.nomination.actions.targets import target_of
from services.nomination.rules import PlanState
from services.nomination.rules.leads import NoteKind, Source
from services.nomination.rules.reports import ReportKind, ReportState, empty
from services.nomination.tables import Lead, LeadNote, Plan, PlanFromAbove, PlanText, Report, Subject, UnitEdge
from shared.events import Category
from shared.identity.people import Role
from shared.identity.sessions import COOKIE
from shared.policy import Relation, covers
from tests.nomination import walking
from tests.support import factories as make
from tests.support.site import Site, Sites
from tests.support.walk import NO_ROLE, THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db

TEAM = UUID("01900000-0000-7000-8000-000000000003")
WARD = UUID("01900000-0000-7000-8000-000000000004")
UNITS = {
    Relation.OWN: make.SCHOOL,
    Relation.CHILD: TEAM,
    Relation.PARENT: WARD,
    Relation.FOREIGN: make.OTHER_SCHOOL,
}
ABOVE, TEXT = UUID(int=11), UUID(int=13)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


async def seeded(site: Site) -> tuple[make.Plan, dict[str, str]]:
    """A school with a team below it, a ward above it, another school; a dossier in each, and one of another agency."""
    plan = await make.plan(site.database)
    about = {"kind": "unit", "since": date(2020, 1, 1), "at": make.AT, "by": make.CLERK}
    async with site.database.transaction() as session:
        for unit, code in ((TEAM, "to-van"), (WARD, "phuong")):
            await units.open_unit(session, make.AGENCY, id=unit, code=code, name=code, **about)  # type: ignore[arg-type]
        edges = [
            (TEAM, make.SCHOOL, None),
            (make.SCHOOL, WARD, None),
            (make.OTHER_SCHOOL, make.SCHOOL, date(2024, 1, 1)),  # until the merger was undone
        ]
        for child, parent, until in edges:
            await units.put_under(
                session,
                child=child,
                parent=parent,
                line="administrative",
                since=date(2020, 1, 1),
                until=until,
                by=make.CLERK,
            )
        asked = {"bound": "at_least", "number": 1, "per": "year"}
        session.add(target_of((await session.scalars(select(Plan))).one(), asked))
        session.add(PlanText(id=TEXT, agency="tan-binh", text="KẾ HOẠCH\nNhân rộng", entered_by="ai", at=make.AT))
        paper = {"code": "kh-nhap", "title": "Kế hoạch soạn dở", "issuer": "Phòng", "period": "2024"}
        told = {"rounds": [], "targets": [asked], "at": make.AT, "by": make.CLERK}
        await plans.draft_plan(session, make.AGENCY, plan=paper, **told)  # type: ignore[arg-type]
        session.add(
            PlanFromAbove(
                agency="tan-binh",
                issuer_agency="hcm",
                plan_id=ABOVE,
                version=1,
                state=PlanState.IN_FORCE,
                content={"title": "Kế hoạch", "number": None, "issuer": "Sở", "period": "2024"}
                | {"issued_on": None, "grounds": [], "rounds": [], "movements": []},
                heard_at=make.AT,
            )
        )
    for number, unit in enumerate(UNITS.values()):
        await spotted(site, number, unit)
        await reported(site, number, unit)
        await known(site, number, unit)
        await walking.moved(site, number, unit)
        await walking.visited(site, number, unit)
    await walking.trained(site, UNITS.values())
    codes = {str(one): (await make.draft(site.database, plan.open, unit_id=unit)).code for one, unit in UNITS.items()}
    async with site.database.transaction() as session:
        await subjects.look_for_others(session, make.AGENCY)
    stranger = await make.draft(site.database, plan.open)
    async with site.database.transaction() as session:
        where = {"id": stranger.id}
        await session.execute(text("update nominations set agency = 'hcm' where id = :id"), where)
    return plan, codes | {THEIRS: stranger.code}


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


def report_steps(files: "Places") -> dict[str, Step]:
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
        f"POST {place}/{{report_id}}": Step(sent, {"version": "1"}),
        f"POST {place}/{{report_id}}/nhan": Step(sent),
        f"POST {place}/{{report_id}}/tra": Step(sent),
        "GET /de-cu/ho-so/{code}/nhom": Step(files),
        "POST /de-cu/ho-so/{code}/nhom": Step(files),
        f"GET {areas}": Step(units),
        f"POST {areas}": Step(units),
        f"POST {areas}/thoi": Step(units),
    }


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


def plan_steps() -> dict[str, Step]:
    """The routes of plans: one in force, one that is being written, one from above."""
    ours = {"ours": {"code": "kh-1"}}
    above = {"ours": {"issuer_agency": "hcm", "plan_id": str(ABOVE)}}
    drafted = {"ours": {"code": "kh-nhap"}, THEIRS: {"code": "kh-khac"}}
    texts = {"ours": {"text_id": str(TEXT)}, THEIRS: {"text_id": str(UUID(int=14))}}
    in_step = {"ours": {"code": "kh-nhap", "step": "chi-tieu"}}
    old, draft = {"version": "99"}, "/de-cu/ke-hoach/{code}/soan"
    taken = old | {"issuer_agency": "hcm", "plan_id": str(ABOVE)}
    told = {"unit": str(make.SCHOOL), "told_on": "05/10/2024", "people": "40", "version": "1"}
    words, rows = ("van-ban", "noi-dung", "tro-giup"), ("can-cu", "dot", "chi-tieu", "han", "noi-nhan")
    return {
        "GET /de-cu/ke-hoach": Step(),
        "GET /de-cu/ke-hoach/{code}": Step(ours),
        "POST /de-cu/ke-hoach/{code}/sua": Step(ours, {"version": "1"}),
        "GET /de-cu/ke-hoach/{code}/thu-hoi": Step(ours),
        "POST /de-cu/ke-hoach/{code}/thu-hoi": Step(ours, {"version": "99"}),
        "GET /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}": Step(above),
        "POST /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}": Step(above, {"version": "9"}),
        "POST /de-cu/ke-hoach/cap-tren/{issuer_agency}/{plan_id}/lap": Step(above, old),
        "GET /de-cu/ke-hoach/nhap": Step(),
        "POST /de-cu/ke-hoach/nhap": Step(form={"text": "KẾ HOẠCH nhân rộng gương điển hình tiên tiến của trường"}),
        "GET /de-cu/ke-hoach/nhap/{text_id}": Step(texts),
        "POST /de-cu/ke-hoach/nhap/{text_id}": Step(texts),
        "GET /de-cu/ke-hoach/moi": Step(),
        "POST /de-cu/ke-hoach/moi": Step(form={"title": ""}),
        f"GET {draft}": Step(drafted),
        f"POST {draft}": Step(ours),
        f"GET {draft}/{{step}}": Step(in_step),
        **{f"POST {draft}/{step}": Step(drafted, old) for step in (*words, *rows)},
        **{f"POST {draft}/{step}/luu": Step(drafted, old) for step in words},
        f"POST {draft}/can-cu/cap-tren": Step({"ours": drafted["ours"]}, taken),
        f"POST {draft}/{{step}}/bo": Step(in_step, old | {"row": "0"}),
        "GET /de-cu/ke-hoach/{code}/ban-hanh": Step(drafted),
        "POST /de-cu/ke-hoach/{code}/ban-hanh": Step(drafted, old),
        "GET /de-cu/ke-hoach/{code}/bo-nhap": Step(drafted),
        "POST /de-cu/ke-hoach/{code}/bo-nhap": Step(drafted, old),
        "GET /de-cu/ke-hoach/{code}/trien-khai": Step(ours),
        "POST /de-cu/ke-hoach/{code}/trien-khai": Step(ours, told),
        "GET /de-cu/ke-hoach/{code}/ban-do": Step(ours),
    }


Places = Mapping[str, Mapping[str, str]]


def dossier_steps(file: str, files: Places, claims: Places) -> dict[str, Step]:
    """What is done in a dossier until it is handed in or taken back."""
    proofs = {place: {**filled, "kind": "person"} for place, filled in claims.items()}
    return {
        f"GET {file}": Step(files),
        f"GET {file}/tieu-chi/{{criterion}}": Step(claims),
        f"POST {file}/tieu-chi/{{criterion}}": Step(claims, {"text": "Lời mới.", "version": "1"}),
        f"POST {file}/tieu-chi/{{criterion}}/luu": Step(claims, {"text": "Lời mới hơn.", "version": "0"}),
        f"POST {file}/tieu-chi/{{criterion}}/tep": Step(claims, files={"file": ("a.pdf", PDF)}),
        f"POST {file}/tieu-chi/{{criterion}}/du": Step(claims, {"text": "Lời chưa lưu."}),
        f"POST {file}/tieu-chi/{{criterion}}/xac-minh": Step(claims, {"found": "verified", "how": "Đã xem sổ dự giờ."}),
        f"GET {file}/tieu-chi/{{criterion}}/minh-chung/{{kind}}": Step(proofs),
        f"POST {file}/tieu-chi/{{criterion}}/minh-chung/{{kind}}": Step(
            proofs, {"role": "Tổ trưởng", "about": "Đã dự."}
        ),
        f"GET {file}/y-kien": Step(files),
        f"POST {file}/y-kien": Step(files, {"voice": "parent", "who": "phụ huynh", "text": "Cô rất tận tâm."}),
        f"GET {file}/dong-y": Step(files),
        f"POST {file}/dong-y": Step(files),
        f"GET {file}/xac-nhan": Step(files),
        f"POST {file}/xac-nhan": Step(files, {"edits": "0"}),
        f"GET {file}/lien-he": Step(files),
        f"POST {file}/lien-he": Step(files, {"email-self": "x@y.vn"}),
        f"POST {file}/lien-he/luu": Step(files, {"email-self": "x@y.vn"}),
        f"GET {file}/gui": Step(files),
        f"POST {file}/gui": Step(files, make.NO_KIN),
        f"GET {file}/cac-ban": Step(files),
        f"GET {file}/tep/{{sha256}}": Step({THEIRS: {**files[THEIRS], "sha256": "0" * 64}}),
        f"GET {file}/tep/{{sha256}}/nho": Step({THEIRS: {**files[THEIRS], "sha256": "0" * 64}}),
        f"GET {file}/rut": Step(files),
        f"POST {file}/rut": Step(files, {"version": "0"}),
        f"GET {file}/hanh-trinh": Step(files),
    }


def unit_steps() -> dict[str, Step]:
    """The routes of units: they belong to the agency."""
    unit, stranger = {"unit_id": str(make.SCHOOL)}, {"unit_id": str(UUID(int=14))}
    place, units = "/de-cu/quan-tri/don-vi/{unit_id}", {"ours": unit, THEIRS: stranger}
    none = {whose: {**one, "name_id": str(UUID(int=15))} for whose, one in units.items()}
    lists, nobodys = "/de-cu/quan-tri/don-vi/nhap", {THEIRS: {"intake_id": str(UUID(int=16))}}
    return {
        "GET /de-cu/quan-tri/don-vi": Step(),
        f"GET {place}": Step(units),
        f"POST {place}/ten": Step(units, {"name": "Trường mới", "kind": "school", "since": "01/01/2030"}),
        f"POST {place}/ten/{{name_id}}/bo": Step({THEIRS: none[THEIRS]}),
        "GET /de-cu/quan-tri/don-vi/moi": Step(),
        "POST /de-cu/quan-tri/don-vi/moi": Step(form={"code": "x", "name": "Trường mới", "since": "01/01/2030"}),
        f"GET {lists}": Step(),
        f"GET {lists}/mau.xlsx": Step(),
        f"POST {lists}": Step(),
        f"GET {lists}/{{intake_id}}": Step(nobodys),
        f"GET {lists}/{{intake_id}}/loi.xlsx": Step(nobodys),
        f"POST {lists}/{{intake_id}}/ghi": Step(nobodys),
        f"POST {lists}/{{intake_id}}/hoan-tac": Step(nobodys),
        f"GET {place}/thoi": Step(units),
        f"POST {place}/thoi": Step(units, {"day": "01/01/2030"}),
        f"GET {place}/thoi/chuyen": Step({THEIRS: stranger}),
        f"POST {place}/thoi/chuyen": Step({THEIRS: stranger}),
        f"POST {place}/thoi/xac-nhan": Step({THEIRS: stranger}),
        f"POST {place}/thoi/bo": Step({THEIRS: stranger}),
        f"POST {place}/thuoc": Step(units, {"parent": str(TEAM), "line": "union", "from_day": "01/01/2030"}),
        f"POST {place}/thuoc/thoi": Step(units, {"edge": str(UUID(int=16)), "until": "01/01/2030"}),
    }


def steps(plan: make.Plan, codes: dict[str, str]) -> dict[str, Step]:
    files = {place: {"code": code} for place, code in codes.items()}
    claims = {place: {"code": code, "criterion": "GV1"} for place, code in codes.items()}
    rounds = {"ours": {"round_id": str(plan.open)}, THEIRS: {"round_id": str(UUID(int=12))}}
    longer = {"until": "30/11/2024", "reason": "Bão số 6, nhiều trường nghỉ học."}
    new = {"unit": str(make.SCHOOL), "round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
    call = {
        "unit_id": str(make.SCHOOL),
        "round_id": str(plan.open),
        "category": "teacher",
        "subject": {"name": "Lê Thị Ánh"},
    }
    file, api = "/de-cu/ho-so/{code}", "/api/v1/nomination/nominations"
    return {
        **run_steps("/de-cu"),
        "GET /de-cu/ho-so": Step(),
        "GET /de-cu/ho-so/moi": Step(),
        "POST /de-cu/ho-so/moi": Step(form=new),
        **dossier_steps(file, files, claims),
        f"GET {file}/nhat-ky": Step(files),
        f"GET {file}/nhat-ky/lien-ket": Step(files),
        f"POST {file}/nhat-ky/lien-ket": Step(files),
        f"POST {file}/nhan-to": Step(files),
        **lead_steps(new),
        **report_steps(files),
        **subject_steps(),
        **walking.movement_steps([*UNITS]),
        **walking.visit_steps([*UNITS]),
        **walking.training_steps(),
        **plan_steps(),
        **unit_steps(),
        "GET /de-cu/chi-tieu": Step(),
        "GET /de-cu/dot": Step(),
        "GET /de-cu/dot/{round_id}": Step(rounds),
        "POST /de-cu/dot/{round_id}/gia-han": Step(rounds, longer),
        "GET /de-cu/tieu-chi": Step(),
        "GET /de-cu/tieu-chi/them": Step(),
        "POST /de-cu/tieu-chi/them": Step(form={"unit": str(make.SCHOOL), "category": "chung"}),
        "GET /de-cu/tim": Step(),
        "GET /de-cu/tim/so": Step(),
        f"POST {api}": Step(json=call),
        f"POST {api}/{{code}}/submission": Step(files),
        f"GET {api}": Step(),
        f"GET {api}/{{code}}": Step(files),
    }


@pytest.mark.parametrize("role", WALKERS)
async def test_every_route_is_open_as_the_table_says(sites: Sites, role: str) -> None:
    site = await sites("nomination")
    found, told = await walk(site, role, make.SCHOOL, steps(*await seeded(site)))
    assert found == told


async def test_every_route_says_whose_it_is(sites: Sites) -> None:
    _, others, silent = stated(await sites("nomination"))
    assert (others, silent) == (
        sorted(
            [
                *open_to_all("nomination"),
                "GET /door/nomination/parcels/{parcel_id}",
                "PUT /door/nomination/parcels/{parcel_id}",
                "GET /gioi-thieu",
                "POST /gioi-thieu",
                "GET /tra-loi/nhat-ky/{token}",
                "GET /tra-loi/gioi-thieu/{token}",
                "POST /tra-loi/gioi-thieu/{token}",
            ]
        ),
        silent_in("nomination"),
    )


@pytest.mark.parametrize("role", WALKERS)
async def test_the_list_shows_what_may_be_read_and_a_draft_starts_where_one_may(sites: Sites, role: str) -> None:
    site = await sites("nomination")
    plan, codes = await seeded(site)
    new = {"round": str(plan.open), "category": "teacher", "name": "Lê Thị Ánh"}
    shown, started, readable, startable = set(), set(), set(), set()
    async with site.signed_in(*(() if role == NO_ROLE else (role,)), unit=make.SCHOOL) as person:
        page = (await person.get("/de-cu/ho-so")).text
        for place, unit in UNITS.items():
            shown |= {place} if codes[place] in page else set()
            readable |= {place} if covers("nomination.read", role, place) else set()
            answer = await person.post("/de-cu/ho-so/moi", data={**new, "unit": str(unit)})
            started |= {place} if answer.status_code == 303 else set()
            startable |= {place} if covers("nomination.start", role, place) else set()
    assert (shown, started) == (readable, startable)


async def test_of_two_roles_each_reaches_as_far_as_it_does_alone(sites: Sites) -> None:
    site = await sites("nomination")
    _, codes = await seeded(site)
    held = [Role("head", make.SCHOOL), Role("nominator", make.OTHER_SCHOOL)]
    token = site.minter.session(issuer="https://id", subject="hai-vai", name="Hai vai", roles=held)
    claim = {"text": "Lời mới.", "version": "1"}
    async with site.client({"cookie": f"{COOKIE}={token}"}) as both:
        found = {
            place: (
                (await both.get(f"/de-cu/ho-so/{code}")).status_code,
                (await both.post(f"/de-cu/ho-so/{code}/tieu-chi/GV1", data=claim)).status_code,
            )
            for place, code in codes.items()
        }
    # What the head sees and the nominator may not write is forbidden; what neither sees is not there.
    assert found == {
        "own": (200, 403),
        "child": (200, 403),
        "foreign": (200, 303),
        "parent": (404, 404),
        THEIRS: (404, 404),
    }


async def test_a_refused_act_is_logged_by_its_route_and_never_by_its_thing(sites: Sites) -> None:
    site = await sites("nomination")
    _, codes = await seeded(site)
    with capture_logs() as logged:
        async with site.signed_in("head", unit=make.SCHOOL) as head:
            assert (await head.post(f"/de-cu/ho-so/{codes['own']}/gui", data=make.NO_KIN)).status_code == 403
    refused = {"path": "/ho-so/{code}/gui", "method": "POST", "role": "nominator", "log_level": "warning"}
    assert [line for line in logged if line["event"] == "act.refused"] == [{"event": "act.refused", **refused}]


async def test_a_unit_is_below_another_as_long_as_its_edge_lasts(sites: Sites) -> None:
    site = await sites("nomination")
    _, codes = await seeded(site)
    today, tomorrow = make.TODAY, make.TODAY + timedelta(days=1)
    async with site.database.transaction() as session:
        for child, since, until in ((make.OTHER_SCHOOL, today, tomorrow), (WARD, tomorrow, None)):
            more: dict[str, Any] = {"agency": "tan-binh", "line": "union", "valid_from": since, "valid_to": until}
            session.add(UnitEdge(child_id=child, parent_id=TEAM, **more))
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        seen = {place: (await head.get(f"/de-cu/ho-so/{code}")).status_code for place, code in codes.items()}
    assert seen == {"own": 200, "child": 200, "foreign": 200, "parent": 404, THEIRS: 404}
