"""The reads of reviewing: one function per page that needs one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review.rules import Choice, HonourState, Side, State
from services.review.tables import Ballot, Case, Dossier, Honour, ReferralRow, Roll, Sheet, Standing, Tally, Unit
from shared import parcels
from shared.listing import CATEGORY_FILTER, Asked, Order, Rows, chosen, page_of, state_filter
from shared.search import Finding, Sought, nearest


@dataclass(frozen=True)
class Desk:
    """All that a case's page shows to one reader."""

    case: Case
    unit: Unit | None
    honour: Honour | None
    dossier: Dossier | None
    sheets: Sequence[Sheet]
    ballot: Ballot | None
    cast: int
    own_sheet: Sheet | None
    has_voted: bool
    tally: dict[Choice, int]
    """Empty until the ballot is closed."""
    referrals: Sequence[ReferralRow]
    """Hand-overs upward and from below, newest first."""
    standings: Sequence[Standing]
    """Honours of other agencies."""
    trouble: str | None
    """Why the dossier will not come by itself."""

    def on(self, side: Side | str) -> list[ReferralRow]:
        """The hand-overs in which this agency is on that side."""
        return [row for row in self.referrals if row.side == side]

    @property
    def unit_name(self) -> str | None:
        """The unit's name, as it was heard here or as the dossier from below says it."""
        return self.unit.name if self.unit else (self.dossier.content.get("unit") if self.dossier else None)


CASE_ORDERS = {
    "moi": Order(col(Case.code), True, "Mới nhất trước"),
    "cu": Order(col(Case.code), False, "Cũ nhất trước"),
    "nhan-moi": Order(col(Case.opened_at), True, "Nhận sau trước"),
    "nhan-cu": Order(col(Case.opened_at), False, "Nhận trước trước"),
}
CASE_FILTERS = (state_filter("case", State), CATEGORY_FILTER)
HONOUR_ORDERS = {
    "moi": Order(col(Honour.decision_date), True, "Quyết định mới nhất trước"),
    "cu": Order(col(Honour.decision_date), False, "Quyết định cũ nhất trước"),
}
HONOUR_FILTERS = (state_filter("honour", HonourState), CATEGORY_FILTER)


async def page_of_cases(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of the agency's cases: rows of (Case, Unit or none)."""
    query = select(Case, Unit).outerjoin(Unit, col(Unit.id) == col(Case.unit_id)).where(col(Case.agency) == agency)
    query = chosen(query, asked, {"trang-thai": col(Case.state), "loai": col(Case.category)})
    return await page_of(session, query, asked, CASE_ORDERS, col(Case.id))


async def find_cases(session: AsyncSession, sought: Sought, *, agency: str) -> Finding:
    """Cases that have the words, newest code first: rows of (Case, Unit or none, the subject's name or none)."""
    looked = await sought.look(session, agency)
    found = looked.table
    query = (
        select(Case, Unit, col(Dossier.content)["subject_name"].astext)
        .join(found, found.c.thing == col(Case.id))
        .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
        .outerjoin(Dossier, (col(Dossier.case_id) == col(Case.id)) & (col(Dossier.revision) == col(Case.revision)))
        .where(col(Case.agency) == agency)
    )
    return Finding(query, nearest(found, col(Case.code), descending=True), col(Case.id), looked.cut)


async def page_of_honours(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of the book of honours: rows of (Case, Unit or none, Honour)."""
    query = (
        select(Case, Unit, Honour)
        .join(Honour, col(Honour.case_id) == col(Case.id))
        .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
        .where(col(Honour.agency) == agency)
    )
    query = chosen(query, asked, {"trang-thai": col(Honour.state), "loai": col(Case.category)})
    return await page_of(session, query, asked, HONOUR_ORDERS, col(Honour.id))


async def find_honour(session: AsyncSession, *, agency: str, code: str) -> Honour | None:
    """The agency's honour of the nomination with that code, in whatever state."""
    return await session.scalar(
        select(Honour)
        .join(Case, col(Case.id) == col(Honour.case_id))
        .where(col(Case.agency) == agency, col(Honour.agency) == agency, col(Case.code) == code)
    )


async def get_desk(session: AsyncSession, *, agency: str, code: str, reader: str) -> Desk | None:
    """The case of that code as `reader` may see it."""
    row = (
        await session.execute(
            select(Case, Unit, Honour, Dossier, Ballot)
            .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
            .outerjoin(Honour, col(Honour.case_id) == col(Case.id))
            .outerjoin(Dossier, (col(Dossier.case_id) == col(Case.id)) & (col(Dossier.revision) == col(Case.revision)))
            .outerjoin(Ballot, (col(Ballot.case_id) == col(Case.id)) & (col(Ballot.revision) == col(Case.revision)))
            .where(col(Case.agency) == agency, col(Case.code) == code)
        )
    ).one_or_none()
    if row is None:
        return None
    case, unit, honour, dossier, ballot = row
    sheets = list(
        await session.scalars(select(Sheet).where(col(Sheet.case_id) == case.id, col(Sheet.revision) == case.revision))
    )
    cast, has_voted, tally = 0, False, {}
    if ballot is not None:
        on_roll = select(func.count(), func.coalesce(func.bool_or(col(Roll.voter) == reader), False))
        cast, has_voted = (await session.execute(on_roll.where(col(Roll.ballot_id) == ballot.id))).one()
        if not ballot.open:
            counted = await session.scalars(select(Tally).where(col(Tally.ballot_id) == ballot.id))
            tally = {one.choice: one.count for one in counted}
    own = next((sheet for sheet in sheets if sheet.member == reader), None)
    referrals = select(ReferralRow).where(col(ReferralRow.case_id) == case.id).order_by(col(ReferralRow.id).desc())
    rows = list(await session.scalars(referrals))
    elsewhere = await _standings(session, case)
    about = {"case_id": str(case.id), "revision": case.revision}
    trouble = None if dossier else await parcels.trouble_of(session, agency, about)
    return Desk(case, unit, honour, dossier, sheets, ballot, cast, own, has_voted, tally, rows, elsewhere, trouble)


async def _standings(session: AsyncSession, case: Case) -> Sequence[Standing]:
    """Honours of other agencies in the matter of a case, oldest decision first."""
    query = select(Standing).where(
        col(Standing.agency) == case.agency,
        col(Standing.origin_agency) == case.origin_agency,
        col(Standing.nomination_id) == case.nomination_id,
    )
    return list(await session.scalars(query.order_by(col(Standing.decision_date), col(Standing.honour_id))))


async def find_case(session: AsyncSession, *, agency: str, code: str) -> Case | None:
    """The case of that code."""
    return await session.scalar(select(Case).where(col(Case.agency) == agency, col(Case.code) == code))


async def things_of(session: AsyncSession, case: Case) -> list[UUID]:
    """What the log speaks of where it is about a case: the case, its ballots, hand-overs and honour."""
    parts = [select(col(kind.id)).where(col(kind.case_id) == case.id) for kind in (Ballot, ReferralRow, Honour)]
    return [case.id, *await session.scalars(union_all(*parts))]


async def unit_names(session: AsyncSession, *, agency: str) -> dict[UUID, str]:
    """The units that were heard of, by id."""
    return {unit.id: unit.name for unit in await session.scalars(select(Unit).where(col(Unit.agency) == agency))}
