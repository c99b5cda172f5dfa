"""A dossier from its first word to its hand-in. Each action locks the dossier, records what it says, never commits."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import rounds, targets
from services.nomination.actions.plans import Agency
from services.nomination.rules import Relation, State
from services.nomination.tables import (
    Claim,
    Counter,
    Criterion,
    Evidence,
    Nomination,
    Person,
    Plan,
    Round,
    Step,
    Subject,
    Unit,
)
from shared import audit, outbox, parcels, search_words
from shared.audit import Actor
from shared.clock import local_date
from shared.events import (
    Category,
    NominationRevised,
    NominationStarted,
    NominationSubmitted,
    NominationWithdrawn,
    Sealed,
)
from shared.files import Accepted
from shared.names import folded, lines, normal, sort_key


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

    Raises PlanNotInForce, RoundNotOpen, TooMuch; LookupError when round or unit are not the agency's.
    """
    chosen = await session.get(Round, round_id)
    unit = await session.get(Unit, unit_id)
    if chosen is None or unit is None or {chosen.agency, unit.agency} != {agency.id}:
        raise LookupError("not of this agency")
    rules.check_in_force((await session.get_one(Plan, chosen.plan_id)).state)
    await rounds.check_takes(session, chosen, at)
    rules.check_length("name", normal(name))
    rules.check_length("position", normal(position))
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
    await search_words.enter(session, nomination.id, nomination.code, subject.name, unit_id=unit_id)
    outbox.record(session, _started(nomination, due_on=chosen.last_day, at=at))
    await audit.record(session, by, "nomination.started", nomination.id)
    return nomination


def _started(nomination: Nomination, *, due_on: date | None, at: datetime) -> NominationStarted:
    return NominationStarted(
        nomination_id=nomination.id,
        origin_agency=nomination.agency,
        unit_id=nomination.unit_id,
        subject_id=nomination.subject_id,
        code=nomination.code,
        due_on=due_on,
        occurred_at=at,
    )


async def _next_number(session: AsyncSession, agency: Agency, year: int) -> int:
    number = insert(Counter).values(agency=agency.id, year=year, last=1)
    number = number.on_conflict_do_update(index_elements=["agency", "year"], set_={"last": col(Counter.last) + 1})
    return (await session.execute(number.returning(col(Counter.last)))).scalar_one()


async def write_claim(
    session: AsyncSession, *, nomination_id: UUID, criterion: str, text: str, version: int, by: Actor
) -> Claim:
    """Save what is claimed under a criterion; `version` is that of the claim the writer saw, 0 when there was none.

    Raises NotADraft, ChangedMeanwhile, TooMuch.
    """
    nomination = await lock(session, nomination_id)
    rules.check_editable(nomination.state)
    text = lines(text)
    rules.check_length("text", text)
    nomination.version += 1
    claim = await session.scalar(
        select(Claim).where(col(Claim.nomination_id) == nomination_id, col(Claim.criterion) == criterion)
    )
    current = claim.version if claim else 0
    if current != version:
        raise rules.ChangedMeanwhile(claim.text if claim else "", current)
    if claim is None:
        claim = Claim(agency=nomination.agency, nomination_id=nomination_id, criterion=criterion, text=text)
        session.add(claim)
    else:
        claim.text, claim.version = text, claim.version + 1
    await session.flush()
    await audit.record(session, by, "claim.written", claim.id)
    return claim


async def add_evidence(
    session: AsyncSession, *, claim_id: UUID, text: str, file: Accepted | None = None, by: Actor
) -> Evidence:
    """Tie a piece of evidence to a claim: described, or a file that lies in the store already.

    Raises NotADraft, TooMuch.
    """
    claim = await session.get_one(Claim, claim_id)
    nomination = await lock(session, claim.nomination_id)
    rules.check_editable(nomination.state)
    rules.check_length("caption" if file else "proof", text := lines(text))
    if file is not None:
        sizes = [*await _sizes(session, nomination.id), file.size]
        rules.check_room(len(sizes), sum(sizes), parcels.MOST_FILES, parcels.MOST_DOSSIER)
    nomination.version += 1
    evidence = Evidence(
        agency=nomination.agency,
        claim_id=claim_id,
        text=text or (file.name if file else ""),
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
    own_email: str = "",
    whole: bool = True,
) -> None:
    """Save how the people concerned are reached, and a pupil's birthday. Who has no address any more is forgotten.

    `own_email`: that of whoever acts, if it is known; none of the people is reached by it. `whole`: nothing that is
    needed may be missing.

    Raises NotADraft, BadContact.
    """
    nomination = await lock(session, nomination_id)
    rules.check_editable(nomination.state)
    nomination.version += 1
    subject = await session.get_one(Subject, nomination.subject_id)
    child = subject.category is Category.PUPIL
    if whole:
        rules.check_contacts(emails, guardian, born_on, today, child=child, nominator=own_email)
    else:
        rules.check_typed_contacts(emails, born_on, today, nominator=own_email)
    subject.born_on = born_on
    known = {
        one.relation: one for one in await session.scalars(select(Person).where(col(Person.subject_id) == subject.id))
    }
    for relation, email in emails.items():
        name = normal(guardian if relation is Relation.GUARDIAN else subject.name)
        if email and relation in known:
            known[relation].name, known[relation].email = name, email
        elif email:
            session.add(Person(agency=subject.agency, subject_id=subject.id, relation=relation, name=name, email=email))
    reached = [relation for relation, email in emails.items() if email]
    await session.execute(
        delete(Person).where(col(Person.subject_id) == subject.id, col(Person.relation).not_in(reached))
    )
    await session.flush()
    await audit.record(session, by, "contacts.written", nomination_id)


async def check_submittable(session: AsyncSession, *, nomination_id: UUID, at: datetime) -> bool:
    """Whether what is handed in now is late. What came back is corrected in its own time, also after the round.

    Raises NotADraft, PlanNotInForce, RoundNotOpen, QuotaReached, or NotComplete with what is missing.
    """
    nomination = await lock(session, nomination_id)
    rules.check_editable(nomination.state)
    rules.check_in_force((await session.get_one(Plan, nomination.plan_id)).state)
    late = nomination.late
    if nomination.handed_in_on is None:
        late = await rounds.check_takes(session, await session.get_one(Round, nomination.round_id), at)
        await targets.check_room(session, nomination, local_date(at))
    subject = await session.get_one(Subject, nomination.subject_id)
    criteria = await session.scalars(
        select(col(Criterion.code)).where(
            col(Criterion.agency) == nomination.agency,
            col(Criterion.pack) == nomination.rule_set,
            col(Criterion.category) == subject.category,
        )
    )
    claims = await claimed(session, nomination_id)
    relations = set(
        await session.scalars(select(col(Person.relation)).where(col(Person.subject_id) == nomination.subject_id))
    )
    rules.check_submittable(
        nomination.state,
        list(criteria),
        claims,
        reachable=rules.is_reachable(relations, subject.born_on, child=subject.category is Category.PUPIL),
    )
    return late


async def submit_nomination(
    session: AsyncSession, *, nomination_id: UUID, version: int, dossier: Sealed, at: datetime, by: Actor
) -> Nomination:
    """Hand a dossier in, the first time or corrected, and announce it; its parcel lies in the store already.

    `version` is that of the nomination when the parcel was packed, `at` when the person asked for it. Raises NotADraft,
    RoundNotOpen, NotComplete, or ChangedMeanwhile when something was saved after the packing.
    """
    late = await check_submittable(session, nomination_id=nomination_id, at=at)
    nomination = await lock(session, nomination_id)
    if nomination.version != version:
        raise rules.ChangedMeanwhile("", nomination.version)
    subject = await session.get_one(Subject, nomination.subject_id)
    again = nomination.state is State.RETURNED
    nomination.state, nomination.submitted_at = State.SUBMITTED, at
    if nomination.handed_in_on is None:
        nomination.handed_in_on, nomination.late = local_date(at), late
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


async def withdraw_nomination(
    session: AsyncSession, *, nomination_id: UUID, version: int, at: datetime, by: Actor
) -> Nomination:
    """Take a dossier back that was handed in; `version` is that of the nomination the person saw.

    Raises NotWithdrawable, ChangedMeanwhile.
    """
    nomination = await lock(session, nomination_id)
    rules.check_withdrawable(nomination.state)
    if nomination.version != version:
        raise rules.ChangedMeanwhile("", nomination.version)
    nomination.state, nomination.version = State.WITHDRAWN, nomination.version + 1
    told = {
        "nomination_id": nomination.id,
        "origin_agency": nomination.agency,
        "unit_id": nomination.unit_id,
        "subject_id": nomination.subject_id,
        "code": nomination.code,
        "occurred_at": at,
    }
    outbox.record(session, NominationWithdrawn.model_validate(told))
    session.add(Step(agency=nomination.agency, nomination_id=nomination.id, at=at, what="withdrawn", holder="done"))
    await audit.record(session, by, "nomination.withdrawn", nomination.id)
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


async def _sizes(session: AsyncSession, nomination_id: UUID) -> list[int]:
    """The bytes of each file of a dossier, the same content counted once, as its parcel holds it."""
    rows = await session.execute(
        select(col(Evidence.sha256), col(Evidence.size))
        .join(Claim, col(Claim.id) == col(Evidence.claim_id))
        .where(col(Claim.nomination_id) == nomination_id, col(Evidence.sha256).is_not(None))
        .distinct()
    )
    return [size or 0 for _, size in rows]


async def note_shared_trail(session: AsyncSession, *, nomination_id: UUID, by: Actor) -> None:
    """Write down that somebody made a link to who read the dossier."""
    await audit.record(session, by, "trail.shared", nomination_id)


async def lock(session: AsyncSession, nomination_id: UUID) -> Nomination:
    """The nomination as it is now, locked until the transaction ends. Raises NoResultFound."""
    locked = select(Nomination).where(col(Nomination.id) == nomination_id).with_for_update()
    return (await session.execute(locked, execution_options={"populate_existing": True})).scalar_one()
