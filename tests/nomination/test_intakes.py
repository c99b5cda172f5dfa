"""Units from a file: read, seen row by row, written at once, undone while nobody uses them."""

import asyncio
import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import text

from services.nomination.actions import intakes
from services.nomination.rules.intakes import (
    UNIT_COLUMNS,
    BadTable,
    Judged,
    KnownUnit,
    Outcome,
    UnitRow,
    find_columns,
    judge_units,
)
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

PATH = "/de-cu/quan-tri/don-vi/nhap"
HEADS = [column.label for column in UNIT_COLUMNS]
NEW: list[list[Any]] = [
    ["thcs-hoa-sen", "Trường THCS Hoa Sen", "trường trung học cơ sở", date(2024, 9, 1), "", "", "79760123"],
    ["to-van", "Tổ Văn", "Tổ", "1/9/2024", "thcs-hoa-sen", "", ""],
    ["to-toan", "Tô\u0309 Toán ", "tổ", "01/09/2024", "truong-0", "công đoàn", ""],
]
ROW = UnitRow("a", "Trường A", "school", date(2024, 9, 1))


def xlsx(rows: Sequence[Sequence[Any]], *merged: str) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    for one in merged:
        book.worksheets[0].merge_cells(one)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def send(
    person: httpx2.AsyncClient, content: bytes, name: str = "don-vi.xlsx", once: str = ""
) -> httpx2.Response:
    return await person.post(PATH, data={"once": once or str(uuid4())}, files={"file": (name, content)})


async def rows(site: Site, sql: str) -> list[tuple[Any, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(sql))]


UNITS = "select code, name, kind, valid_from, external_ref from units order by code"
EDGES = """select c.code, p.code, line, e.valid_from from unit_edges e join units c on c.id = child_id
join units p on p.id = parent_id order by 1"""
SAID = "select type, convert_from(body, 'UTF8')::jsonb->>'name' from outbox order by position, id"


@pytest.mark.db
async def test_a_list_is_seen_before_it_is_written_and_announced_when_it_is(site: Site) -> None:
    before, said = await rows(site, UNITS), await rows(site, SAID)
    async with site.signed_in("administrator") as person:
        answer = await send(person, xlsx([["Danh sách đơn vị"], [], HEADS, *NEW, [None] * 7]))
        place = answer.headers["location"]
        shown = text_of(await person.get(place))
        assert ("Tất cả: 3" in shown, "Mới: 3" in shown, "Ghi 3 dòng tốt" in shown) == (True, True, True), shown
        assert await rows(site, UNITS) == before
        assert (await person.post(place + "/ghi")).headers["location"] == place
        assert "Đã ghi" in text_of(await person.get(place))
        again = await person.post(place + "/ghi")
        assert (again.status_code, "đã được ghi" in text_of(again)) == (422, True)
    day = date(2024, 9, 1)
    assert [one for one in await rows(site, UNITS) if one not in before] == [
        ("thcs-hoa-sen", "Trường THCS Hoa Sen", "lower-secondary", day, "79760123"),
        ("to-toan", "Tổ Toán", "team", day, ""),
        ("to-van", "Tổ Văn", "team", day, ""),
    ]
    assert await rows(site, EDGES) == [
        ("to-toan", "truong-0", "union", day),
        ("to-van", "thcs-hoa-sen", "administrative", day),
    ]
    assert [name for _, name in (await rows(site, SAID))[len(said) :]] == ["Trường THCS Hoa Sen", "Tổ Văn", "Tổ Toán"]


@pytest.mark.db
async def test_what_was_written_is_undone_until_somebody_uses_it(site: Site) -> None:
    before = await rows(site, UNITS)
    async with site.signed_in("administrator") as person:
        first = (await send(person, xlsx([HEADS, *NEW]))).headers["location"]
        await person.post(first + "/ghi")
        reference = [["thcs-hoa-sen", "Trường THCS Hoa Sen", "trường trung học cơ sở", "1/9/2024", "", "", "79760999"]]
        second = (await send(person, xlsx([HEADS, *reference, *NEW[1:]]))).headers["location"]
        shown = text_of(await person.get(second))
        assert ("Cập nhật: 1" in shown, "Đã có, bỏ qua: 2" in shown) == (True, True), shown
        await person.post(second + "/ghi")
        assert ("79760999",) in await rows(site, "select external_ref from units")
        assert (await person.post(second + "/hoan-tac")).status_code == 303
        assert ("79760123",) in await rows(site, "select external_ref from units")
        answer = await person.post(first + "/hoan-tac")
        assert answer.status_code == 303, text_of(answer)
        assert "Đã hoàn tác" in text_of(await person.get(first))
        assert (await person.post(first + "/hoan-tac")).status_code == 422
        assert await rows(site, UNITS) == before
        third = (await send(person, xlsx([HEADS, *NEW]))).headers["location"]
        assert (await person.post(third + "/ghi")).status_code == 303
        unit = (await rows(site, "select id from units where code = 'to-van'"))[0][0]
        lead = {"category": "teacher", "name": "Lê Thị Ánh", "deed": "Dạy bơi.", "unit": str(unit)}
        assert (await person.post("/de-cu/nhan-to/moi", data=lead)).status_code == 303
        used = await person.post(third + "/hoan-tac")
        assert (used.status_code, "đã được dùng" in text_of(used)) == (422, True)
    assert len(await rows(site, UNITS)) == len(before) + 3


@pytest.mark.db
async def test_wrong_rows_say_cell_by_cell_what_to_mend_and_come_back_as_a_file(site: Site) -> None:
    bad: list[list[Any]] = [
        ["Hoa Sen", "", "trường học", "31/02/2024", "khong-co", "họ hàng", ""],
        ["truong-0", "Trường khác", "tổ", "01/09/2024", "", "", ""],
        NEW[0],
    ]
    async with site.signed_in("administrator") as person:
        place = (await send(person, xlsx([HEADS, *bad]))).headers["location"]
        shown = text_of(await person.get(place + "?loc=bad"))
        assert ("Có lỗi, không ghi: 2" in shown, "Ghi 1 dòng tốt" in shown) == (True, True), shown
        assert "Hoa Sen Lỗi" not in shown
        sheet = load_workbook(io.BytesIO((await person.get(place + "/loi.xlsx")).content)).worksheets[0]
        listed = [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=3)]
    assert listed == [
        (2, "Hoa Sen", None, "trường học", "31/02/2024", "khong-co", "họ hàng", None, listed[0][-1]),
        (
            3,
            "truong-0",
            "Trường khác",
            "tổ",
            "01/09/2024",
            None,
            None,
            None,
            "Mã đơn vị: Mã này đang là của một đơn vị có tên hoặc loại khác.",
        ),
    ]
    assert sorted(str(listed[0][-1]).split("; ")) == [
        "Loại đơn vị: Không có loại đơn vị này. Hãy chọn trong danh sách của tệp mẫu.",
        "Mã đơn vị: Mã gồm chữ thường không dấu, số và dấu gạch nối. Ví dụ: thcs-hoa-mai.",
        "Theo hệ: Không có hệ này. Hãy chọn trong danh sách của tệp mẫu.",
        "Thuộc đơn vị (mã): Không có đơn vị nào mang mã này.",
        "Tên đơn vị: Hãy ghi tên đơn vị.",
        "Từ ngày: Ngày chưa đúng. Ví dụ: 20/11/2026.",
    ]


@pytest.mark.db
async def test_what_was_entered_in_between_is_seen_before_anything_is_written(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        place = (await send(person, xlsx([HEADS, *NEW]))).headers["location"]
        taken = {"code": "to-van", "name": "Tổ Sử", "kind": "team", "since": "01/09/2024", "once": str(uuid4())}
        assert (await person.post("/de-cu/quan-tri/don-vi/moi", data=taken)).status_code == 303
        refused = await person.post(place + "/ghi")
        assert (refused.status_code, "đã thay đổi từ lúc đọc tệp" in text_of(refused)) == (422, True)
        assert "Có lỗi, không ghi: 1" in text_of(refused)
        assert (await person.post(place + "/ghi")).status_code == 303
    assert [code for (code,) in await rows(site, "select code from units where code like 'th%-hoa-sen'")] == [
        "thcs-hoa-sen"
    ]


@pytest.mark.db
async def test_a_file_sent_twice_is_one_list_and_a_table_is_read_however_it_was_saved(site: Site) -> None:
    once = str(uuid4())
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([HEADS, ["thcs-hoa-sen", "Trường THCS Hoa Sen", "tổ", "1-9-2024"]])
    kinds = [out.getvalue().encode(code) for code in ("utf-8-sig", "utf-16")]
    async with site.signed_in("administrator") as person:
        places = [(await send(person, kinds[0], "don-vi.csv", once)).headers["location"] for _ in range(2)]
        places.append((await send(person, kinds[1], "don-vi.csv")).headers["location"])
        for place in places:
            assert "Mới: 1" in text_of(await person.get(place))
        merged: list[list[Any]] = [*NEW[:2], ["to-su", "Tổ Sử", "tổ", "01/09/2024", None]]
        place = (await send(person, xlsx([HEADS, *merged], "E3:E4"))).headers["location"]
        assert "Mới: 3" in text_of(await person.get(place))
    assert await rows(site, "select number, found->>'parent' from intake_rows where found->>'code' = 'to-su'") == [
        (4, "thcs-hoa-sen")
    ]
    assert len(set(places)) == 2


@pytest.mark.db
async def test_a_form_gone_back_to_with_another_file_is_another_list(site: Site) -> None:
    once = str(uuid4())
    async with site.signed_in("administrator") as person:
        first, second = [
            (await send(person, xlsx([HEADS, *NEW[:many]]), once=once)).headers["location"] for many in (1, 2)
        ]
        assert ["Mới: 1" in text_of(await person.get(first)), "Mới: 2" in text_of(await person.get(second))] == [
            True
        ] * 2
        both = await asyncio.gather(*(send(person, xlsx([HEADS, *NEW]), once=once) for _ in range(2)))
    assert [(one.status_code, one.headers["location"]) for one in both] == [(303, both[0].headers["location"])] * 2


@pytest.mark.db
async def test_undone_is_only_what_the_list_wrote(site: Site) -> None:
    """A reference that turned between reading and writing, or was entered after, is what it was before or after."""

    def told(reference: str, unit: str = "thcs-hoa-sen") -> bytes:
        return xlsx([HEADS, [unit, "Trường THCS Hoa Sen", "trường trung học cơ sở", "1/9/2024", "", "", reference]])

    references = "select external_ref from units where code = 'thcs-hoa-sen'"
    async with site.signed_in("administrator") as person:

        async def write(place: str) -> None:
            assert (await person.post(place + "/ghi")).status_code == 303

        early = (await send(person, told("1"))).headers["location"]
        await write((await send(person, told("2"))).headers["location"])
        assert (await person.post(early + "/ghi")).status_code == 422  # it is no new unit any more
        await write(early)
        assert await rows(site, references) == [("1",)]
        assert (await person.post(early + "/hoan-tac")).status_code == 303
        assert await rows(site, references) == [("2",)]
        mid = (await send(person, told("3"))).headers["location"]
        await write(mid)
        await write((await send(person, told("4"))).headers["location"])
        assert (await person.post(mid + "/hoan-tac")).status_code == 303
    assert await rows(site, references) == [("4",)]


@pytest.mark.db
@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("don-vi.xlsx", b"", "Tệp này trống"),
        ("don-vi.xlsx", b"PK\x03\x04 hong", "Đuôi tên tệp không đúng"),
        ("don-vi.pdf", b"%PDF-1.4\n", "Chỉ đọc được tệp Excel"),
        ("don-vi.csv", b"\x00\x01\x02", "Không đọc được tệp này"),
        ("don-vi.csv", b"ten;ma\n1;2\n", "Không thấy đủ các cột"),
        ("don-vi.csv", ";".join([*HEADS, HEADS[0]]).encode(), "Một cột có mặt hai lần"),
        ("don-vi.csv", ";".join(HEADS).encode(), "không có dòng nào"),
        ("don-vi.csv", (";".join(HEADS) + "\n" + "a;b\n" * 20_001).encode(), "hơn 20.000 dòng"),
    ],
)
async def test_a_file_that_is_no_such_list_is_told_so(site: Site, name: str, content: bytes, told: str) -> None:
    async with site.signed_in("administrator") as person:
        answer = await send(person, content, name)
    assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)


@pytest.mark.db
async def test_the_template_is_read_as_it_is_filled_in(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        book = load_workbook(io.BytesIO((await person.get(PATH + "/mau.xlsx")).content))
        content = io.BytesIO()
        book.save(content)
        place = (await send(person, content.getvalue())).headers["location"]
        assert "Mới: 1" in text_of(await person.get(place))


@pytest.mark.db
async def test_a_list_is_forgotten_after_a_while_and_what_it_brought_stays(site: Site) -> None:
    async with site.signed_in("administrator") as person:
        place = (await send(person, xlsx([HEADS, *NEW]))).headers["location"]
        await person.post(place + "/ghi")
    kept = []
    for days in (29, 31):
        async with site.database.transaction() as session:
            await intakes.tidy(session, make.AT + timedelta(days=days) - intakes.KEPT)
        kept.append(await rows(site, "select count(*), (select count(*) from intake_rows) from intakes"))
    assert kept == [[(1, 3)], [(0, 0)]]
    assert ("thcs-hoa-sen",) in await rows(site, "select code from units")


def judged(*told: UnitRow, known: dict[str, KnownUnit] | None = None) -> list[tuple[str, list[str]]]:
    """What becomes of each, and which columns are wrong."""
    return [(one.outcome.value, list(one.errors)) for one in judge_units(told, known or {})]


def unit(code: str, parent: str = "", **more: Any) -> UnitRow:
    return UnitRow(code, f"Trường {code}", "school", date(2024, 9, 1), parent, "administrative", **more)


@pytest.mark.unit
def test_rows_are_judged_together() -> None:
    there = {
        code: KnownUnit(f"Trường {code}", "school", ref, ended)
        for code, ref, ended in [("x", "7", False), ("y", "", True)]
    }
    wrong = unit("d", errors={"name": "?"})
    assert judged(unit("a", "x"), unit("a"), unit("b", "y"), unit("c", "z"), wrong, unit("e", "d"), known=there) == [
        ("new", []),
        ("bad", ["code"]),
        ("bad", ["parent"]),
        ("bad", ["parent"]),
        ("bad", ["name"]),
        ("bad", ["parent"]),
    ]
    under = {"x": KnownUnit("Trường x", "school", "", ended=False, parents=frozenset({"u"}))}
    assert [judged(unit("x", parent), known=under) for parent in ("u", "", "v")] == [
        [("same", [])],
        [("same", [])],
        [("bad", ["parent"])],
    ]
    assert judged(unit("x"), unit("x", external_ref="8"), known=there) == [("same", []), ("bad", ["code"])]
    assert judged(unit("x", external_ref="8"), unit("q", external_ref="7"), known=there) == [
        ("changed", []),
        ("bad", ["external_ref"]),
    ]
    ring = [unit("a", "b"), unit("b", "c"), unit("c", "a"), unit("d", "a"), unit("e", "e")]
    assert judged(*ring) == [("bad", ["parent"])] * 5


@pytest.mark.unit
def test_headings_are_known_whatever_their_case_and_order() -> None:
    heads = ["STT", "TÊN ĐƠN VỊ *", "Mã đơn vị", "Từ ngày *", "loại đơn vị"]
    assert find_columns(heads, UNIT_COLUMNS) == {"name": 1, "code": 2, "since": 3, "kind": 4}
    with pytest.raises(BadTable):
        find_columns(heads[1:4], UNIT_COLUMNS)
    assert Judged(Outcome.NEW, {}) == judge_units([ROW], {})[0]
