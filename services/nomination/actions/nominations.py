"""A dossier from its first word to its hand-in. Each action locks the dossier, records what it says, never commits."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.actions import movements, rounds, targets
from services.nomination.actions.dossiers import lock, tell_confirmation, told
from services.nomination.actions.plans import Agency
from services.nomination.rules import Relation, State
from services.nomination.rules.criteria import Form
from services.nomination.rules.names import check_name
from services.nomination.rules.readiness import Readiness
from services.nomination.rules.rounds import check_begins
from services.nomination.rules.subjects import same_key
from services.nomination.tables import (
    Counter,
    Nomination,
    Person,
    Plan,
    Revision,
    Round,
    Step,
    Subject,
    Unit,
)
from shared import audit, outbox, search_words
from shared.audit import Actor
from shared.clock import local_date
from shared.events import (
    Category,
    NominationRevised,
    NominationStarted,
    NominationSubmitted,
    Sealed,
)
from shared.names import folded, normal, sort_key

# Made once: every hand-in asks it, and to make it anew was a good part of what it cost.
_BESIDE = (
    select(Subject, Round, Plan, targets.is_limited())
    .select_from(Nomination)
    .join(Subject, col(Subject.id) == col(Nomination.subject_id))
    .join(Round, col(Round.id) == col(Nomination.round_id))
    .join(Plan, col(Plan.id) == col(Nomination.plan_id))
    .where(col(Nomination.id) == bindparam("id"))
)


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
    form: Form = Form.EXEMPLAR,
    subject: Subject | None = None,
    writer: str = "",
    on_behalf: str = "",
    movement_id: UUID | None = None,
    task: str = "",
) -> Nomination:
    """Begin a draft about somebody of a unit, or about a model or a deed of theirs.

    `subject`: known already, and no dossier's yet. `writer`: the name of whoever begins it; `on_behalf`: for whom they
    write, if not for the unit. `movement_id` and `task`: in what they were found.

    Raises PlanNotInForce, RoundNotOpen, TooMuch, NameWithTitle, BadMovement; LookupError for what is not the agency's.
    """
    unit, chosen = await _where(session, agency, unit_id, round_id, at, today)
    on_behalf, task = normal(on_behalf), normal(task)
    rules.check_length("on_behalf", on_behalf)
    rules.check_length("task", task)
    await movements.check_known(session, agency.id, movement_id)
    if subject is None:
        session.add(subject := _subject(unit, category, form, name, position))
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
        writer=writer,
        on_behalf=on_behalf,
        movement_id=movement_id,
        task=task,
        started_at=at,
    )
    session.add(nomination)
    await session.flush()
    await search_words.enter(session, nomination.id, nomination.code, subject.name, unit_id=unit_id)
    outbox.record(session, _started(nomination, due_on=chosen.last_day, at=at))
    await audit.record(session, by, "nomination.started", nomination.id)
    return nomination


async def _where(
    session: AsyncSession, agency: Agency, unit_id: UUID, round_id: UUID, at: datetime, today: date
) -> tuple[Unit, Round]:
    """Where a draft begins, if it may today. Raises UnitIsNoMore, PlanNotInForce, RoundNotOpen, LookupError."""
    chosen = await session.get(Round, round_id)
    # Locked, so that it does not end meanwhile and leaves this file behind.
    unit = await session.get(Unit, unit_id, with_for_update={"read": True, "key_share": True})
    if chosen is None or unit is None or {chosen.agency, unit.agency} != {agency.id}:
        raise LookupError("not of this agency")
    rules.check_goes_on(unit.valid_to, today)
    plan = await session.get_one(Plan, chosen.plan_id)
    rules.check_in_force(plan.state)
    check_begins(plan.ends_on, today)
    await rounds.check_takes(session, chosen, plan, at)
    return unit, chosen


def _subject(unit: Unit, category: Category, form: Form, name: str, position: str) -> Subject:
    """Whom a draft is about. Raises TooMuch, NameWithTitle."""
    rules.check_length("name", normal(name))
    if category is not Category.COLLECTIVE and form is Form.EXEMPLAR:
        check_name(normal(name))
    rules.check_length("position", normal(position))
    return Subject(
        agency=unit.agency,
        unit_id=unit.id,
        category=category,
        form=form,
        name=normal(name),
        position=normal(position),
        search_text=folded(name),
        sort_key=sort_key(name),
        same_key=same_key(category, form, folded(name)),
    )


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

    Raises NotADraft, NotReopened, BadContact.
    """
    nomination = await lock(session, nomination_id)
    rules.check_open(nomination.state, nomination.reopened, "contacts")
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


async def check_submittable(session: AsyncSession, *, nomination_id: UUID, ready: Readiness, at: datetime) -> bool:
    """Whether what is handed in now is late. What came back is corrected in its own time, also after the round.

    Raises NotADraft, PlanNotInForce, RoundNotOpen, QuotaReached, or NotComplete with what is missing.
    """
    _, late = await _check_submittable(session, await lock(session, nomination_id), ready, at)
    return late


async def _check_submittable(
    session: AsyncSession, nomination: Nomination, ready: Readiness, at: datetime
) -> tuple[Subject, bool]:
    """Whom a locked dossier is about, and whether it is late; see `check_submittable`."""
    rules.check_editable(nomination.state)
    subject, chosen, plan, limited = (await session.execute(_BESIDE, {"id": nomination.id})).one()
    rules.check_in_force(plan.state)
    late = nomination.late
    if nomination.handed_in_on is None:
        late = await rounds.check_takes(session, chosen, plan, at)
        if limited:
            await targets.check_room(session, nomination, local_date(at))
    rules.check_complete(ready.lacking)
    return subject, late


async def submit_nomination(
    session: AsyncSession,
    *,
    nomination_id: UUID,
    version: int,
    ready: Readiness,
    content: Mapping[str, Any],
    dossier: Sealed,
    at: datetime,
    by: Actor,
) -> Nomination:
    """Hand a dossier in, the first time or corrected, and announce it; its parcel lies in the store already.

    `content` is what it says, kept as its next revision. `version` is that of the nomination when it was found `ready`
    and the parcel was packed, `at` when the person asked for it. Raises NotADraft, RoundNotOpen, NotComplete, or
    ChangedMeanwhile when something was saved since.
    """
    nomination = await lock(session, nomination_id)
    subject, late = await _check_submittable(session, nomination, ready, at)
    if nomination.version != version:
        raise rules.ChangedMeanwhile("", nomination.version)
    again = nomination.state is State.RETURNED
    nomination.state, nomination.submitted_at, nomination.reopened = State.SUBMITTED, at, []
    if nomination.handed_in_on is None:
        nomination.handed_in_on, nomination.late = local_date(at), late
    nomination.revision += 1
    nomination.version += 1
    session.add(
        Revision(
            agency=nomination.agency,
            nomination_id=nomination.id,
            number=nomination.revision,
            content=dict(content),
            at=at,
        )
    )
    about = told(nomination, at) | {"revision": nomination.revision, "dossier": dossier}
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
    tell_confirmation(session, nomination, waits=False, at=at)
    step = "revised" if again else "submitted"
    session.add(Step(agency=nomination.agency, nomination_id=nomination.id, at=at, what=step, holder="review"))
    await audit.record(session, by, f"nomination.{step}", nomination.id)
    return nomination


async def note_shared_trail(session: AsyncSession, *, nomination_id: UUID, by: Actor) -> None:
    """Write down that somebody made a link to who read the dossier."""
    await audit.record(session, by, "trail.shared", nomination_id)
