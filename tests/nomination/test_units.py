"""Units through time: called otherwise from a day on, and as they were called then in what ended before."""

import asyncio
import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.nomination.actions import units
from services.nomination.queries.units import name_on
from services.nomination.rules.units import LONGEST
from services.nomination.tables import Unit, UnitName
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = f"/de-cu/quan-tri/don-vi/{make.SCHOOL}"
NEW = {"name": "Trường THCS Hoa Mai Mới", "kind": "lower-secondary", "paper": "12/QĐ-UBND"}
TODAY, SOON = make.TODAY.strftime("%d/%m/%Y"), (make.TODAY + timedelta(days=10)).strftime("%d/%m/%Y")


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def school(site: Site) -> tuple[str, str]:
    async with site.database.reading() as session:
        unit = await session.get_one(Unit, make.SCHOOL)
        return unit.name, unit.kind


async def names(site: Site) -> list[tuple[str, date, bool]]:
    async with site.database.reading() as session:
        rows = select(UnitName).where(col(UnitName.unit_id) == make.SCHOOL).order_by(col(UnitName.valid_from))
        return [(one.name, one.valid_from, one.told) for one in await session.scalars(rows)]


async def changes(site: Site) -> list[tuple[str, str]]:
    """What was said of units that are called otherwise."""
    said = "select convert_from(body, 'UTF8')::jsonb from outbox where type like '%UnitChanged%' order by position, id"
    async with site.database.reading() as session:
        return [(body["name"], body["valid_from"]) for (body,) in await session.execute(text(said))]


async def test_a_new_name_holds_from_its_day_everywhere_and_is_told(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        answer = await person.post(PATH + "/ten", data=NEW | {"since": TODAY})
        assert (answer.status_code, answer.headers["location"]) == (303, PATH + "#ten")
        page = text_of(await person.get(PATH))
        listed = text_of(await person.get("/de-cu/quan-tri/don-vi"))
    assert await school(site) == ("Trường THCS Hoa Mai Mới", "lower-secondary")
    assert "theo 12/QĐ-UBND" in page
    assert "Trường THCS Hoa Mai · mã truong-0 · trường · từ 01/01/2020" in page
    assert "Trường THCS Hoa Mai Mới" in listed
    assert await changes(site) == [("Trường THCS Hoa Mai Mới", make.TODAY.isoformat())]
    async with site.database.reading() as session:
        unit = await session.get_one(Unit, make.SCHOOL)
        days = (date(2019, 1, 1), date(2020, 1, 1), make.TODAY - timedelta(days=1), make.TODAY)
        assert [await name_on(session, unit, day) for day in days] == [
            "Trường THCS Hoa Mai",
            "Trường THCS Hoa Mai",
            "Trường THCS Hoa Mai",
            "Trường THCS Hoa Mai Mới",
        ]


async def test_a_later_name_waits_for_its_day_and_can_be_taken_back_until_then(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await person.post(PATH + "/ten", data=NEW | {"since": SOON})).status_code == 303
        assert "Chưa đến ngày" in text_of(await person.get(PATH))
        ((_, day, told_already), *_) = reversed(await names(site))
        assert (day, told_already, await school(site)) == (
            make.TODAY + timedelta(days=10),
            False,
            ("Trường THCS Hoa Mai", "school"),
        )
        async with site.database.transaction() as session:
            assert await units.tell_names(session, at=make.AT, today=make.TODAY) == 0
            row = await session.scalar(select(UnitName).where(~col(UnitName.told)))
            assert row is not None
        place = f"{PATH}/ten/{row.id}/bo"
        assert (await person.post(place)).status_code == 303
        assert (await person.post(place)).status_code == 404
        assert (await person.post(f"{PATH}/ten/{UUID(int=1)}/bo")).status_code == 404
    assert await names(site) == [("Trường THCS Hoa Mai", date(2020, 1, 1), True)]
    assert await changes(site) == []


async def test_when_its_day_comes_a_name_is_told_once_however_many_look(site: Site) -> None:
    day = make.TODAY + timedelta(days=10)
    async with site.signed_in("administrator") as person:
        await person.post(PATH + "/ten", data=NEW | {"since": SOON})

    async def look() -> int:
        async with site.database.transaction() as session:
            return await units.tell_names(session, at=make.AT, today=day)

    assert sum(await asyncio.gather(*(look() for _ in range(3)))) == 1
    assert await school(site) == ("Trường THCS Hoa Mai Mới", "lower-secondary")
    assert await changes(site) == [("Trường THCS Hoa Mai Mới", day.isoformat())]
    async with site.signed_in("administrator") as person:
        async with site.database.reading() as session:
            row = await session.scalar(select(UnitName).where(col(UnitName.valid_from) == day))
            assert row is not None
        refused = await person.post(f"{PATH}/ten/{row.id}/bo")
    assert (refused.status_code, "Tên này đã có hiệu lực" in text_of(refused)) == (422, True)


async def test_a_file_that_ended_keeps_the_name_of_then(site: Site) -> None:
    async with site.database.reading() as session:
        round_id = UUID(str(await session.scalar(text("select id from rounds where name = 'đợt này'"))))
    old, going = [await make.draft(site.database, round_id) for _ in range(2)]
    async with site.database.transaction() as session:
        ended = "update nominations set state = 'withdrawn', started_at = '2024-01-05' where id = :id"
        await session.execute(text(ended), {"id": old.id})
    async with site.signed_in("administrator") as person:
        await person.post(PATH + "/ten", data=NEW | {"since": TODAY})
    async with site.signed_in("officer") as officer:
        then = text_of(await officer.get(f"/de-cu/ho-so/{old.code}"))
        now = text_of(await officer.get(f"/de-cu/ho-so/{going.code}"))
    assert "Trường THCS Hoa Mai (nay là Trường THCS Hoa Mai Mới" in then
    assert "nay là" not in now
    assert "Trường THCS Hoa Mai Mới" in now


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": " "}, "Hãy ghi tên đơn vị."),
        ({"kind": ""}, "Hãy ghi loại đơn vị."),
        ({"name": "a" * (LONGEST["name"] + 1)}, "Dài quá 200 chữ cái"),
        ({"paper": "a" * (LONGEST["paper"] + 1)}, "Dài quá 200 chữ cái"),
        ({"name": "Trường THCS  Hoa Mai", "kind": "school"}, "đúng mã, tên và loại này"),
        ({"since": "31/02/2025"}, "Ngày chưa đúng"),
        ({"since": "01/01/2020"}, "đã có một lần đổi tên từ ngày này"),
        ({"since": "31/12/2019"}, "Hãy chọn một ngày sau 01/01/2020"),
    ],
)
async def test_what_cannot_be_is_said_and_nothing_typed_is_lost(site: Site, changed: dict[str, str], said: str) -> None:
    sent = NEW | {"since": SOON} | changed
    async with site.signed_in("administrator") as person:
        answer = await person.post(PATH + "/ten", data=sent)
    assert (answer.status_code, said in text_of(answer)) == (422, True), text_of(answer)
    assert all(value in answer.text for value in sent.values())
    assert await names(site) == [("Trường THCS Hoa Mai", date(2020, 1, 1), True)]


async def test_who_only_reads_finds_no_form_and_a_foreign_unit_does_not_exist(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        page = text_of(await officer.get(PATH))
        assert "Đổi tên, mã hoặc loại" not in page
        assert (await officer.post(PATH + "/ten", data=NEW | {"since": SOON})).status_code == 403
        assert (await officer.get(f"/de-cu/quan-tri/don-vi/{UUID(int=9)}")).status_code == 404
    async with site.signed_in("administrator") as person:
        gone = await person.post(f"/de-cu/quan-tri/don-vi/{UUID(int=9)}/ten", data=NEW | {"since": SOON})
    assert gone.status_code == 404


async def test_a_unit_is_entered_once_and_stands_under_another(site: Site) -> None:
    new = {"code": "thcs-moi", "name": "Trường THCS Mới", "kind": "lower-secondary", "since": TODAY}
    new["once"] = str(UUID(int=77))
    async with site.signed_in("administrator") as person:
        answers = await asyncio.gather(*(person.post("/de-cu/quan-tri/don-vi/moi", data=new) for _ in range(3)))
        (place,) = {answer.headers["location"] for answer in answers}
        anew = await person.post("/de-cu/quan-tri/don-vi/moi", data=new | {"code": "thcs-khac"})
        assert anew.headers["location"] != place
        taken = await person.post("/de-cu/quan-tri/don-vi/moi", data=new | {"once": str(UUID(int=78))})
        assert (taken.status_code, "Mã này đã có" in text_of(taken)) == (422, True)
        wrong = await person.post("/de-cu/quan-tri/don-vi/moi", data=new | {"code": "Mã Mới", "once": ""})
        assert (wrong.status_code, "Mã gồm chữ thường" in text_of(wrong), "Mã Mới" in wrong.text) == (422, True, True)
        under = {"parent": str(make.SCHOOL), "line": "professional", "from_day": SOON}
        assert (await person.post(place + "/thuoc", data=under)).status_code == 303
        again = await person.post(place + "/thuoc", data=under)
        assert (again.status_code, "đã thuộc đơn vị này" in text_of(again)) == (422, True)
        assert f"Trường THCS Hoa Mai · chuyên môn, từ {SOON}" in text_of(await person.get(place))
        circle = await person.post(PATH + "/thuoc", data=under | {"parent": place.rsplit("/", 1)[1], "line": "union"})
        assert (circle.status_code, "đang ở dưới đơn vị đang xem" in text_of(circle)) == (422, True)
        itself = await person.post(PATH + "/thuoc", data=under | {"parent": str(make.SCHOOL)})
        assert (itself.status_code, "không thể thuộc chính mình" in text_of(itself)) == (422, True)


async def test_of_two_that_would_stand_under_one_another_one_does(site: Site) -> None:
    other = f"/de-cu/quan-tri/don-vi/{make.OTHER_SCHOOL}"
    under = {"line": "administrative", "from_day": TODAY}
    async with site.signed_in("administrator") as person:
        answers = await asyncio.gather(
            person.post(PATH + "/thuoc", data=under | {"parent": str(make.OTHER_SCHOOL)}),
            person.post(other + "/thuoc", data=under | {"parent": str(make.SCHOOL)}),
        )
    assert sorted(answer.status_code for answer in answers) == [303, 422]


async def test_a_unit_leaves_its_place_from_a_day_on(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        under = {"parent": str(make.OTHER_SCHOOL), "line": "union", "from_day": TODAY}
        await person.post(PATH + "/thuoc", data=under)
        async with site.database.reading() as session:
            edge = str(await session.scalar(text("select id from unit_edges")))
        early = await person.post(PATH + "/thuoc/thoi", data={"edge": edge, "until": "01/01/2020"})
        assert (early.status_code, "Ngày thôi không thể trước" in text_of(early)) == (422, True)
        assert (await person.post(PATH + "/thuoc/thoi", data={"edge": edge, "until": SOON})).status_code == 303
        again = await person.post(PATH + "/thuoc/thoi", data={"edge": edge, "until": SOON})
        assert (again.status_code, "đã thôi thuộc" in text_of(again)) == (422, True)
        assert f"đến trước {SOON}" in text_of(await person.get(PATH))
        mistaken = {"parent": str(make.OTHER_SCHOOL), "line": "professional", "from_day": TODAY}
        for _ in range(2):
            assert (await person.post(PATH + "/thuoc", data=mistaken)).status_code == 303
            async with site.database.reading() as session:
                edge = str(await session.scalar(text("select id from unit_edges where line = 'professional'")))
            assert (await person.post(PATH + "/thuoc/thoi", data={"edge": edge, "until": TODAY})).status_code == 303


async def test_a_unit_is_seen_as_it_stood_on_a_day(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await person.post(PATH + "/ten", data=NEW | {"since": "01/09/2023"})).status_code == 303
        for parent, begin, until in (
            (make.OTHER_SCHOOL, "01/01/2021", "01/01/2022"),
            (make.OTHER_SCHOOL, "01/01/2024", ""),
        ):
            form = {"parent": str(parent), "line": "emulation", "from_day": begin}
            assert (await person.post(PATH + "/thuoc", data=form)).status_code == 303
            if until:
                async with site.database.reading() as session:
                    edge = str(await session.scalar(text("select id from unit_edges")))
                assert (await person.post(PATH + "/thuoc/thoi", data={"edge": edge, "until": until})).status_code == 303
        pages = [text_of(await person.get(f"{PATH}?ngay={day}")) for day in ("01/06/2021", "1/6/2023", "01/02/2024")]
        before = text_of(await person.get(f"{PATH}?ngay=01/01/2019"))
        wrong = await person.get(f"{PATH}?ngay=31/02/2024")
    assert "Ngày 01/06/2021: Trường THCS Hoa Mai Thuộc Trường Bình Minh · cụm thi đua, từ 01/01/2021" in pages[0]
    assert "Ngày 01/06/2023: Trường THCS Hoa Mai Thuộc Khi ấy không thuộc đơn vị nào." in pages[1]
    assert "Ngày 01/02/2024: Trường THCS Hoa Mai Mới Thuộc Trường Bình Minh · cụm thi đua, từ 01/01/2024" in pages[2]
    assert "khi ấy đơn vị không hoạt động" in before
    assert (wrong.status_code, "Ngày chưa đúng" in text_of(wrong)) == (422, True)


async def test_an_emulation_cluster_has_a_kind_of_its_own(site: Site) -> None:
    new = {"code": "cum-1", "name": "Cụm thi đua số 1", "kind": "cluster", "since": TODAY, "once": str(UUID(int=79))}
    async with site.signed_in("administrator") as person:
        form = await person.get("/de-cu/quan-tri/don-vi/moi")
        entered = await person.post("/de-cu/quan-tri/don-vi/moi", data=new)
        page = text_of(await person.get(entered.headers["location"]))
    assert re.findall(r'<option value="cluster"[^>]*>([^<]+)<', form.text) == ["cụm thi đua"]
    assert "Loại cụm thi đua" in page
