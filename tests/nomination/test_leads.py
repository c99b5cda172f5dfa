"""Leads: anybody sees somebody promising, the unit helps, and a nomination begins without retyping."""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from services.nomination.actions import criteria, leads
from services.nomination.rules import Refusal
from services.nomination.rules.leads import MOVES, BadLead, LeadState, NoteKind, Source, Track, check_move, moves
from services.nomination.tables import Lead, LeadNote, Nomination
from shared.events import Category
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

SEEN = {
    "unit": str(make.SCHOOL),
    "category": "teacher",
    "name": "Trịnh Thị Ẩn",
    "position": "giáo viên Ngữ văn",
    "deed": "Mở tủ sách ở sân trường.",
    "found_through": "Dạy tốt – Học tốt",
}


@pytest.fixture
async def site(sites: Sites) -> Site:
    made: Site = await sites("nomination")
    return made


async def leads_of(site: Site) -> list[Lead]:
    async with site.database.reading() as session:
        return list(await session.scalars(select(Lead).order_by(col(Lead.spotted_at))))


async def spotted(site: Site, **changed: str) -> UUID:
    """A lead of the school, written down by its nominator."""
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        answer = await person.post("/de-cu/nhan-to/moi", data=SEEN | changed)
    assert answer.status_code == 303, answer.text
    return UUID(answer.headers["location"].rsplit("/", 1)[1])


async def test_who_is_of_no_unit_may_see_somebody_and_reads_what_became_of_it(site: Site) -> None:
    await make.plan(site.database)
    async with site.signed_in("member") as person:
        answer = await person.post("/de-cu/nhan-to/moi", data=SEEN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/de-cu/nhan-to/toi-ghi")
        own = text_of(await person.get("/de-cu/nhan-to/toi-ghi"))
        (lead,) = await leads_of(site)
        foreign = await person.get(f"/de-cu/nhan-to/{lead.id}")
    assert "Trịnh Thị Ẩn · Trường THCS Hoa Mai · Mới phát hiện" in own
    assert foreign.status_code == 403
    told = (lead.name, lead.unit_id, lead.deed, lead.source, lead.track, lead.state, lead.taken_up)
    assert told == (SEEN["name"], make.SCHOOL, SEEN["deed"], Source.STAFF, Track.UNIT, LeadState.SPOTTED, True)


async def test_a_form_sent_twice_is_one_lead(site: Site) -> None:
    await make.plan(site.database)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        sent = SEEN | {"once": str(uuid4())}
        answers = await asyncio.gather(*(person.post("/de-cu/nhan-to/moi", data=sent) for _ in range(3)))
    (lead,) = await leads_of(site)
    told = {(answer.status_code, answer.headers["location"]) for answer in answers}
    assert told == {(303, f"/de-cu/nhan-to/{lead.id}")}
    public = {"category": "teacher", "name": "thầy Bản", "deed": "Dạy bơi.", "once": str(uuid4())}
    async with site.client({}) as anybody:
        assert [(await anybody.post("/gioi-thieu", data=public)).status_code for _ in range(2)] == [201, 201]
        anew = public | {"name": "cô Ẩn"}
        assert (await anybody.post("/gioi-thieu", data=anew)).status_code == 201
    assert sorted(one.name for one in await leads_of(site)) == ["Trịnh Thị Ẩn", "cô Ẩn", "thầy Bản"]
    async with site.database.reading() as session:
        assert await session.scalar(text("select count(*) from audit where verb = 'lead.spotted'")) == 3


async def test_a_lead_is_helped_on_and_put_forward_without_retyping(site: Site) -> None:
    plan = await make.plan(site.database)
    whole = {"code": "G", "text": "Là nhân tố nổi trội, có minh chứng, được học tập làm theo.", "overall": True}
    async with site.database.transaction() as session:
        await criteria.enter_criteria(session, make.AGENCY, pack="dien-hinh/2", criteria=[whole], by=make.CLERK)
    lead_id = await spotted(site)
    place = f"/de-cu/nhan-to/{lead_id}"
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        lines = (
            {"kind": "gap", "text": "Chưa có số liệu trước và sau."},
            {"kind": "measure", "text": "Đếm lượt mượn sách.", "due_on": "30/11/2024"},
            {"kind": "material", "text": "Tặng 200 đầu sách.", "due_on": "30/11/2024"},
        )
        for line in lines:
            assert (await person.post(f"{place}/so", data=line)).status_code == 303
        async with site.database.reading() as session:
            notes = list(await session.scalars(select(LeadNote).order_by(col(LeadNote.at), col(LeadNote.id))))
        assert [(one.kind, one.due_on and one.due_on.isoformat()) for one in notes] == [
            (NoteKind.GAP, None),
            (NoteKind.MEASURE, "2024-11-30"),
            (NoteKind.MATERIAL, None),
        ]
        assert (await person.post(f"{place}/so/{notes[1].id}/xong")).status_code == 303
        assert (await person.post(f"{place}/so/{notes[0].id}/xong")).status_code == 404
        assert (await person.post(place, data={"deed": "Mở tủ sách.", "mentor": "tổ trưởng"})).status_code == 303
        assert (await person.post(f"{place}/buoc", data={"to": "ready"})).status_code == 303
        page = text_of(await person.get(place))
        assert "Xong ngày 15/10/2024" in page
        assert "Sẵn sàng đề cử" in page
        both = await asyncio.gather(*(person.post(f"{place}/de-cu", data={"round": str(plan.open)}) for _ in range(2)))
        assert {answer.status_code for answer in both} == {303}
        assert len({answer.headers["location"] for answer in both}) == 1, "a double click begins one draft"
        assert "Trịnh Thị Ẩn" in (await person.get(both[0].headers["location"])).text
        assert "Mở tủ sách." in (await person.get(both[0].headers["location"] + "/tieu-chi/G")).text
        assert (await person.post(f"{place}/so", data={"kind": "gap", "text": "Thêm."})).status_code == 422
    (lead,) = await leads_of(site)
    async with site.database.reading() as session:
        (draft,) = await session.scalars(select(Nomination))
    assert (lead.state, lead.nomination_id, draft.unit_id) == (LeadState.NOMINATED, draft.id, make.SCHOOL)


async def test_what_the_public_tells_waits_for_the_unit_and_leads_nowhere_else(site: Site) -> None:
    await make.plan(site.database)
    told = {"category": "pupil", "name": "em Ánh lớp 8A", "deed": "Trả lại ví. Xem http://xau.example/a", "unit": ""}
    async with site.client({}) as anybody:
        assert "Giới thiệu một gương" in (await anybody.get("/gioi-thieu")).text
        taken = await anybody.post("/gioi-thieu", data=told | {"contact": "bác bảo vệ cổng trước"})
        assert taken.status_code == 201
        assert "Đã nhận lời giới thiệu" in taken.text
        empty = await anybody.post("/gioi-thieu", data=told | {"deed": "https://xau.example"})
        assert (empty.status_code, "https://xau.example" in empty.text) == (422, True)
        unknown = await anybody.post("/gioi-thieu", data=told | {"unit": str(UUID(int=9))})
        assert unknown.status_code == 422
    (lead,) = await leads_of(site)
    assert (lead.source, lead.taken_up, lead.unit_id, lead.deed) == (Source.PUBLIC, False, None, "Trả lại ví. Xem")
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert "em Ánh" not in (await head.get("/de-cu/nhan-to")).text
        assert (await head.get(f"/de-cu/nhan-to/{lead.id}")).status_code == 404
    async with site.signed_in("officer") as officer:
        assert "em Ánh lớp 8A" in text_of(await officer.get("/de-cu/nhan-to"))
        page = (await officer.get(f"/de-cu/nhan-to/{lead.id}")).text
        assert "bác bảo vệ cổng trước" in page
        assert (await officer.post(f"/de-cu/nhan-to/{lead.id}/nhan", data={"unit": ""})).status_code == 422
        answer = await officer.post(f"/de-cu/nhan-to/{lead.id}/nhan", data={"unit": str(make.SCHOOL)})
        assert answer.status_code == 303
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert "em Ánh lớp 8A" in (await head.get("/de-cu/nhan-to")).text
    (lead,) = await leads_of(site)
    assert (lead.taken_up, lead.unit_id) == (True, make.SCHOOL)


async def test_a_lead_is_put_aside_with_a_reason_and_comes_back(site: Site) -> None:
    await make.plan(site.database)
    place = f"/de-cu/nhan-to/{await spotted(site)}"
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        silent = await head.post(f"{place}/buoc", data={"to": "aside", "reason": " "})
        assert (silent.status_code, "Hãy ghi vì sao tạm gác" in silent.text) == (422, True)
        await head.post(f"{place}/buoc", data={"to": "aside", "reason": "Đang nghỉ thai sản."})
        assert "Đang nghỉ thai sản." in (await head.get(place)).text
        wrong = await head.post(f"{place}/buoc", data={"to": "ready"})
        assert (wrong.status_code, "vừa được chuyển sang bước khác" in wrong.text) == (422, True)
        await head.post(f"{place}/buoc", data={"to": "nurtured"})
    (lead,) = await leads_of(site)
    assert (lead.state, lead.aside_reason) == (LeadState.NURTURED, "")


async def test_an_honoured_exemplar_is_followed_once_towards_the_whole_country(site: Site) -> None:
    plan = await make.plan(site.database)
    draft = await make.draft(site.database, plan.open)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        early = await person.post(f"/de-cu/ho-so/{draft.code}/nhan-to")
        assert (early.headers["location"], await leads_of(site)) == (f"/de-cu/ho-so/{draft.code}", [])
        async with site.database.transaction() as session:
            await session.execute(text("update nominations set state = 'honoured'"))
        places = {(await person.post(f"/de-cu/ho-so/{draft.code}/nhan-to")).headers["location"] for _ in range(2)}
        (lead,) = await leads_of(site)
        assert places == {f"/de-cu/nhan-to/{lead.id}"}
        assert "Hướng tới cấp toàn quốc" in (await person.get(places.pop())).text
    assert (lead.source, lead.track, lead.after_id, lead.unit_id) == (
        Source.HONOURED,
        Track.NATIONAL,
        draft.id,
        make.SCHOOL,
    )


BAD: tuple[tuple[Mapping[str, str], str], ...] = (
    ({"name": " "}, "Hãy ghi người hoặc tập thể"),
    ({"deed": ""}, "Hãy kể ngắn"),
    ({"category": "ai đó"}, "Hãy chọn loại"),
    ({"unit": "?"}, "Hãy chọn đơn vị"),
    ({"unit": str(UUID(int=9))}, "Hãy chọn đơn vị"),
    ({"deed": "a" * 3001}, "Dài quá 3000 chữ cái"),
)


@pytest.mark.parametrize(("changed", "said"), BAD)
async def test_what_cannot_be_is_said_and_nothing_typed_is_lost(
    site: Site, changed: Mapping[str, str], said: str
) -> None:
    await make.plan(site.database)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        answer = await person.post("/de-cu/nhan-to/moi", data=SEEN | dict(changed))
    assert (answer.status_code, said in text_of(answer)) == (422, True)
    assert SEEN["found_through"] in answer.text
    assert await leads_of(site) == []


def test_a_lead_moves_as_the_table_says_and_no_other_way() -> None:
    allowed = {(one, to) for to, from_ in MOVES.items() for one in from_}
    for state in LeadState:
        for to in LeadState:
            try:
                check_move(state, to, "vì một lẽ")
            except Refusal:
                assert (state, to) not in allowed
            else:
                assert (state, to) in allowed
    assert moves(LeadState.NOMINATED) == []
    assert moves(LeadState.ASIDE) == [LeadState.NURTURED]


async def test_a_lead_without_a_unit_is_not_put_forward(site: Site) -> None:
    plan = await make.plan(site.database)
    sighting = leads.Sighting(None, Category.TEACHER, "Lê Văn Ba", "Dạy bơi miễn phí.")
    async with site.database.transaction() as session:
        lead_id = await leads.spot(session, make.AGENCY, sighting, source=Source.PUBLIC, at=make.AT, by=make.CLERK)
        with pytest.raises(BadLead):
            await leads.nominate(
                session,
                make.AGENCY,
                lead_id=lead_id,
                round_id=plan.open,
                at=make.AT,
                today=make.TODAY,
                by=make.NOMINATOR,
            )


async def test_what_was_put_forward_is_no_longer_changed_as_a_lead(site: Site) -> None:
    plan, place = await make.plan(site.database), f"/de-cu/nhan-to/{await spotted(site)}"
    async with site.database.transaction() as session:
        lead_id, kind = UUID(place.rsplit("/", 1)[1]), NoteKind.MEASURE
        line = await leads.note(
            session, lead_id=lead_id, kind=kind, text="Tặng sách.", due_on=None, at=make.AT, by=make.CLERK
        )
    async with site.signed_in("officer", "nominator", unit=make.SCHOOL) as person:
        assert (await person.post(f"{place}/de-cu", data={"round": str(plan.open)})).status_code == 303
        (before,) = await leads_of(site)
        answers = [
            await person.post(place, data={"deed": "Việc khác."}),
            await person.post(f"{place}/nhan", data={"unit": str(make.SCHOOL)}),
            await person.post(f"{place}/so/{line.id}/xong"),
        ]
    told = "Nhân tố này đã được đề cử: hãy viết tiếp trong hồ sơ."
    assert [(one.status_code, told in text_of(one)) for one in answers] == [(422, True)] * 3
    assert [one.model_dump() for one in await leads_of(site)] == [before.model_dump()]
    async with site.database.reading() as session:
        assert [one.done_on for one in await session.scalars(select(LeadNote))] == [None]
