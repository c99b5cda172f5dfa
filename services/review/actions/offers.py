"""What agencies below refer to this one: offered, taken over or given back, recalled, ruled on."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review import rules
from services.review.actions import awaiting, standings
from services.review.actions.awaiting import about
from services.review.actions.cases import find, lock, rule_set_on
from services.review.rules import Act, Referral, Side, State
from services.review.tables import Case, Dossier, ReferralRow
from shared import audit, door, outbox
from shared.audit import Actor
from shared.events import (
    CaseOpened,
    NominationReferred,
    Outcome,
    ReferralAccepted,
    ReferralDecided,
    ReferralReturned,
    Sealed,
)

INBOX = Actor("system:inbox", "system")


async def take_referral(
    session: AsyncSession, *, agency: str, speaker: str, event: NominationReferred, at: datetime, today: date
) -> Case | None:
    """Note what a child offers. The case whose dossier is on its way; none when this agency has the case already.

    A second referral of the same nomination, by whatever route, joins the first: both get the one ruling. Raises
    ValueError for a nomination that began here.
    """
    if event.origin_agency == agency:
        raise ValueError("a nomination of this agency's own cannot be referred to it")
    case = await find(session, agency=agency, origin_agency=event.origin_agency, nomination_id=event.nomination_id)
    wanted = case is None or case.state in (State.RETURNED, State.WITHDRAWN)
    if case is None:
        case = await _open(session, agency, event, at, today)
    elif wanted:
        case.state, case.revision, case.moved_at = State.OFFERED, case.revision + 1, at
        case.version += 1
    if wanted:
        await awaiting.tell(session, case)
    row = ReferralRow(
        agency=agency,
        referral_id=event.referral_id,
        case_id=case.id,
        side=Side.UPPER,
        other=speaker,
        state=Referral.SENT,
        revision=case.revision,
        parcel=event.dossier.model_dump(mode="json"),
        at=at,
        moved_at=at,
    )
    session.add(row)
    await session.flush()
    if not wanted and case.state is not State.OFFERED:
        await _join(session, case, row, at)
    await audit.record(session, INBOX, "referral.offered", row.id)
    return case if wanted else None


async def _open(session: AsyncSession, agency: str, event: NominationReferred, at: datetime, today: date) -> Case:
    found = await rule_set_on(session, agency=agency, on=today)
    case = Case(
        agency=agency,
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        subject_id=event.subject_id,
        code=event.code,
        category=event.category,
        criteria=event.criteria,
        rules=found.code if found else None,
        revision=1,
        state=State.OFFERED,
        opened_at=at,
        moved_at=at,
    )
    session.add(case)
    await session.flush()
    return case


async def _join(session: AsyncSession, case: Case, row: ReferralRow, at: datetime) -> None:
    """Bring a later referral to where its case is."""
    _accept(session, case, row, at)
    if case.state in rules.CONCLUDED and case.outcome is not None:
        _rule(session, case, row, case.outcome, at)
    await session.flush()
    await standings.tell_everything(session, case, row.other, at=at)


async def accept(session: AsyncSession, *, case_id: UUID, at: datetime, by: Actor) -> Case:
    """Take over what is offered; from now on it is decided here. Raises WrongState, NotReady."""
    case = await lock(session, case_id)
    rules.check_state(case.state, State.OFFERED)
    arrived = await session.scalar(
        select(func.count()).where(col(Dossier.case_id) == case.id, col(Dossier.revision) == case.revision)
    )
    if not arrived:
        raise rules.NotReady("Hồ sơ chưa được chuyển tới nên chưa tiếp nhận được.")
    case.state, case.moved_at, case.version = State.SCORING, at, case.version + 1
    for row in await standings.referrals_of(session, case, Side.UPPER):
        if rules.moved(Side.UPPER, Act.ACCEPT, row.state):
            _accept(session, case, row, at)
    outbox.record(session, CaseOpened(**about(case, at)))
    await awaiting.tell(session, case)
    await audit.record(session, by, "referral.accepted", case_id)
    return case


async def give_back(
    session: AsyncSession, *, case_id: UUID, reasons: Mapping[str, Sealed], at: datetime, by: Actor
) -> Case:
    """Give a case back to each child that referred it; `reasons` by child, stored already. Raises WrongState."""
    case = await lock(session, case_id)
    rules.check_state(case.state, State.OFFERED, State.SCORING)
    rules.check_free(case.frozen)
    for row in await standings.referrals_of(session, case, Side.UPPER):
        after = rules.moved(Side.UPPER, Act.RETURN, row.state)
        if after is None:
            continue
        if row.other not in reasons:
            raise rules.WrongState("Vừa có thêm nơi trình hồ sơ này. Hãy tải lại trang rồi trả lại.")
        row.state, row.moved_at = after, at
        told = {**about(case, at), "to_agency": row.other, "referral_id": row.referral_id}
        outbox.record(session, ReferralReturned.model_validate({**told, "reasons": reasons[row.other]}))
        await door.offer(session, reasons[row.other], row.other)
    case.state, case.moved_at, case.version = State.RETURNED, at, case.version + 1
    await awaiting.tell(session, case)
    await audit.record(session, by, "referral.returned", case_id)
    return case


async def hear_recall(session: AsyncSession, *, speaker: str, referral_id: UUID, at: datetime) -> None:
    """A child wants a referral back: granted until acceptance, afterwards only noted for a person to see."""
    found = await session.execute(
        select(ReferralRow).where(
            col(ReferralRow.side) == Side.UPPER,
            col(ReferralRow.other) == speaker,
            col(ReferralRow.referral_id) == referral_id,
        )
    )
    row = found.scalar_one()
    case = await lock(session, row.case_id)
    await session.refresh(row, with_for_update=True)
    row.recall_asked = True
    after = rules.moved(Side.UPPER, Act.GRANT, row.state)
    if after is None:
        return
    row.state, row.moved_at = after, at
    told = {**about(case, at), "to_agency": row.other, "referral_id": row.referral_id, "recalled": True}
    outbox.record(session, ReferralReturned.model_validate(told))
    await session.flush()
    left = [one for one in await standings.referrals_of(session, case, Side.UPPER) if one.state is Referral.SENT]
    if not left:
        case.state, case.moved_at, case.version = State.WITHDRAWN, at, case.version + 1
        await awaiting.tell(session, case)
    await audit.record(session, INBOX, "referral.recalled", row.id)


async def rule(session: AsyncSession, case: Case, outcome: Outcome, *, at: datetime) -> None:
    """The council concluded: every child that referred the case is told."""
    for row in await standings.referrals_of(session, case, Side.UPPER):
        if rules.moved(Side.UPPER, Act.RULE, row.state):
            _rule(session, case, row, outcome, at)


def _accept(session: AsyncSession, case: Case, row: ReferralRow, at: datetime) -> None:
    row.state, row.moved_at = rules.check_move(Side.UPPER, Act.ACCEPT, row.state), at
    told = {**about(case, at), "to_agency": row.other, "referral_id": row.referral_id}
    outbox.record(session, ReferralAccepted.model_validate(told))


def _rule(session: AsyncSession, case: Case, row: ReferralRow, outcome: Outcome, at: datetime) -> None:
    row.state, row.moved_at = rules.check_move(Side.UPPER, Act.RULE, row.state), at
    told = {**about(case, at), "to_agency": row.other, "referral_id": row.referral_id, "outcome": outcome}
    outbox.record(session, ReferralDecided.model_validate(told))
