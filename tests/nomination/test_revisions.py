"""Each hand-in is kept as a revision; what changed since is shown before the next one, and to who reads it."""

from typing import Any

import pytest
from sqlalchemy import text

from services.nomination import queries
from services.nomination.actions import hearing, papers
from services.nomination.queries import packing
from services.nomination.rules import State
from services.nomination.rules.papers import Voice
from services.nomination.rules.revisions import Change, changes
from services.nomination.tables import Nomination
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

CLAIM: dict[str, Any] = {"criterion": "GV1", "text": "Dạy giỏi.", "options": [], "level": None, "rests_on": None}
CLAIM |= {"evidence": [{"text": "Sáng kiến số 12", "name": None}], "criterion_text": "Tiêu chí", "state": "unverified"}
SAID = {"voice": "parent", "who": "phụ huynh lớp 8A", "text": "Cô tận tâm."}
ONE: dict[str, Any] = {"subject_name": "Lê Thị Ánh", "subject_position": "giáo viên", "claims": [CLAIM], "opinions": []}


@pytest.mark.unit
@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (ONE, []),
        ({**ONE, "claims": [{**CLAIM, "state": "verified"}]}, []),
        ({**ONE, "subject_position": ""}, [Change("", "Chức vụ, tổ hoặc lớp", "giáo viên", "")]),
        (
            {**ONE, "claims": [{**CLAIM, "text": "Dạy rất giỏi.", "level": "Tốt"}]},
            [
                Change("GV1", "Thành tích", "Dạy giỏi.", "Dạy rất giỏi."),
                Change("GV1", "Mức đã được xếp", "", "Tốt"),
            ],
        ),
        (
            {**ONE, "claims": [{**CLAIM, "evidence": [*CLAIM["evidence"], {"text": "Bản chụp", "name": "a.pdf"}]}]},
            [Change("GV1", "Minh chứng", "Sáng kiến số 12", "Sáng kiến số 12\nBản chụp (a.pdf)")],
        ),
        ({**ONE, "opinions": [SAID]}, [Change("", "Ý kiến của mọi người", "", "phụ huynh lớp 8A: Cô tận tâm.")]),
        (
            {**ONE, "claims": []},
            [Change("GV1", "Thành tích", "Dạy giỏi.", ""), Change("GV1", "Minh chứng", "Sáng kiến số 12", "")],
        ),
    ],
)
def test_what_reads_otherwise_is_told_field_by_field(after: dict[str, Any], expected: list[Change]) -> None:
    assert changes(ONE, after) == expected
    backwards = [Change(one.criterion, one.label, one.after, one.before) for one in expected]
    assert sorted(map(str, changes(after, ONE))) == sorted(map(str, backwards))


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("nomination")


async def came_back(site: Site) -> Nomination:
    """A dossier that was handed in and returned."""
    plan = await make.plan(site.database)
    made = await make.submitted(site.database, plan.open)
    async with site.database.transaction() as session:
        about = {"nomination_id": made.id, "at": make.AT}
        await hearing.note_step(session, what="returned", holder="unit", state=State.RETURNED, **about)  # type: ignore[arg-type]
    return made


@pytest.mark.db
async def test_what_changed_since_the_last_hand_in_is_seen_before_the_next(site: Site) -> None:
    made = await came_back(site)
    file = f"/de-cu/ho-so/{made.code}"
    async with site.signed_in("nominator", unit=make.SCHOOL, subject="co-hanh") as by:
        page = text_of(await by.get(f"{file}/gui"))
        assert "Thay đổi so với bản 1 đã gửi Không có gì thay đổi. Cả hồ sơ" in page
        form = {"text": "Dạy bằng dự án, 12 tiết.", "proof": "Biên bản dự giờ", "version": "1"}
        assert (await by.post(f"{file}/tieu-chi/GV1", data=form)).status_code == 303
        page = text_of(await by.get(f"{file}/gui"))
        said = (
            "GV1 · Thành tích Trước: Dạy học bằng dự án đọc sách. Nay: Dạy bằng dự án, 12 tiết."
            " GV1 · Minh chứng Trước: Sáng kiến số 12 Nay: Sáng kiến số 12 Biên bản dự giờ"
        )
        assert f"Thay đổi so với bản 1 đã gửi {said} Cả hồ sơ" in page
        assert f"Đang sửa, chưa gửi {said} Bản 1, gửi lúc" in text_of(await by.get(f"{file}/cac-ban"))
        assert (await by.post(f"{file}/gui", data=make.NO_KIN)).status_code == 303
    async with site.signed_in("officer", subject="can-bo") as reader:
        page = text_of(await reader.get(f"{file}/cac-ban"))
    assert f"Bản 2, gửi lúc 09:00 15/10/2024 {said} Bản 1, gửi lúc 09:00 15/10/2024 Bản gửi đầu tiên." in page
    async with site.database.reading() as session:
        kept = (await session.execute(text("select number, content from revisions order by number"))).all()
    assert [(number, content["claims"][0]["text"]) for number, content in kept] == [
        (1, "Dạy học bằng dự án đọc sách."),
        (2, "Dạy bằng dự án, 12 tiết."),
    ]
    assert [name for name in packing.PRIVATE if name in kept[0][1]] == []


@pytest.mark.db
async def test_the_council_is_told_what_changed(site: Site) -> None:
    made = await came_back(site)
    async with site.database.transaction() as session:
        who = {"voice": Voice.PARENT, "who": "phụ huynh lớp 8A", "text": "Cô rất tận tâm."}
        await papers.add_opinion(session, nomination_id=made.id, by=make.NOMINATOR, **who)  # type: ignore[arg-type]
    async with site.database.reading() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code=made.code, units=None)
        [(first,)] = await session.execute(text("select content from revisions"))
    assert found is not None
    label = "Ý kiến của mọi người"
    told = [{"criterion": "", "label": label, "before": "", "after": "phụ huynh lớp 8A: Cô rất tận tâm."}]
    assert packing.dossier_of(found, first).manifest.fields["changes"] == told
    assert "changes" not in packing.dossier_of(found).manifest.fields
