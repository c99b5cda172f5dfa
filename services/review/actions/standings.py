"""How an exemplar stands elsewhere: honours and moves told from neighbour to neighbour, as far as the case went."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions.awaiting import about
from services.review.actions.cases import find
from services.review.rules import HonourState, Side
from services.review.tables import Case, Honour, ReferralRow, Standing
from shared import outbox
from shared.events import HonourPassedOn, HonourStanding, Move, MovePassedOn


async def referrals_of(session: AsyncSession, case: Case, side: Side | None = None) -> Sequence[ReferralRow]:
    """The hand-overs of a case (on that side), oldest first."""
    query = select(ReferralRow).where(col(ReferralRow.case_id) == case.id).order_by(col(ReferralRow.id))
    return list(await session.scalars(query if side is None else query.where(col(ReferralRow.side) == side)))


async def tell_honour(session: AsyncSession, case: Case, found: Honour, *, at: datetime) -> None:
    """Tell everybody who has the case how this agency's honour stands now."""
    own = _own(case, found, at)
    for other in await _holders(session, case):
        outbox.record(session, HonourPassedOn.model_validate({**about(case, at), **own, "to_agency": other}))


async def tell_everything(session: AsyncSession, case: Case, other: str, *, at: datetime) -> None:
    """Tell a neighbour who just got the case of every honour that is known here."""
    known = [] if (found := await _honour(session, case)) is None else [_own(case, found, at)]
    known += [_told(one) for one in await _standings(session, case) if other not in (one.by_agency, one.told_by)]
    for one in known:
        outbox.record(session, HonourPassedOn.model_validate({**about(case, at), **one, "to_agency": other}))


async def take_honour(session: AsyncSession, *, agency: str, speaker: str, event: HonourPassedOn) -> None:
    """Note how another agency's honour stands, and pass it on to whoever else has the case. Older news is dropped."""
    standing = {
        "standing": event.standing,
        "decision_number": event.decision_number,
        "decision_date": event.decision_date,
        "form": event.form,
        "level": event.level,
        "changed_at": event.changed_at,
        "told_by": speaker,
    }
    ids = {"by_agency": event.by_agency, "honour_id": event.honour_id}
    belongs = {"agency": agency, "nomination_id": event.nomination_id, "origin_agency": event.origin_agency}
    new = insert(Standing).values(**ids, **belongs, **standing)
    older = col(Standing.changed_at) < event.changed_at
    noted = await session.scalar(
        new.on_conflict_do_update(index_elements=list(ids), set_=standing, where=older).returning(
            col(Standing.honour_id)
        )
    )
    case = await find(session, agency=agency, origin_agency=event.origin_agency, nomination_id=event.nomination_id)
    if noted is None or case is None:
        return
    for other in await _holders(session, case):
        if other not in (speaker, event.by_agency):
            told = {**event.model_dump(), **about(case, event.occurred_at), "to_agency": other}
            outbox.record(session, HonourPassedOn.model_validate(told))


async def pass_on(
    session: AsyncSession, case: Case, *, by_agency: str, with_agency: str, move: Move, at: datetime
) -> None:
    """Tell the agencies below that handed this case in what became of it further up."""
    for row in await referrals_of(session, case, Side.UPPER):
        if row.state in (rules.Referral.ACCEPTED, rules.Referral.RULED):
            outbox.record(
                session,
                MovePassedOn(
                    **about(case, at),
                    to_agency=row.other,
                    referral_id=row.referral_id,
                    by_agency=by_agency,
                    with_agency=with_agency,
                    move=move,
                ),
            )


async def take_move(session: AsyncSession, *, agency: str, event: MovePassedOn) -> None:
    """News from further up goes on to those below."""
    case = await find(session, agency=agency, origin_agency=event.origin_agency, nomination_id=event.nomination_id)
    if case is not None:
        told = {"by_agency": event.by_agency, "with_agency": event.with_agency, "move": event.move}
        await pass_on(session, case, **told, at=event.occurred_at)  # type: ignore[arg-type]


async def _holders(session: AsyncSession, case: Case) -> list[str]:
    return sorted({row.other for row in await referrals_of(session, case) if row.state in rules.HOLDING})


async def _honour(session: AsyncSession, case: Case) -> Honour | None:
    return await session.scalar(select(Honour).where(col(Honour.case_id) == case.id))


async def _standings(session: AsyncSession, case: Case) -> Sequence[Standing]:
    query = select(Standing).where(
        col(Standing.agency) == case.agency,
        col(Standing.origin_agency) == case.origin_agency,
        col(Standing.nomination_id) == case.nomination_id,
    )
    return list(await session.scalars(query.order_by(col(Standing.honour_id))))


def _own(case: Case, found: Honour, at: datetime) -> dict[str, object]:
    return {
        "by_agency": case.agency,
        "honour_id": found.id,
        "standing": _STANDINGS[found.state],
        "decision_number": found.decision_number,
        "decision_date": found.decision_date,
        "form": found.form,
        "level": found.level,
        "changed_at": at,
    }


def _told(one: Standing) -> dict[str, object]:
    names = ("by_agency", "honour_id", "standing", "decision_number", "decision_date", "form", "level", "changed_at")
    return {name: getattr(one, name) for name in names}


_STANDINGS = {
    HonourState.IN_FORCE: HonourStanding.IN_FORCE,
    HonourState.HELD: HonourStanding.HELD,
    HonourState.REVOKED: HonourStanding.REVOKED,
}
