"""The verbs of nominating. Each locks what it speaks about, records what it says, and never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.nomination import rules
from services.nomination.tables import (
    Claim,
    Counter,
    Criterion,
    Evidence,
    Nomination,
    Plan,
    Round,
    Step,
    Subject,
    Unit,
)
from shared import audit, outbox
from shared.audit import Actor
from shared.events import Category, NominationSubmitted, UnitOpened
from shared.names import folded, normal, sort_key


@dataclass(frozen=True)
class Agency:
    """What actions need of the agency that runs this service."""

    id: str
    mark: str


async def open_unit(
    session: AsyncSession,
    agency: Agency,
    *,
    code: str,
    name: str,
    kind: str,
    since: date,
    at: datetime,
    by: Actor,
    id: UUID | str | None = None,
) -> Unit:
    """Let a unit exist from a day on, and announce it. A unit of that code that exists already is returned as it is."""
    found = await session.scalar(select(Unit).where(col(Unit.agency) == agency.id, col(Unit.code) == code))
    if found is not None:
        return found
    unit = Unit(
        id=UUID(str(id)) if id else uuid7(), agency=agency.id, code=code, name=normal(name), kind=kind, valid_from=since
    )
    session.add(unit)
    await session.flush()
    outbox.record(session, UnitOpened(unit_id=unit.id, name=unit.name, kind=kind, valid_from=since, occurred_at=at))
    await audit.record(session, by, "unit.opened", unit.id)
    return unit


async def enter_plan(
    session: AsyncSession, agency: Agency, *, plan: dict[str, Any], rounds: Sequence[dict[str, Any]], by: Actor
) -> Plan:
    """Enter a plan with its rounds as its papers say it.

    A plan of that code that was entered before is left as it is.
    """
    found = await session.scalar(select(Plan).where(col(Plan.agency) == agency.id, col(Plan.code) == plan["code"]))
    if found is not None:
        return found
    entered = Plan(agency=agency.id, **plan)
    session.add(entered)
    await session.flush()
    session.add_all(Round(agency=agency.id, plan_id=entered.id, **one) for one in rounds)
    await audit.record(session, by, "plan.entered", entered.id)
    return entered


async def enter_criteria(
    session: AsyncSession, agency: Agency, *, pack: str, criteria: Sequence[dict[str, Any]], by: Actor
) -> int:
    """Enter a version of a criteria pack; what was entered before is left as it is. Returns how many are new."""
    known = set(
        await session.scalars(
            select(col(Criterion.code)).where(col(Criterion.agency) == agency.id, col(Criterion.pack) == pack)
        )
    )
    new = [
        Criterion(agency=agency.id, pack=pack, position=place, **one)
        for place, one in enumerate(criteria, 1)
        if one["code"] not in known
    ]
    session.add_all(new)
    if new:
        await audit.record(session, by, "criteria.entered", pack)
    return len(new)


async def start_nomination(
    session: AsyncSession,
    agency: Agency,
    *,
    unit_id: UUID,
    round_id: UUID,
    category: Category,
    name: str,
    position: str,
    rule_set: str,
    at: datetime,
    today: date,
    by: Actor,
) -> Nomination:
    """Begin a draft about somebody of a unit.

    Raises RoundNotOpen; LookupError when round or unit are not the agency's.
    """
    chosen = await session.get_one(Round, round_id)
    unit = await session.get_one(Unit, unit_id)
    if {chosen.agency, unit.agency} != {agency.id}:
        raise LookupError("not of this agency")
    rules.check_round_open(chosen.opens_on, chosen.closes_on, today)
    subject = Subject(
        agency=agency.id,
        unit_id=unit_id,
        category=category,
        name=normal(name),
        position=normal(position),
        search_text=folded(name),
        sort_key=sort_key(name),
    )
    session.add(subject)
    await session.flush()
    nomination = Nomination(
        agency=agency.id,
        code=rules.code(agency.mark, today.year, await _next_number(session, agency, today.year)),
        unit_id=unit_id,
        subject_id=subject.id,
        plan_id=chosen.plan_id,
        round_id=round_id,
        rule_set=rule_set,
        nominator=by.identity,
        started_at=at,
    )
    session.add(nomination)
    await session.flush()
    await audit.record(session, by, "nomination.started", nomination.id)
    return nomination


async def _next_number(session: AsyncSession, agency: Agency, year: int) -> int:
    number = insert(Counter).values(agency=agency.id, year=year, last=1)
    number = number.on_conflict_do_update(index_elements=["agency", "year"], set_={"last": col(Counter.last) + 1})
    return (await session.execute(number.returning(col(Counter.last)))).scalar_one()


async def write_claim(
    session: AsyncSession, *, nomination_id: UUID, criterion: str, text: str, version: int, by: Actor
) -> Claim:
    """Save what is claimed under a criterion; `version` is that of the claim the writer saw, 0 when there was none.

    Raises NotADraft, ChangedMeanwhile.
    """
    nomination = await lock(session, nomination_id)
    rules.check_editable(nomination.state)
    claim = await session.scalar(
        select(Claim).where(col(Claim.nomination_id) == nomination_id, col(Claim.criterion) == criterion)
    )
    if (claim.version if claim else 0) != version:
        raise rules.ChangedMeanwhile(claim.text if claim else "")
    if claim is None:
        claim = Claim(
            agency=nomination.agency, nomination_id=nomination_id, criterion=criterion, text=normal_text(text)
        )
        session.add(claim)
    else:
        claim.text, claim.version = normal_text(text), claim.version + 1
    await session.flush()
    await audit.record(session, by, "claim.written", claim.id)
    return claim


async def add_evidence(session: AsyncSession, *, claim_id: UUID, text: str, by: Actor) -> Evidence:
    """Tie a described piece of evidence to a claim. Raises NotADraft."""
    claim = await session.get_one(Claim, claim_id)
    nomination = await lock(session, claim.nomination_id)
    rules.check_editable(nomination.state)
    evidence = Evidence(agency=nomination.agency, claim_id=claim_id, text=normal(text))
    session.add(evidence)
    await session.flush()
    await audit.record(session, by, "evidence.added", evidence.id)
    return evidence


async def submit_nomination(
    session: AsyncSession, *, nomination_id: UUID, at: datetime, today: date, by: Actor
) -> Nomination:
    """Hand a dossier in and announce it.

    Raises NotADraft, RoundNotOpen, or NotComplete with what is missing.
    """
    nomination = await lock(session, nomination_id)
    chosen = await session.get_one(Round, nomination.round_id)
    subject = await session.get_one(Subject, nomination.subject_id)
    criteria = await session.scalars(
        select(col(Criterion.code)).where(
            col(Criterion.agency) == nomination.agency,
            col(Criterion.pack) == nomination.rule_set,
            col(Criterion.category) == subject.category,
        )
    )
    rules.check_submittable(
        nomination.state,
        chosen.opens_on,
        chosen.closes_on,
        today,
        list(criteria),
        await claimed(session, nomination_id),
    )
    nomination.state = rules.State.SUBMITTED
    nomination.submitted_at = at
    nomination.revision += 1
    nomination.version += 1
    outbox.record(
        session,
        NominationSubmitted(
            nomination_id=nomination.id,
            origin_agency=nomination.agency,
            unit_id=nomination.unit_id,
            subject_id=nomination.subject_id,
            code=nomination.code,
            category=subject.category,
            plan_id=nomination.plan_id,
            round_id=nomination.round_id,
            rule_set=nomination.rule_set,
            revision=nomination.revision,
            occurred_at=at,
        ),
    )
    session.add(Step(agency=nomination.agency, nomination_id=nomination.id, at=at, what="submitted", holder="review"))
    await audit.record(session, by, "nomination.submitted", nomination.id)
    return nomination


async def note_case_opened(session: AsyncSession, *, nomination_id: UUID, at: datetime) -> None:
    """The agency's review took the dossier in."""
    nomination = await lock(session, nomination_id)
    nomination.state = rules.State.REVIEWED
    nomination.version += 1
    session.add(Step(agency=nomination.agency, nomination_id=nomination_id, at=at, what="case_opened", holder="review"))


async def claimed(session: AsyncSession, nomination_id: UUID) -> list[rules.Claimed]:
    """The claims of a nomination as readiness looks at them."""
    rows = await session.execute(
        select(col(Claim.criterion), col(Claim.text), func.count(col(Evidence.id)))
        .outerjoin(Evidence, col(Evidence.claim_id) == col(Claim.id))
        .where(col(Claim.nomination_id) == nomination_id)
        .group_by(col(Claim.id))
    )
    return [rules.Claimed(criterion, text, count) for criterion, text, count in rows]


async def lock(session: AsyncSession, nomination_id: UUID) -> Nomination:
    """The nomination, locked until the transaction ends. Raises LookupError (NoResultFound)."""
    return (
        await session.execute(select(Nomination).where(col(Nomination.id) == nomination_id).with_for_update())
    ).scalar_one()


def normal_text(text: str) -> str:
    """What a person typed over several lines, each line normal."""
    return "\n".join(normal(line) for line in text.strip().splitlines())
