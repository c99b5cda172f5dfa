"""The council's work on real PostgreSQL: marks, the secret vote, the conclusion."""

import asyncio
import json

import pytest
from sqlalchemy import text

from services.review import queries, rules
from services.review.actions import cases, council
from services.review.rules import Choice, State
from shared.audit import Actor
from shared.database import Database
from shared.events import Outcome, ReviewCompleted
from tests.support import factories as make
from tests.support.databases import Databases
from tests.support.saying import said_in

pytestmark = pytest.mark.db

AGREE, DISAGREE, ABSTAIN = Choice.AGREE, Choice.DISAGREE, Choice.ABSTAIN


@pytest.fixture
async def database(databases: Databases) -> Database:
    return await databases.service("review")


async def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    async with database.reading() as session:
        return [tuple(row) for row in await session.execute(text(query))]


async def tallies(database: Database) -> dict[object, object]:
    return dict(await rows(database, "select choice, count from tallies"))  # type: ignore[arg-type]


async def test_marks_are_handed_in_once_per_revision_and_only_for_what_is_claimed(database: Database) -> None:
    await make.rule_set(database)
    case = await make.case(database)
    by = Actor(make.MEMBERS[0], "member")
    for marks, refusal in (({}, rules.BadInput), ({"GV1": 11}, rules.BadInput), ({"GV1": 9, "GV4": 1}, rules.BadInput)):
        with pytest.raises(refusal):
            async with database.transaction() as session:
                await council.submit_sheet(session, case_id=case.id, member=by.identity, marks=marks, note="", by=by)
    for expected in (None, rules.AlreadyDone):
        async with database.transaction() as session:
            act = council.submit_sheet(
                session, case_id=case.id, member=by.identity, marks={"GV1": 9}, note=" Đã  đọc \n kỹ. ", by=by
            )
            if expected is None:
                await act
            else:
                with pytest.raises(expected):
                    await act
    assert await rows(database, "select member, marks, note from sheets") == [(by.identity, {"GV1": 9}, "Đã đọc\nkỹ.")]


async def test_a_vote_waits_for_its_sheets_and_nothing_is_decided_without_rules(database: Database) -> None:
    case = await make.case(database)
    async with database.transaction() as session:
        with pytest.raises(council.NoRuleSet):
            await council.open_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
    await make.rule_set(database)
    late = await make.case(database, code="TB-24-0002")
    async with database.transaction() as session:
        with pytest.raises(rules.NotReady, match="0/3 phiếu chấm"):
            await council.open_ballot(session, case_id=late.id, at=make.AT, by=make.SECRETARY)


async def test_nothing_kept_of_a_secret_vote_joins_a_voter_and_a_choice(database: Database) -> None:
    case = await make.voting(database)
    before = await rows(database, "select count(*) from audit")
    for number, (member, choice) in enumerate(zip(make.MEMBERS, (AGREE, DISAGREE, AGREE), strict=True), 1):
        async with database.transaction() as session:
            await council.cast_vote(session, case_id=case.id, voter=member, choice=choice)
            assert said_in(session) == []
        # Every counter's newest version is of the same transaction: it does not say which one moved.
        assert await rows(database, "select count(distinct xmin::text), count(*) from tallies") == [(1, 3)]
        assert await rows(database, "select count(*), count(choice) from rolls") == [(number, 0)]
    assert await rows(database, "select count(*) from audit") == before
    columns = """select table_name, string_agg(column_name, ' ' order by column_name) from information_schema.columns
                  where table_name in ('rolls', 'tallies', 'ballots') group by 1 order by 1"""
    assert await rows(database, columns) == [
        ("ballots", "agency case_id id open revision secret"),
        ("rolls", "agency ballot_id choice voter"),
        ("tallies", "agency ballot_id choice count"),
    ]


async def test_a_closed_vote_is_written_anew_in_one_go(database: Database) -> None:
    case = await make.voting(database)
    await make.vote(database, case.id, DISAGREE, AGREE, AGREE)
    async with database.transaction() as session:
        await council.close_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
    versions = "select xmin::text from rolls union select xmin::text from tallies union select xmin::text from ballots"
    assert len(await rows(database, versions)) == 1
    # Where the rows lie follows their names, not the order in which people voted.
    assert await rows(database, "select voter from rolls order by ctid") == [(one,) for one in sorted(make.MEMBERS)]
    assert await tallies(database) == {"agree": 2, "disagree": 1, "abstain": 0}


async def test_no_count_is_seen_before_the_vote_is_closed(database: Database) -> None:
    case = await make.voting(database)
    await make.vote(database, case.id, AGREE, AGREE, ABSTAIN)
    for closed, tally in ((False, {}), (True, {AGREE: 2, DISAGREE: 0, ABSTAIN: 1})):
        if closed:
            async with database.transaction() as session:
                await council.close_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
        async with database.reading() as session:
            desk = await queries.get_desk(session, agency="tan-binh", code=case.code, reader=make.MEMBERS[0])
            assert await council.tally_of(session, case) == tally
        assert desk is not None
        assert (desk.tally, desk.cast, desk.has_voted) == (tally, 3, True)


async def test_everybody_votes_once_and_no_more_than_there_are_seats(database: Database) -> None:
    case = await make.voting(database)
    await make.vote(database, case.id, AGREE)
    async with database.transaction() as session:
        with pytest.raises(rules.AlreadyDone):
            await council.cast_vote(session, case_id=case.id, voter=make.MEMBERS[0], choice=DISAGREE)
    await make.vote(database, case.id)
    for member in make.MEMBERS[1:]:
        async with database.transaction() as session:
            await council.cast_vote(session, case_id=case.id, voter=member, choice=AGREE)
    async with database.transaction() as session:
        with pytest.raises(rules.NotReady, match="3 ghế"):
            await council.cast_vote(session, case_id=case.id, voter="https://id|uy-vien-3", choice=AGREE)
    assert await tallies(database) == {"agree": 3, "disagree": 0, "abstain": 0}


async def test_an_open_ballot_of_two_says_who_chose_what(database: Database) -> None:
    case = await make.voting(database, seats=2, quorum="1", sheets=2)
    await make.vote(database, case.id, AGREE, DISAGREE)
    assert await rows(database, "select voter, choice from rolls order by voter") == sorted(
        zip(make.MEMBERS, ("agree", "disagree"), strict=False)
    )


async def test_a_vote_below_the_quorum_stays_open(database: Database) -> None:
    case = await make.voting(database)
    await make.vote(database, case.id, AGREE)
    async with database.transaction() as session:
        with pytest.raises(rules.NotReady, match="ít nhất 2/3"):
            await council.close_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
    assert await rows(database, "select open from ballots") == [(True,)]


@pytest.mark.parametrize(
    ("choices", "outcome", "state"),
    [((AGREE, AGREE, DISAGREE), Outcome.HONOUR, State.DECIDED), ((AGREE, ABSTAIN), Outcome.DECLINE, State.DECLINED)],
)
async def test_the_conclusion_follows_the_vote_and_is_said_once(
    database: Database, choices: tuple[Choice, ...], outcome: Outcome, state: State
) -> None:
    case = await make.voting(database)
    await make.vote(database, case.id, *choices)
    async with database.transaction() as session:
        with pytest.raises(rules.WrongState):
            await council.complete_review(session, case_id=case.id, at=make.AT, by=make.CHAIR)
    async with database.transaction() as session:
        await council.close_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
        assert said_in(session) == []
    async with database.transaction() as session:
        done = await council.complete_review(session, case_id=case.id, at=make.AT, by=make.CHAIR)
        assert said_in(session) == [
            ReviewCompleted(
                nomination_id=case.nomination_id,
                origin_agency="tan-binh",
                unit_id=case.unit_id,
                subject_id=case.subject_id,
                case_id=case.id,
                code=case.code,
                outcome=outcome,
                occurred_at=make.AT,
            )
        ]
    assert (done.state, done.outcome) == (state, outcome)
    async with database.transaction() as session:
        with pytest.raises(rules.WrongState):
            await council.complete_review(session, case_id=case.id, at=make.AT, by=make.CHAIR)


async def test_a_new_revision_is_marked_and_voted_anew(database: Database) -> None:
    await make.rule_set(database, sheets=1)
    case = await make.case(database)
    by = Actor(make.MEMBERS[0], "member")
    async with database.transaction() as session:
        await council.submit_sheet(session, case_id=case.id, member=by.identity, marks={"GV1": 3}, note="", by=by)
        await cases.return_case(session, case_id=case.id, reasons=make.PARCEL, at=make.AT, by=make.SECRETARY)
    async with database.transaction() as session:
        await cases.reopen_case(
            session,
            agency="tan-binh",
            origin_agency="tan-binh",
            nomination_id=case.nomination_id,
            revision=2,
            at=make.AT,
        )
    content = {"subject_name": "", "subject_position": "", "claims": []}
    async with database.transaction() as session:
        await cases.take_dossier(session, case_id=case.id, revision=1, content=content, files=[])  # overtaken: dropped
        await cases.take_dossier(session, case_id=case.id, revision=2, content=content, files=[])
        with pytest.raises(rules.NotReady, match="0/1"):
            await council.open_ballot(session, case_id=case.id, at=make.AT, by=make.SECRETARY)
    assert await rows(database, "select revision, state from cases") == [(2, "scoring")]
    assert await rows(database, "select revision from dossiers order by 1") == [(1,), (2,)]


async def test_votes_at_once_are_all_counted(database: Database) -> None:
    case = await make.voting(database)

    async def cast(member: str) -> None:
        async with database.transaction() as session:
            await council.cast_vote(session, case_id=case.id, voter=member, choice=AGREE)

    await asyncio.gather(*(cast(member) for member in make.MEMBERS))
    assert json.dumps(await tallies(database), sort_keys=True) == '{"abstain": 0, "agree": 3, "disagree": 0}'
