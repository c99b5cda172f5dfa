"""Letters that cover what went up, and what may go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review.rules import FREEZING, Referral, Side, State
from services.review.tables import Case, Dossier, Honour, Letter, ReferralRow, Unit
from shared.listing import Asked, Order, Rows, page_of

ORDERS = {
    "moi": Order(col(Letter.at), True, "Mới nhất trước"),
    "cu": Order(col(Letter.at), False, "Cũ nhất trước"),
}
MOST_OFFERED = 500


@dataclass(frozen=True)
class Going:
    """A case that goes up, or may: whom it is about as its dossier says, its unit (none: of another agency), its honour
    here, and how its referral stands once there is one."""

    case: Case
    name: str
    unit: str
    honour: str
    state: Referral | None = None


async def page_of_letters(session: AsyncSession, *, agency: str, asked: Asked) -> Rows:
    """One page of letters: rows of (Letter, number of cases)."""
    count = select(func.count()).where(col(ReferralRow.letter_id) == col(Letter.id)).correlate(Letter)
    query = select(Letter, count.scalar_subquery()).where(col(Letter.agency) == agency)
    return await page_of(session, query, asked, ORDERS, col(Letter.id))


async def get_letter(session: AsyncSession, *, agency: str, letter_id: UUID) -> tuple[Letter, list[Going]] | None:
    """A letter with what it covers, by code."""
    letter = await session.get(Letter, letter_id)
    if letter is None or letter.agency != agency:
        return None
    covered = _cases().add_columns(col(ReferralRow.state)).join(ReferralRow, col(ReferralRow.case_id) == col(Case.id))
    covered = covered.where(col(ReferralRow.letter_id) == letter_id).order_by(col(Case.code))
    return letter, [_going(*row) for row in await session.execute(covered)]


async def list_referable(session: AsyncSession, *, agency: str, to_agency: str) -> Sequence[Going]:
    """The cases that may be referred to an agency above now, by code (`rules.check_referable` has the last word)."""
    before = exists().where(
        col(ReferralRow.case_id) == col(Case.id),
        col(ReferralRow.side) == Side.LOWER,
        col(ReferralRow.other) == to_agency,
        col(ReferralRow.state).in_((*FREEZING, Referral.RULED)),
    )
    ready = _cases().where(
        col(Case.agency) == agency,
        col(Case.state).in_((State.DECIDED, State.HONOURED)),
        ~col(Case.frozen),
        ~col(Case.withdrawn),
        ~before,
    )
    rows = await session.execute(ready.order_by(col(Case.code)).limit(MOST_OFFERED))
    return [_going(*row) for row in rows]


def _cases() -> Any:
    """Cases with the words of their newest dossier, their unit and their honour."""
    newest = (
        select(col(Dossier.content))
        .where(col(Dossier.case_id) == col(Case.id))
        .order_by(col(Dossier.revision).desc())
        .limit(1)
        .correlate(Case)
        .scalar_subquery()
    )
    return (
        select(Case, newest, col(Unit.name), col(Honour.form))
        .outerjoin(Unit, col(Unit.id) == col(Case.unit_id))
        .outerjoin(Honour, col(Honour.case_id) == col(Case.id))
    )


def _going(
    case: Case, content: Mapping[str, Any] | None, unit: str | None, form: str | None, state: Referral | None = None
) -> Going:
    told = content or {}
    return Going(case, told.get("subject_name") or "", unit or told.get("unit") or "", form or "", state)
