"""A year of the national union's guidance: a provincial union rests its plan on it, a school union puts a front-line
teacher forward, the province honours and hands up, and around 20 November the national union honours and shows it too.

What the guidance asks for and no service has yet: the yearly meeting of exemplars with members, the writing contest and
the reportage. Whom it puts first and by what channels it tells stands in the plan, and is not taken over by the plan
below.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from deploy.local.demo.candidates import TEACHER
from deploy.local.demo.desk import Desk
from deploy.local.demo.people import expect
from tests.support import flowing
from tests.support.flowing import PLANS, missing, seen
from tests.support.site import text_of
from tests.support.system import system

pytestmark = [pytest.mark.flow, pytest.mark.long]

NATIONAL, PROVINCE = "vneu", "cdgd-hcm"
DAY, TODAY = date(2024, 11, 20), "20/11/2024"
TITLE = "Tuyên truyền gương điển hình tiên tiến ngành Giáo dục giai đoạn 2023 - 2025"
BELOW = "Tuyên truyền gương điển hình tiên tiến trong công đoàn Giáo dục Thành phố"
PRAISE = "Tuyên dương gương điển hình tiên tiến nhân dịp 20/11"
OURS = """HƯỚNG DẪN
Tuyên truyền gương điển hình tiên tiến ngành Giáo dục giai đoạn 2023 - 2025

Căn cứ Kế hoạch số 595/KH-BGDĐT ngày 10/4/2023 của Bộ Giáo dục và Đào tạo về việc triển khai Đề án, Công đoàn Giáo dục
Việt Nam ban hành kế hoạch như sau:

1. Thực hiện Quyết định số 1526/QĐ-TTg ngày 09/12/2022 của Thủ tướng Chính phủ. Tuyên dương các tập thể, cán bộ, nhà
giáo, người lao động.

2. Phong trào thi đua “Dạy tốt – Học tốt”, “Lao động giỏi – Lao động sáng tạo”.

3. Tuyên dương, sơ kết định kỳ hàng năm nhân dịp 20/11.

Nơi nhận:
- Bộ Giáo dục và Đào tạo (để p/h);
- CĐGD các tỉnh/thành phố;
- Lưu VT.
"""
MATTER = {
    "priorities": "tập thể nhỏ, người lao động trực tiếp\nvùng sâu, vùng xa, biên giới, hải đảo",
    "channels": "trang thông tin của Công đoàn Giáo dục Việt Nam\nBáo Giáo dục và Thời đại",
}


async def issue_guidance(national: Desk) -> str:
    """The national union's officer reads the guidance in, adds whom it puts first and by what ways, issues it."""
    officer = national.people["can-bo"]
    retyped = {
        "title.title": [TITLE],
        "issuer.issuer": ["Công đoàn Giáo dục Việt Nam"],
        "ground.title": ["Triển khai Đề án tuyên truyền gương điển hình", "Phê duyệt Đề án tuyên truyền"],
        "deadline.what": [PRAISE],
    }
    text = flowing.plan_text("national-union-guidance.txt", OURS)
    plan = await flowing.read_in(officer, text, retyped)
    await flowing.save(officer, plan, "noi-dung", **MATTER)
    await flowing.save(officer, plan, "han", what="Công đoàn tỉnh, thành phố có kế hoạch", duty="plan", when="31/12")
    page = await flowing.issue(officer, plan)
    told = [
        f"{TITLE} Số ký hiệu Chưa xác nhận",
        "595/KH-BGDĐT ngày 10/04/2023: Triển khai Đề án tuyên truyền gương điển hình",
        "1526/QĐ-TTg ngày 09/12/2022: Phê duyệt Đề án tuyên truyền (Thủ tướng Chính phủ)",
        "Dạy tốt – Học tốt",
        "Lao động giỏi – Lao động sáng tạo",
        "tập thể nhỏ, người lao động trực tiếp vùng sâu, vùng xa, biên giới, hải đảo",
        "Báo Giáo dục và Thời đại",
        f"{PRAISE}: trước hết ngày 20/11 hằng năm",
        "Bộ Giáo dục và Đào tạo (để phối hợp)",
        "CĐGD các tỉnh/thành phố (để thực hiện)",
        "CĐGD TP.HCM: Chưa xác nhận đã đọc",
    ]
    assert missing(page, *told) == [], page
    return plan


async def rest_on_it(province: Desk) -> None:
    """The province's officer begins a plan from the guidance, which is acknowledged with that, and issues it."""
    officer = province.people["can-bo"]
    await province.until("the guidance has come down", lambda: province.page_has(officer, PLANS, TITLE))
    [above] = re.findall(rf'href="({PLANS}/cap-tren/[^"]+)">{TITLE}', expect(await officer.get(PLANS), 200).text)
    form = flowing.form_of(expect(await officer.get(above), 200), f"{above}/lap")
    begun = expect(await officer.post(f"{above}/lap", form | {"read": "1"}), 200)
    plan = flowing.path_of(begun).removesuffix("/soan")
    paper = {"title": BELOW, "issuer": "Công đoàn Giáo dục Thành phố Hồ Chí Minh", "period": "2023-2025"}
    await flowing.save(officer, plan, "van-ban", **paper)
    window = {"opens_on": "01/09/2024", "closes_on": "25/11/2024"}
    await flowing.save(officer, plan, "dot", name="Giới thiệu nhân dịp 20/11", kind="window", **window)
    page = await flowing.issue(officer, plan)
    told = [
        BELOW,
        TITLE,
        "Bản nhận từ Công đoàn Giáo dục Việt Nam",
        "Lao động giỏi – Lao động sáng tạo",
        "Giới thiệu nhân dịp 20/11: từ 01/09/2024 đến hết ngày 25/11/2024",
        f"{PRAISE}: trước hết ngày 20/11 hằng năm",
    ]
    assert missing(page, *told) == [], page
    assert "vùng sâu, vùng xa" not in page, page


async def put_forward(province: Desk) -> tuple[str, str]:
    """A school union on an island puts a teacher forward; the province honours and shows her; code and address."""
    unit = await flowing.enter_unit(
        province, "cd-dao-xanh", "Công đoàn Trường Tiểu học Đảo Xanh", "union", "01/09/2023"
    )
    await flowing.give_roles(province, {"nguoi-de-cu": [("nominator", unit)], "thu-truong": [("head", unit)]})
    teacher = flowing.somebody(
        TEACHER, unit, "nguoi-de-cu", "Lê Thị Biển Xuân", "giáo viên lớp ghép", "bien.xuan@dao-xanh.example"
    )
    code = await flowing.nominate(province, teacher, "thu-truong", "Giới thiệu nhân dịp 20/11 (Nhận đến hết ngày")
    await province.review(code)
    await province.honour(code, "64/QĐ-CĐGD", "cấp thành phố", TODAY)
    await province.write_and_ask(code)
    await province.answer(teacher.email, "portal", "upper")
    await province.shown(code)
    return code, teacher.name


async def honour_above(national: Desk, province: Desk, code: str, name: str) -> None:
    """The national union takes the case over, honours and shows it; below everybody sees it, and follows on."""
    await province.refer(code, NATIONAL)
    await national.accept(code)
    await national.review(code)
    await national.honour(code, "2011/QĐ-CĐN", "cấp toàn quốc", TODAY)
    story = await seen(national.people["bien-tap"], await national.release(code))
    assert missing(story, name, "2011/QĐ-CĐN") == [], story
    await province.until("the honour is known", lambda: province.case_shows(code, "2011/QĐ-CĐN"))
    by = province.people["nguoi-de-cu"]
    steps = ["CĐGD Việt Nam đã có quyết định khen", "CĐGD TP.HCM đã trình hồ sơ lên CĐGD Việt Nam"]
    journey = await seen(by, f"/de-cu/ho-so/{code}/hanh-trinh")
    assert missing(journey, *steps) == [], journey
    followed = text_of(expect(await by.post(f"/de-cu/ho-so/{code}/nhan-to"), 200))
    assert missing(followed, name, "Hướng tới cấp toàn quốc") == [], followed


async def report_up(national: Desk, province: Desk) -> None:
    """The province reports: given back once, written anew, received. Figures come by event, words by parcel."""
    below, above, path = province.people["can-bo"], national.people["can-bo"], "/de-cu/bao-cao"
    about = {"unit": "ca-co-quan", "to": NATIONAL, "kind": "interim", "title": "Sơ kết tuyên truyền gương điển hình"}
    begun = await flowing.begin_report(below, **about, from_on="01/09/2024", until_on=TODAY)
    ours = flowing.path_of(begun)
    assert missing(text_of(begun), "Nơi nhận CĐGD Việt Nam", "1 trên 1 đơn vị có hồ sơ.") == [], text_of(begun)
    done, lessons = "Đã giới thiệu một giáo viên vùng đảo.", "Nên xuống từng trường sớm hơn."
    await flowing.send_report(below, ours, done, lessons)
    await national.until("the report has come", lambda: national.page_has(above, path, "CĐGD TP.HCM"))
    [theirs] = re.findall(rf'href="({path}/[0-9a-f-]{{36}})"', expect(await above.get(path), 200).text)
    await national.until("its words too", lambda: national.page_has(above, theirs, done))
    shown = await seen(above, theirs)
    told = ["Sơ kết tuyên truyền gương điển hình", "1 trên 1 đơn vị có hồ sơ.", "Giáo viên 1 1"]
    assert missing(shown, *told) == [], shown
    reason = "Xin nêu thêm đã có bao nhiêu trường tham gia."
    expect(await above.post(theirs + "/tra", {"reason": reason}), 200)
    await province.until("it has come back with the reason", lambda: province.page_has(below, ours, reason))
    done = "Ba trường tham gia, một giáo viên được giới thiệu."
    await flowing.send_report(below, ours, done, lessons)
    await flowing.receive_report(national, done)
    await province.until("it was received", lambda: province.page_has(below, ours, "Đã nhận"))


async def test_province_and_nation_around_the_twentieth_of_november(tmp_path: Path) -> None:
    with system(tmp_path / "local", NATIONAL, PROVINCE, day=DAY) as running:
        async with flowing.at_desk(running, NATIONAL) as national, flowing.at_desk(running, PROVINCE) as province:
            guidance = await issue_guidance(national)
            await rest_on_it(province)
            officer = national.people["can-bo"]
            await national.until("it is known", lambda: national.page_has(officer, guidance, "Đã có kế hoạch"))
            told = await seen(officer, guidance)
            assert f"CĐGD TP.HCM: Đã xác nhận ngày {TODAY} Đã có kế hoạch" in told, told
            code, name = await put_forward(province)
            await honour_above(national, province, code, name)
            await report_up(national, province)
