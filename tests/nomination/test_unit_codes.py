"""Codes of units: another from a day on, one unit's for ever, and told beside each name."""

import asyncio
import io
from collections.abc import Awaitable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import units
from shared import migrate
from tests.nomination.test_intakes import HEADS, xlsx
from tests.nomination.test_intakes import PATH as LISTS
from tests.support import factories as make
from tests.support.databases import PASSWORD, Databases
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PLACE = "/de-cu/quan-tri/don-vi"
PATH, OTHER_PATH = f"{PLACE}/{make.SCHOOL}", f"{PLACE}/{make.OTHER_SCHOOL}"
NEW = {"code": "thcs-hoa-mai", "name": "Trường THCS Hoa Mai", "kind": "school", "paper": "12/QĐ-UBND"}
SOON = make.TODAY + timedelta(days=10)
LATER = make.TODAY + timedelta(days=20)
TAKEN = "Mã này đã có ở một đơn vị khác, hiện nay hoặc vào một thời kỳ khác."


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def rows(site: Site, sql: str) -> list[tuple[Any, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


CODES = "select code from units order by id"
HISTORY = "select unit_id, code, name, valid_from, told from unit_names order by unit_id, valid_from"
SCHOOLS = [
    (make.SCHOOL, "truong-0", "Trường THCS Hoa Mai", date(2020, 1, 1), True),
    (make.OTHER_SCHOOL, "truong-1", "Trường Bình Minh", date(2020, 1, 1), True),
]


def rename(person: httpx2.AsyncClient, since: date, path: str = PATH, **changed: str) -> Awaitable[httpx2.Response]:
    return person.post(path + "/ten", data=NEW | {"since": f"{since:%d/%m/%Y}"} | changed)


async def test_a_code_holds_from_its_day_and_stands_beside_each_name_and_in_the_list_s_file(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await rename(person, make.TODAY)).status_code == 303
        assert (await rename(person, SOON, code="", name="Trường THCS Hoa Mai Mới")).status_code == 303
        page = text_of(await person.get(PATH))
        book = load_workbook(io.BytesIO((await person.get(PLACE + "?dang=xlsx")).content))
    told = [
        f"Trường THCS Hoa Mai Mới · mã thcs-hoa-mai · trường · từ {SOON:%d/%m/%Y} · theo 12/QĐ-UBND Chưa đến ngày",
        f"Trường THCS Hoa Mai · mã thcs-hoa-mai · trường · từ {make.TODAY:%d/%m/%Y} · theo 12/QĐ-UBND",
        "Trường THCS Hoa Mai · mã truong-0 · trường · từ 01/01/2020",
    ]
    assert [one in page for one in told] == [True] * 3, page
    listed = {str(cell.value) for row in book.worksheets[0].iter_rows() for cell in row}
    assert listed & {"thcs-hoa-mai", "truong-0", "truong-1"} == {"thcs-hoa-mai", "truong-1"}
    assert await rows(site, HISTORY) == [
        SCHOOLS[0],
        (make.SCHOOL, "thcs-hoa-mai", "Trường THCS Hoa Mai", make.TODAY, True),
        (make.SCHOOL, "thcs-hoa-mai", "Trường THCS Hoa Mai Mới", SOON, False),
        SCHOOLS[1],
    ]


async def test_a_later_code_is_the_unit_s_when_its_day_comes(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await rename(person, SOON)).status_code == 303
        assert (await rename(person, LATER, code="", name="Trường THCS Hoa Mai Mới")).status_code == 303
    before = await rows(site, CODES)
    async with site.database.transaction() as session:
        assert await units.tell_names(session, at=make.AT, today=SOON) == 1
    assert (before, await rows(site, CODES)) == (
        [("truong-0",), ("truong-1",)],
        [("thcs-hoa-mai",), ("truong-1",)],
    )
    assert (make.SCHOOL, "thcs-hoa-mai", "Trường THCS Hoa Mai Mới", LATER, False) in await rows(site, HISTORY)


async def test_a_code_of_another_unit_now_before_or_one_day_is_refused_and_one_s_own_comes_back(site: Site) -> None:
    new = {"name": "Trường Mới", "kind": "school", "since": "01/09/2024"}
    async with site.signed_in("administrator") as person:
        assert (await rename(person, make.TODAY)).status_code == 303
        assert (await rename(person, SOON, code="thcs-hoa-sen")).status_code == 303
        codes = ("truong-0", "thcs-hoa-mai", "thcs-hoa-sen")
        refused = [await rename(person, SOON, OTHER_PATH, code=code) for code in codes]
        entered = [await person.post(PLACE + "/moi", data=new | {"code": code, "once": str(uuid4())}) for code in codes]
        assert [(one.status_code, TAKEN in text_of(one)) for one in refused + entered] == [(422, True)] * 6
        assert [f'value="{code}"' in one.text for code, one in zip(codes, refused, strict=True)] == [True] * 3
        assert await rows(site, CODES) == [("thcs-hoa-mai",), ("truong-1",)]
        assert (await rename(person, LATER, code="truong-0")).status_code == 303
    assert (await rows(site, HISTORY))[3:] == [
        (make.SCHOOL, "truong-0", "Trường THCS Hoa Mai", LATER, False),
        SCHOOLS[1],
    ]


async def test_a_code_that_was_taken_back_before_its_day_is_free(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        assert (await rename(person, SOON)).status_code == 303
        ((name_id,),) = await rows(site, "select id from unit_names where not told")
        assert (await person.post(f"{PATH}/ten/{name_id}/bo")).status_code == 303
        assert (await rename(person, make.TODAY, OTHER_PATH, name="Trường Bình Minh")).status_code == 303
    assert await rows(site, CODES) == [("truong-0",), ("thcs-hoa-mai",)]


async def test_of_two_units_that_want_one_code_at_once_one_has_it(site: Site) -> None:
    waits = "select exists (select from pg_locks where not granted)"
    wanted: dict[str, Any] = NEW | {"unit_id": make.SCHOOL, "since": make.TODAY, "at": make.AT, "today": make.TODAY}
    async with site.signed_in("administrator") as person:
        async with site.database.transaction() as session:
            await units.rename(session, **wanted, by=make.CLERK)
            other = asyncio.ensure_future(rename(person, SOON, OTHER_PATH))
            async with asyncio.timeout(20):
                while not other.done() and await rows(site, waits) == [(False,)]:  # noqa: ASYNC110  # no bell rings
                    await asyncio.sleep(0.01)
        answer = await other
    assert (answer.status_code, TAKEN in text_of(answer)) == (422, True)
    assert await rows(site, HISTORY) == [
        SCHOOLS[0],
        (make.SCHOOL, "thcs-hoa-mai", "Trường THCS Hoa Mai", make.TODAY, True),
        SCHOOLS[1],
    ]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("Mã Mới", "Mã gồm chữ thường không dấu"),
        ("a" * 31, "Dài quá 30 chữ cái"),
        ("truong-0", "đúng mã, tên và loại này"),
    ],
)
async def test_a_code_that_cannot_be_is_refused_and_nothing_typed_is_lost(site: Site, code: str, said: str) -> None:
    async with site.signed_in("administrator") as person:
        answer = await rename(person, SOON, code=code)
    assert (answer.status_code, said in text_of(answer)) == (422, True), text_of(answer)
    assert all(value in answer.text for value in (NEW | {"code": code}).values())
    assert await rows(site, HISTORY) == SCHOOLS


async def test_a_unit_that_is_entered_again_from_a_file_under_its_old_code_is_the_same(site: Site) -> None:
    """What is entered when a service starts names units by the codes that they had at first."""
    async with site.signed_in("administrator") as person:
        assert (await rename(person, make.TODAY)).status_code == 303
    async with site.database.transaction() as session:
        about: dict[str, Any] = {"name": "Trường THCS Hoa Mai", "kind": "school", "since": date(2020, 1, 1)}
        found = await units.open_unit(session, make.AGENCY, code="truong-0", at=make.AT, by=make.CLERK, **about)
    assert (found.id, found.code) == (make.SCHOOL, "thcs-hoa-mai")
    assert await rows(site, CODES) == [("thcs-hoa-mai",), ("truong-1",)]


async def test_a_list_knows_a_unit_by_the_code_of_now_and_refuses_its_others(site: Site) -> None:
    told = [
        [code, "Trường THCS Hoa Mai", "trường", "01/01/2020", "", "", ""]
        for code in ("truong-0", "thcs-hoa-mai", "thcs-hoa-sen")
    ]
    below = [["to-van", "Tổ Văn", "tổ", "01/09/2024", "truong-0", "", ""]]
    async with site.signed_in("administrator") as person:
        assert (await rename(person, make.TODAY)).status_code == 303
        assert (await rename(person, SOON, code="thcs-hoa-sen")).status_code == 303
        files = {"file": ("don-vi.xlsx", xlsx([HEADS, *told, *below]))}
        place = (await person.post(LISTS, data={"once": str(uuid4())}, files=files)).headers["location"]
        shown = text_of(await person.get(place + "?loc=bad"))
    other = "Mã này đã đổi hoặc sắp đổi. Hãy ghi mã hiện nay của đơn vị, xem ở trang đơn vị."
    assert await rows(site, "select number, outcome, errors from intake_rows order by number") == [
        (2, "bad", {"code": other}),
        (3, "same", {}),
        (4, "bad", {"code": other}),
        (5, "bad", {"parent": other}),
    ]
    assert shown.count(other) == 3


async def test_a_list_read_before_a_code_was_given_is_seen_again_before_it_is_written(site: Site) -> None:
    row = ["thcs-hoa-mai", "Trường Khác", "tổ", "01/09/2024", "", "", ""]
    async with site.signed_in("administrator") as person:
        files = {"file": ("don-vi.xlsx", xlsx([HEADS, row]))}
        place = (await person.post(LISTS, data={"once": str(uuid4())}, files=files)).headers["location"]
        assert (await rename(person, SOON)).status_code == 303
        assert (await person.post(place + "/ghi")).status_code == 422
    assert await rows(site, CODES) == [("truong-0",), ("truong-1",)]


async def test_a_unit_from_a_file_has_its_code_from_its_first_day(site: Site) -> None:
    row = ["thcs-hoa-sen", "Trường THCS Hoa Sen", "tổ", "01/09/2024", "", "", ""]
    async with site.signed_in("administrator") as person:
        files = {"file": ("don-vi.xlsx", xlsx([HEADS, row]))}
        place = (await person.post(LISTS, data={"once": str(uuid4())}, files=files)).headers["location"]
        assert (await person.post(place + "/ghi")).status_code == 303
        assert (await rename(person, SOON, code="thcs-hoa-sen")).status_code == 422
    told = [one[1:] for one in await rows(site, HISTORY) if one not in SCHOOLS]
    assert told == [("thcs-hoa-sen", "Trường THCS Hoa Sen", date(2024, 9, 1), True)]


async def test_units_that_were_there_before_have_had_their_code_always(databases: Databases) -> None:
    database = await databases.earlier("nomination", "d41f07b95c36")
    async with database.transaction() as session:
        for number, (agency, unit) in enumerate((("tan-binh", make.SCHOOL), ("hcm", make.OTHER_SCHOOL))):
            about = {"agency": agency, "unit": unit, "code": f"truong-{number}", "day": date(2020, 1, 1)}
            await session.execute(
                text(
                    "insert into units (id, agency, code, name, kind, external_ref, valid_from)"
                    " values (:unit, :agency, :code, 'Trường', 'school', '', :day)"
                ),
                about,
            )
            for name, day in (("Trường", about["day"]), ("Trường Mới", SOON)):
                await session.execute(
                    text(
                        "insert into unit_names (agency, id, unit_id, name, kind, valid_from, paper, told)"
                        " values (:agency, gen_random_uuid(), :unit, :name, 'school', :day, '', :told)"
                    ),
                    about | {"name": name, "day": day, "told": day != SOON},
                )
    await migrate.upgrade(database.url, PASSWORD, Path("services/nomination"))
    async with database.reading() as session:
        filled = await session.execute(text("select agency, code, name from unit_names order by code, valid_from"))
        assert [tuple(row) for row in filled] == [
            ("tan-binh", "truong-0", "Trường"),
            ("tan-binh", "truong-0", "Trường Mới"),
            ("hcm", "truong-1", "Trường"),
            ("hcm", "truong-1", "Trường Mới"),
        ]
