"""A subject over lines and years: found again for a dossier, and all that is known of it on one page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.queries import Dossier
from services.nomination.queries.reuse import honour_columns, honoured_in, resting, rules_in
from services.nomination.queries.units import name_in, names_of
from services.nomination.rules.reuse import Honoured, Resting, Reused, Rule, find_reused
from services.nomination.rules.subjects import Verdict, Who, Why, likeness, weight
from services.nomination.tables import (
    Claim,
    Evidence,
    Lead,
    Nomination,
    Plan,
    Round,
    Step,
    Subject,
    SubjectPair,
    Unit,
)
from shared.clock import local_date

MOST, LOOKED_AT = 10, 50
"""So many others are told of at most, the likeliest of so many."""


@dataclass(frozen=True)
class Other:
    """Another dossier that may be of the same subject, and why."""

    nomination: Nomination
    subject: Subject
    unit: Unit
    whys: tuple[Why, ...]

    @property
    def year(self) -> int:
        """When it was handed in, or else begun."""
        return year_of(self.nomination)


def year_of(nomination: Nomination) -> int:
    """When a dossier was handed in, or else begun."""
    return (nomination.handed_in_on or local_date(nomination.started_at)).year


def who(subject: Subject) -> Who:
    """A subject by what tells it from others."""
    key, folded, marked = subject.same_key, subject.search_text, subject.sort_key
    return Who(key, folded, marked, subject.unit_id, subject.birth_year, subject.external_ref)


@dataclass(frozen=True)
class FoundAgain:
    """What is known elsewhere of a dossier's subject, as far as the reader sees it."""

    others: Sequence[Other]
    """Dossiers that may be of the same subject or hold the same file, the likeliest first."""
    reused: Sequence[Reused]
    """Which rules of the day the dossier meets, as it rests on what was honoured."""


async def found_again(session: AsyncSession, dossier: Dossier, today: date) -> FoundAgain:
    """Other dossiers that may be of the same subject, and what of theirs may not be used again."""
    own, subject = resting(dossier), dossier.subject
    stands = subject.same_as or subject.id
    others: list[Other] = []
    honoured: list[Honoured] = []
    rules: list[Rule] = []
    for row in (await session.execute(_others(dossier, own, today))).mappings():
        one, about = row[Nomination.__name__], row[Subject.__name__]
        alike = () if row["parted"] else likeness(who(subject), who(about))
        merged = (about.same_as or about.id) == stands
        whys = ((Why.MERGED,) if merged else ()) + ((Why.FILE,) if row["same_file"] else ()) + alike
        if whys:
            others.append(Other(one, about, row[Unit.__name__], whys))
        counts = merged or (alike and row["same_file"]) or one.id in own.dossiers
        if counts and (before := honoured_in(row)):
            honoured.append(before)
        rules = rules_in(row)
    likeliest = sorted(others, key=lambda other: -weight(other.whys))[:MOST]
    honoured.sort(key=lambda one: one.code)
    return FoundAgain(likeliest, find_reused(rules, own, honoured, today))


def _others(dossier: Dossier, own: Resting, today: date) -> Select[Any]:
    """Asks for what may be of the same subject, holds one of the dossier's files, or is what it rests on."""
    nomination, subject = dossier.nomination, dossier.subject
    stands = subject.same_as or subject.id
    of_file = (
        select(col(Claim.nomination_id))
        .join(Evidence, col(Evidence.claim_id) == col(Claim.id))
        .where(col(Evidence.agency) == nomination.agency, col(Evidence.sha256).in_(own.files))
    )
    of_subject = select(col(Nomination.id)).join(Subject, col(Subject.id) == col(Nomination.subject_id))
    ways = [
        of_file,
        select(col(Nomination.id)).where(col(Nomination.id).in_(own.dossiers)),
        of_subject.where(col(Subject.agency) == subject.agency, col(Subject.same_key) == subject.same_key),
        of_subject.where(or_(col(Subject.id) == stands, col(Subject.same_as) == stands)),
    ]
    if subject.external_ref:  # most have none: who is planned to ask for that reads them all
        known = col(Subject.agency) == subject.agency, col(Subject.external_ref) == subject.external_ref
        ways.append(of_subject.where(*known, col(Subject.external_ref) != ""))
    same_file = col(Nomination.id).in_(of_file)
    parted = select(col(SubjectPair.id)).where(
        col(SubjectPair.one_id) == func.least(col(Subject.id), subject.id),
        col(SubjectPair.other_id) == func.greatest(col(Subject.id), subject.id),
        col(SubjectPair.verdict) == Verdict.PARTED,
    )
    nearest = (
        select(col(Nomination.id), same_file.label("same_file"), parted.exists().label("parted"))
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .where(col(Nomination.agency) == nomination.agency)
        .where(col(Nomination.id).in_(union(*ways)), col(Nomination.id) != nomination.id)
        .order_by(
            col(Nomination.id).in_(own.dossiers).desc(),
            (func.coalesce(col(Subject.same_as), col(Subject.id)) == stands).desc(),
            same_file.desc(),
            (col(Subject.unit_id) == subject.unit_id).desc(),
            col(Nomination.code).desc(),
        )
        .limit(LOOKED_AT)
        .cte("nearest")
    )
    said = nearest.c.same_file, nearest.c.parted, *honour_columns(nomination.agency, today)
    return (
        select(Nomination, Subject, Unit, Round, *said)
        .join(nearest, nearest.c.id == col(Nomination.id))
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .join(Round, col(Round.id) == col(Nomination.round_id))
        .order_by(col(Nomination.code).desc())
    )


@dataclass(frozen=True)
class Line:
    """One dossier of a subject: what it was part of, how its unit was called then, what came of it."""

    nomination: Nomination
    subject: Subject
    plan: Plan
    round: Round
    unit: str
    honours: Sequence[Step]
    leads: Sequence[Lead]
    """Those that it came of, and those that follow it."""

    @property
    def year(self) -> int:
        """When it was handed in, or else begun."""
        return year_of(self.nomination)


@dataclass(frozen=True)
class History:
    """One person, team or model over lines and years: the one that stands for all that were merged, the pairs that one
    of them is in with both, and the dossiers, the newest first."""

    subject: Subject
    pairs: Sequence[tuple[SubjectPair, Subject, Subject]]
    lines: Sequence[Line]

    def paired(self, verdict: Verdict) -> list[tuple[SubjectPair, Subject, Subject]]:
        """The pairs of which that was said; of those that nobody answered, those that are not one already."""
        return [
            (pair, one, other)
            for pair, one, other in self.pairs
            if pair.verdict is verdict
            and (verdict is not Verdict.ASKED or (one.same_as or one.id) != (other.same_as or other.id))
        ]


HONOURS = ("honoured", "held", "resumed", "revoked", "honoured_above", "held_above", "revoked_above", "published")
"""The steps of a dossier that tell of an honour and of its story."""


async def list_unused(
    session: AsyncSession, *, agency: str, units: Collection[UUID], most: int = 200
) -> list[tuple[Subject, Unit]]:
    """Those of these units whom no dossier has yet, by name; so many at most."""
    query = (
        select(Subject, Unit)
        .join(Unit, col(Unit.id) == col(Subject.unit_id))
        .where(col(Subject.agency) == agency, col(Subject.unit_id).in_(units))
        .where(~exists().where(col(Nomination.subject_id) == col(Subject.id)))
        .order_by(col(Subject.sort_key), col(Subject.id))
        .limit(most)
    )
    return [(subject, unit) for subject, unit in await session.execute(query)]


async def get_history(
    session: AsyncSession, *, agency: str, subject_id: UUID, units: Collection[UUID] | None
) -> History | None:
    """All that is known here of a subject of these units (None: of all), and of those that it was merged with."""
    asked = await session.get(Subject, subject_id)
    if asked is None or asked.agency != agency or (units is not None and asked.unit_id not in units):
        return None
    stands = asked.same_as or asked.id
    query = select(Subject).where(or_(col(Subject.id) == stands, col(Subject.same_as) == stands))
    if units is not None:
        query = query.where(col(Subject.unit_id).in_(units))
    members = {subject.id: subject for subject in await session.scalars(query)}
    return History(members.get(stands, asked), await _pairs(session, members), await _lines(session, members))


async def _pairs(session: AsyncSession, members: Collection[UUID]) -> list[tuple[SubjectPair, Subject, Subject]]:
    other = aliased(Subject)
    query = (
        select(SubjectPair, Subject, other)
        .join(Subject, col(Subject.id) == col(SubjectPair.one_id))
        .join(other, col(other.id) == col(SubjectPair.other_id))
        .where(or_(col(SubjectPair.one_id).in_(members), col(SubjectPair.other_id).in_(members)))
        .order_by(col(SubjectPair.said_at), col(SubjectPair.id))
    )
    return [(pair, one, two) for pair, one, two in await session.execute(query)]


async def _lines(session: AsyncSession, members: Mapping[UUID, Subject]) -> list[Line]:
    query = (
        select(Nomination, Plan, Round, Unit)
        .join(Plan, col(Plan.id) == col(Nomination.plan_id))
        .join(Round, col(Round.id) == col(Nomination.round_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(col(Nomination.subject_id).in_(members))
        .order_by(func.coalesce(col(Nomination.handed_in_on), func.date(col(Nomination.started_at))).desc())
        .order_by(col(Nomination.code).desc())
    )
    files = [(nomination, plan, round, unit) for nomination, plan, round, unit in await session.execute(query)]
    ids = [nomination.id for nomination, *_ in files]
    said = select(Step).where(col(Step.nomination_id).in_(ids), col(Step.what).in_(HONOURS)).order_by(col(Step.at))
    steps = list(await session.scalars(said))
    around = or_(col(Lead.nomination_id).in_(ids), col(Lead.after_id).in_(ids))
    leads = list(await session.scalars(select(Lead).where(around).order_by(col(Lead.spotted_at))))
    names = await names_of(session, {unit.id: unit for *_, unit in files})
    return [
        Line(
            nomination,
            members[nomination.subject_id],
            plan,
            round,
            name_in(names[nomination.unit_id], nomination.handed_in_on or local_date(nomination.started_at)),
            [step for step in steps if step.nomination_id == nomination.id],
            [lead for lead in leads if nomination.id in (lead.nomination_id, lead.after_id)],
        )
        for nomination, plan, round, _ in files
    ]
