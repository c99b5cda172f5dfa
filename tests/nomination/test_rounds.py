"""Rounds on real PostgreSQL: their windows are kept, to the second, with grace and extension."""

import asyncio
import re
import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.nomination import rules
from services.nomination.actions import hearing, plans, rounds, working_days
from services.nomination.rules import State
from services.nomination.rules.rounds import BadExtension
from services.nomination.tables import Nomination
from shared.audit import Actor
from shared.clock import VIETNAM
from shared.database import Database
from tests.support import factories as make
from tests.support.databases import Databases

pytestmark = pytest.mark.db

OFFICER = Actor("https://id|can-bo", "officer")
REASON = "Bão số 6, nhiều trường nghỉ học."
LATE = {"name": "đợt", "opens_on": date(2024, 9, 1), "closes_on": date(2024, 10, 31), "closes_at": time(17)}
END = datetime(2024, 10, 31, 17, tzinfo=VIETNAM)
SECOND = timedelta(seconds=1)


@pytest.fixture
async def database(databases: Databases) -> Database:
    made = await databases.service("nomination")
    await make.plan(made)
    years = tomllib.loads(Path("deploy/calendars/viet-nam.toml").read_text())["calendar"]
    async with made.transaction() as session:
        await working_days.enter_calendar(session, make.AGENCY, years=years, by=make.CLERK)
    return made


async def enter(database: Database, *told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Enter a plan with these rounds; (name, kind, opens, closes, id) of each."""
    about: dict[str, Any] = {"code": "kh-2", "title": "Kế hoạch", "issuer": "Sở", "period": "2024"}
    about |= {"grounds": [], "movements": [], "subjects": []}
    async with database.transaction() as session:
        made = await plans.enter_plan(session, make.AGENCY, plan=about, rounds=told, at=make.AT, by=make.CLERK)
    found = f"select name, kind, opens_on, closes_on, id from rounds where plan_id = '{made.id}' order by opens_on"
    return await rows(database, found)


async def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def submit(database: Database, nomination: Nomination, at: datetime) -> str:
    """What comes of handing in at that instant."""
    try:
        async with database.transaction() as session:
            found = await make.hand_in(session, nomination, at=at)
            return "late" if found.late else "taken"
    except rules.RoundNotOpen as refusal:
        return str(refusal)


async def extend(
    database: Database, round_id: UUID, until: date, at: datetime = make.AT, reason: str = REASON
) -> date | None:
    async with database.transaction() as session:
        made = await rounds.extend(session, round_id=round_id, until=until, reason=reason, at=at, by=OFFICER)
        return made.last_day


async def test_a_plan_has_windows_one_for_sudden_deeds_and_one_per_semester(database: Database) -> None:
    each = [{"opens": "05-01", "closes": "05-31"}, {"opens": "11-01", "closes": "11-30"}]
    semesters = {"name": "Học kỳ", "kind": "semester", "opens_on": date(2024, 1, 1), "closes_on": date(2024, 12, 31)}
    sudden = {"name": "Đột xuất", "kind": "standing", "opens_on": date(2023, 1, 1)}
    found = await enter(database, semesters | {"each": each}, sudden, LATE)
    assert [one[:4] for one in found] == [
        ("Đột xuất", "standing", date(2023, 1, 1), None),
        ("Học kỳ (05/2024)", "semester", date(2024, 5, 1), date(2024, 5, 31)),
        ("đợt", "window", date(2024, 9, 1), date(2024, 10, 31)),
        ("Học kỳ (11/2024)", "semester", date(2024, 11, 1), date(2024, 11, 30)),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"grace_days": 61}, "round đợt: `grace_days` are working days, from 0 to 60"),
        ({"closes_at": "17:00"}, "round đợt: `closes_at` is a time of day, such as 17:00:00"),
        ({"gracedays": 3}, "round đợt: nothing is known of gracedays"),
        ({"kind": "yearly"}, "'yearly' is not a valid Kind"),
    ],
)
async def test_a_plan_whose_round_is_wrong_is_not_entered(
    database: Database, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        await enter(database, LATE | change)
    assert await rows(database, "select code from plans") == [("kh-1",)]


async def test_what_comes_in_the_grace_is_taken_and_marked_and_then_no_more(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE | {"grace_days": 2})
    drafts = [await make.draft(database, round_id) for _ in range(4)]
    # The 31st is a Thursday: two working days later it is Monday the 4th.
    grace_ends = datetime(2024, 11, 4, 17, tzinfo=VIETNAM)
    moments = (END - SECOND, END, grace_ends - SECOND, grace_ends)
    found = [await submit(database, draft, at) for draft, at in zip(drafts, moments, strict=True)]
    assert found[:3] == ["taken", "late", "late"]
    assert found[3].startswith("Đợt này đã đóng lúc 17:00 ngày 31/10/2024 và chỉ nhận muộn đến 17:00 ngày 04/11/2024.")
    assert await rows(database, "select code, state, late, handed_in_on from nominations order by code") == [
        ("TB-24-0001", "submitted", False, date(2024, 10, 31)),
        ("TB-24-0002", "submitted", True, date(2024, 10, 31)),
        ("TB-24-0003", "submitted", True, date(2024, 11, 4)),
        ("TB-24-0004", "draft", False, None),
    ]


@pytest.mark.parametrize(
    ("grace", "end", "found"),
    [
        (0, END, ["taken", "closed", "closed"]),
        (2, END, ["taken", "late", "late"]),
        (2, datetime(2024, 11, 4, 17, tzinfo=VIETNAM), ["late", "closed", "closed"]),
    ],
)
async def test_the_closing_instant_itself_is_after_the_end(
    database: Database, grace: int, end: datetime, found: list[str]
) -> None:
    [(*_, round_id)] = await enter(database, LATE | {"grace_days": grace})
    drafts = [await make.draft(database, round_id) for _ in range(3)]
    moments = [end + timedelta(microseconds=one) for one in (-1, 0, 1)]
    told = await asyncio.gather(*(submit(database, draft, at) for draft, at in zip(drafts, moments, strict=True)))
    assert ["closed" if one.startswith("Đợt này đã đóng lúc 17:00 ngày 31/10/2024") else one for one in told] == found
    kept = {"taken": ("submitted", False), "late": ("submitted", True), "closed": ("draft", False)}
    states = await rows(database, "select state, late from nominations order by code")
    assert states == [kept[one] for one in found]


async def test_of_two_in_the_last_second_each_has_an_outcome(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    drafts = [await make.draft(database, round_id) for _ in range(3)]
    told = await asyncio.gather(
        submit(database, drafts[0], END - SECOND),
        submit(database, drafts[1], END - timedelta(microseconds=1)),
        submit(database, drafts[2], END),
    )
    found = list(told)
    assert found[:2] == ["taken", "taken"]
    assert found[2].startswith("Đợt này đã đóng lúc 17:00 ngày 31/10/2024.")
    submitted = "select count(*) from outbox where type like '%NominationSubmitted%'"
    assert await rows(database, submitted) == [(2,)]


async def test_what_came_back_is_corrected_also_after_the_round(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    draft = await make.draft(database, round_id)
    assert await submit(database, draft, END - SECOND) == "taken"
    async with database.transaction() as session:
        told = {"nomination_id": draft.id, "at": END, "what": "returned", "holder": "unit", "state": State.RETURNED}
        await hearing.note_step(session, **told)  # type: ignore[arg-type]
    async with database.reading() as session:
        returned = await session.get_one(Nomination, draft.id)
    assert await submit(database, returned, END + timedelta(days=30)) == "taken"
    found = await rows(database, "select state, revision, late, handed_in_on from nominations")
    assert found == [("submitted", 2, False, date(2024, 10, 31))]


async def test_an_extension_opens_a_round_again_and_is_audited(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    drafts = [await make.draft(database, round_id) for _ in range(2)]
    assert await extend(database, round_id, date(2024, 11, 8), END + SECOND) == date(2024, 11, 8)
    assert await submit(database, drafts[0], END + SECOND) == "taken"
    over = await submit(database, drafts[1], datetime(2024, 11, 8, 17, tzinfo=VIETNAM))
    assert over.startswith("Đợt này đã đóng lúc 17:00 ngày 08/11/2024.")
    told = await rows(database, "select before, until, reason from round_extensions")
    acts = await rows(database, "select actor, role, object from audit where verb = 'round.extended'")
    assert (told, acts) == (
        [(date(2024, 10, 31), date(2024, 11, 8), REASON)],
        [("https://id|can-bo", "officer", str(round_id))],
    )


async def test_of_two_extensions_at_once_the_later_end_stands(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    days = [date(2024, 11, 8), date(2024, 11, 15)]
    found = await asyncio.gather(*(extend(database, round_id, day) for day in days), return_exceptions=True)
    assert [one if isinstance(one, date) else type(one) for one in found] in ([*days], [BadExtension, days[1]])
    assert await rows(database, "select extended_to from rounds where name = 'đợt'") == [(days[1],)]


async def test_the_same_extension_asked_twice_is_one(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    day = date(2024, 11, 8)
    assert [await extend(database, round_id, day) for _ in range(2)] == [day, day]
    with pytest.raises(BadExtension, match="phải sau ngày 08/11/2024"):
        await extend(database, round_id, day, reason="Một lý do khác hẳn.")
    assert await rows(database, "select until from round_extensions") == [(day,)]


async def test_a_withdrawn_plans_round_is_not_extended(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE)
    async with database.transaction() as session:
        await session.execute(text("update plans set state = 'withdrawn'"))
    with pytest.raises(rules.PlanNotInForce):
        await extend(database, round_id, date(2024, 11, 8))
    assert await rows(database, "select 1 from round_extensions") == []


async def test_a_grace_beyond_the_known_years_is_not_guessed(database: Database) -> None:
    [(*_, round_id)] = await enter(database, LATE | {"closes_on": date(2026, 12, 30), "grace_days": 5})
    draft = await make.draft(database, round_id)
    found = await submit(database, draft, datetime(2026, 12, 31, tzinfo=VIETNAM))
    assert found.startswith("Đợt này đã đóng ngày 30/12/2026. Chưa có lịch ngày làm việc của năm này")
