"""The reads of nominating: one function per page that needs one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.queries.standing import Paperwork, paper_columns, papers_in
from services.nomination.queries.units import name_on
from services.nomination.rules.criteria import Papers, option_mark, wording
from services.nomination.rules.papers import Kindred, check_sender, kindred_of
from services.nomination.rules.readiness import Claimed, Linked, Readiness, readiness
from services.nomination.rules.superlatives import Superlative, find
from services.nomination.tables import (
    Claim,
    Criterion,
    Evidence,
    Movement,
    Nomination,
    Pack,
    Person,
    Plan,
    Return,
    Round,
    Step,
    Subject,
    Unit,
)
from shared.clock import local_date
from shared.events import Category


@dataclass(frozen=True)
class Listed:
    """A nomination in a list."""

    nomination: Nomination
    subject: Subject
    unit: Unit


@dataclass(frozen=True)
class Answer:
    """One criterion of a dossier with what was written under it."""

    criterion: Criterion
    claim: Claim | None
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def chosen_options(self) -> list[str]:
        """The options that were ticked, in words."""
        ticked = self.claim.options if self.claim else []
        return [text for place, text in enumerate(self.criterion.options) if option_mark(place) in ticked]

    def claimed(self, links: Mapping[UUID, Linked], boasts: Iterable[Superlative] = ()) -> Claimed:
        """As readiness looks at it."""
        if self.claim is None:
            return Claimed(self.criterion.code)
        return Claimed(
            self.criterion.code,
            self.claim.text,
            tuple(proof.kind for proof in self.evidence),
            tuple(self.claim.options),
            self.claim.level,
            links.get(self.claim.rests_on) if self.claim.rests_on else None,
            find(self.claim.text, boasts),
        )


@dataclass(frozen=True)
class Dossier:
    """A nomination with all that stands in it."""

    nomination: Nomination
    subject: Subject
    unit: Unit
    plan: Plan
    round: Round
    answers: list[Answer]
    steps: list[Step]
    reasons: list[Return]
    """Why it came back, newest first."""
    persons: list[Person]
    """Whose word a story will need, the subject first."""
    papers: Papers
    """What it needs beside its claims."""
    paperwork: Paperwork
    links: Mapping[UUID, Linked]
    """The dossiers that claims of it rest on."""
    unit_then: str
    """How its unit was called when it ended; as it is called now while it goes on."""
    movement: Movement | None
    """In which its subject was found."""

    @cached_property
    def readiness(self) -> Readiness:
        """Whether it can be handed in, and what would cure it."""
        return self._readiness([answer.claimed(self.links, self.paperwork.boasts) for answer in self.answers])

    def _readiness(self, claims: Iterable[Claimed]) -> Readiness:
        child = self.subject.category is Category.PUPIL
        reachable = rules.is_reachable([one.relation for one in self.persons], self.subject.born_on, child=child)
        file = self.nomination
        beside = self.paperwork.beside(edits=file.edits, reachable=reachable, left=file.left_to_agency)
        return readiness([answer.criterion.asked for answer in self.answers], claims, self.papers, beside)

    def readiness_with(self, claimed: Claimed) -> Readiness:
        """The same if its claim under a criterion were this one, as somebody is typing it."""
        return self._readiness(
            claimed if answer.criterion.code == claimed.criterion else answer.claimed(self.links, self.paperwork.boasts)
            for answer in self.answers
        )

    def check_sender(self, name: str, identity: str) -> None:
        """Whether a person of that name may send it by their own hand. Raises AboutYourself."""
        confirmed = self.paperwork.confirmed
        stands = confirmed is not None and confirmed.edits == self.nomination.edits and confirmed.by != identity
        check_sender(about_yourself=self.subject.is_called(name), confirmed_by_another=stands)

    @property
    def asks_kin(self) -> Kindred | None:
        """Of whose family its sender is asked to say whether they are."""
        return kindred_of(self.subject.form, collective=self.subject.category is Category.COLLECTIVE)

    def is_open(self, name: str) -> bool:
        """Whether that criterion or paper may be changed now."""
        return rules.is_open(self.nomination.state, self.nomination.reopened, name)

    def answer(self, criterion: str) -> Answer | None:
        """What was written under a criterion; none: it is not asked of this dossier."""
        return next((one for one in self.answers if one.criterion.code == criterion), None)

    @property
    def lacking(self) -> dict[str, str]:
        """What keeps it from being handed in, by criterion or paper."""
        return self.readiness.lacking

    def words_of(self, criterion: Criterion) -> str:
        """How the dossier's plan words a criterion."""
        return wording(criterion.text, criterion.wordings, self.plan.number)


async def get_dossier(
    session: AsyncSession, *, agency: str, code: str, units: Collection[UUID] | None
) -> Dossier | None:
    """Everything of one nomination of these units (None: of all), criteria in the pack's order."""
    query = (
        select(Nomination, Subject, Unit, Plan, Round, Pack, Movement, *paper_columns())
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .join(Round, col(Round.id) == col(Nomination.round_id))
        .outerjoin(Movement, col(Movement.id) == col(Nomination.movement_id))
        .outerjoin(Pack, and_(col(Pack.agency) == col(Nomination.agency), col(Pack.code) == col(Nomination.rule_set)))
        .where(col(Nomination.agency) == agency, col(Nomination.code) == code)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    nomination, subject, unit, plan, chosen, pack = (
        row[one.__name__] for one in (Nomination, Subject, Unit, Plan, Round, Pack)
    )
    answers = await _answers(session, nomination, subject)
    steps = list(
        await session.scalars(
            select(Step)
            .where(col(Step.nomination_id) == nomination.id)
            .order_by(col(Step.at).desc(), col(Step.id).desc())
        )
    )
    reasons: list[Return] = []
    if nomination.revision:  # what was never handed in never came back
        returned = select(Return).where(col(Return.nomination_id) == nomination.id)
        reasons = list(await session.scalars(returned.order_by(col(Return.revision).desc())))
    persons = await session.scalars(select(Person).where(col(Person.subject_id) == subject.id))
    own_first = sorted(persons, key=lambda one: one.relation is not rules.Relation.SELF)
    return Dossier(
        nomination,
        subject,
        unit,
        plan,
        chosen,
        answers,
        steps,
        reasons,
        own_first,
        papers=pack.papers_for(chosen.kind) if pack else Papers(),
        paperwork=papers_in(row),
        links=await _links(session, answers),
        unit_then=await _unit_then(session, nomination, unit, steps),
        movement=row["Movement"],
    )


async def _unit_then(session: AsyncSession, nomination: Nomination, unit: Unit, steps: Sequence[Step]) -> str:
    if nomination.state not in rules.ENDED:
        return unit.name
    ended = next((step.at for step in reversed(steps) if step.what == nomination.state), nomination.started_at)
    return await name_on(session, unit, local_date(ended))


async def code_of(session: AsyncSession, *, agency: str, nomination_id: UUID) -> str | None:
    """The code that a nomination is known by."""
    return await session.scalar(
        select(col(Nomination.code)).where(col(Nomination.agency) == agency, col(Nomination.id) == nomination_id)
    )


QUALIFIED = (rules.State.SUBMITTED, rules.State.REVIEWED, rules.State.HONOURED)
"""A dossier in these states was complete when it was handed in, and nobody has said otherwise since."""


async def _links(session: AsyncSession, answers: Iterable[Answer]) -> dict[UUID, Linked]:
    """The dossiers that claims rest on: those that were handed in qualify, a draft when its own claims stand."""
    wanted = {answer.claim.rests_on for answer in answers if answer.claim and answer.claim.rests_on}
    if not wanted:
        return {}
    rows = await session.execute(
        select(Nomination, Subject)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .where(col(Nomination.id).in_(wanted))
    )
    found = {}
    for nomination, subject in rows.all():
        qualifies = nomination.state in QUALIFIED
        if nomination.state in rules.EDITABLE:
            own = await _answers(session, nomination, subject)
            claims = [answer.claimed({}) for answer in own]
            qualifies = readiness([answer.criterion.asked for answer in own], claims).claims_stand
        found[nomination.id] = Linked(nomination.code, qualifies)
    return found


async def _answers(session: AsyncSession, nomination: Nomination, subject: Subject) -> list[Answer]:
    rows = await session.execute(
        select(Criterion, Claim)
        .outerjoin(
            Claim,
            (col(Claim.criterion) == col(Criterion.code)) & (col(Claim.nomination_id) == nomination.id),
        )
        .where(
            col(Criterion.agency) == nomination.agency,
            col(Criterion.pack) == nomination.rule_set,
            or_(col(Criterion.category) == subject.category, col(Criterion.category).is_(None)),
        )
        .order_by(col(Criterion.position))
    )
    answers = [Answer(one, claim) for one, claim in rows if one.asked.asks(subject.category, subject.form)]
    by_claim = {a.claim.id: a.evidence for a in answers if a.claim}
    for evidence in await session.scalars(
        select(Evidence).where(col(Evidence.claim_id).in_(by_claim)).order_by(col(Evidence.id))
    ):
        by_claim[evidence.claim_id].append(evidence)
    return answers


async def list_units(
    session: AsyncSession, *, agency: str, units: Collection[UUID] | None, on: date | None = None
) -> Sequence[Unit]:
    """Units by name; None: all of the agency. `on`: only those that are there on that day."""
    query = select(Unit).where(col(Unit.agency) == agency).order_by(col(Unit.name))
    if on is not None:
        query = query.where(or_(col(Unit.valid_to).is_(None), col(Unit.valid_to) > on))
    return list(await session.scalars(query if units is None else query.where(col(Unit.id).in_(units))))


async def list_rounds(session: AsyncSession, *, agency: str) -> Sequence[tuple[Round, Plan]]:
    """Rounds with their plans, newest first."""
    rows = await session.execute(
        select(Round, Plan)
        .join(Plan, col(Plan.id) == col(Round.plan_id))
        .where(col(Round.agency) == agency, col(Plan.state) == rules.PlanState.IN_FORCE)
        .order_by(col(Round.opens_on).desc())
    )
    return [(chosen, plan) for chosen, plan in rows]
