"""Many cases go up at once, with the letter that covers them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions import referrals
from services.review.rules.letters import check_letter
from services.review.tables import Case, Letter
from shared import audit
from shared.audit import Actor
from shared.names import lines, normal
from shared.wording import say


@dataclass(frozen=True)
class Covering:
    """What a letter says: to whom, its number (empty while it has none) and day, and its words."""

    to_agency: str
    number: str
    dated: date | None
    words: str


async def send(
    session: AsyncSession,
    covering: Covering,
    *,
    agency: str,
    id: UUID,
    codes: Collection[str],
    parents: Collection[str],
    at: datetime,
    today: date,
    by: Actor,
) -> UUID:
    """Refer these cases to an agency above, all or none, and keep the letter; `id` is the form's: once is once.

    `parents`: those of today. Raises BadInput, with the case's code for one that cannot go.
    """
    typed = {"number": normal(covering.number), "words": lines(covering.words)}
    check_letter(covering.to_agency, covering.dated, typed, codes, parents, today)
    row = {
        "agency": agency,
        "id": id,
        "to_agency": covering.to_agency,
        "dated": covering.dated,
        "at": at,
        **typed,
    }
    sent = insert(Letter).values(row).on_conflict_do_nothing().returning(col(Letter.id))
    if await session.scalar(sent) is None:
        return id
    chosen = select(col(Case.id), col(Case.code)).where(col(Case.agency) == agency, col(Case.code).in_(codes))
    found = (await session.execute(chosen.order_by(col(Case.id)))).all()  # in one order: two letters may share a case
    if len(found) < len(set(codes)):
        raise rules.BadInput("code", "Có hồ sơ không còn trong danh sách. Hãy tải lại trang rồi chọn lại.")
    for case_id, code in found:
        try:
            referral = await referrals.refer(
                session, case_id=case_id, to_agency=covering.to_agency, parents=parents, at=at, by=by
            )
        except rules.Refusal as refusal:
            told = "Hồ sơ {code} không trình được nữa. Hãy tải lại trang rồi chọn lại."
            raise rules.BadInput("code", say(told, code=code)) from refusal
        referral.letter_id = id
    await audit.record(session, by, "letter.sent", id)
    return id
