"""What plans ask of their units: shown from the first draft on, kept at hand-in, told by who is below."""

import asyncio
import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import hearing, plans
from services.nomination.rules import State
from services.nomination.rules.targets import QuotaReached
from services.nomination.tables import Nomination
from shared.audit import Actor
from tests.support import factories as make
from tests.support.site import Site, Sites, problem_of, text_of

pytestmark = pytest.mark.db

LEAST = {"bound": "at_least", "number": 1, "per": "year"}
MOST = {"bound": "at_most", "number": 2, "per": "round", "unit_kind": "school"}
UNITS = {"bound": "at_least", "number": 2, "per": "round", "counted": "units"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def enter(site: Site, *targets: dict[str, Any]) -> UUID:
    """The round of a plan with these targets."""
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024"}
    about |= {"grounds": [], "movements": [], "subjects": []}
    told = [{"name": "đợt thu", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20), "confirmed": True}]
    async with site.database.transaction() as session:
        more: dict[str, Any] = {"rounds": told, "targets": targets, "at": make.AT, "by": make.CLERK}
        made = await plans.enter_plan(session, make.AGENCY, plan=about, **more)
        found = await session.scalar(text("select id from rounds where plan_id = :id"), {"id": made.id})
    assert isinstance(found, UUID)
    return found


async def submit(site: Site, draft: Nomination) -> str:
    """What comes of handing in."""
    by = Actor("https://id|co-hanh", "nominator", draft.unit_id)
    try:
        async with site.database.transaction() as session:
            await make.hand_in(session, draft, by=by)
    except QuotaReached as refusal:
        return str(refusal)
    return "taken"


REACHED = (
    "Đơn vị đã gửi 2 hồ sơ trong đợt này, kế hoạch nhận nhiều nhất 2. Bản nháp của bạn vẫn còn: hãy rút một hồ sơ chưa"
    " có kết luận, hoặc hỏi cán bộ phụ trách."
)


async def test_what_is_asked_is_shown_from_the_first_draft_on(site: Site) -> None:
    round_id = await enter(site, LEAST, MOST)
    drafts = [await make.draft(site.database, round_id) for _ in range(3)]
    file = f"/de-cu/ho-so/{drafts[2].code}"
    seen = []
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        for draft in drafts[:2]:
            seen.append(text_of(await by.get(file)))
            assert await submit(site, draft) == "taken"
        full, new = text_of(await by.get(file)), text_of(await by.get("/de-cu/ho-so/moi"))
        sent = await by.post(f"{file}/gui", data=make.NO_KIN)
        api = await by.post(
            f"/api/v1/nomination/nominations/{drafts[2].code}/submission", headers={"idempotency-key": "a"}
        )
    for count, page in enumerate([*seen, full]):
        assert f"Đơn vị đã gửi {count} hồ sơ trong đợt này: nhiều nhất 2" in page
        assert f"Đơn vị đã gửi {count} hồ sơ năm nay: ít nhất 1" in page
        assert ("Đơn vị đã gửi đủ số nhiều nhất mà kế hoạch nhận" in page) is (count == 2)
    assert "Trường THCS Hoa Mai · đợt thu Đơn vị đã gửi 2 hồ sơ trong đợt này: nhiều nhất 2" in new
    assert "Đã đủ số nhiều nhất" in new
    assert (sent.status_code, REACHED in text_of(sent)) == (422, True)
    told = problem_of(api)
    assert (told["status"], told["type"].rsplit("/", 1)[-1], told["detail"]) == (422, "quota-reached", REACHED)


async def test_of_two_for_the_last_place_one_has_it(site: Site) -> None:
    round_id = await enter(site, MOST | {"number": 1})
    drafts = [await make.draft(site.database, round_id) for _ in range(2)]
    elsewhere = await make.draft(site.database, round_id, unit_id=make.OTHER_SCHOOL)
    found = await asyncio.gather(*(submit(site, one) for one in (*drafts, elsewhere)))
    assert found[2] == "taken"
    assert sorted(one.split(" hồ sơ")[0] for one in found[:2]) == ["taken", "Đơn vị đã gửi 1"]


async def test_who_comes_second_for_the_last_place_keeps_the_draft_and_is_told(site: Site) -> None:
    round_id = await enter(site, MOST | {"number": 1})
    drafts = [await make.draft(site.database, round_id) for _ in range(2)]
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        sending = (by.post(f"/de-cu/ho-so/{one.code}/gui", data=make.NO_KIN) for one in drafts)
        answers = await asyncio.gather(*sending)
    taken, refused = sorted(answers, key=lambda one: one.status_code)
    told = REACHED.replace("đã gửi 2", "đã gửi 1").replace("nhiều nhất 2", "nhiều nhất 1")
    assert (taken.status_code, refused.status_code, told in text_of(refused)) == (303, 422, True)
    async with site.database.reading() as session:
        left = await session.execute(text("select state, revision from nominations order by state"))
        assert [tuple(row) for row in left] == [("draft", 0), ("submitted", 1)]
        assert await session.scalar(text("select count(*) from outbox where type like '%NominationSubmitted%'")) == 1


async def test_what_was_taken_back_leaves_its_place(site: Site) -> None:
    round_id = await enter(site, MOST | {"number": 1})
    drafts = [await make.draft(site.database, round_id) for _ in range(2)]
    assert await submit(site, drafts[0]) == "taken"
    async with site.database.transaction() as session:
        await session.execute(text("update nominations set state = 'withdrawn' where state = 'submitted'"))
    assert await submit(site, drafts[1]) == "taken"


@pytest.mark.parametrize("change", [{"warns_only": True}, {"unit_kind": "kindergarten"}, {"per": "year", "number": 3}])
async def test_a_maximum_that_warns_or_is_anothers_refuses_nothing(site: Site, change: dict[str, Any]) -> None:
    round_id = await enter(site, MOST | {"number": 1} | change)
    drafts = [await make.draft(site.database, round_id) for _ in range(2)]
    assert [await submit(site, one) for one in drafts] == ["taken", "taken"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"number": 0}, "target: a number of 0 asks for nothing"),
        ({"bound": "at_most", "counted": "units"}, "target: at_most is a matter of each unit"),
        ({"per": "week"}, "'week' is not a valid Per"),
        ({"kind": "school"}, "target: nothing is known of kind"),
    ],
)
async def test_a_target_that_means_nothing_is_refused_with_its_plan(
    site: Site, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        await enter(site, LEAST | change)
    async with site.database.reading() as session:
        assert await session.scalar(text("select count(*) from plans")) == 1


async def test_the_targets_say_who_is_below(site: Site) -> None:
    round_id = await enter(site, LEAST, MOST, UNITS)
    assert await submit(site, await make.draft(site.database, round_id)) == "taken"
    async with site.signed_in("officer") as by:
        page, file = text_of(await by.get("/de-cu/chi-tieu")), await by.get("/de-cu/chi-tieu?dang=xlsx")
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        own = text_of(await by.get("/de-cu/chi-tieu"))
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    hoa_mai, binh_minh, plan = "Trường THCS Hoa Mai", "Trường Bình Minh", "Kế hoạch hai"
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)] == [
        ["Mỗi đơn vị ít nhất 1 hồ sơ", plan, "Năm 2024", binh_minh, 0, "Dưới chỉ tiêu"],
        ["Mỗi đơn vị ít nhất 1 hồ sơ", plan, "Năm 2024", hoa_mai, 1, "Đạt"],
        ["Mỗi trường nhiều nhất 2 hồ sơ", plan, "đợt thu", binh_minh, 0, "Đạt"],
        ["Mỗi trường nhiều nhất 2 hồ sơ", plan, "đợt thu", hoa_mai, 1, "Đạt"],
        ["Ít nhất 2 đơn vị có hồ sơ", plan, "đợt thu", binh_minh, 0, "Chưa có"],
        ["Ít nhất 2 đơn vị có hồ sơ", plan, "đợt thu", hoa_mai, 1, "Đã có"],
    ]
    below = f"{binh_minh}: đã gửi 0 hồ sơ"
    assert (page.count(f"{below} Dưới chỉ tiêu"), page.count(f"{below} Chưa có")) == (1, 1)
    assert "Đạt 1/2" in page
    assert ("Bình Minh" in own, "đơn vị có hồ sơ" in own, "Mọi đơn vị đều đạt chỉ tiêu" in own) == (False, False, True)


async def test_what_the_agency_hands_up_is_counted_without_what_came_back(site: Site) -> None:
    five = {"bound": "at_least", "number": 2, "per": "year", "counted": "referred"}
    replicated = {"bound": "at_least", "number": 1, "per": "year", "counted": "replicated"}
    round_id = await enter(site, five, replicated)
    later = make.AT + timedelta(hours=1)
    ways = {"up": ["referred"], "up twice": ["referred", "given_back", "referred"], "back": ["referred", "recalled"]}
    for number, steps in enumerate(ways.values()):
        draft = await make.draft(site.database, round_id)
        for place, what in enumerate(steps):
            at = (make.AT, later, later + timedelta(hours=1))[place]
            async with site.database.transaction() as session:
                more = {"what": what, "holder": "review", "state": State.REVIEWED}
                await hearing.note_step(session, nomination_id=draft.id, at=at, **more)  # type: ignore[arg-type]
        async with site.signed_in("officer") as by:
            page, plan = text_of(await by.get("/de-cu/chi-tieu")), text_of(await by.get("/de-cu/ke-hoach/kh-2"))
        assert f"Ít nhất 2 hồ sơ trình cấp trên · Năm 2024 Kế hoạch hai · Đạt {(1, 2, 2)[number]}/2" in page
        assert "Mỗi đơn vị ít nhất 1 điển hình được nhân rộng" in plan
    async with site.signed_in("officer") as by:
        file = await by.get("/de-cu/chi-tieu?dang=xlsx")
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)] == [
        ["Ít nhất 2 hồ sơ trình cấp trên", "Kế hoạch hai", "Năm 2024", None, 2, "Đạt"],
        ["Mỗi đơn vị ít nhất 1 điển hình được nhân rộng", "Kế hoạch hai", "Năm 2024", None, None, UNCOUNTED],
    ]


UNCOUNTED = "Chưa đếm được bằng phần mềm: hãy theo dõi riêng"


async def test_what_is_not_counted_is_shown_as_such_and_met_by_nobody(site: Site) -> None:
    replicated = {"bound": "at_least", "number": 1, "per": "year", "counted": "replicated", "unit_kind": "school"}
    round_id = await enter(site, LEAST, replicated)
    for unit in (make.SCHOOL, make.OTHER_SCHOOL):
        assert await submit(site, await make.draft(site.database, round_id, unit_id=unit)) == "taken"
    async with site.signed_in("officer") as by:
        page = text_of(await by.get("/de-cu/chi-tieu"))
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        own = text_of(await by.get("/de-cu/chi-tieu"))
    target = f"Mỗi trường ít nhất 1 điển hình được nhân rộng · Năm 2024 Kế hoạch hai · {UNCOUNTED}"
    for shown, goal in ((page, 2), (own, 1)):
        assert f"Mỗi đơn vị ít nhất 1 hồ sơ · Năm 2024 Kế hoạch hai · Đạt {goal}/{goal}" in shown
        assert (target in shown, "Mọi đơn vị đều đạt chỉ tiêu" in shown) == (True, False)


async def test_a_plan_without_targets_says_where_they_come_from(site: Site) -> None:
    async with site.signed_in("officer") as by:
        shown = text_of(await by.get("/de-cu/chi-tieu"))
    assert shown.endswith("Chưa có chỉ tiêu nào: chỉ tiêu được nhập cùng kế hoạch. Xem các kế hoạch")
