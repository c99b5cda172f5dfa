"""The task list: what waits for whom, from events in whatever order two services are heard."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.notification import consumers
from services.notification.pages.work import grouped
from services.notification.rules import DUTIES, Kind
from services.notification.tables import Task
from shared.events import (
    CaseAwaits,
    CaseReturned,
    CaseStep,
    Category,
    ConfirmationAwaits,
    Event,
    FindingRaised,
    FindingSettled,
    NominationMoved,
    NominationRevised,
    NominationStarted,
    NominationSubmitted,
    NominationWithdrawn,
    PlanAcknowledged,
    PlanPublished,
    PlanWithdrawn,
    ReportAwaits,
    ReportDue,
    ReportStep,
    StoryAwaits,
    StoryStep,
)
from shared.identity.marks import mark_of
from shared.inbox.batch import EVENT_ID, SPEAKER
from shared.policy import TABLE
from tests.support import factories as make
from tests.support.site import Site, Sites, text_of

pytestmark = pytest.mark.db

FILE, CASE, STORY, PLAN = (UUID(int=n) for n in (5, 3, 6, 7))
NOMINATION: dict[str, Any] = {
    "nomination_id": FILE,
    "origin_agency": "tan-binh",
    "unit_id": make.SCHOOL,
    "subject_id": UUID(int=8),
    "code": "TB-24-0001",
    "occurred_at": make.AT,
}
STARTED = NominationStarted(**NOMINATION, due_on=date(2024, 11, 15))
SUBMITTED = NominationSubmitted(
    **NOMINATION, category=Category.TEACHER, plan_id=PLAN, round_id=UUID(int=2), rule_set="a", revision=1
)
REVISED = NominationRevised(**NOMINATION, revision=2)
WITHDRAWN = NominationWithdrawn(**NOMINATION)
MOVED = NominationMoved(**NOMINATION | {"unit_id": make.OTHER_SCHOOL})
RETURNED = CaseReturned(**NOMINATION, case_id=CASE, revision=1, reasons=make.PARCEL)


def awaits(*steps: CaseStep, done_by: Sequence[str] = (), at: datetime = make.AT) -> CaseAwaits:
    return CaseAwaits(**NOMINATION | {"occurred_at": at}, case_id=CASE, steps=[*steps], done_by=[*done_by])


def story(*steps: StoryStep) -> StoryAwaits:
    about = {name: NOMINATION[name] for name in ("nomination_id", "origin_agency", "unit_id", "code", "occurred_at")}
    return StoryAwaits(**about, story_id=STORY, steps=[*steps])


def plan(version: int) -> PlanPublished:
    return PlanPublished(
        plan_id=PLAN, version=version, title="Kế hoạch", issuer="Sở", period="2024", number="1/KH", occurred_at=make.AT
    )


@pytest.fixture
async def site(sites: Sites) -> Site:
    return await sites("notification")


async def hear(site: Site, *events: Event, speaker: str = "tan-binh") -> None:
    for number, event in enumerate(events):
        async with site.database.transaction() as session:
            session.info.update({EVENT_ID: UUID(int=100 + number), SPEAKER: speaker})
            await consumers.HANDLERS[type(event)](session, event)


async def waits(site: Site, role: str, *, unit: UUID | None = None, subject: str = "ai") -> tuple[list[str], int]:
    """What the page shows a person as waiting, and the number in the header."""
    async with site.signed_in(role, unit=unit, subject=subject) as person:
        page = (await person.get("/viec")).text
        shown = [duty.label.format(code="TB-24-0001") for duty in DUTIES.values() if duty.act]
        shown += ["Đọc và xác nhận 1/KH"]
        return [label for label in shown if f">{label}</a>" in page], int((await person.get("/viec/so")).text or 0)


async def test_a_draft_waits_for_its_unit_until_it_is_sent(site: Site) -> None:
    await hear(site, STARTED)
    assert await waits(site, "nominator", unit=make.SCHOOL) == (["Viết tiếp và gửi hồ sơ TB-24-0001"], 1)
    assert await waits(site, "nominator", unit=make.OTHER_SCHOOL) == ([], 0)
    assert await waits(site, "officer") == ([], 0)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        assert "Hạn 15/11/2024" in text_of(await person.get("/viec"))
    await hear(site, SUBMITTED)
    assert await waits(site, "nominator", unit=make.SCHOOL) == ([], 0)


async def test_a_confirmation_waits_for_officers_of_the_agency_until_it_is_given(site: Site) -> None:
    label = "Xác nhận hồ sơ TB-24-0001 thay thủ trưởng"
    about = STARTED.model_dump(include={"nomination_id", "origin_agency", "unit_id", "subject_id", "code"})
    awaits = ConfirmationAwaits(**about, waits=True, occurred_at=make.AT)
    await hear(site, awaits)
    assert await waits(site, "officer") == ([label], 1)
    for role in ("head", "nominator"):
        assert await waits(site, role, unit=make.SCHOOL) == ([], 0)
    assert await waits(site, "officer", unit=make.SCHOOL, subject="cua-truong") == ([], 0)
    async with site.signed_in("officer") as officer:
        assert 'href="/de-cu/ho-so/TB-24-0001/xac-nhan"' in (await officer.get("/viec")).text
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        assert "Hồ sơ TB-24-0001 chờ cán bộ phụ trách xác nhận" in text_of(await person.get("/viec"))
    for again in (False, True):
        await hear(site, awaits.model_copy(update={"waits": again}))
        assert await waits(site, "officer") == (([label], 1) if again else ([], 0))


async def test_a_report_that_is_due_waits_for_its_head_and_the_agencys_own_for_officers(site: Site) -> None:
    about: dict[str, Any] = {"what": "Báo cáo năm", "due_on": date(2024, 10, 25), "occurred_at": make.AT}
    of_unit = ReportDue(due_id=UUID(int=71), unit_id=make.SCHOOL, waits=True, **about)
    own = ReportDue(due_id=UUID(int=72), waits=True, **about)

    async def shown(role: str, unit: UUID | None = None) -> list[str]:
        async with site.signed_in(role, unit=unit) as person:
            page = text_of(await person.get("/viec"))
        return [words for words in ("Viết và gửi: Báo cáo năm", "Viết và gửi cấp trên: Báo cáo năm") if words in page]

    await hear(site, of_unit)
    await hear(site, own)
    heads, officers = ["Viết và gửi: Báo cáo năm"], ["Viết và gửi cấp trên: Báo cáo năm"]
    assert (await shown("head", make.SCHOOL), await shown("officer")) == (heads, officers)
    assert (await shown("head", make.OTHER_SCHOOL), await shown("officer", make.SCHOOL)) == ([], [])
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        assert 'href="/de-cu/bao-cao"' in (await head.get("/viec")).text
    for one in (of_unit, own):
        await hear(site, one.model_copy(update={"waits": False}))
    assert (await shown("head", make.SCHOOL), await shown("officer")) == ([], [])


async def test_a_finding_waits_for_its_unit_until_it_is_answered_and_again_when_asked_again(site: Site) -> None:
    label = "Trả lời điều đoàn kiểm tra đã nêu"
    about: dict[str, Any] = {"visit_id": UUID(int=20), "finding_id": UUID(int=21), "unit_id": make.SCHOOL}
    raised = FindingRaised(**about, due_on=date(2024, 10, 30), occurred_at=make.AT)
    settled = FindingSettled(**about, occurred_at=make.AT)
    await hear(site, raised)
    assert await waits(site, "head", unit=make.SCHOOL) == ([label], 1)
    assert await waits(site, "head", unit=make.OTHER_SCHOOL) == ([], 0)
    assert await waits(site, "nominator", unit=make.SCHOOL) == ([], 0)
    async with site.signed_in("head", unit=make.SCHOOL) as head:
        page = await head.get("/viec")
        assert f'href="/de-cu/giam-sat/{UUID(int=20)}/dieu/{UUID(int=21)}"' in page.text
        assert "Hạn 30/10/2024" in text_of(page)
    async with site.signed_in("supervisor", unit=make.SCHOOL) as supervisor:
        assert "Một điều nêu khi kiểm tra chờ đơn vị trả lời" in text_of(await supervisor.get("/viec"))
    await hear(site, settled)
    assert await waits(site, "head", unit=make.SCHOOL) == ([], 0)
    await hear(site, raised.model_copy(update={"due_on": date(2024, 11, 20)}))
    assert await waits(site, "head", unit=make.SCHOOL) == ([label], 1)
    await hear(site, raised.model_copy(update={"unit_id": make.OTHER_SCHOOL}))  # its unit has ended
    assert await waits(site, "head", unit=make.SCHOOL) == ([], 0)
    assert await waits(site, "head", unit=make.OTHER_SCHOOL) == ([label], 1)


async def test_what_was_returned_waits_until_it_is_sent_again_whichever_is_heard_first(site: Site) -> None:
    await hear(site, RETURNED)
    assert await waits(site, "nominator", unit=make.SCHOOL) == (["Bổ sung hồ sơ TB-24-0001"], 1)
    await hear(site, REVISED, RETURNED)  # the return again, by a restarted reader of another topic
    assert await waits(site, "nominator", unit=make.SCHOOL) == ([], 0)
    again = RETURNED.model_copy(update={"revision": 2})
    await hear(site, again)
    assert await waits(site, "nominator", unit=make.SCHOOL) == (["Bổ sung hồ sơ TB-24-0001"], 1)
    await hear(site, WITHDRAWN, RETURNED.model_copy(update={"revision": 3}))
    assert await waits(site, "nominator", unit=make.SCHOOL) == ([], 0)


async def test_what_waits_about_a_file_that_moved_waits_at_its_new_unit_whatever_is_heard_late(site: Site) -> None:
    await hear(site, STARTED, MOVED)
    draft = (["Viết tiếp và gửi hồ sơ TB-24-0001"], 1)
    assert [await waits(site, "nominator", unit=unit) for unit in (make.SCHOOL, make.OTHER_SCHOOL)] == [([], 0), draft]
    await hear(site, SUBMITTED.model_copy(update={"unit_id": make.OTHER_SCHOOL}), RETURNED, awaits(CaseStep.SCORE))
    back = (["Bổ sung hồ sơ TB-24-0001"], 1)
    assert [await waits(site, "nominator", unit=unit) for unit in (make.SCHOOL, make.OTHER_SCHOOL)] == [([], 0), back]


async def test_a_case_waits_for_one_step_after_the_other_and_its_unit_sees_for_whom(site: Site) -> None:
    done = mark_of("tan-binh", "https://id|ha")
    await hear(site, awaits(CaseStep.SCORE))
    assert await waits(site, "member", subject="ha") == (["Chấm hồ sơ TB-24-0001"], 1)
    await hear(site, awaits(CaseStep.SCORE, done_by=[done], at=make.AT + timedelta(hours=1)))
    assert await waits(site, "member", subject="ha") == ([], 0)
    assert await waits(site, "member", subject="viet") == (["Chấm hồ sơ TB-24-0001"], 1)
    async with site.signed_in("nominator", unit=make.SCHOOL) as person:
        page = text_of(await person.get("/viec"))
        assert ("Đang chờ người khác" in page, "Hồ sơ TB-24-0001 chờ hội đồng chấm từ 09:00 15/10/2024" in page) == (
            True,
            True,
        )
    await hear(site, awaits(CaseStep.OPEN_BALLOT))
    assert (await waits(site, "member", subject="viet"), await waits(site, "secretary")) == (
        ([], 0),
        (["Mở phiếu bầu hồ sơ TB-24-0001"], 1),
    )
    await hear(site, awaits(CaseStep.VOTE, CaseStep.CLOSE_BALLOT))
    assert await waits(site, "chair") == (["Bỏ phiếu hồ sơ TB-24-0001", "Đóng phiếu hồ sơ TB-24-0001 khi đủ người"], 2)
    await hear(site, awaits(CaseStep.CONCLUDE))
    assert (await waits(site, "chair"), await waits(site, "secretary")) == ((["Kết luận hồ sơ TB-24-0001"], 1), ([], 0))
    await hear(site, awaits(CaseStep.HONOUR))
    assert await waits(site, "signer") == (["Ghi quyết định khen hồ sơ TB-24-0001"], 1)
    await hear(site, awaits())
    assert await waits(site, "signer") == ([], 0)


async def test_a_story_waits_for_the_editor_then_for_the_people_in_it(site: Site) -> None:
    await hear(site, story(StoryStep.WRITE))
    assert await waits(site, "editor") == (["Viết bài gương TB-24-0001"], 1)
    await hear(site, story(StoryStep.CONSENT))
    assert await waits(site, "editor") == ([], 0)
    async with site.signed_in("editor") as editor:
        assert "Bài TB-24-0001 chờ người trong bài trả lời" in text_of(await editor.get("/viec"))
    await hear(site, story(StoryStep.DOUBT))
    assert await waits(site, "editor") == (["Xem lại bài TB-24-0001 đang tạm ẩn"], 1)
    await hear(site, story())
    assert await waits(site, "editor") == ([], 0)


async def test_a_plan_from_above_waits_to_be_read_version_by_version(site: Site) -> None:
    read = PlanAcknowledged(plan_id=PLAN, version=1, to_agency="hcm", occurred_at=make.AT)
    await hear(site, plan(1))  # our own: nobody here has to acknowledge it
    assert await waits(site, "officer") == ([], 0)
    await hear(site, plan(1), speaker="hcm")
    assert await waits(site, "officer") == (["Đọc và xác nhận 1/KH"], 1)
    await hear(site, read)
    await hear(site, plan(1), speaker="hcm")
    assert await waits(site, "officer") == ([], 0)
    await hear(site, plan(2), speaker="hcm")
    assert await waits(site, "officer") == (["Đọc và xác nhận 1/KH"], 1)
    await hear(site, PlanWithdrawn(plan_id=PLAN, version=3, occurred_at=make.AT), speaker="hcm")
    assert await waits(site, "officer") == ([], 0)


async def test_who_has_no_role_has_no_tasks(site: Site) -> None:
    await hear(site, STARTED, awaits(CaseStep.SCORE), story(StoryStep.WRITE))
    async with site.signed_in() as person:
        page = text_of(await person.get("/viec"))
        assert ("TB-24-0001" in page, "Không có việc nào chờ bạn." in page) == (False, True)


def test_tasks_are_grouped_by_how_soon_they_are_due() -> None:
    today = date(2024, 10, 15)
    days = (None, today, today + timedelta(days=7), today + timedelta(days=8), today - timedelta(days=1))
    tasks = [
        Task(agency="tan-binh", thing_id=UUID(int=n), kind=Kind.DRAFT, due_on=day, version=1, open=True)
        for n, day in enumerate(days)
    ]
    found = [(group.title, group.urgent, [task.due_on for task in group.tasks]) for group in grouped(tasks, today)]
    assert found == [
        ("Quá hạn", True, [days[4]]),
        ("Hôm nay", True, [days[1]]),
        ("Trong bảy ngày tới", False, [days[2]]),
        ("Sau đó", False, [days[3]]),
        ("Không có hạn", False, [days[0]]),
    ]


def test_every_step_is_a_kind_of_task_and_every_duty_an_act() -> None:
    steps = {f"case.{step}" for step in CaseStep} | {f"story.{step}" for step in StoryStep}
    steps |= {f"report.{step}" for step in ReportStep}
    assert steps == {kind.value for kind in Kind if "." in kind}
    assert set(DUTIES) == set(Kind)
    assert {act for duty in DUTIES.values() for act in (duty.act, duty.watched) if act} - set(TABLE) == set()


async def test_a_report_waits_for_whoever_takes_it_then_for_whoever_wrote_it(site: Site) -> None:
    def awaiting(*steps: ReportStep) -> ReportAwaits:
        about = {"report_id": UUID(int=70), "unit_id": make.SCHOOL, "year": 2024, "occurred_at": make.AT}
        return ReportAwaits(steps=list(steps), **about)  # type: ignore[arg-type]

    async def shown(role: str, unit: UUID | None = None) -> list[str]:
        async with site.signed_in(role, unit=unit) as person:
            page = text_of(await person.get("/viec"))
        return [words for words in ("Nhận báo cáo năm 2024", "Viết lại báo cáo năm 2024") if words in page]

    await hear(site, awaiting(ReportStep.TAKE))
    assert (await shown("officer"), await shown("head", make.SCHOOL)) == (["Nhận báo cáo năm 2024"], [])
    await hear(site, awaiting(ReportStep.REWRITE))
    assert await shown("head", make.SCHOOL) == ["Viết lại báo cáo năm 2024"]
    assert await shown("head", make.OTHER_SCHOOL) == []
    await hear(site, awaiting())
    assert (await shown("officer"), await shown("head", make.SCHOOL)) == ([], [])
