"""A return may name what is opened again: that can be changed, the rest stays as it was handed in."""

from typing import Any

import pytest

from services.nomination.consumers import HANDLERS
from services.nomination.rules import State, is_open
from services.nomination.tables import Nomination
from shared.events import CaseReturned
from shared.inbox.batch import SPEAKER
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

OPINION = {"voice": "parent", "who": "phụ huynh lớp 8A", "text": "Cô rất tận tâm."}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("state", "reopened", "opened"),
    [
        (State.DRAFT, [], True),
        (State.RETURNED, [], True),
        (State.RETURNED, ["GV1", "opinions"], True),
        (State.RETURNED, ["GV4"], False),
        (State.SUBMITTED, ["GV1"], False),
    ],
)
def test_what_a_return_names_is_open(state: State, reopened: list[str], opened: bool) -> None:
    assert is_open(state, reopened, "GV1") is opened


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


async def returned(site: Site, *reopened: str) -> Nomination:
    """A dossier that was handed in, and came back with these parts open."""
    plan = await make.plan(site.database)
    made = await make.submitted(site.database, plan.open)
    about: dict[str, Any] = {"nomination_id": made.id, "origin_agency": "tan-binh", "unit_id": made.unit_id}
    about |= {"subject_id": made.subject_id, "code": made.code, "case_id": made.id, "revision": 1}
    event = CaseReturned(reasons=make.PARCEL, reopened=list(reopened), occurred_at=make.AT, **about)
    async with site.database.transaction() as session:
        session.info[SPEAKER] = "tan-binh"
        await HANDLERS[CaseReturned](session, event)
    return made


@pytest.mark.db
async def test_only_what_was_named_can_be_changed_until_it_is_handed_in_again(site: Site) -> None:
    made = await returned(site, "GV4")
    file = f"/de-cu/ho-so/{made.code}"
    async with site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh") as by:
        page = text_of(await by.get(file))
        assert "Hội đồng chỉ mở lại: GV4 Các mục khác giữ nguyên như đã gửi." in page
        closed = [
            await by.post(f"{file}/tieu-chi/GV1", data={"text": "Lời khác.", "version": "1"}),
            await by.post(f"{file}/y-kien", data=OPINION),
            await by.post(f"{file}/lien-he", data={"email-self": "khac@hoa-mai.example"}),
        ]
        assert [(one.status_code, "không mở lại mục này" in text_of(one)) for one in closed] == [(422, True)] * 3
        assert "Ảnh, PDF" not in (await by.get(f"{file}/tieu-chi/GV1")).text
        form = {"text": "Soạn bài tập theo mức độ.", "proof": "Bộ bài tập", "version": "0"}
        assert (await by.post(f"{file}/tieu-chi/GV4", data=form)).status_code == 303
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303
    async with site.database.reading() as session:
        again = await session.get_one(Nomination, made.id)
    assert (again.state, again.reopened) == (State.SUBMITTED, [])


@pytest.mark.db
async def test_a_return_that_names_nothing_opens_all(site: Site) -> None:
    made = await returned(site)
    async with site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh") as by:
        answer = await by.post(f"/de-cu/ho-so/{made.code}/tieu-chi/GV1", data={"text": "Lời khác.", "version": "1"})
    assert answer.status_code == 303
