"""Two halves of a year of a school union's plan: its section unions see, help and put forward in May and in November,
the school union's council decides at once, and what was honoured in May is told on the portal.

The desk of the city's union plays the school union's: no agency of the federation is a school's. What the plan asks for
and no service has yet: the meeting of exemplars with members (gặp mặt, tọa đàm), and sending the plan to whom it names.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from deploy.local.demo.candidates import LIBRARIAN, RATED, TEACHER
from deploy.local.demo.desk import Desk
from tests.support import flowing
from tests.support.flowing import missing, seen
from tests.support.system import system

pytestmark = [pytest.mark.flow, pytest.mark.long]

AGENCY = "cdgd-hcm"
MAY, NOVEMBER = date(2024, 5, 28), date(2024, 11, 12)
LETTERS, OFFICE = "Công đoàn bộ phận Tổ Ngữ văn", "Công đoàn bộ phận Tổ Văn phòng"
TITLE = "Tuyên truyền và nhân rộng gương điển hình tiên tiến giai đoạn 2023-2025"
OURS = """KẾ HOẠCH
TUYÊN TRUYỀN VÀ NHÂN RỘNG GƯƠNG ĐIỂN HÌNH TIÊN TIẾN GIAI ĐOẠN 2023-2025

Căn cứ Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo về việc triển khai đề án tuyên truyền gương
điển hình tiên tiến. Căn cứ Hướng dẫn số 07/HD-CĐN ngày 07 tháng 06 năm 2023 của Công đoàn ngành Giáo dục Việt Nam.
Công đoàn trường xây dựng Kế hoạch như sau:

1. Tuyên dương tập thể, cán bộ, nhà giáo, người lao động qua phong trào thi đua “Dạy tốt – Học tốt”.

2. Các công đoàn bộ phận giới thiệu gương điển hình mỗi học kỳ 1 lần vào tháng 5 và tháng 11 hằng năm.

Nơi nhận:
- Đảng uỷ, BGH (để b/c);
- Các CĐBP (để th/h);
- Lưu VPCĐ.
"""
SEEN = {
    "category": "teacher",
    "name": "Đoàn Thị Kim Liên",
    "position": "giáo viên Ngữ văn",
    "deed": "Mở tủ sách lớp học, học sinh đọc và kể lại mỗi tuần.",
    "found_through": "Dạy tốt – Học tốt",
}


async def enter_units(desk: Desk) -> tuple[str, str]:
    """The school's union with two section unions under it, each with somebody who writes and a head; their ids."""
    since = "01/09/2023"
    school = await flowing.enter_unit(desk, "cd-truong", "Công đoàn Trường THCS Hoa Ban", "union", since)
    letters = await flowing.enter_unit(desk, "cdbp-van", LETTERS, "section-union", since)
    office = await flowing.enter_unit(desk, "cdbp-vp", OFFICE, "section-union", since)
    for one in (letters, office):
        page = await flowing.put_under(desk, one, school, "union", since)
        assert "Công đoàn Trường THCS Hoa Ban · công đoàn, từ 01/09/2023" in page
    await flowing.give_roles(
        desk,
        {
            "nguoi-de-cu": [("nominator", letters)],
            "thu-truong": [("head", letters)],
            "nguoi-de-cu-2": [("nominator", office)],
            "thu-truong-2": [("head", office)],
        },
    )
    return letters, office


async def issue_plan(desk: Desk) -> str:
    """The officer reads the plan in, says what its text leaves open, and issues it; its path."""
    officer = desk.people["can-bo"]
    titles = ["Triển khai Đề án tuyên truyền gương điển hình tiên tiến", "Tuyên truyền gương điển hình tiên tiến"]
    text = flowing.plan_text("school-union-plan.txt", OURS)
    plan = await flowing.read_in(officer, text, {"title.title": [TITLE], "ground.title": titles})
    await flowing.save(officer, plan, "can-cu", "0", line="administrative")
    await flowing.save(officer, plan, "can-cu", "1", line="union")
    await flowing.save(officer, plan, "chi-tieu", bound="at_least", count="1", per="round", unit_kind="section-union")
    await flowing.save(officer, plan, "han", what="Phổ biến tới đoàn viên", duty="acknowledge", when="31/05")
    page = await flowing.issue(officer, plan)
    rounds = [f"Đợt tháng {one}: từ 01/{one.zfill(7)} đến hết ngày 3" for one in ("5/2024", "11/2024")]
    told = [
        f"{TITLE} Số ký hiệu Chưa xác nhận",
        f"595/KH-BGDĐT ngày 10/04/2023: {titles[0]} (Bộ Giáo dục và Đào tạo) · hệ hành chính",
        f"07/HD-CĐN ngày 07/06/2023: {titles[1]} (Công đoàn ngành Giáo dục Việt Nam) · hệ công đoàn",
        "Dạy tốt – Học tốt",
        *rounds,
        "Mỗi công đoàn bộ phận ít nhất 1 hồ sơ, tính theo đợt",
        "Phổ biến tới đoàn viên: trước hết ngày 31/05 hằng năm",
        "Đảng uỷ, BGH (để báo cáo) Các CĐBP (để thực hiện) VPCĐ (lưu)",
    ]
    assert missing(page, *told) == [], page
    return plan


async def play_may(desk: Desk, plan: str, letters: str) -> None:
    """A section union brings the plan to its members, sees somebody, helps and puts them forward; all the way out."""
    officer, by, head = (desk.people[one] for one in ("can-bo", "nguoi-de-cu", "thu-truong"))
    page = await flowing.carry_out(head, plan, letters, "28/05/2024", "12")
    assert f"{LETTERS} đã triển khai ngày 28/05/2024, cho 12 người" in page
    lead = await flowing.spot(by, unit=letters, **SEEN)
    measure = {"kind": "measure", "text": "Thư viện giúp lập sổ mượn sách.", "due_on": "28/05/2024"}
    helped = await flowing.help_on(head, lead, {"kind": "gap", "text": "Chưa có số liệu mượn sách."}, measure)
    assert missing(helped, "Sẵn sàng đề cử", "Chưa có số liệu mượn sách.", "Xong ngày 28/05/2024") == [], helped
    rated = replace(RATED, proofs={"decision": {**RATED.proofs["decision"], "date": "24/05/2024"}})
    early = replace(TEACHER, claims={**TEACHER.claims, "GV2": rated})
    teacher = flowing.somebody(
        early, letters, "nguoi-de-cu", SEEN["name"], SEEN["position"], "kim.lien@hoa-ban.example"
    )
    code = await flowing.begin_from(by, lead, teacher, "Đợt tháng 5/2024")
    await flowing.hand_in(desk, "nguoi-de-cu", "thu-truong", code)
    missed = f"Đợt tháng 5/2024 {TITLE} · Đạt 1/2 {OFFICE}: đã gửi 0 hồ sơ Dưới chỉ tiêu"
    assert missed in (page := await seen(officer, "/de-cu/chi-tieu")), page
    await desk.review(code)
    await desk.honour(code, "05/QĐ-CĐT", "cấp trường", "28/05/2024")
    await desk.write_and_ask(code)
    await desk.answer(teacher.email, "portal")
    story = await seen(officer, await desk.shown(code))
    assert missing(story, SEEN["name"], "05/QĐ-CĐT") == [], story


async def play_november(desk: Desk, plan: str, office: str) -> None:
    """The other section union has its turn, and is late with bringing the plan to its members."""
    officer = desk.people["can-bo"]
    rounds = await seen(officer, "/de-cu/dot")
    told = [
        f"Đợt tháng 11/2024 {TITLE} Đang nhận 01/11/2024 30/11/2024 còn 13 ngày làm việc 0 0",
        f"Đợt tháng 5/2024 {TITLE} Đã đóng 01/05/2024 31/05/2024 – 1 0",
    ]
    assert missing(rounds, *told) == [], rounds
    map_ = await seen(officer, f"{plan}/ban-do")
    told = [
        f"{OFFICE} công đoàn bộ phận Trễ hạn – – 0 Chưa giới thiệu",
        f"{LETTERS} công đoàn bộ phận Đã triển khai 28/05/2024 12 1 Dưới chỉ tiêu",
    ]
    assert missing(map_, *told) == [], map_
    worker = flowing.somebody(
        LIBRARIAN, office, "nguoi-de-cu-2", "Tạ Thị Hồng Vân", "nhân viên thư viện", "hong.van@hoa-ban.example"
    )
    code = await flowing.nominate(desk, worker, "thu-truong-2", "Đợt tháng 11/2024")
    missed = f"Đợt tháng 11/2024 {TITLE} · Đạt 1/2 {LETTERS}: đã gửi 0 hồ sơ Dưới chỉ tiêu"
    assert missed in (page := await seen(officer, "/de-cu/chi-tieu")), page
    await desk.review(code)
    await desk.honour(code, "19/QĐ-CĐT", "cấp trường", "12/11/2024")
    book = await seen(officer, "/xet-duyet/so-khen")
    assert missing(book, "19/QĐ-CĐT 12/11/2024", "05/QĐ-CĐT 28/05/2024") == [], book
    gallery = await seen(officer, "/guong")
    assert (SEEN["name"] in gallery, worker.name in gallery) == (True, False), gallery


async def test_may_and_november(tmp_path: Path) -> None:
    with system(tmp_path / "local", AGENCY, day=MAY) as running:
        async with flowing.at_desk(running, AGENCY) as desk:
            letters, office = await enter_units(desk)
            plan = await issue_plan(desk)
            await play_may(desk, plan, letters)
    with system(tmp_path / "local", AGENCY, day=NOVEMBER) as running:
        async with flowing.at_desk(running, AGENCY, "nguoi-de-cu-2", "thu-truong-2") as desk:
            await play_november(desk, plan, office)
