"""How far a plan has got: units say that their people know of it, the map shows who is behind."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import cascade, plans, units
from shared.audit import Actor
from shared.events import PlanAcknowledged
from shared.federation import Agency
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PLAN, MAP = "/de-cu/ke-hoach/kh-2", "/de-cu/ke-hoach/kh-2/ban-do"
ROUND = {"name": "đợt thu", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 11, 20), "confirmed": True}
TWO = {"bound": "at_least", "number": 2, "per": "year"}
LATE = {"what": "Triển khai", "duty": "acknowledge", "on": date(2024, 10, 10)}
THIRD, GONE = UUID("01900000-0000-7000-8000-000000000005"), UUID("01900000-0000-7000-8000-000000000006")
NOT_YET = "Chưa đến kỳ báo cáo"
TOLD = {"unit": str(make.SCHOOL), "told_on": "05/10/2024", "people": "40", "version": "1"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def enter(site: Site, *, targets: Sequence[dict[str, Any]] = (TWO,), **more: Any) -> UUID:
    """The round of a plan that asks for two files a year of each unit; a third school, and one that is no more."""
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Phòng", "period": "2024"}
    told: dict[str, Any] = {"rounds": [ROUND], "targets": list(targets), "at": make.AT, "by": make.CLERK}
    schools = ((THIRD, "Trường Hoa Sen", "kindergarten"), (GONE, "Trường cũ", "school"))
    async with site.database.transaction() as session:
        for number, (id, name, kind) in enumerate(schools):
            unit: dict[str, Any] = {"id": id, "code": f"them-{number}", "name": name, "kind": kind}
            await units.open_unit(session, make.AGENCY, since=date(2020, 1, 1), at=make.AT, by=make.CLERK, **unit)
        await session.execute(text("update units set valid_to = '2024-01-01' where id = :id"), {"id": GONE})
        made = await plans.enter_plan(session, make.AGENCY, plan=about | more, **told)
        found = await session.scalar(text("select id from rounds where plan_id = :id"), {"id": made.id})
    assert isinstance(found, UUID)
    return found


async def submit(site: Site, round_id: UUID, unit: UUID) -> None:
    draft = await make.draft(site.database, round_id, unit_id=unit)
    by = Actor("https://id|co-hanh", "nominator", unit)
    async with site.database.transaction() as session:
        await make.hand_in(session, draft, by=by)


async def cells(site: Site, address: str) -> list[list[Any]]:
    async with site.signed_in("officer") as by:
        file = await by.get(address)
    sheet: Any = load_workbook(io.BytesIO(file.content)).active
    return [
        [getattr(cell.value, "date", lambda v=cell.value: v)() for cell in row] for row in sheet.iter_rows(min_row=3)
    ]


async def test_a_head_says_when_its_people_heard_of_a_plan_and_how_many(site: Site) -> None:
    await enter(site)
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        before = text_of(await by.get(PLAN))
        form = text_of(await by.get(f"{PLAN}/trien-khai"))
        answers = [await by.post(f"{PLAN}/trien-khai", data=TOLD | {"people": people}) for people in ("40", "43")]
        after = text_of(await by.get(PLAN))
        foreign = await by.post(f"{PLAN}/trien-khai", data=TOLD | {"unit": str(make.OTHER_SCHOOL)})
        stale = await by.post(f"{PLAN}/trien-khai", data=TOLD | {"version": "2"})
        early = await by.post(f"{PLAN}/trien-khai", data=TOLD | {"told_on": "16/10/2024"})
    async with site.signed_in("officer") as by:
        others = text_of(await by.get(PLAN))
    assert "Trường THCS Hoa Mai chưa xác nhận đã triển khai bản 1 Xác nhận đã triển khai" in before
    assert "Phổ biến ngày" in form
    assert [(one.status_code, one.headers["location"]) for one in answers] == [(303, PLAN)] * 2
    assert "Trường THCS Hoa Mai đã triển khai ngày 05/10/2024, cho 43 người Ghi lại" in after
    for answer, said in (
        (foreign, "Hãy chọn đơn vị của bạn trong danh sách."),
        (stale, "Kế hoạch vừa có bản 1, bạn đang xem bản 2."),
        (early, "Ngày phổ biến phải từ hôm nay trở về trước."),
    ):
        assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert ("Hoa Mai" in others, "Xem bản đồ" in others) == (False, True)


async def test_the_map_shows_who_is_behind_the_furthest_first(site: Site) -> None:
    round_id = await enter(site, deadlines=[LATE])
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        assert (await by.post(f"{PLAN}/trien-khai", data=TOLD)).status_code == 303
    for unit in (make.SCHOOL, make.SCHOOL, make.OTHER_SCHOOL):
        await submit(site, round_id, unit)
    async with site.signed_in("officer") as by:
        page = text_of(await by.get(MAP))
    everybody = await cells(site, f"{MAP}?dang=xlsx")
    assert everybody == [
        ["Trường Hoa Sen", "trường mầm non", "Trễ hạn", None, None, 0, "Chưa giới thiệu", NOT_YET],
        ["Trường Bình Minh", "trường", "Trễ hạn", None, None, 1, "Dưới chỉ tiêu", NOT_YET],
        ["Trường THCS Hoa Mai", "trường", "Đã triển khai", date(2024, 10, 5), 40, 2, "Đã giới thiệu", NOT_YET],
    ]
    assert await cells(site, f"{MAP}?dang=xlsx&gioi-thieu=below") == [everybody[1]]
    assert await cells(site, f"{MAP}?dang=xlsx&trien-khai=late&xep=ten-nguoc") == everybody[:2]
    assert "Trễ hạn 2 Đã triển khai 1 Chưa giới thiệu 1 Dưới chỉ tiêu 1 Đã giới thiệu 1" in page
    assert page.index("Trường Hoa Sen") < page.index("Trường Bình Minh") < page.index("Trường THCS Hoa Mai")


@pytest.mark.parametrize(
    ("targets", "given"),
    [
        ([], ["Đã giới thiệu", "Chưa giới thiệu", "Đã giới thiệu"]),
        ([TWO | {"unit_kind": "kindergarten"}], ["Đã giới thiệu", "Chưa giới thiệu", "Đã giới thiệu"]),
        ([TWO, TWO | {"number": 1, "per": "round"}], ["Dưới chỉ tiêu", "Chưa giới thiệu", "Đã giới thiệu"]),
        ([TWO, TWO | {"number": 3, "per": "round"}], ["Dưới chỉ tiêu", "Chưa giới thiệu", "Dưới chỉ tiêu"]),
        ([TWO | {"bound": "at_most"}], ["Đã giới thiệu", "Chưa giới thiệu", "Đã giới thiệu"]),
    ],
)
async def test_a_unit_is_measured_by_its_targets_alone(
    site: Site, targets: list[dict[str, Any]], given: list[str]
) -> None:
    round_id = await enter(site, targets=targets)
    for unit in (make.SCHOOL, make.SCHOOL, make.OTHER_SCHOOL):
        await submit(site, round_id, unit)
    assert [row[6] for row in await cells(site, f"{MAP}?dang=xlsx&xep=ten")] == given


@pytest.mark.parametrize(
    ("issued_on", "carried"),
    [
        (date(2024, 5, 31), ["Trễ hạn", "Chưa triển khai", "Trễ hạn"]),
        (date(2024, 6, 1), ["Chưa triển khai", "Chưa triển khai", "Chưa triển khai"]),
    ],
)
async def test_a_day_before_the_plan_or_the_unit_makes_nobody_late(
    site: Site, issued_on: date, carried: list[str]
) -> None:
    yearly = {"what": "Triển khai", "duty": "acknowledge", "each": "05-31"}
    await enter(site, deadlines=[yearly], issued_on=issued_on)
    async with site.database.transaction() as session:
        await session.execute(text("update units set valid_from = '2024-06-01' where id = :id"), {"id": THIRD})
    found = await cells(site, f"{MAP}?dang=xlsx&xep=ten")
    assert [row[:3:2] for row in found] == [
        list(row) for row in zip(("Trường Bình Minh", "Trường Hoa Sen", "Trường THCS Hoa Mai"), carried, strict=True)
    ]
    late = await cells(site, f"{MAP}?dang=xlsx&trien-khai=late&xep=ten")
    assert late == [row for row in found if row[2] == "Trễ hạn"]


async def test_after_a_new_version_what_was_acknowledged_is_out_of_date(site: Site) -> None:
    await enter(site)
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        await by.post(f"{PLAN}/trien-khai", data=TOLD)
    async with site.signed_in("officer") as by:
        form = {"title": "Kế hoạch hai", "period": "2024-2025", "version": "1"}
        assert (await by.post(f"{PLAN}/sua", data=form)).status_code == 303
    assert [row[2] for row in await cells(site, f"{MAP}?dang=xlsx&xep=ten")] == [
        "Chưa triển khai",
        "Chưa triển khai",
        "Mới biết bản cũ",
    ]


async def test_a_head_sees_its_own_on_the_map_and_no_agencies(site: Site) -> None:
    await enter(site)
    async with site.signed_in("head", unit=make.SCHOOL) as by:
        own = text_of(await by.get(MAP))
    assert ("Hoa Mai" in own, "Bình Minh" in own, "Hoa Sen" in own) == (True, False, False)


async def test_agencies_below_are_on_the_map_as_far_as_they_answered(sites: Sites) -> None:
    site = await sites("nomination", agency="hcm")
    own = plans.Agency("hcm", "HCM")
    about = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Sở", "period": "2024"}
    about |= {"deadlines": [{"what": "Lập kế hoạch", "duty": "plan", "each": "09-30"}]}  # type: ignore[dict-item]
    async with site.database.transaction() as session:
        made = await plans.enter_plan(session, own, plan=about, rounds=[], at=make.AT, by=make.CLERK)
    children: tuple[Agency, ...] = site.runtime.federation.children("hcm", make.TODAY)
    told = dict.fromkeys((one.id for one in children), "Trễ hạn")
    found = []
    for planned, said in ((False, "Trễ hạn"), (True, "Đã có kế hoạch"), (False, "Đã có kế hoạch")):
        event = PlanAcknowledged(to_agency="hcm", plan_id=made.id, version=1, planned=planned, occurred_at=make.AT)
        async with site.database.transaction() as session:
            await cascade.note_acknowledgement(session, agency="hcm", child="tan-binh", event=event)
        told["tan-binh"] = said
        async with site.signed_in("officer") as by:
            file = await by.get(f"{MAP}?dang=xlsx")
        sheet: Any = load_workbook(io.BytesIO(file.content)).active
        names = {one.name: one.id for one in children}
        found.append({names[row[0].value]: row[2].value for row in sheet.iter_rows(min_row=3)} == told)
    assert found == [True, True, True]


async def test_a_map_without_units_says_so(sites: Sites) -> None:
    site = await sites("nomination")
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch hai", "issuer": "Phòng", "period": "2024"}
    async with site.database.transaction() as session:
        await plans.enter_plan(session, make.AGENCY, plan=about, rounds=[], at=make.AT, by=make.CLERK)
    async with site.signed_in("officer") as by:
        assert "Chưa có đơn vị nào. Về kế hoạch" in text_of(await by.get(MAP))
