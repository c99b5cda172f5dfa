"""Cases and honours: opened, returned, reopened by what is heard; honoured, held, resumed, revoked."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from services.review import rules
from services.review.actions import cases, honours
from services.review.consumers import on_nomination_moved, on_nomination_revised, on_nomination_submitted, on_unit
from services.review.consumers.receivers import take_dossier
from services.review.rules import HonourState
from services.review.tables import Case
from shared.database import Database
from shared.events import (
    CaseOpened,
    CaseReopened,
    CaseReturned,
    Category,
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    NominationMoved,
    NominationRevised,
    NominationSubmitted,
    UnitChanged,
    UnitOpened,
)
from shared.parcels import Manifest, Opened
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.saying import said_in

pytestmark = pytest.mark.db


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("review")


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


def submitted(nomination_id: UUID, subject_id: UUID) -> NominationSubmitted:
    return NominationSubmitted(
        nomination_id=nomination_id,
        origin_agency="tan-binh",
        unit_id=make.SCHOOL,
        subject_id=subject_id,
        code="TB-24-0001",
        category=Category.TEACHER,
        plan_id=uuid7(),
        round_id=uuid7(),
        rule_set=make.PACK,
        revision=1,
        dossier=make.PARCEL,
        occurred_at=make.AT,
    )


def about(case: Case) -> dict[str, object]:
    return {
        "nomination_id": case.nomination_id,
        "origin_agency": "tan-binh",
        "unit_id": case.unit_id,
        "subject_id": case.subject_id,
        "case_id": case.id,
        "code": case.code,
        "occurred_at": make.AT,
    }


async def test_a_submitted_nomination_opens_a_case_under_the_rules_of_its_day(database: Database) -> None:
    await make.rule_set(database)
    nomination_id, subject_id = uuid7(), uuid7()
    async with database.transaction() as session:
        await on_nomination_submitted(session, submitted(nomination_id, subject_id))
        (case,) = await session.scalars(text("select id from cases"))
        assert said_in(session) == [
            CaseOpened(
                nomination_id=nomination_id,
                origin_agency="tan-binh",
                unit_id=make.SCHOOL,
                subject_id=subject_id,
                case_id=case,
                code="TB-24-0001",
                occurred_at=make.AT,
            )
        ]
    assert await rows(database, "select code, state, rules, criteria, revision from cases") == [
        ("TB-24-0001", "new", "hoi-dong", make.PACK, 1)
    ]
    assert await rows(database, "select parcel_id, owner, purpose, about from awaited_parcels") == [
        (make.PARCEL.parcel_id, "nomination", "dossier", {"case_id": str(case), "revision": 1})
    ]


async def test_a_dossier_lets_the_council_begin(database: Database) -> None:
    await make.rule_set(database)
    case = await make.case(database, dossier=False)
    opened = Opened(Manifest(ids={}, fields={"subject_name": "Ai đó", "claims": []}), {})
    async with database.transaction() as session:
        await take_dossier(session, {"case_id": str(case.id), "revision": 1}, opened)
    assert await rows(database, "select state, content->>'subject_name' from cases join dossiers on true") == [
        ("scoring", "Ai đó")
    ]


async def test_a_returned_case_comes_back_and_each_step_is_said(database: Database) -> None:
    await make.rule_set(database)
    case = await make.case(database)
    async with database.transaction() as session:
        await cases.return_case(session, case_id=case.id, reasons=make.PARCEL, at=make.AT, by=make.SECRETARY)
        assert said_in(session) == [CaseReturned.model_validate(about(case) | {"revision": 1, "reasons": make.PARCEL})]
    for act in (cases.return_case,):
        async with database.transaction() as session:
            with pytest.raises(rules.WrongState):
                await act(session, case_id=case.id, reasons=make.PARCEL, at=make.AT, by=make.SECRETARY)
    again = NominationRevised.model_validate(about(case) | {"revision": 2, "dossier": make.PARCEL})
    async with database.transaction() as session:
        await on_nomination_revised(session, again)
        assert said_in(session) == [CaseReopened.model_validate(about(case) | {"revision": 2})]
    assert await rows(database, "select state, revision from cases") == [("new", 2)]


async def test_a_unit_is_known_by_name_whenever_it_is_heard(database: Database) -> None:
    await make.rule_set(database)
    await make.case(database)
    about = {"unit_id": make.SCHOOL, "kind": "school", "occurred_at": make.AT}
    opened = UnitOpened.model_validate(about | {"name": "Trường Hoa Mai", "valid_from": date(2020, 1, 1)})
    changed = UnitChanged.model_validate(about | {"name": "Trường THCS Hoa Mai", "valid_from": date(2024, 9, 1)})
    for told in (opened, changed):
        async with database.transaction() as session:
            await on_unit(session, told)
    assert await rows(database, "select name from units") == [("Trường THCS Hoa Mai",)]


async def test_a_case_that_goes_on_moves_with_its_file_and_one_that_has_ended_stays(
    database: Database,
) -> None:
    await make.rule_set(database)
    going, ended = await make.case(database), await make.case(database)
    async with database.transaction() as session:
        (await session.get_one(Case, ended.id)).state = rules.State.HONOURED
    for case in (going, ended):
        moved = NominationMoved.model_validate(about(case) | {"unit_id": make.OTHER_SCHOOL})
        async with database.transaction() as session:
            await on_nomination_moved(session, moved)
    assert await rows(database, "select state, unit_id from cases order by state") == [
        ("honoured", make.SCHOOL),
        ("scoring", make.OTHER_SCHOOL),
    ]


async def test_an_honour_is_said_with_its_decision(database: Database) -> None:
    case, honour = await make.honoured(database)
    assert await rows(
        database,
        "select convert_from(body, 'UTF8')::jsonb->>'decision_number' from outbox where type like '%Honoured%'",
    ) == [("152/QĐ-PGDĐT",)]
    expected = ExemplarHonoured.model_validate(
        about(case)
        | {
            "honour_id": honour.id,
            "category": Category.TEACHER,
            "decision_number": "152/QĐ-PGDĐT",
            "decision_date": make.TODAY,
            "form": "Giấy khen",
            "level": "cấp quận",
        }
    )
    assert await rows(
        database, "select convert_from(body, 'UTF8') from outbox where type like '%ExemplarHonoured%'"
    ) == [(expected.model_dump_json(exclude_none=True),)]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"decision_number": " "}, "number"),
        ({"decision_number": "x" * 61}, "number"),
        ({"form": ""}, "form"),
        ({"level": "x" * 121}, "level"),
        ({"decision_date": make.TODAY + timedelta(days=1)}, "date"),
    ],
)
async def test_a_decision_that_cannot_be_is_refused(database: Database, changes: dict[str, object], wrong: str) -> None:
    await make.rule_set(database)
    case = await make.case(database)
    async with database.transaction() as session:
        await session.execute(text("update cases set state = 'decided'"))
    given = {"decision_number": "1", "decision_date": make.TODAY, "form": "Giấy khen", "level": ""} | changes
    async with database.transaction() as session:
        with pytest.raises(rules.BadInput) as error:
            await honours.honour(
                session,
                case_id=case.id,
                at=make.AT,
                today=make.TODAY,
                by=make.SIGNER,
                **given,  # type: ignore[arg-type]
            )
    assert error.value.field == wrong
    assert await rows(database, "select count(*) from honours") == [(0,)]


async def test_a_hold_is_said_without_its_ground_and_a_revocation_is_for_good(database: Database) -> None:
    case, honour = await make.honoured(database)
    moves = [
        (honours.hold, {"ground": "discipline"}, HonourHeld, HonourState.HELD),
        (honours.resume, {}, HonourResumed, HonourState.IN_FORCE),
        (honours.revoke, {"ground": "mistake"}, HonourRevoked, HonourState.REVOKED),
    ]
    for act, more, kind, state in moves:
        async with database.transaction() as session:
            moved = await act(session, case_id=case.id, at=make.AT, by=make.CHAIR, **more)  # type: ignore[operator]
            assert said_in(session) == [kind.model_validate(about(case) | {"honour_id": honour.id})]
        assert moved.state is state
    assert await rows(database, "select ground from honours") == [("mistake",)]
    for act, more, _, _ in moves:
        async with database.transaction() as session:
            with pytest.raises(rules.WrongState):
                await act(session, case_id=case.id, at=make.AT, by=make.CHAIR, **more)  # type: ignore[operator]
    said = await rows(database, "select convert_from(body, 'UTF8') || convert_from(headers, 'UTF8') from outbox")
    assert [word for word in ("discipline", "mistake", "ground") for (one,) in said if word in str(one)] == []
    audited = await rows(database, "select verb, role from audit where verb like 'honour.%' order by id")
    assert audited == [("honour.held", "chair"), ("honour.in_force", "chair"), ("honour.revoked", "chair")]
