"""A plan from above becomes the ground of one that is written here."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.nomination.actions import plans
from services.nomination.rules import PlanState
from services.nomination.rules.plan_checks import PlanNotReady
from services.nomination.rules.plan_content import complete
from tests.support import factories as make
from tests.support.planning import ABOVE, PAPER, ROUND, begun, fill, hear, issue, rows
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def test_a_plan_from_above_becomes_the_ground_and_is_acknowledged_in_the_same_stroke(site: Site) -> None:
    await hear(site)
    above = f"/de-cu/ke-hoach/cap-tren/hcm/{ABOVE}"
    async with site.signed_in("officer") as by:
        page = text_of(await by.get(above))
        made = [await by.post(f"{above}/lap", data={"version": "1", "read": "1"}) for _ in range(2)]
        draft = str(made[0].headers["location"]).removesuffix("/soan")
        checked = text_of(await by.get(f"{draft}/ban-hanh"))
        await fill(by, draft, "van-ban", **PAPER | {"ends_on": ""})
        await fill(by, draft, "dot", row="0", **ROUND | {"closes_on": "10/12/2024"})
        looser = text_of(await by.get(f"{draft}/ban-hanh"))
        await fill(by, draft, "dot", row="0", **ROUND)
        issued = await issue(by, draft)
        shown = text_of(await by.get(draft))
    assert "Đợt Đợt thu: từ 01/09/2024 đến hết ngày 30/11/2024" in page
    assert "Chỉ tiêu Mỗi đơn vị nhiều nhất 3 hồ sơ, tính theo đợt" in page
    assert {one.headers["location"] for one in made} == {f"{draft}/soan"}
    assert await rows(site, "select acknowledged from plans_from_above") == [(1,)]
    assert "Hãy ghi tên kế hoạch. Sửa bước Văn bản" in checked
    assert "Đợt «Đợt thu» chỉ được đóng muộn nhất ngày 30/11/2024, theo kế hoạch của Sở" in looser
    assert issued.status_code == 303
    for said in (
        "Căn cứ 5344/KH-UBND: Kế hoạch của thành phố (Sở Giáo dục và Đào tạo) Bản nhận từ Sở Giáo dục và Đào tạo",
        "Đợt thu: từ 01/10/2024 đến 17:00 ngày 20/11/2024; nhận muộn 3 ngày làm việc"
        " Sở GDĐT TP.HCM: Đợt thu: từ 01/09/2024 đến hết ngày 30/11/2024",
        "Mỗi đơn vị nhiều nhất 3 hồ sơ, tính theo đợt của Sở GDĐT TP.HCM",
        "Phong trào Dạy tốt – Học tốt của Sở GDĐT TP.HCM",
    ):
        assert said in shown
    told = "select convert_from(body, 'UTF8')::jsonb->>'planned' from outbox where type like '%PlanAcknowledged%'"
    assert [one for (one,) in await rows(site, f"{told} and topic like '%internal' order by id")] == ["false", "true"]


async def test_one_tap_takes_a_plan_from_above_as_a_ground(site: Site) -> None:
    await hear(site)
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        page = await by.get(f"{draft}/soan/can-cu")
        form = {"issuer_agency": "hcm", "plan_id": str(ABOVE), "version": "1"}
        taken = await by.post(f"{draft}/soan/can-cu/cap-tren", data=form)
        after = text_of(await by.get(f"{draft}/soan/can-cu"))
        unknown = await by.post(f"{draft}/soan/can-cu/cap-tren", data=form | {"plan_id": str(uuid4())})
        rounds = text_of(await by.get(f"{draft}/soan/dot"))
    assert "Lấy làm căn cứ" in text_of(page)
    assert (taken.status_code, unknown.status_code) == (303, 404)
    assert ("Kế hoạch của thành phố (Sở" in after, "Lấy làm căn cứ" in after) == (True, False)
    assert "Đợt thu: từ 01/09/2024 đến hết ngày 30/11/2024" in rounds


async def test_what_a_plan_that_is_cited_by_its_number_asks_is_taken_over_too(site: Site) -> None:
    await hear(site)
    cited = {"number": "5344/KH-UBND", "title": "Kế hoạch nhập từ văn bản", "line": "professional", "note": "Bản giấy"}
    last = {"number": "1/QĐ", "title": "Quyết định của phường"}
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        for ground in (cited, last):
            await fill(by, draft, "can-cu", **ground)
        page = text_of(await by.get(f"{draft}/soan/can-cu"))
        form = {"issuer_agency": "hcm", "plan_id": str(ABOVE), "version": "3"}
        taken = await by.post(f"{draft}/soan/can-cu/cap-tren", data=form)
        after = text_of(await by.get(f"{draft}/soan/can-cu"))
        checked = text_of(await by.get(f"{draft}/ban-hanh"))
    whose = "Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh"
    assert f"Kế hoạch của thành phố ({whose}) · đã có trong căn cứ Chép các yêu cầu sang đây" in page
    assert (taken.status_code, "Chép các yêu cầu sang đây" in after) == (303, False)
    assert "theo kế hoạch của Sở" not in checked
    now = {**complete({"grounds": [cited]})["grounds"][0], "confirmed": True}
    now |= {"title": "Kế hoạch của thành phố", "issuer": "Sở Giáo dục và Đào tạo"}
    now |= {"agency": "hcm", "plan_id": str(ABOVE)}
    grounds = [now, complete({"grounds": [last]})["grounds"][0]]
    assert await rows(site, "select draft->'plan'->'grounds' from plans where draft is not null") == [(grounds,)]


async def test_a_plan_from_above_stays_the_ground_when_its_line_is_written_anew(site: Site) -> None:
    await hear(site)
    told = {"number": "5344/KH-UBND", "title": "Kế hoạch của thành phố", "line": "administrative"}
    kept = "select draft->'plan'->'grounds'->0->>'line', draft->'plan'->'grounds'->0->>'plan_id' from plans"
    found = []
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        form = {"issuer_agency": "hcm", "plan_id": str(ABOVE), "version": "1"}
        assert (await by.post(f"{draft}/soan/can-cu/cap-tren", data=form)).status_code == 303
        for number in (told["number"], "99/KH-UBND"):
            await fill(by, draft, "can-cu", row="0", **told | {"number": number})
            found += await rows(site, f"{kept} where draft is not null")
    assert found == [("administrative", str(ABOVE)), ("administrative", "")]


async def test_what_a_person_confirmed_elsewhere_is_drafted_and_issued_the_same_way(site: Site) -> None:
    paper = {"title": "Kế hoạch nhập từ văn bản", "issuer": "Phòng", "period": "2024", "issued_on": date(2024, 9, 1)}
    told = [{"name": "Đợt", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 12, 31)}]
    least: dict[str, Any] = {"bound": "at_least", "number": 1, "per": "year", "unit_kind": "kindergarten"}
    common: dict[str, Any] = {"at": make.AT, "by": make.CLERK}
    async with site.database.transaction() as session:
        made = await plans.draft_plan(session, make.AGENCY, plan=paper, rounds=told, targets=[least], **common)
        assert (made.state, made.code.startswith("kh-2024-")) == (PlanState.DRAFT, True)
    with pytest.raises(PlanNotReady) as refused:
        async with site.database.transaction() as session:
            await plans.issue_plan(session, plan_id=made.id, seen=made.draft_version, **common)
    assert [one.text for one in refused.value.troubles] == [
        "Chỉ tiêu dành cho loại «kindergarten», nhưng chưa có đơn vị nào loại ấy."
    ]
