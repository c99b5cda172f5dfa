"""Referring upward: a case handed to a parent, frozen here until the parent gives it back or has decided."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.review import rules
from services.review.actions import awaiting, standings
from services.review.actions.awaiting import about
from services.review.actions.cases import lock
from services.review.rules import Act, Referral, Side, State
from services.review.tables import Case, ReferralRow
from shared import audit, jobs, outbox
from shared.audit import Actor
from shared.events import Move, NominationReferred, Outcome, RecallAsked, Sealed

SEND, FORGET = "send_referral", "forget_parcel"
"""Jobs: bring the parcel to the parent's door; drop our copy of one that has served."""
INBOX, JOBS = Actor("system:inbox", "system"), Actor("system:jobs", "system")


async def refer(
    session: AsyncSession, *, case_id: UUID, to_agency: str, parents: Collection[str], at: datetime, by: Actor
) -> ReferralRow:
    """Freeze a case and have its parcel sent to a parent; said once the parent has it.

    `parents`: those of today. Raises WrongState, AlreadyDone, BadInput.
    """
    case = await lock(session, case_id)
    if to_agency not in parents:
        raise rules.BadInput("to", "Hãy chọn cơ quan cấp trên để trình.")
    earlier = [row.state for row in await standings.referrals_of(session, case, Side.LOWER) if row.other == to_agency]
    rules.check_referable(case.state, earlier)
    row = ReferralRow(
        agency=case.agency,
        referral_id=uuid7(),
        case_id=case.id,
        side=Side.LOWER,
        other=to_agency,
        state=Referral.SENDING,
        revision=case.revision,
        at=at,
        moved_at=at,
    )
    session.add(row)
    case.frozen, case.version = True, case.version + 1
    await session.flush()
    await jobs.enqueue(session, SEND, {"row_id": str(row.id)}, key=f"{SEND}:{row.id}")
    await awaiting.tell(session, case)
    await audit.record(session, by, "case.referred", case_id)
    return row


async def note_parcel(session: AsyncSession, *, row_id: UUID, sealed: Sealed) -> Sealed:
    """The parcel as it was stored the first time: every further try sends the same one."""
    row, _ = await _lock(session, row_id)
    if row.parcel is None:
        row.parcel = sealed.model_dump(mode="json")
    return Sealed.model_validate(row.parcel)


async def note_sent(session: AsyncSession, *, row_id: UUID, at: datetime) -> None:
    """The parent has the parcel: say so, unless the referral was taken back meanwhile."""
    row, case = await _lock(session, row_id)
    if not _move(row, Act.STORE, at):
        return
    outbox.record(
        session,
        NominationReferred(
            **about(case, at),
            to_agency=row.other,
            referral_id=row.referral_id,
            category=case.category,
            criteria=case.criteria,
            revision=row.revision,
            dossier=Sealed.model_validate(row.parcel),
        ),
    )
    await standings.tell_everything(session, case, row.other, at=at)
    await standings.pass_on(session, case, by_agency=case.agency, with_agency=row.other, move=Move.REFERRED, at=at)
    await audit.record(session, JOBS, "referral.sent", row.id)


async def give_up(session: AsyncSession, *, row_id: UUID, reason: str, at: datetime) -> None:
    """The parent's door refused the parcel: the case is free again, and the page says why."""
    row, case = await _lock(session, row_id)
    if _move(row, Act.GIVE_UP, at):
        row.trouble = reason
        await _thaw(session, case, at)
        await audit.record(session, JOBS, "referral.failed", row.id)


async def send_again(session: AsyncSession, *, row_id: UUID, at: datetime, by: Actor) -> None:
    """Try a referral that failed once more. Raises WrongState."""
    row, case = await _lock(session, row_id)
    row.state, row.moved_at, row.trouble = rules.check_move(Side.LOWER, Act.SEND_AGAIN, row.state), at, None
    case.frozen, case.version = True, case.version + 1
    key = f"{SEND}:{row.id}"
    if not await jobs.again_by_key(session, SEND, key):
        await jobs.enqueue(session, SEND, {"row_id": str(row.id)}, key=key)
    await awaiting.tell(session, case)
    await audit.record(session, by, "referral.sent_again", row.id)


async def recall(session: AsyncSession, *, row_id: UUID, at: datetime, by: Actor) -> ReferralRow:
    """Take back what has not left; ask for what has. Raises WrongState."""
    row, case = await _lock(session, row_id)
    rules.check_move(Side.LOWER, Act.RECALL, row.state)
    await _recall(session, row, case, at)
    await audit.record(session, by, "referral.recall_asked", row.id)
    return row


async def _recall(session: AsyncSession, row: ReferralRow, case: Case, at: datetime) -> None:
    if not _move(row, Act.RECALL, at):
        return
    if row.state is Referral.RECALLED:
        await _thaw(session, case, at)
        await forget(session, row)
    else:
        row.recall_asked = True
        told = {**about(case, at), "to_agency": row.other, "referral_id": row.referral_id}
        outbox.record(session, RecallAsked.model_validate(told))


async def withdraw(session: AsyncSession, case: Case, *, at: datetime) -> None:
    """The unit took its nomination back: the case ends, or, while a parent has it, is asked back first."""
    case.withdrawn = True
    for row in await standings.referrals_of(session, case, Side.LOWER):
        await _recall(session, row, case, at)
    await _thaw(session, case, at)
    await audit.record(session, INBOX, "case.withdrawal_heard", case.id)


async def hear_accepted(session: AsyncSession, *, speaker: str, referral_id: UUID, at: datetime) -> None:
    """The parent took the referral over; a recall that crossed it comes too late."""
    row, case = await _find(session, speaker, referral_id)
    if _move(row, Act.ACCEPT, at):
        await forget(session, row)
        await _passed(session, case, row, Move.ACCEPTED, at)


async def hear_returned(
    session: AsyncSession, *, speaker: str, referral_id: UUID, recalled: bool, at: datetime
) -> ReferralRow:
    """The parent gave the referral back: the case is free again."""
    row, case = await _find(session, speaker, referral_id)
    if _move(row, Act.GRANT if recalled else Act.RETURN, at):
        await forget(session, row)
        await _thaw(session, case, at)
        await _passed(session, case, row, Move.RECALLED if recalled else Move.RETURNED, at)
    return row


async def hear_decided(
    session: AsyncSession, *, speaker: str, referral_id: UUID, outcome: Outcome, at: datetime
) -> None:
    """The parent's council concluded: the case is free again, whatever it concluded."""
    row, case = await _find(session, speaker, referral_id)
    if _move(row, Act.RULE, at):
        row.outcome = outcome
        await _thaw(session, case, at)
        await _passed(session, case, row, Move(outcome), at)


async def take_reason(session: AsyncSession, *, row_id: UUID, reason: str) -> None:
    """The parcel with the parent's reason has arrived."""
    row, _ = await _lock(session, row_id)
    row.reason = reason
    await audit.record(session, Actor("system:parcels", "system"), "referral.reason_taken", row.id)


async def forget(session: AsyncSession, row: ReferralRow) -> None:
    """Have our copy of a referral's parcel dropped: it has served."""
    if row.parcel is not None:
        parcel_id = row.parcel["parcel_id"]
        await jobs.enqueue(session, FORGET, {"parcel_id": parcel_id}, key=f"{FORGET}:{parcel_id}")


def _move(row: ReferralRow, act: Act, at: datetime) -> bool:
    """Move a row if the table of states knows the way; what does not fit any more changes nothing."""
    after = rules.moved(Side.LOWER, act, row.state)
    if after is not None:
        row.state, row.moved_at = after, at
    return after is not None


async def _passed(session: AsyncSession, case: Case, row: ReferralRow, move: Move, at: datetime) -> None:
    await audit.record(session, INBOX, f"referral.{move}", row.id)
    await standings.pass_on(session, case, by_agency=row.other, with_agency=case.agency, move=move, at=at)


async def _thaw(session: AsyncSession, case: Case, at: datetime) -> None:
    """Free a case that no parent has any more; one that its unit took back ends now."""
    await session.flush()
    rows = await standings.referrals_of(session, case, Side.LOWER)
    case.frozen, case.version = any(row.state in rules.FREEZING for row in rows), case.version + 1
    if case.withdrawn and not case.frozen and case.state in (*rules.OPEN, State.RETURNED):
        case.state, case.moved_at = State.WITHDRAWN, at
    await awaiting.tell(session, case)


async def _lock(session: AsyncSession, row_id: UUID) -> tuple[ReferralRow, Case]:
    """A referral and its case, the case locked first. Raises NoResultFound."""
    found = await session.get_one(ReferralRow, row_id)
    case = await lock(session, found.case_id)
    await session.refresh(found, with_for_update=True)
    return found, case


async def _find(session: AsyncSession, speaker: str, referral_id: UUID) -> tuple[ReferralRow, Case]:
    """Our own referral to that parent. Raises NoResultFound: we never sent it."""
    row_id = await session.execute(
        select(col(ReferralRow.id)).where(
            col(ReferralRow.side) == Side.LOWER,
            col(ReferralRow.other) == speaker,
            col(ReferralRow.referral_id) == referral_id,
        )
    )
    return await _lock(session, row_id.scalar_one())
