"""Making a plan in the browser: in short steps, seen by nobody else, checked, issued; and its next version."""

import asyncio
import json
import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.nomination.actions import plans
from services.nomination.rules import NoDraft
from services.nomination.rules.plan_content import complete
from tests.support import factories as make
from tests.support.planning import PAPER, PUBLISHED, REPORT, ROUND, TARGET, begun, fill, issue, rows
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

RECIPIENT = {"who": "Các trường", "purpose": "carry_out"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


async def test_a_plan_is_made_in_short_steps_and_is_in_force_when_issued(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        led = []
        for step, values in {
            "can-cu": {
                "number": "07/HD-CĐN",
                "issued": "07/06/2023",
                "issuer": "Công đoàn ngành",
                "title": "Hướng dẫn",
            },
            "noi-dung": {"movements": "Dạy tốt | Bộ\nHọc tốt", "subjects": "giáo viên\n\nhọc sinh", "channels": "loa"},
            "dot": ROUND,
            "chi-tieu": TARGET,
            "han": REPORT,
            "noi-nhan": {"who": "Các trường", "purpose": "carry_out"},
            "tro-giup": {"help_contact": "Bộ phận thi đua", "report_template": "Mẫu 3"},
        }.items():
            answer = await fill(by, draft, step, **values)
            led.append((answer.status_code, answer.headers.get("location", "").removeprefix(draft)))
        overview, checked = text_of(await by.get(f"{draft}/soan")), text_of(await by.get(f"{draft}/ban-hanh"))
        assert await rows(site, PUBLISHED) == [(1,)]
        issued = await issue(by, draft)
        shown = text_of(await by.get(draft))
    assert led == [
        (303, "/soan/can-cu"),
        (303, "/soan/dot"),
        (303, "/soan/dot"),
        (303, "/soan/chi-tieu"),
        (303, "/soan/han"),
        (303, "/soan/noi-nhan"),
        (303, "/ban-hanh"),
    ]
    assert overview.count("Đã ghi") == 8
    assert "Kế hoạch có hiệu lực ngay; mọi đơn vị thấy." in checked
    assert (issued.status_code, issued.headers["location"]) == (303, draft)
    for said in (
        "Số ký hiệu 12/KH-PGDĐT Ngày ban hành 01/09/2024 Nơi ban hành Phòng Giáo dục và Đào tạo",
        "Chức vụ người ký Trưởng phòng Giai đoạn năm 2024 Có hiệu lực từ 01/09/2024 Hết hiệu lực sau ngày 31/08/2025",
        "Mỗi năm tính từ ngày 01/09 Các năm thực hiện 01/09/2024 – 31/08/2025 Bản 1 Có hiệu lực",
        "Căn cứ 07/HD-CĐN ngày 07/06/2023: Hướng dẫn (Công đoàn ngành) Chưa xác nhận",
        "Phong trào Dạy tốt (Bộ) Học tốt Đối tượng giáo viên học sinh Kênh tuyên truyền loa",
        "Đợt Đợt thu: từ 01/10/2024 đến 17:00 ngày 20/11/2024; nhận muộn 3 ngày làm việc",
        "Chỉ tiêu Mỗi trường nhiều nhất 2 hồ sơ, tính theo đợt",
        "Hạn Báo cáo năm (các trường): trước hết ngày 30/10 hằng năm",
        "Nơi nhận Các trường (để thực hiện)",
        "Giúp đỡ và báo cáo Hỏi ở đâu: Bộ phận thi đua Mẫu báo cáo: Mẫu 3",
        "Các bản bản 1 · 09:00 15/10/2024 · Cán bộ phụ trách Bản đầu tiên.",
    ):
        assert said in shown
    assert await rows(site, "select name, kind, closes_on, grace_days from rounds where name = 'Đợt thu'") == [
        ("Đợt thu", "window", date(2024, 11, 20), 3)
    ]
    [(state, drafted, version)] = await rows(site, "select state, draft, version from plans where number is not null")
    assert (state, drafted, version) == ("in_force", None, 1)


async def test_nobody_else_sees_a_draft_and_it_changes_nothing(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        await fill(by, draft, "dot", **ROUND)
        listed = text_of(await by.get("/de-cu/ke-hoach"))
        assert (await by.get(draft)).status_code == 404  # there is nothing issued to look at
    async with site.signed_in("supervisor") as by:
        pages = [text_of(await by.get(f"/de-cu/{page}")) for page in ("ke-hoach", "dot", "chi-tieu")]
        assert [(await by.get(f"{draft}{more}")).status_code for more in ("", "/soan", "/ban-hanh")] == [404, 403, 403]
    assert f"{PAPER['title']} {PAPER['issuer']} · năm 2024 · Bản nháp" in listed
    assert [PAPER["title"] in page or "Đợt thu" in page for page in pages] == [False] * 3


async def test_the_same_form_sent_twice_begins_one_plan(site: Site) -> None:
    form = PAPER | {"once": str(uuid4())}
    async with site.signed_in("officer") as by:
        answers = [await by.post("/de-cu/ke-hoach/moi", data=form) for _ in range(2)]
        answers.append(await by.post("/de-cu/ke-hoach/moi", data=form | {"title": "Kế hoạch đổi tên"}))
    assert len({one.headers["location"] for one in answers}) == 1
    drafts = "select title, draft->'plan'->>'title', draft_version from plans where state = 'draft'"
    assert await rows(site, drafts) == [("Kế hoạch đổi tên", "Kế hoạch đổi tên", 2)]


@pytest.mark.parametrize(
    ("step", "form", "said"),
    [
        ("van-ban", PAPER | {"ends_on": "31/08/2023"}, "Ngày hết hiệu lực phải sau ngày bắt đầu."),
        ("van-ban", PAPER | {"issued_on": "hôm qua"}, "Ngày chưa đúng. Ví dụ: 20/11/2024."),
        ("van-ban", PAPER | {"cycle_begins": "31/02"}, "Hãy ghi ngày và tháng. Ví dụ: 01/09."),
        ("van-ban", PAPER | {"title": " "}, "Hãy ghi tên kế hoạch."),
        ("van-ban", PAPER | {"signer_post": "x" * 501}, "Dài quá 500 chữ cái."),
        ("noi-dung", {"subjects": "\n".join(["một"] * 51)}, "Nhiều nhất 50 dòng, mỗi dòng 500 chữ cái."),
        ("can-cu", {"number": "1/KH"}, "Hãy ghi trích yếu: văn bản nói về việc gì."),
        ("dot", ROUND | {"closes_on": "30/09/2024"}, "Ngày đóng phải từ ngày mở trở đi."),
        ("dot", ROUND | {"grace": "61"}, "Hãy ghi số ngày làm việc, từ 0 đến 60."),
        ("dot", ROUND | {"hour": "25:00"}, "Hãy ghi giờ và phút. Ví dụ: 17:00."),
        ("dot", ROUND | {"kind": "hourly"}, "Hãy chọn loại đợt."),
        ("dot", ROUND | {"kind": "semester", "each": "tháng 5"}, "Hãy ghi mỗi dòng một khoảng trong năm."),
        (
            "dot",
            ROUND | {"kind": "semester", "each": "01/10 - 15/10\n15/10 - 20/10"},
            "Hai khoảng trong năm trùng ngày nhau. Hãy sửa một khoảng.",
        ),
        ("chi-tieu", TARGET | {"count": "0"}, "Hãy ghi một số, từ 1 trở lên."),
        ("chi-tieu", TARGET | {"counted": "units"}, "«Nhiều nhất» chỉ đếm hồ sơ của từng đơn vị."),
        ("han", REPORT | {"when": "30/13"}, "Hãy ghi ngày. Ví dụ: 30/10 nếu năm nào cũng vậy"),
        ("noi-nhan", {"who": "Các trường", "purpose": ""}, "Hãy chọn gửi để làm gì."),
    ],
)
async def test_what_cannot_stand_comes_back_with_its_words(
    site: Site, step: str, form: dict[str, str], said: str
) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        answer = await fill(by, draft, step, **form)
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    kept = {value for name, value in form.items() if name not in ("kind", "confirmed", "purpose", "count") and value}
    typed = answer.text.replace("&#39;", "'")
    assert [value for value in kept if value.strip() and value not in typed and "\n" not in value] == []
    assert await rows(site, "select draft_version from plans where state = 'draft'") == [(1,)]


async def test_an_entry_is_written_anew_and_taken_away(site: Site) -> None:
    semesters = ROUND | {"kind": "semester", "opens_on": "01/01/2024", "closes_on": "31/12/2025", "each": ""}
    semesters |= {"name": "Học kỳ", "each": "01/05 - 31/05\n1/11 – 30/11", "hour": ""}
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        for form in (ROUND, semesters):
            await fill(by, draft, "dot", **form)
        await fill(by, draft, "dot", **ROUND | {"row": "0", "hour": "7h"})
        assert 'value="07:00"' in (await by.get(f"{draft}/soan/dot?dong=0")).text
        await fill(by, draft, "dot", **ROUND | {"row": "0", "hour": "17h00"})
        first = await by.get(f"{draft}/soan/dot?dong=0")
        assert ('value="17:00"' in first.text, "Sửa dòng 1" in first.text) == (True, True)
        await fill(by, draft, "dot", **ROUND | {"row": "0", "name": "Đợt đông", "closes_on": "30/11/2024"})
        both = text_of(await by.get(f"{draft}/soan/dot"))
        second = await by.get(f"{draft}/soan/dot?dong=1")
        version = re.search(r'name="version" value="(\d+)"', second.text)
        assert version
        dropped = await by.post(f"{draft}/soan/dot/bo", data={"row": "0", "version": version[1]})
        left = text_of(await by.get(f"{draft}/soan/dot"))
    assert "Đợt đông: từ 01/10/2024 đến 17:00 ngày 30/11/2024" in both
    assert "Học kỳ: mỗi năm 01/05–31/05, 01/11–30/11, từ 01/01/2024 đến 31/12/2025" in both
    assert "01/05 - 31/05\n01/11 - 30/11</textarea>" in second.text
    assert (dropped.status_code, "Đợt đông" in left, "Học kỳ" in left) == (303, False, True)


async def test_words_save_themselves_and_of_two_editors_neither_loses_any(site: Site) -> None:
    words = {"movements": "Dạy tốt"}
    async with site.signed_in("officer", subject="a") as first, site.signed_in("officer", subject="b") as second:
        draft = await begun(first)
        kept = await first.post(f"{draft}/soan/noi-dung/luu", data=words | {"version": "1"})
        assert (kept.status_code, kept.json()) == (200, {"version": 2, "at": "09:00"})
        late = await second.post(f"{draft}/soan/noi-dung/luu", data={"movements": "Học tốt", "version": "1"})
        told = await second.post(f"{draft}/soan/noi-dung", data={"movements": "Học tốt", "version": "1"})
        unfinished = await first.post(f"{draft}/soan/van-ban/luu", data=PAPER | {"title": "", "version": "2"})
        again = await fill(second, draft, "noi-dung", movements="Dạy tốt\nHọc tốt")
    assert (late.status_code, told.status_code, unfinished.status_code, again.status_code) == (409, 422, 422, 303)
    assert "Có người vừa lưu bản nháp này. Chữ bạn gõ vẫn còn ở đây" in text_of(told)
    assert "Học tốt" in told.text
    assert await rows(
        site, "select jsonb_path_query_array(draft, '$.plan.movements[*].name') from plans where draft is not null"
    ) == [(["Dạy tốt", "Học tốt"],)]


async def test_a_draft_that_is_wrong_is_not_issued_and_says_where(site: Site) -> None:
    outlasting = ROUND | {"closes_on": "30/09/2025"}
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        await fill(by, draft, "dot", **outlasting)
        await fill(by, draft, "can-cu", number="12/KH-PGDĐT", title="Chính nó")
        overview, page = text_of(await by.get(f"{draft}/soan")), await by.get(f"{draft}/ban-hanh")
        refused = await by.post(f"{draft}/ban-hanh", data={"version": "3"})
    assert overview.count("Cần sửa") == 2
    for said in (
        "Kế hoạch này dựa vào chính nó: 12/KH-PGDĐT → 12/KH-PGDĐT. Hãy bỏ căn cứ sai. Sửa bước Căn cứ",
        "Đợt «Đợt thu» kéo dài quá ngày kế hoạch hết hiệu lực (31/08/2025).",
    ):
        assert said in text_of(page)
    assert ("Chưa ban hành được" in text_of(refused), refused.status_code) == (True, 422)
    assert f'action="{draft}/ban-hanh"' not in page.text
    assert await rows(site, "select state from plans where draft is not null") == [("draft",)]


async def test_who_saw_an_older_draft_issues_nothing(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        await fill(by, draft, "dot", **ROUND)
        answer = await by.post(f"{draft}/ban-hanh", data={"version": "1"})
        assert (answer.status_code, "Có người vừa lưu bản nháp này" in text_of(answer)) == (422, True)
        assert (await issue(by, draft)).status_code == 303
        again = await by.post(f"{draft}/ban-hanh", data={"version": "2"})
    assert again.status_code == 404  # pressed twice: there is nothing left to issue
    assert await rows(site, PUBLISHED) == [(2,)]


async def test_of_two_who_issue_at_once_one_does(site: Site) -> None:
    async with site.signed_in("officer") as by:
        await begun(by)
    [(plan_id,)] = await rows(site, "select id from plans where state = 'draft'")

    async def press() -> str:
        try:
            async with site.database.transaction() as session:
                about: dict[str, Any] = {"plan_id": plan_id, "seen": 1, "at": make.AT, "by": make.CLERK}
                await plans.issue_plan(session, **about)
        except NoDraft as refusal:
            return str(refusal)
        return "issued"

    assert sorted(await asyncio.gather(press(), press())) == [
        "Bản nháp này đã được ban hành hoặc đã bỏ.",
        "issued",
    ]
    assert await rows(site, PUBLISHED) == [(2,)]


async def test_a_step_takes_so_many_entries_and_no_more(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        many = json.dumps([complete({"distribution": [RECIPIENT]})["distribution"][0]] * 100)
        filled = "jsonb_set(draft, '{plan,distribution}', cast(:many as jsonb))"
        async with site.database.transaction() as session:
            await session.execute(text(f"update plans set draft = {filled} where draft is not null"), {"many": many})
        full = await fill(by, draft, "noi-nhan", **RECIPIENT)
    assert (full.status_code, "Đã có 100 dòng, không thêm được nữa." in text_of(full)) == (422, True)


async def test_a_draft_is_thrown_away_and_nothing_is_left(site: Site) -> None:
    async with site.signed_in("officer") as by:
        draft = await begun(by)
        stale = await by.post(f"{draft}/bo-nhap", data={"version": "0"})
        asked = text_of(await by.get(f"{draft}/bo-nhap"))
        gone = await by.post(f"{draft}/bo-nhap", data={"version": "1"})
        assert (await by.get(f"{draft}/soan")).status_code == 404
    assert (stale.status_code, "Mọi điều đã ghi trong bản nháp mất đi." in asked) == (422, True)
    assert (gone.status_code, gone.headers["location"]) == (303, "/de-cu/ke-hoach")
    assert await rows(site, "select code from plans") == [("kh-1",)]
