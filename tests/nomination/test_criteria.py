"""Criteria packs in the database and in the browser: units add, dossiers keep the pack they were begun under."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination.actions import criteria
from services.nomination.rules.criteria import EvidenceKind, PackTakesAway
from shared.database import Database
from shared.events import Category
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

RATED: dict[str, Any] = {"code": "GV1", "text": "Từ mức tốt.", "category": Category.TEACHER, "kinds": ["decision"]}
RATED |= {"threshold": {"scale": "nam", "least": "Tốt"}, "compulsory": True}
SCALES = {"nam": ["Kém", "Tốt"]}
PAGE = "/de-cu/tieu-chi"
NEW = "Có ít nhất một tiết dạy mở cho cả trường trong năm học."


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("nomination")


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def enter(database: Database, pack: str, told: list[dict[str, Any]], **more: Any) -> int:
    async with database.transaction() as session:
        return await criteria.enter_criteria(
            session, make.AGENCY, pack=pack, criteria=told, scales=SCALES, by=make.CLERK, **more
        )


async def add(database: Database, unit_id: UUID | None, words: str = NEW) -> str:
    async with database.transaction() as session:
        made = await criteria.add_criterion(
            session,
            make.AGENCY,
            unit_id=unit_id,
            text=words,
            category=Category.TEACHER,
            compulsory=True,
            kinds=[EvidenceKind.FILE],
            hint="",
            since=make.TODAY,
            by=make.CLERK,
        )
        return made.pack


async def pack_for(database: Database, unit_id: UUID, days: int = 0) -> str | None:
    async with database.transaction() as session:
        on = make.TODAY + timedelta(days=days)
        return await criteria.pack_for(session, make.AGENCY, unit_id=unit_id, on=on, by=make.CLERK)


async def codes(database: Database, pack: str) -> list[str]:
    async with database.reading() as session:
        return [one.code for one in await criteria.criteria_of(session, "tan-binh", pack)]


async def test_a_pack_is_entered_once_and_a_later_one_says_where_it_takes_its_words(database: Database) -> None:
    assert await enter(database, "so@1", [RATED], papers={"window": {"opinions": 1}}) == 1
    assert await enter(database, "so@1", [RATED, {"code": "GV2", "text": "Thêm."}]) == 0
    own = {"code": "GV3", "text": "Của trường.", "category": Category.TEACHER}
    assert await enter(database, "truong@1", [own], based_on="so@1", papers={"standing": {}}) == 2
    found = await rows(database, "select pack, code, position, stated_by, asks from criteria order by pack, position")
    asks = {
        "compulsory": True,
        "threshold": {"levels": ["Kém", "Tốt"], "least": "Tốt"},
        "kinds": ["decision"],
        "forms": ["exemplar"],
    }
    assert found == [
        ("so@1", "GV1", 1, "", asks),
        ("truong@1", "GV1", 1, "so@1", asks),
        ("truong@1", "GV3", 2, "", {"forms": ["exemplar"]}),
    ]
    needs = {"opinions": 1, "agreement": False, "confirmation": False}
    assert await rows(database, "select code, based_on, papers from packs order by code") == [
        ("so@1", None, {"window": needs}),
        ("truong@1", "so@1", {"window": needs, "standing": {**needs, "opinions": 0}}),
    ]


@pytest.mark.parametrize(
    ("told", "more"),
    [
        ([], {"removes": ["GV1"]}),
        ([{**RATED, "text": "Từ mức khá."}], {}),
        ([{**RATED, "compulsory": False}], {}),
        ([], {"papers": {"window": {"opinions": 0}}}),
    ],
)
async def test_a_pack_that_takes_away_is_not_entered(
    database: Database, told: list[dict[str, Any]], more: dict[str, Any]
) -> None:
    await enter(database, "so@1", [RATED], papers={"window": {"opinions": 1}})
    with pytest.raises(PackTakesAway):
        await enter(database, "truong@1", told, based_on="so@1", **more)
    with pytest.raises(LookupError):
        await enter(database, "truong@1", [], based_on="so@2")
    assert await rows(database, "select code from packs") == [("so@1",)]


async def test_what_a_unit_adds_is_asked_of_its_own_new_dossiers(database: Database) -> None:
    plan = await make.plan(database)
    before = await make.draft(database, plan.open)
    assert await add(database, make.SCHOOL) == "dien-hinh/1+1"
    assert [await pack_for(database, unit) for unit in (make.SCHOOL, make.OTHER_SCHOOL)] == [
        "dien-hinh/1+1",
        make.PACK,
    ]
    assert await pack_for(database, make.SCHOOL, days=-1) == make.PACK
    assert await codes(database, "dien-hinh/1+1") == [*make.CRITERIA, "DV1"]
    assert await rows(database, f"select rule_set from nominations where id = '{before.id}'") == [(make.PACK,)]
    # Another addition stands beside the first; a new pack of the agency brings both along.
    assert await add(database, make.SCHOOL, "Có một sáng kiến được trường công nhận.") == "dien-hinh/1+2"
    assert await add(database, None, "Không có đơn thư đúng sự thật trong năm.") == "dien-hinh/1+3"
    assert await pack_for(database, make.OTHER_SCHOOL) == "dien-hinh/1+3"
    again = [await pack_for(database, make.SCHOOL) for _ in range(2)]
    assert again == ["dien-hinh/1+4"] * 2
    assert await codes(database, "dien-hinh/1+4") == [*make.CRITERIA, "DV3", "DV1", "DV2"]
    stated = await rows(database, "select code, stated_by from criteria where pack = 'dien-hinh/1+4' and added")
    assert sorted(stated) == [("DV1", "dien-hinh/1+1"), ("DV2", "dien-hinh/1+2"), ("DV3", "dien-hinh/1+3")]


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("nomination")
    await make.plan(made.database)
    return made


async def test_an_officer_adds_a_criterion_and_sees_it_below_what_is_inherited(site: Site) -> None:
    form = {"unit": str(make.SCHOOL), "category": "teacher", "text": NEW, "kinds": ["file", "link"], "compulsory": "1"}
    async with site.signed_in("officer") as officer:
        empty = await officer.post(f"{PAGE}/them", data={})
        assert (empty.status_code, text_of(empty).count("Lỗi:")) == (422, 3)
        answer = await officer.post(f"{PAGE}/them", data=form)
        place = f"{PAGE}?bo=dien-hinh/1%2B1#DV1"
        assert (answer.status_code, answer.headers["location"]) == (303, place)
        page = text_of(await officer.get(place))
        assert f"DV1 {NEW} Bắt buộc Minh chứng cần có: Ảnh hoặc tệp; Đường liên kết Của đơn vị" in page
        assert "GV1 Tiêu chí GV1 Kế thừa từ dien-hinh/1" in page
        beside = text_of(await officer.get(f"{PAGE}?bo=dien-hinh/1&voi=dien-hinh/1%2B1"))
        assert f"DV1 Khác không có {NEW}" in beside
        assert "GV1 Tiêu chí GV1 Tiêu chí GV1" in beside
        assert "DV1" not in text_of(await officer.get(f"{PAGE}?bo=dien-hinh/1"))
    draft = {"round": "", "unit": str(make.SCHOOL), "category": "teacher", "name": "Lê Thị Ánh"}
    async with site.database.reading() as session:
        draft["round"] = str(await session.scalar(text("select id from rounds where name = 'đợt này'")))
    async with site.signed_in("nominator", unit=make.SCHOOL) as by:
        assert (await by.post("/de-cu/ho-so/moi", data=draft)).status_code == 303
        assert NEW in text_of(await by.get("/de-cu/ho-so/TB-24-0001"))


async def test_an_officer_of_one_unit_adds_for_it_alone(site: Site) -> None:
    form = {"category": "chung", "text": NEW}
    async with site.signed_in("officer", unit=make.SCHOOL) as officer:
        page = text_of(await officer.get(f"{PAGE}/them"))
        assert ("Trường THCS Hoa Mai" in page, "Trường Bình Minh" in page, "Cả cơ quan" in page) == (True, False, False)
        for unit in (str(make.OTHER_SCHOOL), "co-quan"):
            assert (await officer.post(f"{PAGE}/them", data={**form, "unit": unit})).status_code == 403
        assert (await officer.post(f"{PAGE}/them", data={**form, "unit": str(make.SCHOOL)})).status_code == 303
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert (await head.get(f"{PAGE}/them")).status_code == 403
