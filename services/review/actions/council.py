"""The council's work on a case: marks, a vote, a conclusion."""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from sqlalchemy import Integer, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions import awaiting, offers
from services.review.actions.awaiting import about
from services.review.actions.cases import lock
from services.review.rules import Choice, RuleSet, State
from services.review.tables import Ballot, Case, Dossier, Roll, RuleSetRow, Sheet, Tally
from shared import audit, outbox
from shared.audit import Actor
from shared.events import Outcome, ReviewCompleted
from shared.names import lines


class NoRuleSet(rules.Refusal):
    """No rule set was in force when the case came: nothing is decided without one."""

    problem = "no-rule-set"


async def pinned_rules(session: AsyncSession, case: Case) -> RuleSet:
    """The rule set that a case was received under. Raises NoRuleSet."""
    row = await session.scalar(
        select(RuleSetRow).where(col(RuleSetRow.agency) == case.agency, col(RuleSetRow.code) == case.rules)
    )
    if row is None:
        raise NoRuleSet("Cơ quan chưa nhập quy tắc xét duyệt nên chưa xét được. Hãy báo quản trị viên.")
    values = row.values
    return RuleSet(
        code=row.code,
        seats=int(values["seats"]),
        quorum=Fraction(values["quorum"]),
        threshold=Fraction(values["threshold"]),
        sheets=int(values["sheets"]),
        highest_mark=int(values["highest_mark"]),
        secret_from=int(values["secret_from"]),
        shortest_reason=int(values["shortest_reason"]),
        confirmed=row.confirmed,
    )


async def submit_sheet(
    session: AsyncSession, *, case_id: UUID, member: str, marks: Mapping[str, int], note: str, by: Actor
) -> Sheet:
    """Hand in a member's marks, once per revision. Raises WrongState, BadInput, AlreadyDone."""
    case = await lock(session, case_id)
    rules.check_state(case.state, State.SCORING)
    rule_set = await pinned_rules(session, case)
    rules.check_marks(marks, await criteria_of(session, case), rule_set)
    rules.check_length("note", note := lines(note))
    done = await session.scalar(
        select(col(Sheet.id)).where(
            col(Sheet.case_id) == case_id, col(Sheet.revision) == case.revision, col(Sheet.member) == member
        )
    )
    if done is not None:
        raise rules.AlreadyDone("Bạn đã nộp phiếu chấm cho hồ sơ này.")
    sheet = Sheet(
        agency=case.agency, case_id=case_id, revision=case.revision, member=member, marks=dict(marks), note=note
    )
    session.add(sheet)
    await session.flush()
    await awaiting.tell(session, case)
    await audit.record(session, by, "sheet.submitted", case_id)
    return sheet


async def open_ballot(session: AsyncSession, *, case_id: UUID, at: datetime, by: Actor) -> Ballot:
    """Let the council vote on a case. Raises WrongState, NotReady."""
    case = await lock(session, case_id)
    rules.check_state(case.state, State.SCORING)
    rule_set = await pinned_rules(session, case)
    sheets = await session.scalar(
        select(func.count()).where(col(Sheet.case_id) == case_id, col(Sheet.revision) == case.revision)
    )
    rules.check_votable(sheets or 0, rule_set)
    ballot = Ballot(agency=case.agency, case_id=case_id, revision=case.revision, secret=rule_set.secret)
    session.add(ballot)
    await session.flush()
    session.add_all(Tally(agency=case.agency, ballot_id=ballot.id, choice=choice, count=0) for choice in Choice)
    case.state, case.moved_at, case.version = State.VOTING, at, case.version + 1
    await awaiting.tell(session, case)
    await audit.record(session, by, "ballot.opened", ballot.id)
    return ballot


async def cast_vote(session: AsyncSession, *, case_id: UUID, voter: str, choice: Choice) -> None:
    """Put a paper into the ballot box: a name on the roll, one more on a counter.

    Nothing joins the two: no key, no time, no audit line. Raises WrongState, AlreadyDone, NotReady (no seat is left).
    """
    case = await lock(session, case_id)
    rules.check_state(case.state, State.VOTING)
    ballot = await _open_ballot(session, case_id)
    if await session.get(Roll, (ballot.id, voter)) is not None:
        raise rules.AlreadyDone("Bạn đã bỏ phiếu. Mỗi người bỏ một phiếu.")
    taken = await session.scalar(select(func.count()).where(col(Roll.ballot_id) == ballot.id))
    rules.check_seat(taken or 0, await pinned_rules(session, case))
    # One statement writes every counter, whichever was chosen: the newest row version says nothing. (The session would
    # leave out those whose number stays the same.)
    chosen = cast(col(Tally.choice) == choice, Integer)
    await session.execute(
        update(Tally)
        .where(col(Tally.ballot_id) == ballot.id)
        .values(count=col(Tally.count) + chosen)
        .execution_options(synchronize_session=False)
    )
    session.add(Roll(agency=case.agency, ballot_id=ballot.id, voter=voter, choice=None if ballot.secret else choice))


async def close_ballot(session: AsyncSession, *, case_id: UUID, at: datetime, by: Actor) -> Ballot:
    """Close the vote; roll and counters are written anew in one go, so that row versions link nobody.

    Raises WrongState, NotReady.
    """
    case = await lock(session, case_id)
    rules.check_state(case.state, State.VOTING)
    rule_set = await pinned_rules(session, case)
    ballot = await _open_ballot(session, case_id)
    roll = list(await session.scalars(select(Roll).where(col(Roll.ballot_id) == ballot.id)))
    rules.check_closable(len(roll), rule_set)
    await _write_anew(session, ballot, roll)
    ballot.open = False
    case.state, case.moved_at, case.version = State.VOTED, at, case.version + 1
    await awaiting.tell(session, case)
    await audit.record(session, by, "ballot.closed", ballot.id)
    return ballot


async def _write_anew(session: AsyncSession, ballot: Ballot, roll: list[Roll]) -> None:
    tallies = list(await session.scalars(select(Tally).where(col(Tally.ballot_id) == ballot.id)))
    names = sorted((one.voter, one.choice) for one in roll)
    counts = sorted((one.choice, one.count) for one in tallies)
    for one in (*roll, *tallies):
        await session.delete(one)
    await session.flush()
    session.add_all(Roll(agency=ballot.agency, ballot_id=ballot.id, voter=v, choice=c) for v, c in names)
    session.add_all(Tally(agency=ballot.agency, ballot_id=ballot.id, choice=c, count=n) for c, n in counts)


async def complete_review(session: AsyncSession, *, case_id: UUID, at: datetime, by: Actor) -> Case:
    """Conclude as the closed vote says: honour when it carried, else decline. Raises WrongState."""
    case = await lock(session, case_id)
    rules.check_state(case.state, State.VOTED)
    rule_set = await pinned_rules(session, case)
    tally = await tally_of(session, case)
    outcome = Outcome.HONOUR if rules.carried(tally, rule_set) else Outcome.DECLINE
    case.outcome = outcome
    case.state = State.DECIDED if outcome is Outcome.HONOUR else State.DECLINED
    case.moved_at, case.version = at, case.version + 1
    outbox.record(
        session,
        ReviewCompleted(
            **about(case, at),
            outcome=outcome,
        ),
    )
    await awaiting.tell(session, case)
    await offers.rule(session, case, outcome, at=at)
    await audit.record(session, by, "review.completed", case_id)
    return case


async def tally_of(session: AsyncSession, case: Case) -> dict[Choice, int]:
    """The counters of the case's last closed ballot; empty while it is open: nobody sees a running tally."""
    rows = await session.execute(
        select(col(Tally.choice), col(Tally.count))
        .join(Ballot, col(Ballot.id) == col(Tally.ballot_id))
        .where(col(Ballot.case_id) == case.id, col(Ballot.revision) == case.revision, col(Ballot.open).is_(False))
    )
    return {row[0]: row[1] for row in rows}


async def criteria_of(session: AsyncSession, case: Case) -> dict[str, str]:
    """The criteria under which the dossier claims something, with their texts."""
    content = await session.scalar(
        select(col(Dossier.content)).where(col(Dossier.case_id) == case.id, col(Dossier.revision) == case.revision)
    )
    return {claim["criterion"]: claim["criterion_text"] for claim in (content or {}).get("claims", [])}


async def _open_ballot(session: AsyncSession, case_id: UUID) -> Ballot:
    return (
        await session.execute(select(Ballot).where(col(Ballot.case_id) == case_id, col(Ballot.open).is_(True)))
    ).scalar_one()
