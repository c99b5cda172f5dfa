"""Evidence by its kind, claims that somebody looked into, readiness while one types: in the browser and by the API."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from services.nomination.actions import claims, criteria
from services.nomination.rules import ClaimState
from services.nomination.rules.papers import OwnFile
from shared.audit import Actor
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

PACK = "sau/1"
CRITERIA: list[dict[str, Any]] = [
    {"code": "G", "text": "Trên hết.", "overall": True},
    {"code": "GV1", "category": Category.TEACHER, "text": "Từ mức tốt.", "kinds": ["decision"], "compulsory": True}
    | {"threshold": {"scale": "nam", "least": "Tốt"}},
    {"code": "GV4", "category": Category.TEACHER, "text": "Đổi mới.", "kinds": ["number", "link"]},
    {"code": "QL4", "category": Category.MANAGER, "text": "Tập thể phải đạt.", "derived_from": "collective"}
    | {"compulsory": True},
    {"code": "TT3", "category": Category.COLLECTIVE, "text": "Phong trào tốt.", "compulsory": True},
    {"code": "HS2", "category": Category.PUPIL, "text": "Một trong các ý.", "options": ["một", "hai"], "choose": 1},
]
FILE = "/de-cu/ho-so/TB-24-0001"
CLAIM = f"{FILE}/tieu-chi/GV1"
DECISION = {"about": "Xếp loại năm", "number": "125/QĐ", "date": "25/05/2024", "issuer": "Trường Hoa Mai"}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made = await sites("nomination")
    await make.plan(made.database)
    async with made.database.transaction() as session:
        await criteria.enter_criteria(
            session,
            make.AGENCY,
            pack=PACK,
            criteria=CRITERIA,
            scales={"nam": ["Kém", "Tốt", "Xuất sắc"]},
            by=make.CLERK,
        )
        boasts = [{"word": "nhất", "but": ["thống nhất"], "valid_from": make.TODAY}]
        assert await criteria.enter_boasts(session, make.AGENCY, boasts=boasts, by=make.CLERK) == 1
        assert await criteria.enter_boasts(session, make.AGENCY, boasts=boasts, by=make.CLERK) == 0
    return made


def nominator(site: Site) -> httpx2.AsyncClient:
    return site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh")


async def rows(site: Site, query: str) -> list[tuple[object, ...]]:
    async with site.database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def begin(site: Site, by: httpx2.AsyncClient, category: str = "teacher") -> str:
    """A draft of the school; the path of its page."""
    [(round_id,)] = await rows(site, "select id from rounds where name = 'đợt này'")
    form = {"unit": str(make.SCHOOL), "round": str(round_id), "category": category, "name": "Lê Thị Ánh"}
    return str((await by.post("/de-cu/ho-so/moi", data=form)).headers["location"])


async def test_evidence_of_the_kind_that_is_needed_fulfils_a_criterion(site: Site) -> None:
    async with nominator(site) as by:
        await begin(site, by)
        form = {"text": "Tốt ba năm liền.", "level": "Tốt", "proof": "Có quyết định", "version": "0"}
        assert (await by.post(CLAIM, data=form)).status_code == 303
        page = text_of(await by.get(CLAIM))
        assert "Minh chứng chưa thuộc loại mà tiêu chí này cần. Hãy thêm: Quyết định, văn bản." in page
        asked = text_of(await by.get(f"{CLAIM}/minh-chung/decision"))
        assert "Số ký hiệu Ví dụ: 125/QĐ-THCSHM Ngày ban hành Ví dụ: 25/05/2024 Cơ quan ban hành" in asked
        wrong = await by.post(f"{CLAIM}/minh-chung/decision", data=DECISION | {"date": "25/05/2025"})
        assert (wrong.status_code, "Ngày này chưa tới." in wrong.text, "125/QĐ" in wrong.text) == (422, True, True)
        done = await by.post(f"{CLAIM}/minh-chung/decision", data=DECISION)
        assert (done.status_code, done.headers["location"]) == (303, f"{CLAIM}#minh-chung")
        page = text_of(await by.get(CLAIM))
        assert "Quyết định, văn bản: 125/QĐ, 25/05/2024, Trường Hoa Mai: Xếp loại năm" in page
        assert "Tiêu chí này đã đủ chưa? Đạt" in page
        assert "Đạt 2/3 tiêu chí." in text_of(await by.get(FILE))
        for kind in ("words", "file", "lời"):
            assert (await by.get(f"{CLAIM}/minh-chung/{kind}")).status_code == 404
        unsaid = await by.post(f"{FILE}/tieu-chi/GV4/minh-chung/decision", data=DECISION)
        assert (unsaid.status_code, "Hãy viết và lưu thành tích trước" in unsaid.text) == (422, True)
    kept = await rows(site, "select kind, text, fields from evidence order by id")
    line = "125/QĐ, 25/05/2024, Trường Hoa Mai: Xếp loại năm"
    assert kept == [("words", "Có quyết định", {}), ("decision", line, DECISION)]
    assert await rows(site, "select level, state, version from claims") == [("Tốt", "unverified", 1)]


async def test_while_one_types_the_server_says_what_is_lacking_and_keeps_nothing(site: Site) -> None:
    async with nominator(site) as by:
        await begin(site, by)
        typed = ({"text": ""}, *({"text": "Giỏi nhất tổ.", "level": level} for level in ("Kém", "Tốt")))
        asked = [(await by.post(f"{CLAIM}/du", data=form)).json() for form in typed]
        assert (await by.post(f"{FILE}/tieu-chi/HS2/du", data={"text": "x"})).status_code == 404
    need = "Có lời nhưng chưa có minh chứng. Hãy thêm: Quyết định, văn bản."
    low = "Mức «Kém» chưa đạt: cần từ «Tốt» trở lên. Nếu ghi nhầm, hãy chọn lại mức theo quyết định xếp loại."
    empty = "Bắt buộc, chưa viết. Hãy viết: việc gì, con số nào, nguồn nào; rồi thêm minh chứng."
    hint = "Có chữ «nhất»: nên kèm số liệu, văn bản, tệp hoặc đường liên kết chứng tỏ."
    how = "Còn thiếu · 0/3"
    assert asked == [{"lines": [how, empty]}, {"lines": [how, low, need, hint]}, {"lines": [how, need, hint]}]
    assert await rows(site, "select 1 from claims") == []


async def test_a_manager_rests_on_a_collective_that_qualifies_itself(site: Site) -> None:
    async with nominator(site) as by:
        manager = await begin(site, by, "manager")
        page = await by.get(f"{manager}/tieu-chi/QL4")
        assert "Chưa chọn hồ sơ của tập thể" in page.text
        unsaid = await by.post(f"{manager}/tieu-chi/QL4", data={"text": "Tổ tốt.", "rests_on": "TB-24-0009"})
        assert unsaid.status_code == 303
        collective = await begin(site, by, "collective")
        code = collective.rsplit("/", 1)[1]
        form = {"text": "", "rests_on": code, "version": "1"}
        assert (await by.post(f"{manager}/tieu-chi/QL4", data=form)).status_code == 303
        poor = text_of(await by.get(f"{manager}/gui"))
        assert f"Hồ sơ {code} chưa đạt các tiêu chí của chính nó." in poor
        deed = {"text": "Câu lạc bộ robot.", "proof": "Kế hoạch", "version": "0"}
        assert (await by.post(f"{collective}/tieu-chi/TT3", data=deed)).status_code == 303
        ready = text_of(await by.get(f"{manager}/gui"))
        assert (f"Dựa vào hồ sơ {code}" in ready, "chưa đạt" in ready, "Gửi hồ sơ TB-24-0001" in ready) == (
            True,
            False,
            True,
        )
        await by.post(f"{collective}/gui", data=make.NO_KIN)
        assert (await by.post(f"{manager}/gui", data=make.NO_KIN)).status_code == 303
    assert await rows(site, "select code, state from nominations order by code") == [
        ("TB-24-0001", "submitted"),
        ("TB-24-0002", "submitted"),
    ]


async def test_one_of_several_is_ticked(site: Site) -> None:
    async with nominator(site) as by:
        pupil = await begin(site, by, "pupil")
        form = {"text": "Vượt khó.", "proof": "Học bạ", "version": "0", "options": ["z"]}
        assert (await by.post(f"{pupil}/tieu-chi/HS2", data=form)).status_code == 303
        assert "Chưa đánh dấu đủ: cần 1 trong 2 ý." in text_of(await by.get(pupil))
        form |= {"options": ["b"], "version": "1", "proof": ""}
        assert (await by.post(f"{pupil}/tieu-chi/HS2", data=form)).status_code == 303
        assert "Chưa đánh dấu đủ" not in text_of(await by.get(pupil))
    assert await rows(site, "select options, version from claims") == [(["b"], 2)]


async def test_the_head_looks_into_a_claim_and_the_writer_never(site: Site) -> None:
    async with nominator(site) as by:
        await begin(site, by)
        await by.post(CLAIM, data={"text": "Tốt ba năm liền.", "level": "Tốt", "version": "0"})
        assert (
            await by.post(f"{CLAIM}/xac-minh", data={"found": "verified", "how": "Tôi biết rõ."})
        ).status_code == 403
    async with site.signed_in("head", unit=make.SCHOOL, subject="hieu-truong") as head:
        page = text_of(await head.get(CLAIM))
        assert "Đã xem gì, hỏi ai" in page
        for form, wrong in (
            ({"found": "", "how": "Đã xem sổ dự giờ."}, "Hãy chọn: đã xác minh, hay có ý kiến khác."),
            ({"found": "verified", "how": "Đúng."}, "Hãy ghi đã xem gì, hỏi ai (từ 10 đến 1.000 chữ)."),
        ):
            answer = await head.post(f"{CLAIM}/xac-minh", data=form)
            assert (answer.status_code, wrong in text_of(answer)) == (422, True)
        for found, how in (("disputed", "Năm 2022 chỉ ở mức kém."), ("verified", "Đã xem ba quyết định.")):
            assert (await head.post(f"{CLAIM}/xac-minh", data={"found": found, "how": how})).status_code == 303
        page = text_of(await head.get(CLAIM))
        newest, oldest = page.index("Đã xác minh Thủ trưởng"), page.index("Đang có ý kiến Thủ trưởng")
        assert newest < oldest
        assert "Đã xác minh" in text_of(await head.get(FILE))
    async with nominator(site) as by:
        form = {"text": "Tốt bốn năm liền.", "level": "Tốt", "version": "1"}
        assert (await by.post(CLAIM, data=form)).status_code == 303
        page = text_of(await by.get(CLAIM))
        assert ("Chưa xác minh" in page, page.count("trước khi thành tích được sửa")) == (True, 2)
    assert await rows(site, "select state, how, role, claim_version from claim_checks order by id") == [
        ("disputed", "Năm 2022 chỉ ở mức kém.", "head", 1),
        ("verified", "Đã xem ba quyết định.", "head", 1),
    ]
    verbs = "select verb, role from audit where verb like 'claim.%' order by id"
    assert await rows(site, verbs) == [
        ("claim.written", "nominator"),
        ("claim.disputed", "head"),
        ("claim.verified", "head"),
        ("claim.written", "nominator"),
    ]


async def test_who_wrote_a_dossier_checks_nothing_in_it_in_whatever_role(site: Site) -> None:
    async with nominator(site) as by:
        await begin(site, by)
        await by.post(CLAIM, data={"text": "Tốt ba năm liền.", "level": "Tốt", "version": "0"})
    [(nomination_id,)] = await rows(site, "select id from nominations")
    told: dict[str, Any] = {
        "nomination_id": nomination_id,
        "criterion": "GV1",
        "at": make.AT,
        "how": "Đã xem ba quyết định.",
    }
    with pytest.raises(OwnFile):
        async with site.database.transaction() as session:
            own = Actor("https://id|co-hanh", "head", make.SCHOOL)
            await claims.check_claim(session, state=ClaimState.VERIFIED, by=own, **told)
    with pytest.raises(LookupError):
        async with site.database.transaction() as session:
            await claims.check_claim(session, state=ClaimState.VERIFIED, by=make.HEAD, **told | {"criterion": "GV4"})
    async with site.signed_in("officer", subject="co-hanh") as own_officer:
        answer = await own_officer.post(f"{CLAIM}/xac-minh", data={"found": "verified", "how": "Tôi biết rõ việc này."})
        assert (answer.status_code, "không tự xác minh hồ sơ của mình" in answer.text) == (422, True)
        assert "Ghi kết quả xác minh" not in text_of(await own_officer.get(CLAIM))


async def test_software_sends_evidence_by_its_kind(site: Site) -> None:
    [(round_id,)] = await rows(site, "select id from rounds where name = 'đợt này'")
    claim: dict[str, Any] = {"criterion": "GV1", "text": "Tốt ba năm liền.", "level": "Tốt"}
    draft: dict[str, Any] = {
        "unit_id": str(make.SCHOOL),
        "round_id": str(round_id),
        "category": "teacher",
        "subject": {"name": "Lê Ánh"},
    }
    path = "/api/v1/nomination/nominations"
    async with nominator(site) as by:
        changes: list[tuple[dict[str, Any], str]] = [
            ({"level": "Giỏi"}, "/claims/0/level"),
            ({"options": ["a"]}, "/claims/0/options/0"),
            ({"criterion": "HS2"}, "/claims/0/criterion"),
            (
                {"evidence": [{"kind": "decision", "fields": DECISION | {"date": "mai"}}]},
                "/claims/0/evidence/0/fields/date",
            ),
        ]
        for number, (change, pointer) in enumerate(changes):
            body = draft | {"claims": [{**claim, **change}]}
            refused = await by.post(path, json=body, headers={"idempotency-key": f"{number}"})
            assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, [pointer])
        body = draft | {"claims": [claim | {"evidence": [{"kind": "decision", "fields": DECISION}]}]}
        made = (await by.post(path, json=body, headers={"idempotency-key": "ok"})).json()
    assert (made["claims"][0]["evidence"], made["lacking"]) == (
        [
            {
                "kind": "decision",
                "text": "125/QĐ, 25/05/2024, Trường Hoa Mai: Xếp loại năm",
                "fields": DECISION,
                "file": None,
            }
        ],
        {},
    )
    assert [(one["criterion"], one["status"]) for one in made["readiness"]] == [
        ("G", "fulfilled"),
        ("GV1", "fulfilled"),
        ("GV4", "not_needed"),
    ]
