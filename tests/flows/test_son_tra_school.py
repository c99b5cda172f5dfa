"""A year of an upper secondary school's plan: its teams put forward, the school honours, one case goes on to the
department, which honours it too; all before 30 November.

The desk of a district plays the school's, for no agency of the federation is a school; so the city's department stands
above it. The letter of introduction and the report go up before their day.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from deploy.local.demo.candidates import TEACHER, TEAM, Candidate
from deploy.local.demo.desk import Desk
from deploy.local.demo.people import expect
from tests.support import flowing
from tests.support.flowing import PLANS, missing, seen
from tests.support.site import text_of
from tests.support.system import system

pytestmark = [pytest.mark.flow, pytest.mark.long]

SCHOOL, DEPARTMENT = "tan-binh", "hcm"
DAY = date(2024, 11, 18)
LETTERS, SCIENCES = "Tổ Ngữ văn – Lịch sử", "Tổ Toán – Tin học"
ABOVE = "Tuyên truyền gương điển hình tiên tiến giai đoạn 2023 - 2025 của ngành Giáo dục thành phố"
REPORT = "Báo cáo kết quả và giới thiệu điển hình tiên tiến tiêu biểu về Sở"
LETTER = "Có văn bản giới thiệu tập thể hoặc cá nhân tiêu biểu về Sở"
OURS = """Số: 384/KH-THPTST
Đà Nẵng, ngày 18 tháng 12 năm 2023

KẾ HOẠCH
Tuyên truyền gương điển hình tiên tiến giai đoạn 2023 - 2025
của Trường Trung học phổ thông Sơn Trà

Căn cứ Kế hoạch số 3776/KH-SGDĐT ngày 11/12/2023 của Sở Giáo dục và Đào tạo về tuyên truyền gương điển hình tiên tiến,
Trường Trung học phổ thông Sơn Trà ban hành Kế hoạch như sau:

1. Triển khai Quyết định số 1526/QĐ-TTg ngày 09/12/2022 của Thủ tướng Chính phủ về phê duyệt Đề án; Kế hoạch số
43/KH-UBND ngày 24/02/2023 về tuyên truyền gương điển hình tiên tiến; Kế hoạch số 180/KH-UBND ngày 25/9/2023 về đẩy mạnh
công tác tuyên truyền; Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo về triển khai Đề án.

2. Tập thể tổ, cán bộ quản lý, giáo viên, nhân viên, học sinh trong toàn trường.

3. Báo cáo kết quả thực hiện và giới thiệu các điển hình tiên tiến trước ngày 30/11 hằng năm về Sở GDĐT.

Nơi nhận:
- Sở GDĐT;
- Thông báo chung;
- Website Trường;
- Lưu: VT, VP.
"""
CITY, MINISTRY = "Ủy ban nhân dân thành phố", "Bộ Giáo dục và Đào tạo"
GROUNDS = (
    ("3776/KH-SGDĐT", "11/12/2023", "Sở Giáo dục và Đào tạo", ABOVE, "professional"),
    ("1526/QĐ-TTg", "09/12/2022", "Thủ tướng Chính phủ", "Đề án tuyên truyền gương điển hình", "administrative"),
    ("43/KH-UBND", "24/02/2023", CITY, "Tuyên truyền gương điển hình tiên tiến", "administrative"),
    ("180/KH-UBND", "25/09/2023", CITY, "Đẩy mạnh tuyên truyền phong trào thi đua", "administrative"),
    ("595/KH-BGDĐT", "10/04/2023", MINISTRY, "Triển khai Đề án trong ngành Giáo dục", "professional"),
)
"""The five parents: number, day, issuer, matter, line."""
LINES = {"professional": "hệ chuyên môn", "administrative": "hệ hành chính"}


async def issue_above(department: Desk) -> None:
    """The department's officer writes and issues the plan that the school's rests on."""
    officer = department.people["can-bo"]
    form = flowing.form_of(expect(await officer.get(f"{PLANS}/moi"), 200))
    paper = {"title": ABOVE, "number": "3776/KH-SGDĐT", "issued_on": "11/12/2023", "period": "2023-2025"}
    begun = expect(await officer.post(f"{PLANS}/moi", form | paper), 200)
    plan = flowing.path_of(begun).removesuffix("/soan/can-cu")
    await flowing.save(officer, plan, "han", what=REPORT, who="các trường", duty="report", when="30/11")
    page = await flowing.issue(officer, plan)
    assert "Phòng GDĐT Tân Bình: Chưa xác nhận đã đọc" in page, page


async def issue_plan(desk: Desk) -> str:
    """The school reads the department's plan, then its own text in, says what that leaves open, issues it; its path."""
    officer = desk.people["can-bo"]
    await desk.until("the plan has come down", lambda: desk.page_has(officer, PLANS, ABOVE))
    listed = expect(await officer.get(PLANS), 200)
    [above] = re.findall(rf'href="({PLANS}/cap-tren/[^"]+)">{ABOVE}', listed.text)
    version = flowing.form_of(expect(await officer.get(above), 200))["version"]
    read = text_of(expect(await officer.post(above, {"version": version}), 200))
    assert "Đã xác nhận ngày 18/11/2024" in read, read
    retyped = {
        "deadline.what": [REPORT],
        "ground.issuer": [issuer for _, _, issuer, _, _ in GROUNDS],
        "ground.title": [title for _, _, _, title, _ in GROUNDS],
        "recipient.purpose": ["report", "carry_out", "carry_out", "file"],
    }
    text = flowing.plan_text("son-tra-high-school-plan.txt", OURS)
    plan = await flowing.read_in(officer, text, retyped)
    for place, ground in enumerate(GROUNDS):
        await flowing.save(officer, plan, "can-cu", str(place), line=ground[-1])
    window = {"opens_on": "01/10/2024", "closes_on": "25/11/2024"}
    await flowing.save(officer, plan, "dot", name="Giới thiệu năm 2024", kind="window", **window)
    await flowing.save(officer, plan, "han", what=LETTER, who="Ban giám hiệu", duty="other", when="30/11")
    await flowing.save(officer, plan, "han", what="Phổ biến trong tổ", duty="acknowledge", when="30/11")
    await flowing.save(officer, plan, "chi-tieu", bound="at_least", count="1", counted="referred", per="year")
    page = await flowing.issue(officer, plan)
    told = [
        "Số ký hiệu 384/KH-THPTST Ngày ban hành 18/12/2023 Nơi ban hành Trường Trung học phổ thông Sơn Trà",
        *(f"{n} ngày {day}: {title} ({issuer}) · {LINES[line]}" for n, day, issuer, title, line in GROUNDS),
        "Giới thiệu năm 2024: từ 01/10/2024 đến hết ngày 25/11/2024",
        "Ít nhất 1 hồ sơ trình cấp trên, tính theo năm",
        f"{REPORT}: trước hết ngày 30/11 hằng năm",
        f"{LETTER} (Ban giám hiệu): trước hết ngày 30/11 hằng năm",
        "Sở GDĐT (để báo cáo) Thông báo chung (để thực hiện) Website Trường (để thực hiện) VT, VP (lưu)",
    ]
    assert missing(page, *told) == [], page
    assert page.count("Bản nhận từ Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh") == 1, page
    return plan


async def give_teams(desk: Desk) -> tuple[str, str]:
    """Two teams, each with somebody who writes and a head; their ids."""
    letters = await flowing.enter_unit(desk, "to-van-su", LETTERS, "team", "01/09/2023")
    sciences = await flowing.enter_unit(desk, "to-toan-tin", SCIENCES, "team", "01/09/2023")
    roles = {"nguoi-de-cu": "nominator", "thu-truong": "head"}
    given = {
        f"{who}{more}": [(role, unit)]
        for who, role in roles.items()
        for more, unit in (("", letters), ("-2", sciences))
    }
    await flowing.give_roles(desk, given)
    return letters, sciences


async def honour(desk: Desk, who: Candidate, head: str, number: str) -> str:
    """A team puts somebody forward, the school's council honours; the code."""
    code = await flowing.nominate(desk, who, head, "Giới thiệu năm 2024")
    await desk.review(code)
    await desk.honour(code, number, "cấp trường", "18/11/2024")
    return code


async def introduce(desk: Desk, department: Desk, plan: str, code: str, email: str) -> None:
    """The school shows the team that it honoured and introduces it above, where it is honoured and shown too."""
    officer = desk.people["can-bo"]
    asked = "Ít nhất 1 hồ sơ trình cấp trên · Năm 2024"
    before = await seen(officer, "/de-cu/chi-tieu")
    assert missing(before, asked, "Đạt 0/1") == [], before
    await desk.write_and_ask(code)
    await desk.answer(email, "portal", "upper")
    await desk.shown(code)
    await send_letter(desk, code)
    await department.accept(code)
    assert await department.case_shows(code, "Theo tờ trình 45/TTr-THPTST ngày 18/11/2024")
    after = await seen(officer, "/de-cu/chi-tieu")
    assert missing(after, asked, "Đạt 1/1") == [], after
    await department.review(code)
    await department.honour(code, "812/QĐ-SGDĐT", "cấp thành phố", "18/11/2024")
    story = await seen(department.people["bien-tap"], await department.release(code))
    assert missing(story, LETTERS, "812/QĐ-SGDĐT") == [], story
    await desk.until("the school knows", lambda: desk.case_shows(code, "812/QĐ-SGDĐT"))
    journey = await seen(desk.people["nguoi-de-cu"], f"/de-cu/ho-so/{code}/hanh-trinh")
    steps = ["Sở GDĐT TP.HCM đã có quyết định khen", "đã trình hồ sơ lên Sở GDĐT TP.HCM", "Đã có quyết định khen"]
    assert missing(journey, *steps) == [], journey


async def send_letter(desk: Desk, code: str) -> None:
    """The letter of introduction goes up with the case; it is a paper too."""
    secretary, path = desk.people["thu-ky"], "/xet-duyet/to-trinh"
    form = flowing.form_of(expect(await secretary.get(f"{path}/moi?gui={DEPARTMENT}"), 200), f"{path}/moi")
    told: dict[str, str | list[str]] = {
        "code": [code],
        "number": "45/TTr-THPTST",
        "dated": "18/11/2024",
        "words": "Trường giới thiệu tập thể sau.",
    }
    sent = expect(await secretary.post(f"{path}/moi", form | told), 200)
    assert missing(text_of(sent), "45/TTr-THPTST", code, LETTERS) == [], text_of(sent)
    expect(await secretary.get(f"{flowing.path_of(sent)}/to-trinh.docx"), 200)


async def report(desk: Desk, department: Desk) -> None:
    """The school reports as the department's plan asks, and the department receives it."""
    officer = desk.people["can-bo"]
    begun = await flowing.begin_report(officer, "gửi Sở GDĐT TP.HCM", from_on="01/01/2024")
    told = [REPORT, "Nơi nhận Sở GDĐT TP.HCM", "2 trên 5 đơn vị có hồ sơ."]
    assert missing(text_of(begun), *told[1:]) == [], text_of(begun)
    done = "Hai tổ đã giới thiệu một tập thể và một giáo viên; cả hai được khen."
    await flowing.send_report(officer, flowing.path_of(begun), done, "Nên chọn nhân tố mới từ đầu năm học.")
    above = department.people["can-bo"]
    school = "Phòng GDĐT Tân Bình"
    await department.until("the report has come", lambda: department.page_has(above, flowing.REPORTS, school))
    await flowing.receive_report(department, done, REPORT, "2 trên 5 đơn vị có hồ sơ.", "Tập thể 1 1", "Giáo viên 1 1")
    await desk.until("the school knows", lambda: desk.page_has(officer, flowing.path_of(begun), "Đã nhận"))


async def test_teams_school_and_department(tmp_path: Path) -> None:
    with system(tmp_path / "local", SCHOOL, DEPARTMENT, day=DAY) as running:
        async with flowing.at_desk(running, SCHOOL) as desk, flowing.at_desk(running, DEPARTMENT) as department:
            letters, sciences = await give_teams(desk)
            await issue_above(department)
            plan = await issue_plan(desk)
            told = await flowing.carry_out(desk.people["thu-truong"], plan, letters, "18/11/2024", "9")
            assert f"{LETTERS} đã triển khai ngày 18/11/2024, cho 9 người" in told
            team = flowing.somebody(TEAM, letters, "nguoi-de-cu", LETTERS, "9 giáo viên", "to.van-su@mai-son.example")
            teacher = flowing.somebody(
                TEACHER,
                sciences,
                "nguoi-de-cu-2",
                "Hồ Thị Thanh Trúc",
                "giáo viên Tin học",
                "thanh.truc@mai-son.example",
            )
            code = await honour(desk, team, "thu-truong", "41/QĐ-THPTST")
            await honour(desk, teacher, "thu-truong-2", "42/QĐ-THPTST")
            await introduce(desk, department, plan, code, team.email)
            await report(desk, department)
            map_ = await seen(desk.people["can-bo"], f"{plan}/ban-do")
            assert (
                missing(map_, f"{SCIENCES} tổ Chưa triển khai – – 1", f"{LETTERS} tổ Đã triển khai 18/11/2024 9 1")
                == []
            )
