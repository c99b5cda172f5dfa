"""The training register: courses that were held, and who of which unit took part."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, text
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


async def rows(site: Site, row: type[Any]) -> list[Any]:
    async with site.database.reading() as session:
        return list(await session.scalars(select(row).order_by(col(row.sort_key))))


async def verbs(site: Site) -> list[str]:
    async with site.database.reading() as session:
        return list(await session.scalars(text("select verb from audit where verb like 'course.%' order by id")))


async def test_a_course_is_corrected_and_of_two_at_once_both_are_shown(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(f"{PATH}/moi", data=TOLD)).headers["location"]
        form = (await officer.get(f"{place}/sua")).text
        assert all(f'value="{told}"' in form for told in TOLD.values())
        for changed, said in (
            ({"name": ""}, "Hãy ghi tên lớp tập huấn"),
            ({"when": "16/10/2024"}, "ngày này chưa tới"),
            ({"hours": "nhiều"}, "Hãy ghi số giờ"),
        ):
            answer = await officer.post(f"{place}/sua", data=TOLD | {"version": "1"} | changed)
            assert (answer.status_code, said in text_of(answer), TOLD["audience"] in answer.text) == (422, True, True)
        first = await officer.post(f"{place}/sua", data=TOLD | {"version": "1", "name": "Viết bài gương", "hours": ""})
        second = await officer.post(f"{place}/sua", data=TOLD | {"version": "1", "name": "Kể chuyện gương"})
        assert (first.status_code, second.status_code) == (303, 422)
        assert "Nội dung vừa được người khác lưu Tên lớp tập huấn Viết bài gương" in text_of(second)
        assert ('value="Kể chuyện gương"' in second.text, 'name="version" value="2"' in second.text) == (True, True)
        assert (
            await officer.post(f"{place}/sua", data=TOLD | {"version": "2", "when": "09/10/2024"})
        ).status_code == 303
    (course,) = await rows(site, Course)
    assert (course.name, course.held_on, course.hours, course.version) == (TOLD["name"], date(2024, 10, 9), 8, 3)
    assert await verbs(site) == ["course.entered", "course.corrected", "course.corrected"]


async def test_who_took_part_is_corrected_by_whoever_may_write_them_down(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(f"{PATH}/moi", data=TOLD)).headers["location"]
        names = {"unit": str(make.SCHOOL), "names": "Đỗ Văn Bin\nLý Thị Cúc", "role": "báo cáo viên"}
        await officer.post(f"{place}/nguoi", data=names)
    (person,) = [one for one in await rows(site, CourseAttendance) if one.name == "Đỗ Văn Bin"]
    here = f"{place}/nguoi/{person.id}"
    told = {"name": "Đỗ Văn Bình", "role": "báo cáo viên", "version": "1"}
    for unit, status in ((make.OTHER_SCHOOL, 404), (make.SCHOOL, 303)):
        async with site.signed_in("officer", unit=unit, subject=str(unit)) as officer:
            if status == 303:
                assert here in (await officer.get(place)).text
                assert 'value="Đỗ Văn Bin"' in (await officer.get(here)).text
                for changed, said in (
                    ({"name": " "}, "Hãy ghi họ và tên"),
                    ({"name": "Lý Thị Cúc"}, "đã có trong lớp"),
                    ({"role": "a" * 201}, "Dài quá 200"),
                ):
                    answer = await officer.post(here, data=told | changed)
                    assert (answer.status_code, said in text_of(answer)) == (422, True), said
            assert (await officer.post(here, data=told)).status_code == status
    async with site.signed_in("officer") as officer:
        late = await officer.post(here, data=told | {"name": "Đỗ Văn Bảo"})
        assert "Nội dung vừa được người khác lưu Họ và tên Đỗ Văn Bình" in text_of(late)
        assert (late.status_code, 'value="Đỗ Văn Bảo"' in late.text) == (422, True)
        assert (await officer.post(f"{here}/bo")).status_code == 303
        assert [(await officer.get(here)).status_code, (await officer.post(here, data=told)).status_code] == [404, 404]


async def test_a_course_entered_by_mistake_is_taken_off_with_whom_the_page_counted(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(f"{PATH}/moi", data=TOLD)).headers["location"]
        for unit, names in ((make.SCHOOL, "Đỗ Văn Bình\nLý Thị Cúc"), (make.OTHER_SCHOOL, "Mai Thị Dung")):
            await officer.post(f"{place}/nguoi", data={"unit": str(unit), "names": names})
    async with site.signed_in("officer", unit=make.SCHOOL, subject="cb-truong") as own:
        assert "Bỏ lớp và 2 người đã ghi" in text_of(await own.get(f"{place}/bo"))
        answer = await own.post(f"{place}/bo", data={"version": "1", "people": "2"})
        assert (answer.status_code, "còn ghi người của đơn vị khác" in text_of(answer)) == (422, True)
    async with site.signed_in("officer") as officer:
        assert "Bỏ lớp và 3 người đã ghi" in text_of(await officer.get(f"{place}/bo"))
        for sent, said in (
            ({"version": "0", "people": "3"}, "Có người vừa sửa lớp này"),
            ({"version": "1", "people": "2"}, "Danh sách người học vừa thay đổi"),
        ):
            answer = await officer.post(f"{place}/bo", data=sent)
            assert (answer.status_code, said in text_of(answer)) == (422, True), said
        assert (len(await rows(site, Course)), len(await rows(site, CourseAttendance))) == (1, 3)
        both = [(await officer.post(f"{place}/bo", data={"version": "1", "people": "3"})).status_code for _ in range(2)]
        assert (both, (await officer.get(place)).status_code) == ([303, 404], 404)
    assert (await rows(site, Course), await rows(site, CourseAttendance)) == ([], [])
    assert (await verbs(site))[-1] == "course.taken_off"
