"""Who may do what in nomination: every role at every route, as the table says."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from services.nomination.actions import plans, subjects, units
from services.nomination.actions.targets import target_of
from services.nomination.rules import PlanState
from services.nomination.tables import Plan, PlanFromAbove, PlanText, UnitEdge
from shared.identity.people import Role
from shared.identity.sessions import COOKIE
from shared.policy import covers
from tests.nomination import walking
from tests.nomination.walking_dossiers import dossier_steps, know_proofs
from tests.nomination.walking_leads import lead_steps, spotted
from tests.nomination.walking_plans import ABOVE, TEXT, plan_steps
from tests.nomination.walking_reports import report_steps, reported
from tests.nomination.walking_subjects import known, subject_steps
from tests.nomination.walking_units import TEAM, UNITS, WARD, unit_steps
from tests.support import factories as make
from tests.support.site import Site, Sites
from tests.support.walk import NO_ROLE, THEIRS, WALKERS, Step, open_to_all, run_steps, silent_in, stated, walk

pytestmark = pytest.mark.db


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
    await know_proofs(site, [*codes.values(), stranger.code])
    async with site.database.transaction() as session:
        where = {"id": stranger.id}
        await session.execute(text("update nominations set agency = 'hcm' where id = :id"), where)
    return plan, codes | {THEIRS: stranger.code}


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
