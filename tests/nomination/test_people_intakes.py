"""People and teams from a file: seen row by row, written at once, undone while nobody of them has a dossier."""

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import text

from services.nomination.actions import subjects
from services.nomination.rules.people import PEOPLE_COLUMNS, KnownPerson, PersonRow, judge_people
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

PATH, UNITS = "/de-cu/doi-tuong/nhap", "/de-cu/quan-tri/don-vi/nhap"
HEADS = [column.label for column in PEOPLE_COLUMNS]
PEOPLE = [
    ["Cô " + unicodedata.normalize("NFD", "Lê Thị Ánh"), "giáo viên", "truong-0", "tổ trưởng", "1985", "79-1"],
    ["Tổ Ngữ văn", "TẬP THỂ", "TRUONG-0", "", "", ""],
    ["Trần Văn Ba", "Học sinh", "truong-1", "lớp 8A", "", ""],
]
SUBJECTS = """select s.name, category, form, u.code, position, born_in, s.external_ref, same_key
from subjects s join units u on u.id = unit_id order by s.sort_key"""


def table(*rows: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADS, *rows])
    return out.getvalue().encode()


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    return made


async def send(person: httpx2.AsyncClient, *rows: Sequence[str]) -> str:
    """Where the list lies that came of a file."""
    file = {"file": ("nguoi.csv", table(*rows))}
    return (await person.post(PATH, data={"once": str(uuid4())}, files=file)).headers["location"]


async def rows(site: Site, sql: str) -> list[tuple[Any, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


@pytest.mark.db
async def test_people_are_seen_before_they_are_written_and_are_not_written_twice(site: Site) -> None:
    await make.plan(site.database)
    async with site.signed_in("officer") as officer:
        place = await send(officer, *PEOPLE)
        shown = text_of(await officer.get(place))
        assert ("Mới: 3" in shown, "Lê Thị Ánh (trong tệp: Cô Lê Thị Ánh)" in shown) == (True, True), shown
        assert await rows(site, SUBJECTS) == []
        assert (await officer.post(place + "/ghi")).headers["location"] == place
        again = text_of(await officer.get(await send(officer, *PEOPLE)))
        assert "Đã có, bỏ qua: 3" in again
        assert (await officer.get(UNITS)).status_code == 403
    async with site.signed_in("administrator") as administrator:
        kept = place.rsplit("/", 1)[1]
        assert (await administrator.get(f"{UNITS}/{kept}")).status_code == 404, "it is a list of another kind"
        assert (await administrator.post(f"{UNITS}/{kept}/hoan-tac")).status_code == 404
    assert await rows(site, SUBJECTS) == [
        ("Lê Thị Ánh", "teacher", "exemplar", "truong-0", "tổ trưởng", 1985, "79-1", "grown-up: anh le thi"),
        ("Trần Văn Ba", "pupil", "exemplar", "truong-1", "lớp 8A", None, "", "pupil: ba tran van"),
        ("Tổ Ngữ văn", "collective", "exemplar", "truong-0", "", None, "", "collective: ngu to van"),
    ]


@pytest.mark.db
async def test_a_list_is_undone_until_one_of_it_has_a_dossier(site: Site) -> None:
    plan = await make.plan(site.database)
    new = {"unit": str(make.SCHOOL), "round": str(plan.open), "once": str(uuid4())}
    async with site.signed_in("officer", "nominator") as person:
        place = await send(person, *PEOPLE)
        await person.post(place + "/ghi")
        await make.draft(site.database, plan.open, name="Lê Thị Ánh")
        async with site.database.transaction() as session:
            await subjects.look_for_others(session, make.AGENCY)
        assert await rows(site, "select verdict from subject_pairs") == [("asked",)]
        assert (await person.post(place + "/hoan-tac")).headers["location"] == place
        assert await rows(site, "select name, looked from subjects") == [("Lê Thị Ánh", True)]
        place = await send(person, *PEOPLE[1:])
        await person.post(place + "/ghi")
        ((team,),) = await rows(site, "select id from subjects where category = 'collective'")
        page = await person.get("/de-cu/ho-so/moi")
        assert "Tổ Ngữ văn · Trường THCS Hoa Mai" in text_of(page)
        begun = await person.post("/de-cu/ho-so/moi", data=new | {"subject": str(team)})
        assert begun.status_code == 303, text_of(begun)
        again = await person.post("/de-cu/ho-so/moi", data=new | {"subject": str(team), "once": str(uuid4())})
        assert (again.status_code, "vừa có hồ sơ" in text_of(again)) == (422, True)
        used = await person.post(place + "/hoan-tac")
        assert (used.status_code, "đã có hồ sơ" in text_of(used)) == (422, True)
    assert await rows(site, "select code, subject_id from nominations order by code desc limit 1") == [
        ("TB-24-0002", team)
    ]
    assert await rows(site, "select count(*) from subjects") == [(3,)]


@pytest.mark.db
async def test_only_those_of_one_s_units_are_offered_and_taken(site: Site) -> None:
    plan = await make.plan(site.database)
    async with site.signed_in("officer") as officer:
        await officer.post(await send(officer, *PEOPLE) + "/ghi")
    ((foreign,),) = await rows(site, "select id from subjects where category = 'pupil'")
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        page = text_of(await person.get("/de-cu/ho-so/moi"))
        assert ("Lê Thị Ánh, tổ trưởng" in page, "Trần Văn Ba" in page) == (True, False)
        sent = {"unit": str(make.SCHOOL), "round": str(plan.open), "subject": str(foreign)}
        answer = await person.post("/de-cu/ho-so/moi", data=sent)
    assert (answer.status_code, "Hãy chọn một người" in text_of(answer)) == (422, True)
    assert await rows(site, "select count(*) from nominations") == [(0,)]


@pytest.mark.db
async def test_wrong_rows_say_cell_by_cell_what_to_mend(site: Site) -> None:
    await make.plan(site.database)
    bad = [
        ["Cô", "thầy giáo", "khong-co", "", "85", ""],
        ["Lê Thị Ánh", "Giáo viên", "truong-0", "", "1985", "79-1"],
        ["LÊ THỊ ÁNH", "Nhân viên", "truong-0", "", "1985", "79-1"],
        ["Lê Thị Bé", "Giáo viên", "truong-0", "", "3000", "79-1"],
    ]
    async with site.signed_in("officer") as officer:
        place = await send(officer, *bad)
        sheet = load_workbook(io.BytesIO((await officer.get(place + "/loi.xlsx")).content)).worksheets[0]
        told = {row[0].value: sorted(str(row[7].value).split("; ")) for row in sheet.iter_rows(min_row=3)}
    assert told == {
        2: [
            "Năm sinh: Năm sinh chưa đúng. Ví dụ: 1985.",
            "Đơn vị (mã): Không có đơn vị nào mang mã này.",
            "Đối tượng: Không có loại đối tượng này. Hãy chọn trong danh sách của tệp mẫu.",
        ],
        4: ["Họ và tên: Người hoặc tập thể này đã có ở một dòng trên."],
        5: [
            "Mã ngành: Mã ngành này đã là của một người hoặc tập thể khác.",
            "Năm sinh: Năm sinh chưa đúng. Ví dụ: 1985.",
        ],
    }


@pytest.mark.db
async def test_whom_no_dossier_has_yet_goes_on_with_the_open_work_of_a_unit_that_ends(site: Site) -> None:
    await make.plan(site.database)
    day = make.TODAY.strftime("%d/%m/%Y")
    async with site.signed_in("officer", "administrator") as person:
        await person.post(await send(person, *PEOPLE) + "/ghi")
        place = f"/de-cu/quan-tri/don-vi/{make.SCHOOL}/thoi"
        await person.post(place, data={"successor": str(make.OTHER_SCHOOL), "paper": "34/QĐ-UBND", "day": day})
        assert (await person.post(f"{place}/xac-nhan")).status_code == 303
    assert {code for _, _, _, code, *_ in await rows(site, SUBJECTS)} == {"truong-1"}


@pytest.mark.unit
def test_people_are_judged_by_unit_name_year_and_code() -> None:
    def row(unit: str = "a", born: int | None = None, reference: str = "", key: str = "k") -> PersonRow:
        return PersonRow("Lê Thị Ánh", "teacher", unit, key, born, reference)

    known = [KnownPerson("Lê Thị Ánh", "a", "k", 1985, "79-1")]
    asked = [row(), row(born=1985), row(born=1986), row(reference="79-2"), row("b"), row("c"), row("d"), row()]
    told = [
        (one.outcome.value, list(one.errors)) for one in judge_people(asked, {"a": False, "b": False, "c": True}, known)
    ]
    assert told == [
        ("same", []),
        ("same", []),
        ("new", []),
        ("new", []),
        ("new", []),
        ("bad", ["unit"]),
        ("bad", ["unit"]),
        ("bad", ["name"]),
    ]
