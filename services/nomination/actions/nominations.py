"""A dossier from its first word to its hand-in. Each action locks the dossier, records what it says, never commits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions.plans import Agency
from services.nomination.rules import Relation, State
from services.nomination.tables import (
    Claim,
    Counter,
    Criterion,
    Evidence,
    Nomination,
    Person,
    Round,
    Step,
    Subject,
    Unit,
)
from shared import audit, outbox
from shared.audit import Actor
from shared.events import Category, NominationRevised, NominationSubmitted, Sealed
from shared.files import Accepted
from shared.names import folded, normal, sort_key


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
    nomination.version += 1
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


async def add_evidence(
    session: AsyncSession, *, claim_id: UUID, text: str, file: Accepted | None = None, by: Actor
) -> Evidence:
    """Tie a piece of evidence to a claim: described, or a file that lies in the store already. Raises NotADraft."""
    claim = await session.get_one(Claim, claim_id)
    nomination = await lock(session, claim.nomination_id)
    rules.check_editable(nomination.state)
    nomination.version += 1
    evidence = Evidence(
        agency=nomination.agency,
        claim_id=claim_id,
        text=normal(text) or (file.name if file else ""),
        sha256=file.sha256 if file else None,
        file_name=file.name if file else None,
        media_type=file.media_type if file else None,
        size=file.size if file else None,
    )
    session.add(evidence)
    await session.flush()
    await audit.record(session, by, "evidence.added", evidence.id)
    return evidence


async def set_contacts(
    session: AsyncSession,
    *,
    nomination_id: UUID,
    emails: dict[Relation, str],
    guardian: str,
    born_on: date | None,
    today: date,
    by: Actor,
) -> None:
    """Save how the people concerned are reached, and a pupil's birthday. Raises NotADraft, BadContact."""
    nomination = await lock(session, nomination_id)
    rules.check_editable(nomination.state)
    nomination.version += 1
    subject = await session.get_one(Subject, nomination.subject_id)
    rules.check_contacts(emails, born_on, today, child=subject.category is Category.PUPIL)
    subject.born_on = born_on
    known = {
        one.relation: one for one in await session.scalars(select(Person).where(col(Person.subject_id) == subject.id))
    }
    for relation, email in emails.items():
        name = guardian if relation is Relation.GUARDIAN else subject.name
        if relation in known:
            known[relation].name, known[relation].email = normal(name), email.strip()
        elif email:
            person = Person(
                agency=subject.agency, subject_id=subject.id, relation=relation, name=normal(name), email=email.strip()
            )
            session.add(person)
    await session.flush()
    await audit.record(session, by, "contacts.written", nomination_id)


async def check_submittable(session: AsyncSession, *, nomination_id: UUID, today: date) -> None:
    """Raises NotADraft, RoundNotOpen, or NotComplete with what is missing."""
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
    claims = await claimed(session, nomination_id)
    rules.check_submittable(nomination.state, chosen.opens_on, chosen.closes_on, today, list(criteria), claims)


async def submit_nomination(
    session: AsyncSession, *, nomination_id: UUID, version: int, dossier: Sealed, at: datetime, today: date, by: Actor
) -> Nomination:
    """Hand a dossier in, the first time or corrected, and announce it; its parcel lies in the store already.

    `version` is that of the nomination when the parcel was packed. Raises NotADraft, RoundNotOpen, NotComplete, or
    ChangedMeanwhile when something was saved after the packing.
    """
    await check_submittable(session, nomination_id=nomination_id, today=today)
    nomination = await lock(session, nomination_id)
    if nomination.version != version:
        raise rules.ChangedMeanwhile("")
    subject = await session.get_one(Subject, nomination.subject_id)
    again = nomination.state is State.RETURNED
    nomination.state, nomination.submitted_at = State.SUBMITTED, at
    nomination.revision += 1
    nomination.version += 1
    about = {
        "nomination_id": nomination.id,
        "origin_agency": nomination.agency,
        "unit_id": nomination.unit_id,
        "subject_id": nomination.subject_id,
        "code": nomination.code,
        "revision": nomination.revision,
        "dossier": dossier,
        "occurred_at": at,
    }
    if again:
        outbox.record(session, NominationRevised.model_validate(about))
    else:
        outbox.record(
            session,
            NominationSubmitted.model_validate(
                about
                | {
                    "category": subject.category,
                    "plan_id": nomination.plan_id,
                    "round_id": nomination.round_id,
                    "rule_set": nomination.rule_set,
                }
            ),
        )
    step = "revised" if again else "submitted"
    session.add(Step(agency=nomination.agency, nomination_id=nomination.id, at=at, what=step, holder="review"))
    await audit.record(session, by, f"nomination.{step}", nomination.id)
    return nomination


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
