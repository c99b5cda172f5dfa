"""Subjects that may be one: as a list, and two side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.nomination.queries.subjects import who
from services.nomination.rules.subjects import Verdict, Why, likeness
from services.nomination.tables import Nomination, Subject, SubjectPair, Unit
from shared.listing import Asked, Order, Rows, chosen, page_of, state_filter

ORDERS = {
    "nghi-trung": Order(col(SubjectPair.verdict), False, "Nghi trùng trước"),
    "da-xong": Order(col(SubjectPair.verdict), True, "Đã trả lời trước"),
}
FILTERS = (state_filter("pair", Verdict),)


@dataclass(frozen=True)
class Side:
    """One of two that may be one, with its unit and the codes of its dossiers."""

    subject: Subject
    unit: Unit
    codes: Sequence[str]


@dataclass(frozen=True)
class Compared:
    """Two side by side, and what was said of them."""

    one: Side
    other: Side
    verdict: Verdict
    stands_id: UUID | None

    @property
    def whys(self) -> tuple[Why, ...]:
        """Why they may be one."""
        return likeness(who(self.one.subject), who(self.other.subject))

    @property
    def elsewhere(self) -> tuple[UUID, UUID] | None:
        """Those that stand for them, where one of them stands no more for itself."""
        stand = tuple(side.subject.same_as or side.subject.id for side in (self.one, self.other))
        own = (self.one.subject.id, self.other.subject.id)
        return (stand[0], stand[1]) if stand != own and self.verdict is not Verdict.MERGED else None


async def page_of_pairs(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of pairs, those first that nobody has answered: rows of (pair, subject, unit, other subject, its unit).

    What is one already by way of others is not asked.
    """
    other, its_unit = aliased(Subject), aliased(Unit)
    stand = [func.coalesce(col(one.same_as), col(one.id)) for one in (Subject, other)]
    query = (
        select(SubjectPair, Subject, Unit, other, its_unit)
        .join(Subject, col(Subject.id) == col(SubjectPair.one_id))
        .join(Unit, col(Unit.id) == col(Subject.unit_id))
        .join(other, col(other.id) == col(SubjectPair.other_id))
        .join(its_unit, col(its_unit.id) == col(other.unit_id))
        .where(col(SubjectPair.agency) == agency)
        .where(or_(col(SubjectPair.verdict) != Verdict.ASKED, stand[0] != stand[1]))
    )
    query = chosen(query, asked, {"trang-thai": col(SubjectPair.verdict)})
    return await page_of(session, query, asked, ORDERS, col(SubjectPair.id))


async def compare(session: AsyncSession, *, agency: str, one_id: UUID, other_id: UUID) -> Compared | None:
    """Two subjects of the agency; none where there are not two."""
    query = (
        select(Subject, Unit)
        .join(Unit, col(Unit.id) == col(Subject.unit_id))
        .where(col(Subject.agency) == agency, col(Subject.id).in_((one_id, other_id)))
    )
    found = {subject.id: (subject, unit) for subject, unit in await session.execute(query)}
    if len(found) != 2:
        return None
    files = select(Nomination).where(col(Nomination.subject_id).in_(found)).order_by(col(Nomination.code))
    codes: dict[UUID, list[str]] = {one_id: [], other_id: []}
    for nomination in await session.scalars(files):
        codes[nomination.subject_id].append(nomination.code)
    first, second = sorted((one_id, other_id))
    pairs = select(SubjectPair).where(col(SubjectPair.one_id) == first, col(SubjectPair.other_id) == second)
    pair = await session.scalar(pairs)
    one, other = (Side(*found[id], codes[id]) for id in (one_id, other_id))
    return Compared(one, other, pair.verdict if pair else Verdict.ASKED, pair.stands_id if pair else None)
