"""Plans on their way down: from the ministry to the city to the district, each acknowledged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from services.nomination import rules
from services.nomination.actions import cascade, nominations, plans
from services.nomination.actions.plans import Agency
from services.nomination.consumers import HANDLERS
from services.nomination.rules.plan_checks import PlanNotReady
from shared.audit import Actor
from shared.events import Category
from shared.inbox import Kind, operating
from tests.support import factories as make
from tests.support import signing
from tests.support.databases import Databases
from tests.support.neighbours import Neighbours
from tests.support.wire import records

pytestmark = pytest.mark.db

OFFICER = Actor("https://id|can-bo", "officer")
TIERS = {"moet": "BGD", "hcm": "HCM", "tan-binh": "TB"}


@pytest.fixture
async def tiers(databases: Databases) -> Neighbours:
    federation = signing.federation(*(f"{agency}/nomination/1" for agency in TIERS))
    made = {agency: await databases.service("nomination", agency=agency) for agency in TIERS}
    return Neighbours(federation, "nomination", made, HANDLERS)


async def issue(
    tiers: Neighbours,
    agency: str,
    rounds: Sequence[dict[str, Any]] = (),
    targets: Sequence[dict[str, Any]] = (),
    **about: Any,
) -> UUID:
    plan = {"code": "kh", "title": f"Kế hoạch của {agency}", "issuer": agency, "period": "2023-2025", **about}
    plan = {"grounds": [], "movements": [], "subjects": [], **plan}
    async with tiers.databases[agency].transaction() as session:
        own = Agency(agency, TIERS[agency])
        made = await plans.enter_plan(session, own, plan=plan, rounds=rounds, targets=targets, at=make.AT, by=OFFICER)
        return made.id


async def acknowledge(tiers: Neighbours, agency: str, above: str, plan_id: UUID, seen: int) -> None:
    async with tiers.databases[agency].transaction() as session:
        await cascade.acknowledge(session, issuer_agency=above, plan_id=plan_id, seen=seen, at=make.AT, by=OFFICER)


async def rows(tiers: Neighbours, agency: str, query: str) -> list[tuple[object, ...]]:
    async with tiers.databases[agency].reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


HEARD = "select issuer_agency, number, version, state, acknowledged from plans_from_above order by issuer_agency"
READ = "select child, version from acknowledgements order by child"


async def test_each_tier_hears_its_parents_plan_and_acknowledges_it(tiers: Neighbours) -> None:
    ministry = await issue(tiers, "moet", number="595/KH-BGDĐT", issued_on=date(2023, 4, 10))
    ground = {"number": "595/KH-BGDĐT", "issuer": "Bộ GDĐT", "title": "Kế hoạch"}
    city = await issue(tiers, "hcm", number="5344/KH-UBND", grounds=[ground])
    district = await issue(tiers, "tan-binh")
    assert await tiers.carry() == {"hcm": {"handled": 1}, "tan-binh": {"handled": 1}}
    assert await rows(tiers, "hcm", HEARD) == [("moet", "595/KH-BGDĐT", 1, "in_force", 0)]
    assert await rows(tiers, "tan-binh", HEARD) == [("hcm", "5344/KH-UBND", 1, "in_force", 0)]
    assert await rows(tiers, "moet", HEARD) == []
    await acknowledge(tiers, "hcm", "moet", ministry, 1)
    await acknowledge(tiers, "tan-binh", "hcm", city, 1)
    await acknowledge(tiers, "tan-binh", "hcm", city, 1)  # pressed twice, said once
    assert await tiers.carry() == {"moet": {"handled": 1}, "hcm": {"handled": 1}}
    assert await rows(tiers, "moet", READ) == [("hcm", 1)]
    assert await rows(tiers, "hcm", READ) == [("tan-binh", 1)]
    assert await rows(tiers, "hcm", f"select 1 from plans_from_above where plan_id = '{district}'") == []


async def test_an_amended_and_a_withdrawn_plan_reach_everybody(tiers: Neighbours) -> None:
    plan_id = await issue(tiers, "hcm")
    await tiers.carry()
    await acknowledge(tiers, "tan-binh", "hcm", plan_id, 1)
    async with tiers.databases["hcm"].transaction() as session:
        changes = {"number": "5344/KH-UBND", "title": "  Kế hoạch   sửa đổi "}
        await cascade.amend(session, plan_id=plan_id, seen=1, changes=changes, at=make.AT, by=OFFICER)
    await tiers.carry()
    assert await rows(tiers, "tan-binh", HEARD) == [("hcm", "5344/KH-UBND", 2, "in_force", 1)]
    assert await rows(tiers, "tan-binh", "select content->>'title' from plans_from_above") == [("Kế hoạch sửa đổi",)]
    with pytest.raises(rules.PlanChanged):
        await acknowledge(tiers, "tan-binh", "hcm", plan_id, 1)
    async with tiers.databases["hcm"].transaction() as session:
        await cascade.withdraw(session, plan_id=plan_id, seen=2, at=make.AT, by=OFFICER)
    await tiers.carry()
    assert await rows(tiers, "tan-binh", HEARD) == [("hcm", "5344/KH-UBND", 3, "withdrawn", 1)]
    async with tiers.databases["hcm"].transaction() as session:
        with pytest.raises(rules.PlanNotInForce):
            await cascade.amend(session, plan_id=plan_id, seen=3, changes={}, at=make.AT, by=OFFICER)


async def test_the_agency_above_hears_that_there_is_a_plan_which_rests_on_its_own(tiers: Neighbours) -> None:
    window = {"name": "đợt thu", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20), "confirmed": True}
    most = {"bound": "at_most", "number": 3, "per": "round"}
    report = {"what": "Báo cáo năm", "duty": "report", "each": "10-30"}
    await issue(tiers, "hcm", [window], [most], number="5344/KH-UBND", deadlines=[report])
    await tiers.carry()
    paper = {"title": "Kế hoạch quận", "issuer": "Phòng", "period": "2024"}
    paper |= {"grounds": [{"number": "5344/kh-ubnd", "title": "Kế hoạch"}], "deadlines": [report]}  # type: ignore[dict-item]
    common: dict[str, Any] = {"at": make.AT, "by": OFFICER}
    async with tiers.databases["tan-binh"].transaction() as session:
        drafting: dict[str, Any] = {"plan": paper, "rounds": [window], "targets": [most | {"number": 4}]}
        looser = await plans.draft_plan(session, Agency("tan-binh", "TB"), **drafting, **common)
        drafting["targets"] = [most | {"number": 2}]
        stricter = await plans.draft_plan(session, Agency("tan-binh", "TB"), **drafting, **common)
    with pytest.raises(PlanNotReady) as refused:
        async with tiers.databases["tan-binh"].transaction() as session:
            await plans.issue_plan(session, plan_id=looser.id, seen=looser.draft_version, **common)
    assert [one.part for one in refused.value.troubles] == ["chi-tieu"]
    async with tiers.databases["tan-binh"].transaction() as session:
        await plans.issue_plan(session, plan_id=stricter.id, seen=stricter.draft_version, **common)
    assert (await tiers.carry())["hcm"] == {"handled": 1}
    assert await rows(tiers, "hcm", "select child, version, planned from acknowledgements") == [("tan-binh", 1, True)]
    assert await rows(tiers, "tan-binh", "select acknowledged from plans_from_above") == [(1,)]


async def test_who_saw_an_older_version_neither_amends_nor_withdraws(tiers: Neighbours) -> None:
    plan_id = await issue(tiers, "hcm")
    async with tiers.databases["hcm"].transaction() as session:
        await cascade.amend(session, plan_id=plan_id, seen=1, changes={"period": "2024"}, at=make.AT, by=OFFICER)
        with pytest.raises(rules.PlanChanged):
            await cascade.amend(session, plan_id=plan_id, seen=1, changes={}, at=make.AT, by=OFFICER)
        with pytest.raises(rules.PlanChanged):
            await cascade.withdraw(session, plan_id=plan_id, seen=1, at=make.AT, by=OFFICER)
    assert await rows(tiers, "hcm", "select version, state, period from plans") == [(2, "in_force", "2024")]


async def test_an_agency_that_joins_later_hears_what_is_in_force(tiers: Neighbours, databases: Databases) -> None:
    old, new = await issue(tiers, "moet", code="cũ"), await issue(tiers, "moet", code="mới", number="1/KH")
    async with tiers.databases["moet"].transaction() as session:
        await cascade.withdraw(session, plan_id=old, seen=1, at=make.AT, by=OFFICER)
    await tiers.carry()
    tiers.databases["hai-phong"] = await databases.service("nomination", agency="hai-phong")
    assert await tiers.carry() == {"hai-phong": {"handled": 3}}
    in_force = "select plan_id from plans_from_above where state = 'in_force'"
    assert await rows(tiers, "hai-phong", in_force) == [(new,)]


async def test_nobody_acknowledges_another_agencys_plan(tiers: Neighbours) -> None:
    plan_id = await issue(tiers, "moet")
    await tiers.carry()
    await issue(tiers, "hcm")
    async with tiers.databases["hcm"].transaction() as session:
        await session.execute(text("update plans_from_above set plan_id = gen_random_uuid()"))
    [(other,)] = await rows(tiers, "hcm", "select plan_id from plans_from_above")
    assert isinstance(other, UUID)
    await acknowledge(tiers, "hcm", "moet", other, 1)
    assert (await tiers.carry())["moet"] == {"parked": 1}
    assert (await rows(tiers, "moet", READ), other != plan_id) == ([], True)


async def test_a_withdrawn_plan_takes_no_nominations(tiers: Neighbours) -> None:
    database = tiers.databases["tan-binh"]
    plan = await make.plan(database)
    made = await make.draft(database, plan.open)
    async with database.transaction() as session:
        [plan_id] = await session.scalars(text("select id from plans"))
        await cascade.withdraw(session, plan_id=plan_id, seen=1, at=make.AT, by=OFFICER)
    async with database.transaction() as session:
        with pytest.raises(rules.PlanNotInForce):
            await nominations.start_nomination(
                session,
                make.AGENCY,
                unit_id=make.SCHOOL,
                round_id=plan.open,
                category=Category.TEACHER,
                name="Lê Thị Ánh",
                position="",
                rule_set=make.PACK,
                at=make.AT,
                today=make.TODAY,
                by=make.NOMINATOR,
            )
    assert made.code == "TB-24-0001"


async def test_after_a_forged_event_the_honest_one_still_takes_effect(tiers: Neighbours) -> None:
    await issue(tiers, "hcm", number="5344/KH-UBND")
    [honest] = [one for one in await records(tiers.databases["hcm"]) if one.topic.endswith("children")]
    forged = replace(honest, value=(honest.value or b"").replace(b"5344", b"6666"))
    with capture_logs() as logs:
        assert await tiers.hear("tan-binh", forged) == {"refused": 1}
    reason = "signed by hcm/nomination/1: the signature does not fit"
    assert [line["reason"] for line in logs if line["event"] == "inbox.refused"] == [reason]
    assert await tiers.hear("tan-binh", honest) == {"handled": 1}
    assert await tiers.hear("tan-binh", honest) == {"duplicate": 1}
    assert await rows(tiers, "tan-binh", HEARD) == [("hcm", "5344/KH-UBND", 1, "in_force", 0)]
    database, hearing = tiers.databases["tan-binh"], tiers.hearing("tan-binh")
    async with database.reading() as session:
        [aside] = await operating.list_set_aside(session)
    assert (aside.kind, aside.reason) == (Kind.REFUSED, reason)
    with pytest.raises(operating.NotPossible, match="does not fit"):  # no operator makes it true
        await operating.replay(database, hearing, aside.id, actor=OFFICER)
    await operating.discard(database, hearing, aside.id, actor=OFFICER, reason="forged")


async def test_what_was_refused_for_want_of_a_key_can_be_replayed_when_the_file_has_it(tiers: Neighbours) -> None:
    complete, tiers.federation = tiers.federation, signing.federation()
    await issue(tiers, "hcm")
    assert await tiers.carry() == {"tan-binh": {"refused": 1}}
    tiers.federation = complete
    database, hearing = tiers.databases["tan-binh"], tiers.hearing("tan-binh")
    async with database.reading() as session:
        [aside] = await operating.list_set_aside(session)
    assert await operating.replay(database, hearing, aside.id, actor=OFFICER) is None
    assert await rows(tiers, "tan-binh", HEARD) == [("hcm", None, 1, "in_force", 0)]
