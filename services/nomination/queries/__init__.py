"""The reads of nominating: one function per page that needs one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination import rules
from services.nomination.tables import (
    Claim,
    Criterion,
    Evidence,
    Nomination,
    Person,
    Plan,
    Return,
    Round,
    Step,
    Subject,
    Unit,
)
from shared.events import Category
from shared.listing import CATEGORY_FILTER, Asked, Order, Rows, chosen, page_of, state_filter
from shared.search import Finding, Sought, nearest


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

    @property
    def done(self) -> int:
        """How many criteria have words and evidence."""
        return sum(bool(a.claim and a.claim.text and a.evidence) for a in self.answers)

    @property
    def lacking(self) -> dict[str, str]:
        """What keeps it from being handed in, see `rules.missing`."""
        claims = [
            rules.Claimed(a.criterion.code, a.claim.text if a.claim else "", len(a.evidence)) for a in self.answers
        ]
        relations = [one.relation for one in self.persons]
        child = self.subject.category is Category.PUPIL
        reachable = rules.is_reachable(relations, self.subject.born_on, child=child)
        return rules.missing([a.criterion.code for a in self.answers], claims, reachable=reachable)


FILE_ORDERS = {
    "moi": Order(col(Nomination.code), True, "Mới nhất trước"),
    "cu": Order(col(Nomination.code), False, "Cũ nhất trước"),
    "ten": Order(col(Subject.sort_key), False, "Tên, từ A"),
    "ten-nguoc": Order(col(Subject.sort_key), True, "Tên, từ Y"),
}
FILE_FILTERS = (state_filter("nomination", rules.State), CATEGORY_FILTER)


async def page_of_files(session: AsyncSession, *, agency: str, units: Collection[UUID] | None, asked: Asked) -> Rows:
    """One page of the nominations of these units (None: of all): rows of (Nomination, Subject, Unit)."""
    query = (
        select(Nomination, Subject, Unit)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.agency) == agency)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    query = chosen(query, asked, {"trang-thai": col(Nomination.state), "loai": col(Subject.category)})
    return await page_of(session, query, asked, FILE_ORDERS, col(Nomination.id))


def find_files(sought: Sought, *, agency: str, units: Collection[UUID] | None) -> Finding:
    """Nominations of these units (None: of all) that have the words: rows of (Nomination, Subject, Unit)."""
    found = sought.found(agency)
    query = (
        select(Nomination, Subject, Unit)
        .join(found, found.c.thing == col(Nomination.id))
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.agency) == agency)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    return Finding(query, nearest(found, col(Subject.sort_key)), col(Nomination.id))


async def get_dossier(
    session: AsyncSession, *, agency: str, code: str, units: Collection[UUID] | None
) -> Dossier | None:
    """Everything of one nomination of these units (None: of all), criteria in the pack's order."""
    query = (
        select(Nomination, Subject, Unit, Plan, Round)
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .join(Round, col(Round.id) == col(Nomination.round_id))
        .where(col(Nomination.agency) == agency, col(Nomination.code) == code)
    )
    if units is not None:
        query = query.where(col(Nomination.unit_id).in_(units))
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    nomination, subject, unit, plan, chosen = row
    answers = await _answers(session, nomination, subject.category)
    steps = await session.scalars(
        select(Step).where(col(Step.nomination_id) == nomination.id).order_by(col(Step.at).desc(), col(Step.id).desc())
    )
    reasons: list[Return] = []
    if nomination.revision:  # what was never handed in never came back
        returned = select(Return).where(col(Return.nomination_id) == nomination.id)
        reasons = list(await session.scalars(returned.order_by(col(Return.revision).desc())))
    persons = await session.scalars(select(Person).where(col(Person.subject_id) == subject.id))
    own_first = sorted(persons, key=lambda one: one.relation is not rules.Relation.SELF)
    return Dossier(nomination, subject, unit, plan, chosen, answers, list(steps), reasons, own_first)


async def code_of(session: AsyncSession, *, agency: str, nomination_id: UUID) -> str | None:
    """The code that a nomination is known by."""
    return await session.scalar(
        select(col(Nomination.code)).where(col(Nomination.agency) == agency, col(Nomination.id) == nomination_id)
    )


async def _answers(session: AsyncSession, nomination: Nomination, category: Category) -> list[Answer]:
    rows = await session.execute(
        select(Criterion, Claim)
        .outerjoin(
            Claim,
            (col(Claim.criterion) == col(Criterion.code)) & (col(Claim.nomination_id) == nomination.id),
        )
        .where(
            col(Criterion.agency) == nomination.agency,
            col(Criterion.pack) == nomination.rule_set,
            col(Criterion.category) == category,
        )
        .order_by(col(Criterion.position))
    )
    answers = [Answer(*row) for row in rows]
    by_claim = {a.claim.id: a.evidence for a in answers if a.claim}
    for evidence in await session.scalars(
        select(Evidence).where(col(Evidence.claim_id).in_(by_claim)).order_by(col(Evidence.id))
    ):
        by_claim[evidence.claim_id].append(evidence)
    return answers


async def list_units(session: AsyncSession, *, agency: str, units: Collection[UUID] | None) -> Sequence[Unit]:
    """Units by name; None: all of the agency."""
    query = select(Unit).where(col(Unit.agency) == agency).order_by(col(Unit.name))
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
