"""A district's office ends on 1 July 2025, within the city's deployment: what is open there goes on at its successors.

The evening before, by the federation of 2023, units are taken in from a file, people write, and the administrator says
how the office is split. In the morning the same data run by the federation of today. Nothing in the code knows what a
district is: units, kinds, days and successors are what people entered.
"""

import csv
import io
import re
from datetime import date
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.demo import dossiers
from deploy.local.demo.candidates import TEACHER
from deploy.local.demo.desk import Desk, case_path
from deploy.local.demo.people import expect
from tests.support import flowing
from tests.support.flowing import UNITS, form_of, missing, path_of, seen
from tests.support.site import text_of
from tests.support.system import system

pytestmark = [pytest.mark.flow, pytest.mark.long]

CITY, MORNING = "hcm", "01/07/2025"
TODAYS = Path("deploy/federations/today.toml")
DISTRICT, EAST, WEST = "Phòng GDĐT quận Hoa Ban", "Phường Hoa Ban Đông", "Phường Hoa Ban Tây"
GREEN, BROOK = "Trường THCS Lá Xanh", "Trường Tiểu học Suối Nhỏ"
HEADS = ["Mã đơn vị", "Tên đơn vị", "Loại đơn vị", "Từ ngày", "Thuộc đơn vị (mã)", "Theo hệ", "Mã ngành"]
FILE = [
    ["q-hoa-ban", DISTRICT, "phòng giáo dục và đào tạo", "01/01/2020", "", "", "79-999"],
    ["thcs-la-xanh", GREEN, "trường trung học cơ sở", "01/01/2020", "q-hoa-ban", "quản lý", "79999001"],
    ["th-suoi-nho", BROOK, "trường tiểu học", "01/01/2020", "q-hoa-ban", "quản lý", "79999002"],
    ["p-hoa-ban-dong", EAST, "đơn vị trực thuộc", "16/06/2025", "", "", ""],
    ["p-hoa-ban-tay", WEST, "đơn vị trực thuộc", "16/06/2025", "", "", ""],
]
PLAN = """KẾ HOẠCH
Tuyên truyền gương điển hình tiên tiến năm 2025

Sở Giáo dục và Đào tạo xây dựng kế hoạch như sau: tuyên dương nhà giáo qua phong trào thi đua “Dạy tốt – Học tốt”.
"""
PEOPLE = ("Cao Thị Ánh Tuyết", "Đỗ Minh Nhật", "Hồ Thị Kim Chi", "Trương Vĩnh Phúc")


async def take_units_in(desk: Desk) -> dict[str, str]:
    """The administrator takes the units in from a file; their ids by name."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADS, *FILE])
    chief = desk.people["quan-tri"]
    page = expect(
        await chief.post(f"{UNITS}/nhap", {"once": str(uuid4())}, ("don-vi.csv", out.getvalue().encode())), 200
    )
    assert missing(text_of(page), "Mới: 5", "Ghi 5 dòng tốt") == [], text_of(page)
    expect(await chief.post(f"{path_of(page)}/ghi"), 200)
    listed = expect(await chief.get(UNITS), 200).text
    found = {name: id for id, name in re.findall(rf'href="{UNITS}/([0-9a-f-]{{36}})">([^<]+)</a>', listed)}
    assert sorted(found) == sorted(row[1] for row in FILE)
    return found


async def write(desk: Desk, district: str) -> list[str]:
    """The district's office writes four dossiers: two are drafts, one is with the council, one was taken back."""
    officer, by = desk.people["can-bo"], desk.people["nguoi-de-cu"]
    plan = await flowing.read_in(officer, PLAN, {"title.title": ["Tuyên truyền gương điển hình tiên tiến năm 2025"]})
    window = {"opens_on": "01/06/2025", "closes_on": "15/08/2025"}
    await flowing.save(officer, plan, "van-ban", issuer="Sở Giáo dục và Đào tạo", period="2025")
    await flowing.save(officer, plan, "dot", name="Đợt hè", kind="window", **window)
    await flowing.issue(officer, plan)
    codes = []
    for number, name in enumerate(PEOPLE):
        who = flowing.somebody(TEACHER, district, "nguoi-de-cu", name, "giáo viên", f"gv-{number}@hoa-ban.example")
        if number < 2:
            codes.append(await dossiers.begin(by, who))
        else:
            codes.append(await flowing.nominate(desk, who, "thu-truong"))
    heard = "Hội đồng đã nhận hồ sơ"
    for code in codes[2:]:
        journey = f"/de-cu/ho-so/{code}/hanh-trinh"
        await desk.until("the unit knows", partial(desk.page_has, by, journey, heard))
    back = f"/de-cu/ho-so/{codes[3]}/rut"
    expect(await by.post(back, form_of(expect(await by.get(back), 200))), 200)
    return codes


async def plan_the_end(desk: Desk, units: dict[str, str], away: str) -> None:
    """The administrator says who takes over, sends one draft and one school to the other ward, and confirms."""
    chief, place = desk.people["quan-tri"], f"{UNITS}/{units[DISTRICT]}"
    asked = {"successor": units[EAST], "day": MORNING, "paper": "1685/NQ-UBTVQH15"}
    page = expect(await chief.post(f"{place}/thoi", asked), 200)
    rows = dict(re.findall(r'name="thing" value="([0-9a-f-]{36})"><label[^>]*>([^<]+)</label>', page.text))
    assert (len(rows), BROOK in rows.values(), away in rows.values()) == (5, True, True), rows
    chosen = [id for id, name in rows.items() if name in (away, BROOK)]
    page = expect(await chief.post(f"{place}/thoi/chuyen", {"thing": chosen, "successor": units[WEST]}), 200)
    told = text_of(page)
    assert missing(told, "3 hồ sơ", f"{away} Hồ sơ {WEST}") == [], told
    assert f"{BROOK} Đơn vị ở dưới {WEST}" in told
    page = expect(await chief.post(f"{place}/thoi/xac-nhan"), 200)
    assert missing(text_of(page), f"Thôi hoạt động từ ngày {MORNING}", EAST) == [], text_of(page)


async def look(desk: Desk, units: dict[str, str], codes: list[str]) -> None:
    """In the morning everything open is where it was sent, and what had ended is as it was."""
    chief, officer = desk.people["quan-tri"], desk.people["can-bo"]
    await desk.until("the day has come", lambda: desk.page_has(chief, f"{UNITS}/{units[EAST]}", GREEN))
    assert f"Đến ngày {MORNING}" in await seen(chief, f"{UNITS}/{units[DISTRICT]}")
    for ward, school in ((EAST, GREEN), (WEST, BROOK)):
        page = await seen(chief, f"{UNITS}/{units[ward]}")
        assert f"{school} · quản lý, từ {MORNING}" in page, page
    listed = await seen(officer, "/de-cu/ho-so")
    where = zip(codes, (EAST, WEST, EAST, DISTRICT), strict=True)
    assert [unit for code, unit in where if not re.search(rf"{code}(?:(?!HCM-).)*{unit}", listed)] == [], listed
    secretary, case = desk.people["thu-ky"], case_path(codes[2])
    await desk.until("the council knows", lambda: desk.page_has(secretary, case, EAST))
    people = await seen(chief, flowing.PEOPLE)
    roles = [f"Người đề cử · {DISTRICT} · đến trước {MORNING}", f"Người đề cử · {EAST} · từ {MORNING}"]
    assert [one for one in roles if one not in people] == [], people


async def go_on(desk: Desk, codes: list[str]) -> None:
    """Who wrote at the district's office writes on at the ward; what went to the other ward is not theirs any more."""
    await desk.come_in("nguoi-de-cu")
    by = desk.people["nguoi-de-cu"]
    place = f"/de-cu/ho-so/{codes[0]}/tieu-chi/G"
    form = form_of(expect(await by.get(place), 200))
    words = "Dạy bơi miễn phí cho học sinh trong hè."
    expect(await by.post(place, form | {"text": words}), 200)
    assert words in expect(await by.get(place), 200).text
    assert f"Viết tiếp và gửi hồ sơ {codes[0]}" in await seen(by, "/viec")
    assert (await by.get(f"/de-cu/ho-so/{codes[1]}")).status_code == 404


async def test_a_district_s_open_work_goes_on_at_its_successors(tmp_path: Path) -> None:
    with system(tmp_path / "local", CITY, day=date(2025, 6, 30)) as running:
        async with flowing.at_desk(running, CITY) as desk:
            units = await take_units_in(desk)
            roles = {"nguoi-de-cu": [("nominator", units[DISTRICT])], "thu-truong": [("head", units[DISTRICT])]}
            await flowing.give_roles(desk, roles)
            codes = await write(desk, units[DISTRICT])
            await plan_the_end(desk, units, codes[1])
    with system(tmp_path / "local", CITY, day=date(2025, 7, 1), federation=TODAYS) as running:
        async with flowing.at_desk(running, CITY) as desk:
            assert running.federation.name == "vn-2025"
            await look(desk, units, codes)
            await go_on(desk, codes)
