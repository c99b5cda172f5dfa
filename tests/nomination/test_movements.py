"""Movements: launched in a unit, carried by activities, joined freely, told of in results; who is found in them."""

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.nomination.actions import plans, units
from services.nomination.rules.movements import BadMovement, Standing, read_count, standing
from services.nomination.tables import Movement, MovementActivity
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of
from tests.support.statements import MOST, counted

pytestmark = pytest.mark.db

PATH = "/de-cu/phong-trao"
TEAM = UUID(int=3)
TOLD = {
    "unit": str(make.SCHOOL),
    "name": "Dạy tốt – Học tốt",
    "issuer": "",
    "task": "chuyển đổi số trong dạy học",
    "starts_on": "05/09/2024",
    "ends_on": "31/05/2025",
    "paper": "12/KH-THCS",
}
"""As the head of the school fills it in. Today is 15/10/2024."""


async def schools(sites: Sites) -> Site:
    """Two schools, a unit below the first, and a plan that names a movement with its issuer."""
    made: Site = await sites("nomination")
    await make.plan(made.database)
    named = [{"name": "Dạy tốt – Học tốt", "issuer": "Công đoàn Giáo dục Việt Nam"}]
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch", "issuer": "Phòng GDĐT", "period": "2024"}
    about |= {"grounds": [], "movements": named, "subjects": []}
    since = date(2020, 1, 1)
    async with made.database.transaction() as session:
        entered: dict[str, Any] = {"rounds": [], "targets": [], "at": make.AT, "by": make.CLERK}
        await plans.enter_plan(session, make.AGENCY, plan=about, **entered)
        opened: dict[str, Any] = {"kind": "team", "since": since, "at": make.AT, "by": make.CLERK}
        await units.open_unit(session, make.AGENCY, id=TEAM, code="to-van", name="Tổ Ngữ văn", **opened)
        under: dict[str, Any] = {"child": TEAM, "parent": make.SCHOOL, "line": "administrative"}
        await units.put_under(session, since=since, by=make.CLERK, **under)
    return made


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await schools(sites)


async def launched(site: Site, **changed: str) -> str:
    """The address of a movement of the school, launched by its head."""
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        answer = await head.post(f"{PATH}/moi", data=TOLD | changed)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def every(site: Site, row: type[Any]) -> list[Any]:
    async with site.database.reading() as session:
        return list(await session.scalars(select(row).order_by(col(row.id))))


async def test_a_head_launches_a_movement_that_a_plan_names_and_sent_twice_it_is_one(site: Site) -> None:
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        form = (await head.get(f"{PATH}/moi")).text
        assert '<option value="Dạy tốt – Học tốt" label="Công đoàn Giáo dục Việt Nam">' in form
        sent = TOLD | {"once": str(uuid4())}
        answers = await asyncio.gather(*(head.post(f"{PATH}/moi", data=sent) for _ in range(3)))
        anew = await head.post(f"{PATH}/moi", data=sent | {"name": "Người tốt – Việc tốt"})
        listed = text_of(await head.get(PATH))
        found = text_of(await head.get(PATH, params={"q": "nguoi TOT"}))
    assert len({(answer.status_code, answer.headers["location"]) for answer in answers}) == 1
    both = sorted(await every(site, Movement), key=lambda one: one.name)
    assert [(one.name, one.issuer, one.unit_id) for one in both] == [
        ("Dạy tốt – Học tốt", "Công đoàn Giáo dục Việt Nam", make.SCHOOL),
        ("Người tốt – Việc tốt", "", make.SCHOOL),
    ]
    assert {f"{PATH}/{one.id}" for one in both} == {answers[0].headers["location"], anew.headers["location"]}
    assert ("Dạy tốt – Học tốt" in listed, "Đang diễn ra" in listed) == (True, True)
    assert ("Người tốt – Việc tốt" in found, "Dạy tốt" in found) == (True, False)
    async with site.database.reading() as session:
        assert await session.scalar(text("select count(*) from audit where verb = 'movement.launched'")) == 2


BAD: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"name": " "}, "Hãy ghi tên phong trào"),
    ({"starts_on": "mai"}, "Ngày chưa đúng"),
    ({"ends_on": "mai"}, "Ngày chưa đúng"),
    ({"ends_on": "04/09/2024"}, "phải từ ngày bắt đầu trở đi"),
    ({"unit": ""}, "Hãy chọn đơn vị phát động"),
    ({"unit": "co-quan"}, "Hãy chọn đơn vị phát động"),
    ({"unit": str(make.OTHER_SCHOOL)}, "chỉ phát động được phong trào ở đơn vị mình"),
    ({"paper": "1" * 201}, "Dài quá 200 chữ cái"),
)


@pytest.mark.parametrize(("changed", "said"), BAD)
async def test_what_cannot_be_launched_is_said_and_nothing_typed_is_lost(
    site: Site, changed: Mapping[str, str], said: str
) -> None:
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        answer = await head.post(f"{PATH}/moi", data=TOLD | dict(changed))
    assert (answer.status_code, said in text_of(answer), TOLD["task"] in answer.text) == (422, True, True)
    assert await every(site, Movement) == []


async def test_it_is_changed_and_ended_by_whoever_launched_it_and_by_officers(site: Site) -> None:
    place = await launched(site)
    told = TOLD | {"name": "Dạy tốt, học tốt", "ends_on": ""}
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as other:
        assert [(await other.post(f"{place}/{end}", data=told)).status_code for end in ("sua", "ket-thuc")] == [
            403,
            403,
        ]
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        wrong = await head.post(f"{place}/sua", data=told | {"ends_on": "01/01/2020"})
        assert (wrong.status_code, "phải từ ngày bắt đầu" in wrong.text) == (422, True)
        assert (await head.post(f"{place}/sua", data=told)).status_code == 303
        assert "Chưa định ngày" in text_of(await head.get(place))
    async with site.signed_in("officer") as officer:
        assert (await officer.post(f"{place}/ket-thuc")).status_code == 303
        page = text_of(await officer.get(place))
    (movement,) = await every(site, Movement)
    assert (movement.name, movement.ends_on, movement.ended_on) == ("Dạy tốt, học tốt", None, make.TODAY)
    assert ("Đã kết thúc" in page, "không nhận đăng ký nữa" in page) == (True, True)


async def test_one_ended_by_mistake_goes_on_until_its_last_day_or_a_new_one(site: Site) -> None:
    place = await launched(site)
    async with site.signed_in("head", unit=make.OTHER_SCHOOL, subject="khac") as other:
        assert (await other.post(f"{place}/mo-lai")).status_code == 403
    told = []
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        for until in ("", "30/06/2025"):
            await head.post(f"{place}/ket-thuc")
            assert "Mở lại phong trào" in text_of(await head.get(place))
            assert [(await head.post(f"{place}/mo-lai", data={"until": until})).status_code for _ in range(2)] == [
                303
            ] * 2
            ((movement),) = await every(site, Movement)
            told.append((movement.ended_on, movement.ends_on, "Đang diễn ra" in text_of(await head.get(place))))
        await head.post(f"{place}/ket-thuc")
        for until, said in (
            ("mai", "Ngày chưa đúng"),
            ("14/10/2024", "Hãy ghi ngày kết thúc mới, từ hôm nay trở đi"),
        ):
            answer = await head.post(f"{place}/mo-lai", data={"until": until})
            assert (answer.status_code, said in text_of(answer), until in answer.text) == (422, True, True)
    assert told == [(None, date(2025, 5, 31), True), (None, date(2025, 6, 30), True)]
    async with site.database.reading() as session:
        assert await session.scalar(text("select count(*) from audit where verb = 'movement.reopened'")) == 2


async def test_one_of_a_unit_that_has_ended_is_not_opened_again(site: Site) -> None:
    place = await launched(site)
    async with site.signed_in("officer") as officer:
        await officer.post(f"{place}/ket-thuc")
        async with site.database.transaction() as session:
            ended = {"day": make.TODAY, "id": make.SCHOOL}
            await session.execute(text("update units set valid_to = :day where id = :id"), ended)
        answer = await officer.post(f"{place}/mo-lai")
    assert (answer.status_code, "Đơn vị phát động đã thôi hoạt động" in text_of(answer)) == (422, True)


async def test_units_below_write_down_what_they_did_and_no_others(site: Site) -> None:
    place = await launched(site)
    held = {"when": "01/10/2024", "what": "Thao giảng cấp trường", "manner": "thao giảng", "people": "1.040"}
    async with site.signed_in("nominator", unit=TEAM) as person:
        sent = held | {"at_unit": str(TEAM), "once": str(uuid4())}
        answers = [await person.post(f"{place}/hoat-dong", data=sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [303, 303]
        for changed, said in (
            ({"when": "04/09/2024"}, "trước ngày phong trào bắt đầu"),
            ({"when": "16/10/2024"}, "ngày này chưa tới"),
            ({"when": "?"}, "Ngày chưa đúng"),
            ({"what": ""}, "Hãy ghi đã làm việc gì"),
            ({"people": "đông"}, "Hãy ghi một số"),
            ({"at_unit": str(make.SCHOOL)}, "Hãy chọn đơn vị đã làm"),
        ):
            answer = await person.post(f"{place}/hoat-dong", data=sent | changed)
            assert (answer.status_code, said in text_of(answer)) == (422, True), said
        page = text_of(await person.get(place))
    async with site.signed_in("nominator", unit=make.OTHER_SCHOOL, subject="khac") as other:
        answer = await other.post(f"{place}/hoat-dong", data=held | {"at_unit": str(make.OTHER_SCHOOL)})
        assert (answer.status_code, "không dành cho đơn vị đó" in answer.text) == (422, True)
        assert "01/10/2024 · Tổ Ngữ văn Thao giảng cấp trường" in text_of(await other.get(f"{place}"))
    (one,) = await every(site, MovementActivity)
    assert (one.unit_id, one.held_on, one.manner, one.people) == (TEAM, date(2024, 10, 1), "thao giảng", 1040)
    assert "01/10/2024 · Tổ Ngữ văn Thao giảng cấp trường · thao giảng · 1.040 người" in page
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        late = await head.post(f"{place}/sua", data=TOLD | {"starts_on": "02/10/2024"})
    assert (late.status_code, "Đã có hoạt động ghi trước ngày này" in late.text) == (422, True)


async def test_results_are_told_once_it_has_begun(site: Site) -> None:
    place = await launched(site, starts_on="01/11/2024")
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        early = await head.post(f"{place}/ket-qua", data={"result": "Tốt.", "count": "5"})
        assert (early.status_code, "chưa bắt đầu nên chưa có kết quả" in early.text) == (422, True)
        await head.post(f"{place}/sua", data=TOLD)
        empty = await head.post(f"{place}/ket-qua", data={"result": "", "count": "5"})
        assert (empty.status_code, "Hãy ghi kết quả bằng lời" in empty.text, 'value="5"' in empty.text) == (
            422,
            True,
            True,
        )
        assert (await head.post(f"{place}/ket-qua", data={"result": "95% tổ đạt.", "count": "12"})).status_code == 303
        assert "95% tổ đạt. Bằng số: 12" in text_of(await head.get(place))


async def test_a_movement_of_the_agency_is_for_all_its_units(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        answer = await officer.post(f"{PATH}/moi", data=TOLD | {"unit": "co-quan"})
        place = answer.headers["location"]
        held = {"at_unit": "co-quan", "when": "01/10/2024", "what": "Lễ phát động"}
        assert (await officer.post(f"{place}/hoat-dong", data=held)).status_code == 303
    async with site.signed_in("nominator", unit=make.OTHER_SCHOOL) as person:
        assert (await person.post(f"{place}/hoat-dong", data=held)).status_code == 422
        joined = {"taker": "unit", "unit": str(make.OTHER_SCHOOL)}
        assert (await person.post(f"{place}/dang-ky", data=joined)).status_code == 303
        await site.database.engine.dispose()
        with counted(site.database) as asked:
            page = text_of(await person.get(place))
        assert len(asked) <= MOST, asked
    assert "01/10/2024 · Phòng Giáo dục và Đào tạo quận Tân Bình Lễ phát động" in page
    assert ("Số đăng ký 1" in page, "Đến ngày 31/05/2025" in page) == (True, True)


def test_where_a_movement_stands() -> None:
    first, last, today = date(2024, 9, 5), date(2025, 5, 31), date(2024, 10, 15)
    assert [
        standing(first, last, None, date(2024, 9, 4)),
        standing(first, last, None, first),
        standing(first, last, None, last),
        standing(first, last, None, date(2025, 6, 1)),
        standing(first, None, None, date(2034, 1, 1)),
        standing(first, None, today, today),
    ] == [Standing.UPCOMING, *[Standing.RUNNING] * 2, Standing.OVER, Standing.RUNNING, Standing.OVER]


def test_a_count_is_a_number_or_nothing() -> None:
    assert [read_count("people", typed) for typed in ("", " 40 ", "1.040")] == [None, 40, 1040]
    for typed in ("-1", "4,5", "٤", "1000001"):
        with pytest.raises(BadMovement):
            read_count("people", typed)
