"""A plan's text is read in: pasted or from a file, confirmed line by line, made into a draft of just that."""

import asyncio
import io
import re
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import docx
import pytest
from sqlalchemy import select

from services.nomination.pages.plan_reading import LONGEST
from services.nomination.rules import PlanState
from services.nomination.tables import Plan, PlanText
from tests.support import factories as make
from tests.support.hostile import CORPUS
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PATH = "/de-cu/ke-hoach/nhap"
TEXTS = Path(__file__).parent / "plan_texts" / "texts"
COMMUNE = (TEXTS / "commune.txt").read_text(encoding="utf-8")


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    await make.plan(made.database)
    return made


def fields_of(page: str) -> dict[str, str]:
    """What the form of a page would send, every line ticked but nothing changed."""
    found = dict(re.findall(r'<input id="f-[^"]*" name="(\d+\.\w+)" type="text" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]* name="(\d+\.\w+)"[^>]*>\n([^<]*)</textarea>', page))
    for name, options in re.findall(r'<select[^>]* name="(\d+\.\w+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        found[name] = chosen[0] if chosen else ""
    return found


def lines_of(page: str) -> list[str]:
    """The numbers of the lines that can be confirmed."""
    return re.findall(r'name="take" value="(\d+)"', page)


async def drafts(site: Site) -> list[dict[str, Any]]:
    async with site.database.reading() as session:
        found = await session.scalars(select(Plan).where(Plan.state == PlanState.DRAFT))  # type: ignore[arg-type]
        return [one.draft or {} for one in found]


async def test_what_a_person_confirms_becomes_a_draft_and_nothing_else(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        answer = await officer.post(PATH, data={"text": COMMUNE})
        place = answer.headers["location"]
        page = (await officer.get(place)).text
        assert "checked" not in page, "nothing is used that nobody has looked at"
        sent = fields_of(page)
        by_value = {value: key for key, value in sent.items()}
        left_out = by_value["845/SGDĐT-CTTT"].partition(".")[0]
        sent[by_value["Mỗi trường học một mô hình hay"]] = "Mỗi trường một mô hình hay"
        take = [one for one in lines_of(page) if one != left_out]
        answers = [await officer.post(place, data={**sent, "take": take}) for _ in range(2)]
        assert {answer.status_code for answer in answers} == {303}
        again = await officer.get(place)
        assert again.headers["location"] == answers[0].headers["location"] == answers[1].headers["location"]
    (told,) = await drafts(site)
    plan = told["plan"]
    assert (plan["title"], plan["issuer"], plan["number"], plan["issued_on"], plan["period"]) == (
        "Phát hiện, bồi dưỡng và nhân rộng gương điển hình tiên tiến ngành Giáo dục xã Lộc An giai đoạn 2025-2027",
        "Ủy ban nhân dân xã Lộc An",
        "27/KH-UBND",
        "2025-09-05",
        "2025-2027",
    )
    assert [(one["number"], one["date"], one["issuer"]) for one in plan["grounds"]] == [
        ("112/KH-UBND", "2025-08-15", "Ủy ban nhân dân tỉnh")
    ]
    assert [one["name"] for one in plan["movements"]] == ["Mỗi trường một mô hình hay", "Dạy tốt – Học tốt"]
    assert plan["subjects"] == ["tập thể", "cán bộ quản lý", "giáo viên", "nhân viên", "học sinh"]
    assert [(one["who"], one["purpose"]) for one in plan["distribution"]] == [
        ("Sở GDĐT", "report"),
        ("Các trường trên địa bàn xã", "carry_out"),
        ("VT", "file"),
    ]
    assert [(one["each"], one["duty"]) for one in plan["deadlines"]] == [
        ("04-15", "other"),
        ("11-20", "other"),
        ("12-10", "report"),
    ]
    assert [(one["bound"], one["number"], one["counted"], one["per"]) for one in told["targets"]] == [
        ("at_least", 2, "nominations", "year"),
        ("at_most", 5, "nominations", "year"),
    ]
    assert told["rounds"] == []


async def test_months_become_rounds_of_each_year(site: Site) -> None:
    text = (TEXTS / "union-block.txt").read_text(encoding="utf-8")
    async with site.signed_in("officer") as officer:
        place = (await officer.post(PATH, data={"text": text})).headers["location"]
        page = (await officer.get(place)).text
        assert "Trong văn bản có số điện thoại" in page
        assert "không hợp với nơi ban hành" in page
        sent = {**fields_of(page), "take": lines_of(page)}
        assert (await officer.post(place, data=sent)).status_code == 303
    (told,) = await drafts(site)
    assert [(one["name"], one["opens_on"], one["closes_on"]) for one in told["rounds"]] == [
        ("Đợt tháng 4/2024", "2024-04-01", "2024-04-30"),
        ("Đợt tháng 4/2025", "2025-04-01", "2025-04-30"),
        ("Đợt tháng 10/2024", "2024-10-01", "2024-10-31"),
        ("Đợt tháng 10/2025", "2025-10-01", "2025-10-31"),
    ]
    assert [(one["bound"], one["number"], one["per"]) for one in told["targets"]] == [("at_most", 3, "round")]


async def test_once_each_semester_becomes_a_target_of_each_round(site: Site) -> None:
    text = (TEXTS / "union-block.txt").read_text(encoding="utf-8")
    text = text.replace("tối đa 03 gương mỗi học kỳ,", "gương điển hình mỗi học kỳ 1 lần")
    async with site.signed_in("officer") as officer:
        place = (await officer.post(PATH, data={"text": text})).headers["location"]
        page = (await officer.get(place)).text
        assert (await officer.post(place, data={**fields_of(page), "take": lines_of(page)})).status_code == 303
    (told,) = await drafts(site)
    assert [(one["bound"], one["number"], one["counted"], one["per"]) for one in told["targets"]] == [
        ("at_least", 1, "nominations", "round")
    ]


async def test_confirmed_twice_at_once_begins_one(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(PATH, data={"text": COMMUNE})).headers["location"]
        page = (await officer.get(place)).text
        sent = {**fields_of(page), "take": lines_of(page)}
        answers = await asyncio.gather(*(officer.post(place, data=sent) for _ in range(3)))
        assert len(await drafts(site)) == 1
        assert {answer.status_code for answer in answers} == {303}
        (draft,) = {answer.headers["location"] for answer in answers}
        plan = draft.removesuffix("/soan/can-cu")
        assert (await officer.post(f"{plan}/bo-nhap", data={"version": "1"})).status_code == 303
        assert await drafts(site) == []
        assert (await officer.post(place, data=sent)).headers["location"] == draft, "thrown away, it can begin anew"
    assert len(await drafts(site)) == 1


async def test_a_line_that_cannot_be_is_said_and_nothing_is_lost(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        place = (await officer.post(PATH, data={"text": COMMUNE})).headers["location"]
        page = (await officer.get(place)).text
        sent = fields_of(page)
        day = next(key for key, value in sent.items() if value == "05/09/2025")
        title = next(key for key in sent if key.endswith(".title") and sent[key].startswith("Phát hiện"))
        sent |= {day: "31/02/2025", title: "x" * (LONGEST + 1)}
        wrong = await officer.post(place, data={**sent, "take": lines_of(page)})
        assert (wrong.status_code, "31/02/2025" in wrong.text, "x" * LONGEST in wrong.text) == (422, True, True)
        assert "Ngày chưa đúng. Ví dụ: 20/11/2026." in text_of(wrong)
        assert wrong.text.count("checked") == len(lines_of(page))
        nothing = await officer.post(place, data={**fields_of(page)})
        assert (nothing.status_code, "Hãy xác nhận tên kế hoạch." in text_of(nothing)) == (422, True)
    assert await drafts(site) == []


def word(*paragraphs: str, head: str = "") -> bytes:
    """A Word file, its head in a table as papers have it."""
    document = docx.Document()
    if head:
        document.add_table(1, 1).rows[0].cells[0].text = head
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    kept = io.BytesIO()
    document.save(kept)
    return kept.getvalue()


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n"
    b"4 0 obj<</Length 160>>stream\nBT /F1 12 Tf 50 800 Td (KE HOACH) Tj 0 -20 Td"
    b" (Nhan rong) Tj 0 -20 Td (Can cu Ke hoach so 595/KH-BGDDT ngay"
    b" 10/4/2023 cua Bo Giao duc va Dao tao) Tj ET\nendstream endobj\n"
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    b"trailer<</Root 1 0 R/Size 6>>\nstartxref\n0\n%%EOF\n"
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ke-hoach.docx", word(*COMMUNE.splitlines()[4:], head="\n".join(COMMUNE.splitlines()[:3]))),
        ("ke-hoach.txt", COMMUNE.encode()),
        ("ke-hoach.TXT", COMMUNE.encode("utf-16")),
        ("ke-hoach.pdf", PDF),
    ],
)
async def test_files_are_read(site: Site, name: str, content: bytes) -> None:
    async with site.signed_in("officer") as officer:
        answer = await officer.post(PATH, files={"file": (name, content)})
        assert answer.status_code == 303, text_of(answer)
        page = (await officer.get(answer.headers["location"])).text
    number = "595/KH-BGDĐT" if name.endswith("pdf") else "27/KH-UBND"
    assert number in fields_of(page).values()


def bomb() -> bytes:
    """A Word file whose words unpack to more than anybody writes."""
    plain, kept = io.BytesIO(word("Kế hoạch")), io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for one in old.infolist():
            new.writestr(
                one.filename, old.read(one) + (b" " * 60_000_000 if one.filename.endswith("document.xml") else b"")
            )
    return kept.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("ke-hoach.docx", b"", "Tệp này trống"),
        ("ke-hoach.docx", b"MZ" + b"\0" * 100, "Đuôi tên tệp không đúng"),
        ("ke-hoach.docx", bomb(), "Không đọc được tệp này"),
        ("ke-hoach.pdf", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n", "Không đọc được tệp này"),
        ("ke-hoach.txt", b"\xff\xfe\xff", "Không đọc được tệp này"),
        ("ke-hoach.txt", b" " * 100, "Chưa có văn bản để đọc"),
        ("ke-hoach.txt", "Kế hoạch ".encode() * 30_000, "Văn bản dài quá 200000 chữ cái"),
    ],
)
async def test_a_file_that_cannot_be_read_is_said(site: Site, name: str, content: bytes, said: str) -> None:
    async with site.signed_in("officer") as officer:
        answer = await officer.post(PATH, files={"file": (name, content)})
    assert (answer.status_code, said in text_of(answer)) == (422, True), text_of(answer)
    async with site.database.reading() as session:
        assert (await session.scalars(select(PlanText))).all() == []


async def test_a_bad_text_stays_text(site: Site) -> None:
    markup = [one for one in CORPUS if "<" in one]
    async with site.signed_in("officer") as officer:
        answer = await officer.post(PATH, data={"text": "\n".join(["KẾ HOẠCH", *markup, "phong trào “<b>a b c</b>”"])})
        page = (await officer.get(answer.headers["location"])).text
    assert [one for one in markup if one in page] == []
    assert "&lt;b&gt;a b c&lt;/b&gt;" in page


async def test_the_text_of_another_agency_does_not_exist(site: Site) -> None:
    async with site.signed_in("officer") as officer:
        assert (await officer.get(f"{PATH}/{UUID(int=5)}")).status_code == 404
