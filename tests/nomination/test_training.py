"""The training register: courses that were held, and who of which unit took part."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from services.nomination.tables import Course, CourseAttendance
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = "/de-cu/tap-huan"
TOLD = {
    "name": "Viết bài gương điển hình",
    "when": "10/10/2024",
    "audience": "cán bộ thi đua, báo cáo viên",
    "hours": "8",
    "organiser": "Phòng Giáo dục và Đào tạo",
}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def test_a_course_is_entered_once_and_what_cannot_be_is_said(site: Site) -> None:
    sent = TOLD | {"once": str(uuid4())}
    async with site.signed_in("officer") as officer:
        both = [await officer.post(f"{PATH}/moi", data=sent) for _ in range(2)]
        for changed, told in (
            ({"name": ""}, "Hãy ghi tên lớp tập huấn"),
            ({"when": "?"}, "Ngày chưa đúng"),
            ({"when": "16/10/2024"}, "ngày này chưa tới"),
            ({"hours": "nhiều"}, "Hãy ghi số giờ"),
        ):
            answer = await officer.post(f"{PATH}/moi", data=sent | changed)
            assert (answer.status_code, told in text_of(answer), TOLD["audience"] in answer.text) == (422, True, True)
        listed = text_of(await officer.get(PATH))
    assert {(one.status_code, one.headers["location"]) for one in both} == {(303, both[0].headers["location"])}
    async with site.database.reading() as session:
        (course,) = await session.scalars(select(Course))
    assert (course.name, course.hours) == ("Viết bài gương điển hình", 8)
    assert "10/10/2024 Viết bài gương điển hình cán bộ thi đua, báo cáo viên 8" in listed


async def test_people_are_written_down_once_and_seen_by_their_own_units_staff(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(f"{PATH}/moi", data=TOLD)).headers["location"]
        own = {"unit": str(make.SCHOOL), "names": "Đỗ Văn Bình\n\nLý Thị Cúc\nĐỗ Văn Bình", "role": "báo cáo viên"}
        assert [(await officer.post(f"{place}/nguoi", data=own)).status_code for _ in range(2)] == [303, 303]
        other = {"unit": str(make.OTHER_SCHOOL), "names": "Mai Thị Dung", "role": ""}
        await officer.post(f"{place}/nguoi", data=other)
        for changed, told in (
            ({"unit": ""}, "Hãy chọn đơn vị"),
            ({"names": " "}, "Hãy ghi họ và tên"),
            ({"names": "a" * 201}, "Có dòng dài quá 200 chữ cái"),
        ):
            answer = await officer.post(f"{place}/nguoi", data=own | changed)
            assert (answer.status_code, told in text_of(answer), "báo cáo viên" in answer.text) == (422, True, True)
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert (await head.post(f"{place}/nguoi", data=own)).status_code == 403
        page, people = text_of(await head.get(place)), text_of(await head.get(f"{PATH}/nguoi"))
        assert "Mai Thị Dung" not in page + people
        assert "Đỗ Văn Bình · Trường THCS Hoa Mai · báo cáo viên" in page
        assert "Lý Thị Cúc Trường THCS Hoa Mai báo cáo viên 10/10/2024 Viết bài gương điển hình 8" in people
    async with site.signed_in("officer", unit=make.SCHOOL, subject="cb-truong") as officer:
        async with site.database.reading() as session:
            query = select(CourseAttendance).order_by(col(CourseAttendance.sort_key))
            rows = {one.name: one for one in await session.scalars(query)}
        assert sorted(rows) == ["Lý Thị Cúc", "Mai Thị Dung", "Đỗ Văn Bình"]
        gone = [await officer.post(f"{place}/nguoi/{rows['Lý Thị Cúc'].id}/bo") for _ in range(2)]
        assert [one.status_code for one in gone] == [303, 404]
        assert (await officer.post(f"{place}/nguoi/{rows['Mai Thị Dung'].id}/bo")).status_code == 404
