"""What becomes of a plan in force: its next versions, its rounds as they stand, its end, and the plan above it."""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from services.nomination.actions import plans, rounds
from services.nomination.commands import load
from services.nomination.rules import RoundNotOpen
from services.nomination.rules.rounds import BadExtension
from services.nomination.rules.targets import QuotaReached
from services.nomination.tables import Nomination, Plan, Round
from shared.clock import VIETNAM
from tests.support import factories as make
from tests.support.planning import ABOVE, PAPER, REPORT, ROUND, TARGET, begun, fill, hear, issue, rows
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def test_a_version_says_what_it_changed_and_every_one_is_kept(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        await fill(by, draft, "dot", **ROUND)
        await fill(by, draft, "chi-tieu", **TARGET)
        await issue(by, draft)
        begun_again = [await by.post(f"{draft}/soan") for _ in range(2)]
        quick = await by.post(f"{draft}/sua", data=PAPER | {"version": "1"})
        await fill(by, draft, "dot", **ROUND | {"row": "0", "closes_on": "30/11/2024"})
        version = re.search(r'name="version" value="(\d+)"', (await by.get(f"{draft}/soan/chi-tieu")).text)
        assert version
        await by.post(f"{draft}/soan/chi-tieu/bo", data={"row": "0", "version": version[1]})
        await fill(by, draft, "han", **REPORT)
        during, checked = text_of(await by.get(draft)), text_of(await by.get(f"{draft}/ban-hanh"))
        await issue(by, draft)
        shown = text_of(await by.get(draft))
    assert {one.headers["location"] for one in begun_again} == {f"{draft}/soan"}
    assert (quick.status_code, "Đang có bản sửa đổi soạn dở." in text_of(quick)) == (422, True)
    assert ("đến 17:00 ngày 20/11/2024" in during, "Bản 1 Có hiệu lực" in during) == (True, True)
    changed = (
        "Đợt: đổi «Đợt thu: từ 01/10/2024 đến 17:00 ngày 20/11/2024; nhận muộn 3 ngày làm việc» thành «Đợt thu: từ"
        " 01/10/2024 đến 17:00 ngày 30/11/2024; nhận muộn 3 ngày làm việc»"
        " Chỉ tiêu: bỏ «Mỗi trường nhiều nhất 2 hồ sơ, tính theo đợt»"
        " Hạn: thêm «Báo cáo năm (các trường): trước hết ngày 30/10 hằng năm»"
    )
    assert f"Bản này thay đổi gì {changed}" in checked
    assert f"Các bản bản 2 · 09:00 15/10/2024 · Cán bộ phụ trách {changed} bản 1 ·" in shown
    kept = (
        "select v.version, jsonb_array_length(content->'targets') from plan_versions v join plans p on p.id = plan_id"
    )
    assert await rows(site, f"{kept} where number is not null order by 1") == [
        (1, 1),
        (2, 0),
    ]
    assert await rows(site, "select closes_on from rounds where name = 'Đợt thu'") == [(date(2024, 11, 30),)]


async def test_a_round_with_files_is_neither_dropped_nor_renamed(site: Site) -> None:
    async with site.database.reading() as session:
        plan_id, round_id = (await session.execute(text("select plan_id, id from rounds where name = 'đợt này'"))).one()
    await make.draft(site.database, round_id)
    async with site.signed_in("officer") as by:
        await by.post("/de-cu/ke-hoach/kh-1/soan")
        page = await by.get("/de-cu/ke-hoach/kh-1/soan/dot")
        place = [name in text_of(page) for name in ("đợt trước", "đợt này", "đợt sau")].index(True) + 1
        await fill(by, "/de-cu/ke-hoach/kh-1", "dot", **ROUND | {"row": str(place), "name": "đợt khác", "hour": ""})
        refused = await issue(by, "/de-cu/ke-hoach/kh-1")
    said = "Đợt «đợt này» đã có hồ sơ nên không bỏ và không đổi tên được."
    assert (refused.status_code, said in text_of(refused)) == (422, True)
    assert await rows(site, "select version from plans") == [(1,)]
    assert plan_id


ENDING = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024", "ends_on": date(2024, 10, 31)}


async def ending(site: Site, *told: dict[str, Any], **more: Any) -> Round:
    """The first round of a plan that ends in October."""
    common: dict[str, Any] = {"at": make.AT, "by": make.CLERK}
    async with site.database.transaction() as session:
        made = await plans.enter_plan(session, make.AGENCY, plan=ENDING | more, rounds=told, **common)
        found = await session.execute(text("select id from rounds where plan_id = :id order by name"), {"id": made.id})
        return await session.get_one(Round, found.scalars().first())


async def test_a_round_that_is_always_open_closes_with_its_plan(site: Site) -> None:
    chosen = await ending(site, {"name": "đột xuất", "kind": "standing", "opens_on": date(2024, 9, 1)})
    last, over = (datetime(2024, month, day, 9, tzinfo=VIETNAM) for month, day in ((10, 31), (11, 1)))
    async with site.database.transaction() as session:
        plan = await session.get_one(Plan, chosen.plan_id)
        assert await rounds.check_takes(session, chosen, plan, last) is False
        with pytest.raises(RoundNotOpen, match="Đợt này đã đóng ngày 31/10/2024"):
            await rounds.check_takes(session, chosen, plan, over)
    async with site.signed_in("officer") as by:
        page = text_of(await by.get(f"/de-cu/dot/{chosen.id}"))
    assert "Đóng hết ngày 31/10/2024" in page


async def test_a_round_is_not_extended_beyond_its_plan(site: Site) -> None:
    chosen = await ending(site, {"name": "đợt", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 10, 20)})
    more: dict[str, Any] = {"round_id": chosen.id, "reason": "Bão số 6, nhiều trường nghỉ.", "at": make.AT}
    with pytest.raises(BadExtension, match="đợt không gia hạn quá ngày ấy được"):
        async with site.database.transaction() as session:
            await rounds.extend(session, until=date(2024, 11, 1), by=make.CLERK, **more)
    async with site.database.transaction() as session:
        extended = await rounds.extend(session, until=date(2024, 10, 31), by=make.CLERK, **more)
    assert extended.last_day == date(2024, 10, 31)


async def test_a_plan_that_has_ended_says_so(site: Site) -> None:
    await ending(site, {"name": "đợt", "opens_on": date(2024, 9, 1)}, ends_on=date(2024, 10, 14))
    async with site.signed_in("officer") as by:
        shown, listed = text_of(await by.get("/de-cu/ke-hoach/kh-2")), text_of(await by.get("/de-cu/ke-hoach"))
    said = "Không bắt đầu hồ sơ mới được nữa. Hồ sơ đã bắt đầu vẫn gửi được đến khi đợt đóng."
    assert f"Kế hoạch đã hết hiệu lực {said}" in shown
    assert "Kế hoạch hai Sở · 2024 · bản 1 Hết hiệu lực" in listed


async def test_an_extension_stands_until_a_version_moves_the_end_further(site: Site) -> None:
    chosen = await ending(site, {"name": "đợt", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 10, 20)})
    more: dict[str, Any] = {"round_id": chosen.id, "reason": "Bão số 6, nhiều trường nghỉ.", "at": make.AT}
    async with site.database.transaction() as session:
        await rounds.extend(session, until=date(2024, 10, 25), by=make.CLERK, **more)
    found = []
    async with site.signed_in("officer") as by:
        for closes in ("22/10/2024", "31/10/2024"):
            await by.post("/de-cu/ke-hoach/kh-2/soan")
            form = ROUND | {"row": "0", "name": "đợt", "closes_on": closes}
            await fill(by, "/de-cu/ke-hoach/kh-2", "dot", **form)
            assert (await issue(by, "/de-cu/ke-hoach/kh-2")).status_code == 303
            found += await rows(site, "select closes_on, extended_to from rounds where name = 'đợt'")
    assert found == [(date(2024, 10, 22), date(2024, 10, 25)), (date(2024, 10, 31), None)]


async def hand_in(site: Site, draft: Nomination, at: datetime) -> str:
    """What comes of handing in, in one sentence."""
    try:
        async with site.database.transaction() as session:
            await make.hand_in(session, draft, at=at)
    except QuotaReached as refusal:
        return str(refusal).partition(". ")[0] + "."
    return "taken"


async def test_a_year_is_counted_from_the_day_on_which_the_plan_begins_it(site: Site) -> None:
    most = {"bound": "at_most", "number": 1, "per": "year"}
    about = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024", "cycle_begins": "10-15"}
    told = [{"name": "đợt", "opens_on": date(2024, 1, 1), "closes_on": date(2025, 12, 31)}]
    common: dict[str, Any] = {"at": make.AT, "by": make.CLERK}
    async with site.database.transaction() as session:
        made = await plans.enter_plan(session, make.AGENCY, plan=about, rounds=told, targets=[most], **common)
        [round_id] = await session.scalars(text("select id from rounds where plan_id = :id"), {"id": made.id})
    found = []
    for day in (date(2024, 10, 14), date(2024, 10, 15), date(2025, 10, 14)):
        draft = await make.draft(site.database, round_id)
        found.append(await hand_in(site, draft, datetime(day.year, day.month, day.day, 9, tzinfo=VIETNAM)))
    assert found == ["taken", "taken", "Đơn vị đã gửi 1 hồ sơ trong năm nay, kế hoạch nhận nhiều nhất 1."]
    async with site.signed_in("officer") as by:
        assert "Mỗi đơn vị nhiều nhất 1 hồ sơ · Năm 2024–2025" in text_of(await by.get("/de-cu/chi-tieu"))


async def test_rounds_that_are_open_together_name_each_other(site: Site) -> None:
    both = [{"name": name, "opens_on": date(2024, 9, 1), "closes_on": date(2024, 10, 20)} for name in ("một", "hai")]
    always = {"name": "đột xuất", "kind": "standing", "opens_on": date(2024, 9, 1)}
    chosen = await ending(site, *both, always)
    found = {str(name): id for name, id in await rows(site, "select name, id from rounds")}
    async with site.signed_in("officer") as by:
        pages = [text_of(await by.get(f"/de-cu/dot/{found[name]}")) for name in ("một", "đột xuất")]
        plan = text_of(await by.get("/de-cu/ke-hoach/kh-2"))
    assert ["Có đợt cùng mở một lúc hai" in page for page in pages] == [True, False]
    assert "Đợt «hai» và đợt «một» cùng mở một lúc." in plan
    assert chosen.name == "hai"


async def test_when_the_plan_above_becomes_stricter_the_officer_is_told_where_this_one_is_looser(site: Site) -> None:
    await hear(site)
    async with site.signed_in("officer") as by:
        answer = await by.post(f"/de-cu/ke-hoach/cap-tren/hcm/{ABOVE}/lap", data={"version": "1"})
        plan = str(answer.headers["location"]).removesuffix("/soan")
        await fill(by, plan, "van-ban", **PAPER)
        assert (await issue(by, plan)).status_code == 303
        before = text_of(await by.get(plan))
        await hear(site, 2, closes_on=date(2024, 11, 1))
        after = text_of(await by.get(plan))
    async with site.signed_in("supervisor") as by:
        others = text_of(await by.get(plan))
    said = "Đợt «Đợt thu» chỉ được đóng muộn nhất ngày 01/11/2024, theo kế hoạch của Sở GDĐT TP.HCM."
    assert [said in page for page in (before, after, others)] == [False, True, False]


@pytest.mark.parametrize("agency", ["tan-binh", "hcm", "moet"])
async def test_the_plans_that_come_with_the_product_say_what_their_papers_say(sites: Sites, agency: str) -> None:
    site = await sites("nomination", agency=agency)
    told = tomllib.loads(Path(f"deploy/plans/{agency}-plan.toml").read_text())
    async with site.database.transaction() as session:
        await load(site.runtime, session, told)
    async with site.signed_in("officer") as by:
        page = text_of(await by.get(f"/de-cu/ke-hoach/{told['plan']['code']}"))
    assert told["plan"]["title"] in page
    if agency == "tan-binh":
        for said in (
            "Số ký hiệu Chưa xác nhận Ngày ban hành Chưa xác nhận",
            "Nơi nhận Các trường mầm non, tiểu học và trung học cơ sở (để thực hiện)",
            "Hạn Sơ kết, tổng kết công tác xây dựng, nhân rộng điển hình tiên tiến (các trường) Chưa xác nhận",
        ):
            assert said in page
