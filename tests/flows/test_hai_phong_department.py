"""A year of a department's plan: its units carry it out and put forward, five go up to the ministry, and what the plan
asks of the year is on its page: the exchange of each cluster before 31 August, the report before 30 October, which a
unit writes and the department receives.

What the plan asks for and no service has yet: counting what was replicated («nhân rộng») in a unit, so the officer asks
each unit for a dossier a year beside it; the exchange conference itself, and that somebody is told when its day has
passed; a cluster («cụm thi đua») as such, which is the line under the unit that leads it.
"""

from datetime import date
from pathlib import Path

import pytest

from deploy.local.demo.candidates import LIBRARIAN, TEACHER, TEAM, Candidate
from deploy.local.demo.desk import Desk
from tests.support import flowing
from tests.support.flowing import missing, seen
from tests.support.site import text_of
from tests.support.system import system

pytestmark = [pytest.mark.flow, pytest.mark.long]

AGENCY, MINISTRY = "hai-phong", "moet"
DAY, SINCE = date(2024, 10, 28), "01/01/2023"
OFFICE, HIGH, CENTRE = "Phòng GDĐT quận Hoa Phượng", "Trường THPT Bến Đò", "Trung tâm GDNN-GDTX Đồng Muối"
EXCHANGE = "Hội nghị giao lưu, trao đổi theo cụm thi đua, 01 lần mỗi năm"
REPORT = "Báo cáo tình hình triển khai thực hiện về Sở"
REASON = "Cần thêm xác nhận của địa phương về hiệu quả việc làm."
OURS = """SỞ GIÁO DỤC VÀ ĐÀO TẠO
Số:    /KH-SGDĐT
Hải Phòng, ngày 18 tháng 4 năm 2023

KẾ HOẠCH
Triển khai Đề án “Tuyên truyền gương điển hình tiên tiến giai đoạn 2023 - 2025” của ngành Giáo dục

Thực hiện Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo triển khai Đề án, Sở Giáo dục và Đào tạo
ban hành Kế hoạch như sau:

1. Thực hiện Nghị quyết số 29-NQ/TW ngày 04/11/2013 của Ban Chấp hành Trung ương, Quyết định số 2559/QĐ-BGDĐT ngày
06/8/2021 của Bộ trưởng, Chỉ thị số 34-CT/TW ngày 07/4/2014 của Bộ Chính trị. Phong trào thi đua “Đổi mới, sáng tạo
trong quản lý, giảng dạy và học tập”.

2. Tập thể, cán bộ quản lý, giáo viên, nhân viên, học sinh.

3. Hằng năm, giới thiệu ít nhất 05 điển hình tập thể, cá nhân tiêu biểu đề nghị các cấp khen thưởng.

4. Hội nghị giao lưu cho các điển hình tiên tiến theo cụm thi đua hoàn thành trước ngày 31 tháng 8 hằng năm.

5. Mỗi một đơn vị có ít nhất 01 điển hình tiêu biểu được phổ biến, nhân rộng trong một năm.

6. Định kỳ hằng năm báo cáo tình hình triển khai về Sở Giáo dục và Đào tạo trước ngày 30 tháng 10.

Nơi nhận:
- Phòng GDĐT quận, huyện;
- Các trường THPT;
- Lưu: VT, VP.
"""
RETYPED = {
    "title.title": ["Triển khai Đề án tuyên truyền gương điển hình tiên tiến của ngành Giáo dục Hải Phòng"],
    "issuer.issuer": ["Sở Giáo dục và Đào tạo"],
    "ground.issuer": ["Bộ Giáo dục và Đào tạo", "Ban Chấp hành Trung ương", "Bộ Giáo dục và Đào tạo", "Bộ Chính trị"],
    "ground.title": [
        "Triển khai Đề án tuyên truyền gương điển hình tiên tiến",
        "Đổi mới căn bản, toàn diện giáo dục và đào tạo",
        "Chương trình hành động của Bộ",
        "Tiếp tục đổi mới công tác thi đua, khen thưởng",
    ],
    "deadline.what": [EXCHANGE, REPORT],
    "target.note": ["Hằng năm, giới thiệu ít nhất 05 điển hình", "Mỗi đơn vị có ít nhất 01 điển hình được nhân rộng"],
}
"""What the officer types over a scan whose letters are damaged."""


async def enter_units(desk: Desk) -> tuple[str, str]:
    """Three units in one cluster, two of them with somebody who writes and a head; the ids of these."""
    kinds = (("pgd", OFFICE, "office"), ("thpt", HIGH, "upper-secondary"), ("gdtx", CENTRE, "continuing"))
    office, high, centre = [await flowing.enter_unit(desk, *one, SINCE) for one in kinds]
    for one in (office, centre):
        page = await flowing.put_under(desk, one, high, "emulation", SINCE)
        assert f"{HIGH} · cụm thi đua, từ {SINCE}" in page
    roles = {"nguoi-de-cu": ("nominator", office), "thu-truong": ("head", office)}
    roles |= {"nguoi-de-cu-2": ("nominator", high), "thu-truong-2": ("head", high)}
    await flowing.give_roles(desk, {who: [role] for who, role in roles.items()})
    return office, high


async def issue_plan(desk: Desk) -> str:
    """The officer reads the scan in, repairs it, opens a round, asks for a dossier of each unit, issues; its path."""
    officer = desk.people["can-bo"]
    text = flowing.plan_text("hai-phong-department-plan.ocr.txt", OURS)
    plan = await flowing.read_in(officer, text, RETYPED, left_out=("number", "recipient"))
    window = {"opens_on": "01/01/2024", "closes_on": "15/11/2024"}
    await flowing.save(officer, plan, "dot", name="Giới thiệu năm 2024", kind="window", **window)
    await flowing.save(officer, plan, "chi-tieu", bound="at_least", count="1", per="year", note="Để theo dõi")
    await flowing.save(officer, plan, "noi-nhan", who="Các đơn vị trực thuộc Sở", purpose="carry_out")
    page = await flowing.issue(officer, plan)
    numbers = ("595/KH-BGDĐT ngày 10/04/2023", "29-NQ/TW ngày 04/11/2013", "2559/QĐ-BGDĐT ngày 06/08/2021")
    told = [
        f"{RETYPED['title.title'][0]} Số ký hiệu Chưa xác nhận Ngày ban hành 18/04/2023",
        *(f"{number}: {title}" for number, title in zip(numbers, RETYPED["ground.title"], strict=False)),
        "34-CT/TW ngày 07/04/2014",
        "Đổi mới, sáng tạo trong quản lý, giảng dạy và học tập",
        "tập thể cán bộ quản lý giáo viên nhân viên học sinh",
        "Ít nhất 5 hồ sơ trình cấp trên, tính theo năm",
        "Mỗi đơn vị ít nhất 1 điển hình được nhân rộng, tính theo năm",
        "Mỗi đơn vị ít nhất 1 hồ sơ, tính theo năm",
        f"{EXCHANGE}: trước hết ngày 31/08 hằng năm",
        f"{REPORT}: trước hết ngày 30/10 hằng năm",
    ]
    assert missing(page, *told) == [], page
    assert "Bản nhận từ Bộ Giáo dục và Đào tạo" in page, page
    return plan


def everybody(office: str, high: str) -> list[tuple[Candidate, str]]:
    """Whom the two units put forward, and who confirms."""
    first, second = ("nguoi-de-cu", "thu-truong"), ("nguoi-de-cu-2", "thu-truong-2")
    who = [
        (TEACHER, office, first, "Lương Thị Hải Vân", "giáo viên Ngữ văn", "hai.van"),
        (TEAM, office, first, "Tổ Nghiệp vụ", "6 người", "nghiep.vu"),
        (TEAM, high, second, "Tổ Vật lý – Công nghệ", "8 giáo viên", "vat.ly"),
        (TEACHER, high, second, "Nguyễn Trọng Nghĩa", "giáo viên Vật lý", "trong.nghia"),
        (LIBRARIAN, high, second, "Bùi Thị Phương Loan", "nhân viên thư viện", "phuong.loan"),
    ]
    return [
        (flowing.somebody(like, unit, by, name, position, f"{mail}@ben-do.example"), head)
        for like, unit, (by, head), name, position, mail in who
    ]


async def standing(desk: Desk, *words: str) -> None:
    """The page of targets says this, in that order."""
    page = await seen(desk.people["can-bo"], "/de-cu/chi-tieu")
    assert missing(page, *words) == [], page


async def send_up(desk: Desk, ministry: Desk, codes: list[str]) -> None:
    """All five go up; the ministry gives one back, which is missed then, and takes over what comes anew."""
    up = "Ít nhất 5 hồ sơ trình cấp trên · Năm 2024"
    await standing(desk, up, "Đạt 0/5")
    for code in codes:
        await desk.refer(code, MINISTRY)
    for code in codes[1:]:
        await ministry.accept(code)
    await standing(desk, up, "Đạt 5/5")
    await ministry.give_back(codes[0], REASON)
    await desk.until("the reason has come", lambda: desk.case_shows(codes[0], REASON))
    await standing(desk, up, "Đạt 4/5")
    await desk.refer(codes[0], MINISTRY)
    await ministry.accept(codes[0])
    await standing(desk, up, "Đạt 5/5")


async def report(desk: Desk) -> None:
    """The head of a unit reports as the plan asks, two days before it is due; the department receives it."""
    head = desk.people["thu-truong-2"]
    begun = await flowing.begin_report(head, REPORT, from_on="01/01/2024")
    told = ["Hạn gửi 30/10/2024", "1 trên 1 đơn vị có hồ sơ.", "Tập thể 1", "Giáo viên 1", "Nhân viên 1"]
    assert missing(text_of(begun), *told) == [], text_of(begun)
    done = "Ba hồ sơ đã gửi, có một tập thể tổ chuyên môn."
    await flowing.send_report(head, flowing.path_of(begun), done, "Nên giao mỗi tổ theo dõi một nhân tố mới.")
    await flowing.receive_report(desk, done, REPORT, HIGH)


async def test_units_department_and_five_upward(tmp_path: Path) -> None:
    with system(tmp_path / "local", AGENCY, MINISTRY, day=DAY) as running:
        async with flowing.at_desk(running, AGENCY) as desk, flowing.at_desk(running, MINISTRY) as ministry:
            office, high = await enter_units(desk)
            plan = await issue_plan(desk)
            told = await flowing.carry_out(desk.people["thu-truong-2"], plan, high, "05/09/2024", "64")
            assert f"{HIGH} đã triển khai ngày 05/09/2024, cho 64 người" in told
            codes = []
            for who, head in everybody(office, high):
                code = await flowing.nominate(desk, who, head)
                await desk.review(code)
                codes.append(code)
            await send_up(desk, ministry, codes)
            await report(desk)
            missed = f"{CENTRE}: đã gửi 0 hồ sơ Dưới chỉ tiêu"
            await standing(desk, "Mỗi đơn vị ít nhất 1 hồ sơ · Năm 2024", "Đạt 2/3", missed)
            await ministry.review(codes[1])
            await ministry.honour(codes[1], "3021/QĐ-BGDĐT", "cấp Bộ", "28/10/2024")
            await desk.until("the honour is known", lambda: desk.case_shows(codes[1], "3021/QĐ-BGDĐT"))
            map_ = await seen(desk.people["can-bo"], f"{plan}/ban-do")
            rows = [
                f"{CENTRE} trung tâm giáo dục thường xuyên Chưa triển khai – – 0 Chưa giới thiệu",
                f"{OFFICE} phòng giáo dục và đào tạo Chưa triển khai – – 2 Đã giới thiệu",
                f"{HIGH} trường trung học phổ thông Đã triển khai 05/09/2024 64 3 Đã giới thiệu",
            ]
            assert missing(map_, *rows) == [], map_
