"""The pages of reviewing: each human step, and in which role it may be taken."""

import json
import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.review.consumers import HANDLERS
from services.review.rules import Choice
from services.review.tables import Dossier
from shared import files, parcels
from shared.events import SessionEnded
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

CASE = "/xet-duyet/ho-so/TB-24-0001"
BOOK = "/xet-duyet/so-khen/TB-24-0001"
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("review")


def member(site: Site, number: int) -> httpx2.AsyncClient:
    """A council member under the identity that factories use."""
    return site.signed_in("chair" if number == 2 else "member", subject=make.MEMBERS[number].split("|")[1])


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def press(who: httpx2.AsyncClient, path: str, **form: str) -> str:
    """Press a button; where it leads."""
    answer = await who.post(path, data=form)
    assert answer.status_code == 303, text_of(answer)
    return answer.headers["location"]


async def test_a_case_from_its_marks_to_its_honour(site: Site) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    for number in range(3):
        async with member(site, number) as one:
            assert "Điểm GV1 (0–10)" in text_of(await one.get(CASE))
            assert await press(one, f"{CASE}/cham", **{"mark-GV1": "9", "note": "Tốt."}) == CASE
            assert "Bạn đã nộp phiếu chấm." in text_of(await one.get(CASE))
    async with site.signed_in("secretary") as secretary:
        await press(secretary, f"{CASE}/mo-phieu")
        for number, choice in enumerate(("agree", "disagree", "agree")):
            async with member(site, number) as one:
                await press(one, f"{CASE}/bo-phieu", choice=choice)
                page = text_of(await one.get(CASE))
                assert ("Phiếu của bạn đã vào hòm." in page, "Kết quả phiếu" in page) == (True, False)
        await press(secretary, f"{CASE}/dong-phieu")
        assert "Đồng ý 2 Không đồng ý 1 Phiếu trắng 0" in text_of(await secretary.get(CASE))
    async with member(site, 2) as chair:
        await press(chair, f"{CASE}/ket-luan")
    async with site.signed_in("signer") as signer:
        form = {"number": "152/QĐ-PGDĐT", "date": "15/10/2024", "form": "Giấy khen", "level": "cấp quận"}
        wrong = await signer.post(f"{CASE}/khen", data=form | {"date": "15/10/24x"})
        assert (wrong.status_code, "152/QĐ-PGDĐT" in wrong.text) == (422, True)
        late = await signer.post(f"{CASE}/khen", data=form | {"date": "16/10/2024"})
        assert (late.status_code, "không thể sau hôm nay" in text_of(late)) == (422, True)
        await press(signer, f"{CASE}/khen", **form)
        assert "152/QĐ-PGDĐT 15/10/2024" in text_of(await signer.get("/xet-duyet/so-khen"))
    assert await rows(
        site, "select verb, role from audit where actor like 'https%' and verb <> 'dossier.read' order by id"
    ) == [
        *[("sheet.submitted", role) for role in ("member", "member", "chair")],
        ("ballot.opened", "secretary"),
        ("ballot.closed", "secretary"),
        ("review.completed", "chair"),
        ("exemplar.honoured", "signer"),
    ]
    read = await rows(site, "select role, count(*) from audit where verb = 'dossier.read' group by 1 order by 1")
    assert read == [("chair", 1), ("member", 2), ("secretary", 1), ("signer", 1)]  # once an hour, whatever was pressed


ACTS: dict[str, tuple[str, dict[str, str], set[str]]] = {
    f"{CASE}/cham": ("Ủy viên hội đồng", {"mark-GV1": "9"}, {"member", "chair"}),
    f"{CASE}/bo-phieu": ("Ủy viên hội đồng", {"choice": "agree"}, {"member", "chair"}),
    f"{CASE}/mo-phieu": ("Thư ký hội đồng", {}, {"secretary", "chair"}),
    f"{CASE}/dong-phieu": ("Thư ký hội đồng", {}, {"secretary", "chair"}),
    f"{CASE}/tra-lai": ("Thư ký hội đồng", {"reason": "x" * 30}, {"secretary", "chair", "officer"}),
    f"{CASE}/ket-luan": ("Chủ tịch hội đồng", {}, {"chair"}),
    f"{CASE}/tiep-nhan": ("Thư ký hội đồng", {}, {"secretary", "officer", "chair"}),
    f"{CASE}/trinh": ("Chủ tịch hội đồng", {"to": "hcm"}, {"chair", "secretary", "signer"}),
    f"{CASE}/thu-ve": ("Chủ tịch hội đồng", {"row": "1"}, {"chair", "secretary", "signer"}),
    f"{CASE}/trinh-lai": ("Chủ tịch hội đồng", {"row": "1"}, {"chair", "secretary", "signer"}),
    f"{CASE}/khen": ("Người ký", {"number": "1", "date": "15/10/2024", "form": "a"}, {"signer"}),
    f"{BOOK}/tam-dung": ("Chủ tịch hội đồng", {"ground": "mistake"}, {"chair", "signer"}),
    f"{BOOK}/khoi-phuc": ("Chủ tịch hội đồng", {}, {"chair", "signer"}),
    f"{BOOK}/thu-hoi": ("Chủ tịch hội đồng", {"ground": "mistake"}, {"chair", "signer"}),
}


@pytest.mark.parametrize("role", ["officer", "supervisor", "member", "secretary", "chair", "signer"])
async def test_each_act_belongs_to_its_roles(site: Site, role: str) -> None:
    await make.rule_set(site.database)
    await make.case(site.database, dossier=False)
    async with site.signed_in(role) as person:
        assert (await person.get(CASE)).status_code == 200
        for path, (name, form, allowed) in ACTS.items():
            answer = await person.post(path, data=form)
            if role in allowed:
                assert answer.status_code in (404, 422), path  # the case is not there yet, the role is
            else:
                assert (answer.status_code, f"Cần vai trò «{name}»" in text_of(answer)) == (403, True), path
    assert await rows(site, "select state, version from cases") == [("new", 1)]


@pytest.mark.parametrize("role", ["nominator", "editor", "operator"])
async def test_who_is_not_of_the_review_sees_nothing_of_it(site: Site, role: str) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    async with site.signed_in(role) as person:
        for path in ("/xet-duyet/ho-so", CASE, "/xet-duyet/so-khen", BOOK, f"{CASE}/tep/{'0' * 64}"):
            answer = await person.get(path)
            assert (answer.status_code, "Thảo Nguyên" in answer.text) == (403, False)
    async with site.signed_in("member", unit=make.SCHOOL) as person:
        assert (await person.get(CASE)).status_code == 403
    async with site.signed_in("member") as person:
        assert (await person.get("/xet-duyet/ho-so/TB-24-9999")).status_code == 404


@pytest.mark.parametrize("mark", ["", "11", "²", "-1", "9" * 5000, "chín", "1.5"])
async def test_a_mark_that_is_none_comes_back_with_what_was_typed(site: Site, mark: str) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    async with member(site, 0) as one:
        form = {"mark-GV1": mark, "note": "Nhận xét dài.", "code": "a", "errors": "b", "self": "c"}
        answer = await one.post(f"{CASE}/cham", data=form)
    assert (answer.status_code, "Nhận xét dài." in answer.text, "Có 1 chỗ cần sửa" in text_of(answer)) == (
        422,
        True,
        True,
    )
    assert await rows(site, "select 1 from sheets") == []


async def test_a_case_goes_back_with_a_reason_that_no_event_holds(site: Site) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    reason = "Cần bổ sung biên bản xác nhận của tổ chuyên môn."
    async with site.signed_in("secretary") as secretary:
        short = await secretary.post(f"{CASE}/tra-lai", data={"reason": "Thiếu."})
        assert (short.status_code, "ít nhất 20" in text_of(short), "Thiếu." in short.text) == (422, True, True)
        await press(secretary, f"{CASE}/tra-lai", reason=reason)
        again = await secretary.post(f"{CASE}/tra-lai", data={"reason": reason})
        assert (again.status_code, "đã sang bước khác" in text_of(again)) == (422, True)
    said = await rows(site, "select convert_from(body, 'UTF8') from outbox where type not like '%Awaits%' order by id")
    assert [("biên bản" in str(body), "parcel_id" in str(body)) for (body,) in said] == [(False, False), (False, True)]
    assert len(list((site.folder / "objects" / "review" / "parcels").iterdir())) == 1


async def test_a_return_names_what_is_opened_again(site: Site) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    form = {"reason": "Cần bổ sung biên bản xác nhận của tổ chuyên môn.", "reopen": ["GV1", "contacts", "GV9"]}
    async with site.signed_in("secretary") as secretary:
        page = text_of(await secretary.get(CASE))
        assert "Chỉ mở lại các mục này (không bắt buộc)" in page
        typed = await secretary.post(f"{CASE}/tra-lai", data=form | {"reason": "Thiếu."})
        assert (typed.status_code, len(re.findall(r'value="(?:GV1|contacts)" checked', typed.text))) == (422, 2)
        assert (await secretary.post(f"{CASE}/tra-lai", data=form)).status_code == 303
    [(body,)] = await rows(site, "select convert_from(body, 'UTF8') from outbox where type like '%CaseReturned%'")
    assert json.loads(str(body))["reopened"] == ["GV1", "contacts"]


async def test_a_case_is_referred_frozen_and_taken_back(site: Site) -> None:
    case, _ = await make.honoured(site.database)
    async with site.signed_in("secretary") as secretary:
        page = await secretary.get(CASE)
        assert re.findall(r'<option value="([a-z-]+)"', page.text) == ["hcm", "cdgd-hcm"]
        nowhere = await secretary.post(f"{CASE}/trinh", data={"to": "moet"})
        assert (nowhere.status_code, "Hãy chọn cơ quan cấp trên" in text_of(nowhere)) == (422, True)
        await press(secretary, f"{CASE}/trinh", to="hcm")
        page = await secretary.get(CASE)
        assert ("Ai đang giữ Cơ quan cấp trên" in text_of(page), "Đang gửi lên" in text_of(page)) == (True, True)
        assert re.findall(r'<option value="([a-z-]+)"', page.text) == ["cdgd-hcm"]
        [row] = re.findall(r'name="row" value="([^"]+)"', page.text)
        for path in ("thu-ve", "trinh-lai"):
            assert (await secretary.post(f"{CASE}/{path}", data={"row": str(case.id)})).status_code == 404
        early = await secretary.post(f"{CASE}/trinh-lai", data={"row": row})
        assert (early.status_code, "đã sang bước khác" in text_of(early)) == (422, True)
        await press(secretary, f"{CASE}/thu-ve", row=row)
        assert "Đã thu về" in text_of(await secretary.get(CASE))
    assert await rows(site, "select side, other, state from referrals") == [("lower", "hcm", "recalled")]


async def test_the_council_reads_levels_opinions_and_what_changed(site: Site) -> None:
    await make.rule_set(site.database)
    made = await make.case(site.database)
    async with site.database.transaction() as session:
        dossier = (await session.scalars(select(Dossier).where(col(Dossier.case_id) == made.id))).one()
        claim = {"level": "Hoàn thành tốt nhiệm vụ", "options": ["vượt khó"], "rests_on": "TB-24-0007"}
        dossier.content = dossier.content | {
            "claims": [dossier.content["claims"][0] | claim | {"state": "verified"}],
            "opinions": [{"voice": "parent", "who": "phụ huynh lớp 8A", "text": "Cô tận tâm."}],
            "kin": "chị em ruột",
            "changes": [{"criterion": "GV1", "label": "Thành tích", "before": "Dạy khá.", "after": "Dạy giỏi."}],
        }
    async with member(site, 0) as one:
        page = text_of(await one.get(CASE))
    assert (
        "Người gửi có quan hệ gia đình với người được giới thiệu chị em ruột"
        " Thay đổi so với bản trước GV1 · Thành tích Trước: Dạy khá. Nay: Dạy giỏi. GV1 Đã xác minh Tiêu chí GV1"
        " vượt khó Mức đã được xếp: Hoàn thành tốt nhiệm vụ Dựa vào hồ sơ TB-24-0007 Dạy giỏi."
        " Ý kiến của mọi người phụ huynh lớp 8A: Cô tận tâm."
    ) in page


@pytest.mark.parametrize(("kin", "told"), [("cháu", "có quan hệ gia đình"), ("", "không có quan hệ gia đình")])
async def test_of_a_collective_the_council_reads_of_whoever_is_at_its_head(site: Site, kin: str, told: str) -> None:
    await make.rule_set(site.database)
    made = await make.case(site.database)
    async with site.database.transaction() as session:
        dossier = (await session.scalars(select(Dossier).where(col(Dossier.case_id) == made.id))).one()
        dossier.content = dossier.content | {"kin": kin, "kin_to": "leader"}
    async with member(site, 0) as one:
        assert f"{told} với người đứng đầu tập thể được giới thiệu" in text_of(await one.get(CASE))


async def test_a_dossier_that_cannot_be_taken_is_told_on_the_case(site: Site) -> None:
    await make.rule_set(site.database)
    case = await make.case(site.database, dossier=False)
    about = {"case_id": str(case.id), "revision": 1}
    async with site.database.transaction() as session:
        await parcels.expect(session, make.PARCEL, owner="nomination", purpose="dossier", about=about)
    async with site.signed_in("secretary") as secretary:
        assert "Tải lại trang sau ít giây" in text_of(await secretary.get(CASE))
        async with site.database.transaction() as session:
            await session.execute(text("update awaited_parcels set state = 'failed', reason = 'its archive is broken'"))
        page = text_of(await secretary.get(CASE))
    assert ("Lý do kỹ thuật: its archive is broken" in page, "Tải lại trang sau" in page) == (True, False)


async def test_a_second_honour_for_one_subject_asks_whether_it_is_meant(site: Site) -> None:
    first, _ = await make.honoured(site.database)
    again = await make.case(site.database, code="TB-24-0002")
    async with site.database.transaction() as session:
        await session.execute(
            text("update cases set subject_id = :subject, state = 'decided', outcome = 'honour' where id = :id"),
            {"subject": first.subject_id, "id": again.id},
        )
    path = "/xet-duyet/ho-so/TB-24-0002"
    form = {"number": "153/QĐ-PGDĐT", "date": "15/10/2024", "form": "Giấy khen", "level": ""}
    async with site.signed_in("signer") as signer:
        assert "once_more" not in (await signer.get(path)).text
        asked = await signer.post(f"{path}/khen", data=form)
        assert (asked.status_code, "(hồ sơ TB-24-0001)" in text_of(asked), "153/QĐ" in asked.text) == (422, True, True)
        assert 'name="once_more"' in asked.text
        await press(signer, f"{path}/khen", **form, once_more="1")


async def test_a_file_of_the_dossier_is_an_attachment_for_its_readers_only(site: Site) -> None:
    await make.rule_set(site.database)
    made = await make.case(site.database, dossier=False)
    accepted = files.accept("Ảnh chụp.pdf", PDF)
    await site.runtime.objects.put(files.path_of("review", accepted.sha256), PDF)
    entry = {"name": accepted.name, "type": accepted.media_type, "size": len(PDF), "sha256": accepted.sha256}
    content: dict[str, Any] = {"subject_name": "", "subject_position": "", "claims": []}
    async with site.database.transaction() as session:
        session.add(Dossier(agency="tan-binh", case_id=made.id, revision=1, content=content, files=[entry]))
    async with site.signed_in("member") as one:
        answer = await one.get(f"{CASE}/tep/{accepted.sha256}")
        other = await one.get(f"{CASE}/tep/{'0' * 64}")
    assert (answer.status_code, answer.content, other.status_code) == (200, PDF, 404)
    assert {
        name: answer.headers[name] for name in ("content-disposition", "x-content-type-options", "cache-control")
    } == {
        "content-disposition": f'attachment; filename="minh-chung-{accepted.sha256[:8]}.pdf"',
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }


async def test_no_page_says_why_an_honour_is_held(site: Site) -> None:
    await make.honoured(site.database)
    async with site.signed_in("chair") as chair, site.signed_in("member") as other:
        without = await chair.post(f"{BOOK}/tam-dung", data={"ground": "vì ghét"})
        assert (without.status_code, "Hãy chọn căn cứ." in text_of(without)) == (422, True)
        before = re.findall(r"<option[^>]*>", (await chair.get(BOOK)).text)
        assert await press(chair, f"{BOOK}/tam-dung", ground="discipline") == BOOK
        pages = [await chair.get(path) for path in (BOOK, CASE, "/xet-duyet/so-khen", "/xet-duyet/ho-so")]
        # The form of a revocation offers every ground; none is marked as the one that was taken.
        assert [one for one in re.findall(r"<option[^>]*>", pages[0].text) if "selected" in one] == []
        assert set(re.findall(r"<option[^>]*>", pages[0].text)) == set(before)
        assert ["discipline" in page.text for page in pages[1:]] == [False] * 3
        assert [("discipline" in (await other.get(path)).text) for path in (BOOK, CASE)] == [False] * 2
        assert await press(chair, f"{BOOK}/khoi-phuc") == BOOK
        assert await press(chair, f"{BOOK}/thu-hoi", ground="evidence") == BOOK
        gone = await chair.post(f"{BOOK}/khoi-phuc")
    assert (gone.status_code, "Chỉ khôi phục được" in text_of(gone)) == (422, True)


async def test_no_page_shows_a_running_tally_or_who_chose_what(site: Site) -> None:
    made = await make.voting(site.database)
    async with site.signed_in("secretary") as secretary, member(site, 0) as one:
        pages = [text_of(await who.get(CASE)) for who in (secretary, one)]
        await make.vote(site.database, made.id, Choice.DISAGREE, Choice.AGREE)
        after = [text_of(await who.get(CASE)) for who in (secretary, one)]
    assert [page.count("Kết quả phiếu") for page in (*pages, *after)] == [0] * 4
    assert after[0] == pages[0].replace("Đã bỏ 0/3", "Đã bỏ 2/3")
    assert "Không đồng ý" not in after[1]


async def test_a_signed_out_session_counts_nowhere(site: Site) -> None:
    await make.rule_set(site.database)
    await make.case(site.database)
    token = site.token("member")
    async with site.client({"cookie": f"__Host-gs={token}"}) as person:
        assert (await person.get(CASE)).status_code == 200
        session_id = (await site.app.state.sessions.person(token)).session_id
        async with site.database.transaction() as session:
            await HANDLERS[SessionEnded](session, SessionEnded(session_id=session_id, occurred_at=make.AT))
        assert (await person.get(CASE)).status_code == 303
        assert (await person.post(f"{CASE}/cham", data={"mark-GV1": "9"})).status_code == 401
