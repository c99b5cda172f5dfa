"""Many cases go up at once, covered by one letter."""

import io
import json
from typing import Any
from uuid import UUID, uuid4

import docx
import pytest
from sqlalchemy import text

from services.review.queries import packing
from services.review.rules import BadInput
from services.review.rules.letters import MOST, check_letter
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

PATH = "/xet-duyet/to-trinh"
WORDS = "Phòng kính trình Sở xem xét, khen thưởng các tập thể, cá nhân sau."
LETTER = {"to": "hcm", "number": "15/TTr-PGDĐT", "dated": "15/10/2024", "words": WORDS}


@pytest.fixture
async def site(sites: Sites) -> Site:
    """Two honoured cases."""
    made: Site = await sites("review")
    case, honour = await make.honoured(made.database)
    columns = (
        "agency, unit_id, subject_id, category, criteria, rules, revision, state, outcome, frozen, withdrawn, version"
    )
    async with made.database.transaction() as session:
        await session.execute(
            text(
                f"insert into cases (id, nomination_id, origin_agency, code, opened_at, moved_at, {columns})"
                f" select :id, :id, origin_agency, 'TB-24-0002', opened_at, moved_at, {columns} from cases"
            ),
            {"id": UUID(int=5)},
        )
        claim = {"criterion": "GV1", "criterion_text": "Tiêu chí GV1", "text": "Dạy giỏi.", "evidence": []}
        dossier = {"subject_name": "Nguyễn Thị Thảo Nguyên", "subject_position": "giáo viên", "claims": [claim]}
        dossier |= {"unit": "Trường THCS Hoa Mai"}
        more = "insert into dossiers (id, agency, case_id, revision, content, files) values"
        more += " (:id, 'tan-binh', :id, 1, cast(:content as jsonb), '[]')"
        await session.execute(text(more), {"id": UUID(int=5), "content": json.dumps(dossier)})
    assert (case.code, honour.form) == ("TB-24-0001", "Giấy khen")
    return made


async def rows(site: Site, query: str) -> list[tuple[Any, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


@pytest.mark.db
async def test_what_is_chosen_goes_up_with_one_letter_or_not_at_all(site: Site) -> None:
    both = {"code": ["TB-24-0001", "TB-24-0002"], "once": str(uuid4())}
    async with site.signed_in("secretary") as person:
        assert "Chọn hồ sơ" in text_of(await person.get(PATH + "/moi"))
        offered = text_of(await person.get(PATH + "/moi?gui=hcm"))
        assert ("TB-24-0001" in offered, "TB-24-0002" in offered, "Thảo Nguyên" in offered) == (True, True, False)
        for wrong, told in (
            ({"code": []}, "Hãy chọn ít nhất một hồ sơ."),
            ({"code": ["TB-24-0001", "TB-24-0099"]}, "không còn trong danh sách"),
            ({"to": "moet"}, "Hãy chọn cơ quan cấp trên"),
            ({"dated": "31/02/2024"}, "Ngày chưa đúng"),
            ({"dated": "16/10/2024"}, "từ hôm nay trở về trước"),
            ({"words": "x" * 4001}, "Dài quá 4000"),
        ):
            answer = await person.post(PATH + "/moi", data=LETTER | both | wrong)
            assert (answer.status_code, told in text_of(answer)) == (422, True), text_of(answer)
        assert await rows(site, "select count(*) from referrals") == [(0,)]
        sent = [await person.post(PATH + "/moi", data=LETTER | both) for _ in range(2)]
        place = sent[0].headers["location"]
        assert [(one.status_code, one.headers["location"]) for one in sent] == [(303, place)] * 2
        again = await person.post(PATH + "/moi", data=LETTER | both | {"once": str(uuid4())})
        assert (again.status_code, "TB-24-0002 không trình được nữa" in text_of(again)) == (422, True)
        shown = text_of(await person.get(place))
        assert "15/TTr-PGDĐT" in text_of(await person.get(PATH))
        assert "Chưa có hồ sơ nào đủ điều kiện trình." in text_of(await person.get(PATH + "/moi?gui=hcm"))
    assert "TB-24-0002 Nguyễn Thị Thảo Nguyên Giáo viên Trường THCS Hoa Mai" in shown, shown
    assert await rows(site, "select count(*), count(distinct letter_id) from referrals where state = 'sending'") == [
        (2, 1)
    ]
    assert await rows(site, "select distinct frozen from cases") == [(True,)]


@pytest.mark.db
async def test_the_letter_is_a_paper_to_sign_and_travels_with_each_case(site: Site) -> None:
    async with site.signed_in("secretary") as person:
        data = LETTER | {"code": ["TB-24-0002"], "once": str(uuid4())}
        place = (await person.post(PATH + "/moi", data=data)).headers["location"]
        paper = docx.Document(io.BytesIO((await person.get(place + "/to-trinh.docx")).content))
    lines = [one.text for one in paper.paragraphs if one.text]
    assert lines == [
        "TỜ TRÌNH",
        "Về việc đề nghị xét khen thưởng",
        "Kính gửi: Sở Giáo dục và Đào tạo Thành phố Hồ Chí Minh.",
        WORDS,
        "Danh sách gồm 1 hồ sơ:",
    ]
    head, listed, foot = paper.tables
    assert [cell.text for cell in head.rows[0].cells] == [
        "PHÒNG GIÁO DỤC VÀ ĐÀO TẠO QUẬN TÂN BÌNH\nSố: 15/TTr-PGDĐT",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n…, ngày 15 tháng 10 năm 2024",
    ]
    assert [cell.text for cell in listed.rows[1].cells][1:4] == ["TB-24-0002", "Nguyễn Thị Thảo Nguyên", "Giáo viên"]
    assert foot.rows[0].cells[0].text == "Nơi nhận:\n- Như trên;\n- Lưu: VT."
    [(row_id,)] = await rows(site, "select id from referrals")
    async with site.database.reading() as session:
        packed = (await packing.find_referral(session, row_id)).manifest.fields
    assert packed["letter"] == {"number": "15/TTr-PGDĐT", "dated": "2024-10-15", "words": WORDS}
    # Whoever was named in it can see that it was taken out.
    exported = "select object from audit where verb = 'dossier.exported'"
    assert await rows(site, exported) == [(str(UUID(int=5)),)]


@pytest.mark.db
async def test_the_letter_is_shown_with_the_case_above(site: Site) -> None:
    letter = json.dumps({"letter": {"number": "", "dated": "2024-10-15", "words": WORDS}})
    async with site.database.transaction() as session:
        await session.execute(text("update dossiers set content = content || cast(:more as jsonb)"), {"more": letter})
    async with site.signed_in("secretary") as person:
        shown = text_of(await person.get("/xet-duyet/ho-so/TB-24-0002"))
    assert "Theo tờ trình … ngày 15/10/2024 của cơ quan trình" in shown, shown
    assert WORDS in shown


@pytest.mark.unit
def test_a_letter_covers_as_many_as_a_council_can_look_through() -> None:
    with pytest.raises(BadInput) as refusal:
        check_letter("hcm", make.TODAY, {}, [str(one) for one in range(MOST + 1)], ["hcm"], make.TODAY)
    assert (refusal.value.field, str(refusal.value)) == ("code", "Mỗi tờ trình gồm nhiều nhất 200 hồ sơ.")
