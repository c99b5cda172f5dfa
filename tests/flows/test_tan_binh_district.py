"""A year of Tân Bình's plan: schools carry it out, somebody promising is seen and helped on, the district's council
decides, the plan's target is met, and the honoured one is followed further.

What the plan asks for and other services do not have yet: the interim and yearly review (sơ kết, tổng kết) as a report.
"""

import re

import httpx2
import pytest

from deploy.local import outside
from deploy.local.demo import dossiers
from deploy.local.demo.candidates import DECLINED as KNOWN
from deploy.local.demo.candidates import OTHER_SCHOOL, Candidate, Claim
from deploy.local.demo.desk import OFFICE, Desk
from deploy.local.demo.people import Browser, expect
from deploy.local.runner import Running
from tests.support.site import text_of

pytestmark = pytest.mark.flow

PLAN = "/de-cu/ke-hoach/tan-binh-2023-2025"
SEEN = {
    "category": "teacher",
    "name": "Cao Thị Hồng Đào",
    "unit": OTHER_SCHOOL,
    "deed": "Dạy bơi miễn phí cho học sinh trong hè, hai năm liền.",
    "contact": "",
}
NEW = Candidate(
    "nguoi-de-cu-2", OTHER_SCHOOL, "teacher", SEEN["name"], "giáo viên Thể dục", "hong.dao@binh-minh.example",
    {**KNOWN.claims, "GV4": Claim("Soạn giáo án dạy bơi an toàn, 10 buổi.", "Giáo án và ảnh các buổi dạy")},
)  # fmt: skip


def field(page: httpx2.Response, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, (name, text_of(page))
    return found[1]


async def carry_out(desk: Desk) -> None:
    """The head of a school says that its people have heard of the plan; the officer sees it on the map."""
    head, officer = desk.people["thu-truong-2"], desk.people["can-bo"]
    before = text_of(expect(await officer.get(f"{PLAN}/ban-do"), 200))
    version = field(expect(await head.get(f"{PLAN}/trien-khai"), 200), "version")
    told = {"unit": OTHER_SCHOOL, "told_on": "07/10/2024", "people": "41", "version": version}
    expect(await head.post(f"{PLAN}/trien-khai", told), 200)
    after = text_of(expect(await officer.get(f"{PLAN}/ban-do"), 200))
    assert ("07/10/2024" in before, "07/10/2024" in after) == (False, True), after


async def spot(desk: Desk) -> str:
    """Somebody of the public tells of a teacher; the school takes it up and helps; the lead's path."""
    anybody, head = Browser(desk.address), desk.people["thu-truong-2"]
    expect(await anybody.get("/gioi-thieu"), 200)
    expect(await anybody.post("/gioi-thieu", SEEN), 201)
    await anybody.close()
    listed = expect(await head.get("/de-cu/nhan-to"), 200)
    assert "Người dân giới thiệu, chờ nhận" in text_of(listed)
    [path] = set(re.findall(r'href="(/de-cu/nhan-to/[0-9a-f-]{36})"', listed.text))
    expect(await head.post(f"{path}/nhan", {"unit": OTHER_SCHOOL}), 200)
    notes = (
        {"kind": "gap", "text": "Chưa có giáo án bằng văn bản."},
        {"kind": "measure", "text": "Tổ chuyên môn giúp soạn giáo án.", "due_on": "14/10/2024"},
        {"kind": "material", "text": "Mua 20 phao tập."},
    )
    for note in notes:
        expect(await head.post(f"{path}/so", note), 200)
    page = expect(await head.get(path), 200)
    [done] = re.findall(r'action="([^"]+/xong)"', page.text)
    expect(await head.post(done), 200)
    page = expect(await head.post(f"{path}/buoc", {"to": "ready"}), 200)
    assert "Sẵn sàng đề cử" in text_of(page)
    return str(path)


async def nominate(desk: Desk, lead: str) -> str:
    """The school puts its lead forward: what is known stands there, the rest is written; the code."""
    by, head = desk.people[NEW.nominator], desk.people["thu-truong-2"]
    rounds = re.findall(r'<option value="([0-9a-f-]{36})"', expect(await by.get(lead), 200).text)
    page = expect(await by.post(f"{lead}/de-cu", {"round": rounds[0]}), 200)
    code = re.search(r"TB-\d\d-\d{4}", page.text)
    assert code is not None
    assert NEW.name in text_of(page)
    assert SEEN["deed"] in expect(await by.get(f"/de-cu/ho-so/{code[0]}/tieu-chi/G"), 200).text
    proof = {"text": SEEN["deed"], "proof": "Danh sách học sinh đã học bơi", "version": "1"}
    expect(await by.post(f"/de-cu/ho-so/{code[0]}/tieu-chi/G", proof), 200)
    await dossiers.write(by, code[0], NEW)
    await dossiers.agree(by, code[0])
    await dossiers.confirm(head, code[0])
    expect(await by.post(f"/de-cu/ho-so/{code[0]}/gui", {"related": "no"}), 200)
    return code[0]


async def test_a_year_from_the_plan_to_an_honour_and_on(running: Running) -> None:
    desk = Desk(running.addresses["tan-binh"], outside.address(running.stage), lambda _line: None)
    await desk.come_in("can-bo", "nguoi-de-cu-2", "thu-truong-2", *OFFICE)
    officer, by = desk.people["can-bo"], desk.people[NEW.nominator]
    target = text_of(expect(await by.get("/de-cu/chi-tieu"), 200))
    assert "Dưới chỉ tiêu" in target, target
    await carry_out(desk)
    lead = await spot(desk)
    code = await nominate(desk, lead)
    assert "Mọi đơn vị đều đạt chỉ tiêu" in text_of(expect(await by.get("/de-cu/chi-tieu"), 200))
    await desk.until("the council has it", lambda: desk.case_shows(code, "Nộp phiếu chấm"))
    await desk.review(code)
    await desk.honour(code, "91/QĐ-PGDĐT", "cấp quận")
    own = f"/de-cu/ho-so/{code}"
    await desk.until("the school knows of the honour", lambda: desk.page_has(by, own, "Theo dõi tiếp"))
    followed = text_of(expect(await by.post(f"{own}/nhan-to"), 200))
    assert "Hướng tới cấp toàn quốc" in followed
    assert f"Đã được khen theo hồ sơ {code}" in followed
    rows = text_of(expect(await officer.get("/de-cu/nhan-to"), 200))
    assert rows.count(NEW.name) == 2, rows
    await desk.close()
