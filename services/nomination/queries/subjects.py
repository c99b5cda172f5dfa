"""Subjects that may be one: found again for a dossier, side by side, and one over lines and years."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.rules.subjects import Verdict, Who, Why, likeness, weight
from services.nomination.tables import Claim, Evidence, Nomination, Subject, SubjectPair, Unit
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
    born = subject.born_on.year if subject.born_on else None
    return Who(
        subject.same_key, subject.search_text, subject.sort_key, subject.unit_id, born, reference=subject.external_ref
    )


async def found_again(
    session: AsyncSession, nomination: Nomination, subject: Subject, files: Collection[str]
) -> list[Other]:
    """Other dossiers that may be of the same subject, or hold one of these files (by sha256); the likeliest first."""
    stands, here = subject.same_as or subject.id, col(Nomination.agency) == nomination.agency
    of_file = (
        select(col(Claim.nomination_id))
        .join(Evidence, col(Evidence.claim_id) == col(Claim.id))
        .where(col(Evidence.agency) == nomination.agency, col(Evidence.sha256).in_(files))
    )
    of_subject = select(col(Nomination.id)).join(Subject, col(Subject.id) == col(Nomination.subject_id))
    ways = [
        of_subject.where(col(Subject.agency) == subject.agency, col(Subject.same_key) == subject.same_key),
        of_subject.where(or_(col(Subject.id) == stands, col(Subject.same_as) == stands)),
    ]
    if subject.external_ref:
        known = col(Subject.agency) == subject.agency, col(Subject.external_ref) == subject.external_ref
        ways.append(of_subject.where(*known, col(Subject.external_ref) != ""))
    if files:
        ways.append(of_file)
    same_file = col(Nomination.id).in_(of_file)
    parted = select(col(SubjectPair.id)).where(
        col(SubjectPair.one_id) == func.least(col(Subject.id), subject.id),
        col(SubjectPair.other_id) == func.greatest(col(Subject.id), subject.id),
        col(SubjectPair.verdict) == Verdict.PARTED,
    )
    query = (
        select(Nomination, Subject, Unit, same_file, parted.exists())
        .join(Subject, col(Subject.id) == col(Nomination.subject_id))
        .join(Unit, col(Unit.id) == col(Nomination.unit_id))
        .where(here, col(Nomination.id).in_(union(*ways)), col(Nomination.id) != nomination.id)
        .order_by(
            (func.coalesce(col(Subject.same_as), col(Subject.id)) == stands).desc(),
            same_file.desc(),
            (col(Subject.unit_id) == subject.unit_id).desc(),
            col(Nomination.code).desc(),
        )
        .limit(LOOKED_AT)
    )
    found = []
    for one, about, unit, has_file, is_parted in await session.execute(query):
        alike = () if is_parted else likeness(who(subject), who(about))
        merged = (about.same_as or about.id) == stands
        whys = ((Why.MERGED,) if merged else ()) + ((Why.FILE,) if has_file else ()) + alike
        if whys:
            found.append(Other(one, about, unit, whys))
    return sorted(found, key=lambda other: -weight(other.whys))[:MOST]
