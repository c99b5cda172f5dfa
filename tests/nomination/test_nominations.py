"""Dossiers on real PostgreSQL: what is saved, what is refused, what is said."""

import asyncio
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.nomination import queries, rules
from services.nomination.actions import claims, hearing, nominations, units
from services.nomination.queries import packing
from services.nomination.rules import Relation, State
from services.nomination.tables import Nomination
from shared import outbox
from shared.database import Database
from shared.events import (
    Category,
    Event,
    NominationRevised,
    NominationSubmitted,
    UnitOpened,
)
from shared.files import Accepted
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.factories import Plan
from tests.support.statements import counted

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("nomination")


@pytest.fixture
async def plan(database: Database) -> Plan:
    return await make.plan(database)


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def start(database: Database, round_id: UUID, **changes: Any) -> Nomination:
    given: dict[str, Any] = {
        "unit_id": make.SCHOOL,
        "category": Category.TEACHER,
        "name": "Lê  Thị Ánh",
        "position": "",
    } | changes
    async with database.transaction() as session:
        return await nominations.start_nomination(
            session,
            make.AGENCY,
            round_id=round_id,
            rule_set=make.PACK,
            at=make.AT,
            today=make.TODAY,
            by=make.NOMINATOR,
            **given,
        )


def about(nomination: Nomination) -> dict[str, Any]:
    return {
        "nomination_id": nomination.id,
        "origin_agency": "tan-binh",
        "unit_id": nomination.unit_id,
        "subject_id": nomination.subject_id,
        "code": nomination.code,
        "occurred_at": make.AT,
    }


async def submit(database: Database, nomination: Nomination) -> list[Event]:
    async with database.transaction() as session:
        await make.hand_in(session, nomination)
        return list(outbox.recorded(session))


async def test_a_unit_is_opened_and_said_once(database: Database) -> None:
    said: list[Event] = []
    for name in ("Trường Hoa  Mai", "Trường khác"):
        async with database.transaction() as session:
            unit = await units.open_unit(
                session,
                make.AGENCY,
                code="hoa-mai",
                name=name,
                kind="school",
                since=date(2020, 1, 1),
                at=make.AT,
                by=make.CLERK,
            )
            said += outbox.recorded(session)
    expected = {"unit_id": unit.id, "name": "Trường Hoa Mai", "kind": "school", "valid_from": date(2020, 1, 1)}
    assert said == [UnitOpened.model_validate(expected | {"occurred_at": make.AT})]


async def test_drafts_begun_at_once_have_codes_of_their_own(database: Database, plan: Plan) -> None:
    made = await asyncio.gather(*(start(database, plan.open) for _ in range(8)))
    assert sorted(one.code for one in made) == [f"TB-24-{n:04}" for n in range(1, 9)]
    assert await rows(database, "select distinct name, search_text from subjects") == [("Lê Thị Ánh", "le thi anh")]


@pytest.mark.parametrize("which", ["over", "coming"])
async def test_a_round_that_is_not_open_takes_no_draft(database: Database, plan: Plan, which: str) -> None:
    with pytest.raises(rules.RoundNotOpen):
        await start(database, getattr(plan, which))
    assert await rows(database, "select 1 from nominations union select 1 from subjects") == []


async def test_what_is_not_the_agencys_does_not_exist(database: Database, plan: Plan) -> None:
    for round_id, unit_id in ((uuid7(), make.SCHOOL), (plan.open, uuid7())):
        with pytest.raises(LookupError):
            await start(database, round_id, unit_id=unit_id)


async def test_two_writers_of_one_claim_do_not_overwrite_each_other(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open, claims={})

    async def write(words: str, version: int) -> None:
        async with database.transaction() as session:
            await claims.write_claim(
                session, nomination_id=draft.id, criterion="GV1", text=words, version=version, by=make.NOMINATOR
            )

    await write("của người thứ nhất", 0)
    with pytest.raises(rules.ChangedMeanwhile) as refused:
        await write("của người thứ hai", 0)
    assert (refused.value.theirs, refused.value.version) == ("của người thứ nhất", 1)
    await write("của cả hai", refused.value.version)
    assert await rows(database, "select text, version from claims") == [("của cả hai", 2)]


async def test_a_complete_dossier_is_handed_in_once_and_said_once(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open)
    assert await submit(database, draft) == [
        NominationSubmitted.model_validate(
            about(draft)
            | {"category": Category.TEACHER, "plan_id": draft.plan_id, "round_id": plan.open}
            | {"rule_set": make.PACK, "revision": 1, "dossier": make.PARCEL}
        )
    ]
    with pytest.raises(rules.NotADraft):
        await submit(database, draft)
    assert await rows(database, "select state, revision from nominations") == [("submitted", 1)]
    assert await rows(database, "select what, holder from steps") == [("submitted", "review")]


async def test_handing_in_reads_what_stands_beside_the_dossier_at_once(database: Database, plan: Plan) -> None:
    made = await make.draft(database, plan.open)
    async with database.reading() as session:
        found = await queries.get_dossier(session, agency=made.agency, code=made.code, units=None)
    assert found is not None
    about: dict[str, Any] = {"nomination_id": made.id, "version": made.version, "ready": found.readiness}
    about |= {"content": packing.content_of(found), "dossier": make.PARCEL, "at": make.AT, "by": make.NOMINATOR}
    await database.engine.dispose()
    with counted(database) as asked:
        async with database.transaction() as session:
            await nominations.submit_nomination(session, **about)
    reads = [re.findall(r"(?:FROM|JOIN) (\w+)", one) for one in asked if one.startswith("SELECT")]
    assert reads == [["nominations"], ["targets", "nominations", "subjects", "rounds", "plans"]]


async def test_of_two_hand_ins_at_once_one_counts(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open)
    done = await asyncio.gather(submit(database, draft), submit(database, draft), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["NotADraft", "list"]
    assert await rows(database, "select count(*) from outbox where type like '%NominationSubmitted%'") == [(1,)]


async def test_what_was_saved_after_the_packing_is_not_lost(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open)
    async with database.transaction() as session:
        await claims.write_claim(
            session, nomination_id=draft.id, criterion="GV4", text="thêm nữa", version=0, by=make.NOMINATOR
        )
    with pytest.raises(rules.NotComplete):
        await submit(database, draft)  # found out before the older version is
    async with database.transaction() as session:
        claim = (await session.execute(text("select id from claims where criterion = 'GV4'"))).scalar_one()
        await claims.add_evidence(session, claim_id=claim, text="số 3", by=make.NOMINATOR)
    with pytest.raises(rules.ChangedMeanwhile):
        await submit(database, draft)
    assert await rows(database, "select state from nominations") == [("draft",)]


@pytest.mark.parametrize(
    ("draft", "missing"),
    [
        ({"evidence": False}, ["GV1"]),
        ({"claims": {}}, [""]),
        ({"category": Category.PUPIL, "contacts": False}, ["contacts"]),
    ],
)
async def test_an_incomplete_dossier_stays_a_draft(
    database: Database, plan: Plan, draft: dict[str, Any], missing: list[str]
) -> None:
    made = await make.draft(database, plan.open, **draft)
    with pytest.raises(rules.NotComplete) as refused:
        await submit(database, made)
    assert list(refused.value.missing) == missing
    assert await rows(database, "select state, revision from nominations") == [("draft", 0)]
    assert await rows(database, "select 1 from outbox where type like '%NominationSubmitted%'") == []


async def test_a_round_that_has_ended_keeps_the_draft(database: Database, plan: Plan) -> None:
    made = await make.draft(database, plan.open)
    async with database.transaction() as session:
        with pytest.raises(rules.RoundNotOpen, match="Bản nháp của bạn vẫn còn"):
            await make.hand_in(session, made, at=datetime(2024, 11, 20, 17, tzinfo=UTC))
    assert await rows(database, "select state, revision from nominations") == [("draft", 0)]


async def test_a_returned_dossier_is_corrected_and_sent_again(database: Database, plan: Plan) -> None:
    made = await make.submitted(database, plan.open)
    async with database.transaction() as session:
        await hearing.note_step(
            session, nomination_id=made.id, at=make.AT, what="returned", holder="unit", state=State.RETURNED
        )
        await hearing.take_reason(session, nomination_id=made.id, revision=1, reason="Cần thêm biên bản.")
    async with database.transaction() as session:
        found = await queries.get_dossier(session, agency="tan-binh", code=made.code, units=None)
    assert found is not None
    assert [one.reason for one in found.reasons] == ["Cần thêm biên bản."]
    said = NominationRevised.model_validate(about(made) | {"revision": 2, "dossier": make.PARCEL})
    assert await submit(database, found.nomination) == [said]


async def test_a_dossier_takes_no_more_files_than_a_parcel(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open)
    async with database.transaction() as session:
        claim = (await session.execute(text("select id from claims"))).scalar_one()
        for number in range(12):
            file = Accepted(f"{number:064}", 15 * 1024 * 1024, "image/png", "anh.png")
            await claims.add_evidence(session, claim_id=claim, text="", file=file, by=make.NOMINATOR)
        sent_again = Accepted(f"{1:064}", 15 * 1024 * 1024, "image/png", "anh.png")
        await claims.add_evidence(session, claim_id=claim, text="", file=sent_again, by=make.NOMINATOR)
        again = Accepted(f"{1:064}", 15 * 1024 * 1024, "image/png", "cung-anh.png")
        with pytest.raises(rules.TooMuch):
            await claims.add_evidence(session, claim_id=claim, text="", file=again, by=make.NOMINATOR)
    assert (await rows(database, "select count(sha256) from evidence")) == [(12,)]
    assert draft.state is State.DRAFT


async def test_who_has_no_address_any_more_is_asked_nothing(database: Database, plan: Plan) -> None:
    draft = await make.draft(database, plan.open)
    people = "select relation, name, email from persons"
    assert await rows(database, people) == [("self", "Nguyễn Thị Thảo Nguyên", "nguyen@hoa-mai.example")]
    for email, kept in (("moi@hoa-mai.example", 1), ("", 0)):
        async with database.transaction() as session:
            await nominations.set_contacts(
                session,
                nomination_id=draft.id,
                emails={Relation.SELF: email},
                guardian="",
                born_on=None,
                today=make.TODAY,
                by=make.NOMINATOR,
            )
        assert len(await rows(database, people)) == kept
