"""Receipts: a person's word on its way up to every agency that holds the case, and their answers on the way down."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.publishing import rules
from services.publishing.actions import standing, stories
from services.publishing.actions.stories import SYSTEM
from services.publishing.rules import ConsentState
from services.publishing.tables import Consent, HeardWord, Holder, Referrer, Story, WithdrawalAnswer
from shared import audit, outbox
from shared.events import ConsentPassedOn, WithdrawalAnswered, Word


class Receipt(BaseModel):
    """A person's word with all that proves it, as it travels in a parcel or in an event."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    consent_id: UUID
    person_id: UUID
    relation: str
    word: Word
    purposes: list[str]
    text_version: int
    text_sha256: str
    method: str
    said_at: AwareDatetime


class About(BaseModel):
    """Which case a word is about. `story_id` is that of the agency of origin, none where only a parcel told of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    origin_agency: str
    nomination_id: UUID
    unit_id: UUID
    story_id: UUID | None = None


class Answer(BaseModel):
    """What an agency did when it heard that a word was taken back. `shown`: it had shown the story until then."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    consent_id: UUID
    by_agency: str
    shown: bool
    done_at: AwareDatetime


async def note_holder(session: AsyncSession, about: About, *, to_agency: str, at: datetime) -> None:
    """A parent got the case: it hears every word, those known so far first, and what it tells counts."""
    story = await _alone(session, about)
    row = insert(Holder).values(
        agency=outbox.agency_of(session),
        origin_agency=about.origin_agency,
        nomination_id=about.nomination_id,
        to_agency=to_agency,
        since=at,
    )
    new = await session.scalar(row.on_conflict_do_nothing().returning(col(Holder.to_agency)))
    if new is None:
        return
    for known, receipt in await _known(session, about, story):
        _say(session, known, receipt, to_agency=to_agency, at=at)
    await audit.record(session, SYSTEM, "holder.noted", about.nomination_id)
    if story is not None:
        await stories.settle(session, story, at=at, by=SYSTEM)


async def tell(session: AsyncSession, story: Story, consent: Consent, *, at: datetime) -> None:
    """Tell every holder of our own nomination what a person has just said."""
    about = About.model_validate(story.model_dump() | {"story_id": story.id})
    await _alone(session, about)
    await _pass_on(session, about, _receipt_of(consent), at=at)


async def note_referrer(session: AsyncSession, about: About, *, from_agency: str, at: datetime) -> None:
    """An agency below handed the case to us: what it tells counts from now on, also what it told before."""
    story = await _alone(session, about)
    row = insert(Referrer).values(
        agency=outbox.agency_of(session),
        origin_agency=about.origin_agency,
        nomination_id=about.nomination_id,
        from_agency=from_agency,
        since=at,
    )
    if await session.scalar(row.on_conflict_do_nothing().returning(col(Referrer.from_agency))) is None:
        return
    told = select(HeardWord).where(
        col(HeardWord.origin_agency) == about.origin_agency,
        col(HeardWord.nomination_id) == about.nomination_id,
        col(HeardWord.told_by) == from_agency,
    )
    for one in list(await session.scalars(told.order_by(col(HeardWord.person_id)))):
        await _follow(session, one, story, at=at)
    if story is not None:
        await stories.settle(session, story, at=at, by=SYSTEM)


async def take(session: AsyncSession, about: About, receipt: Receipt, *, told_by: str = "", at: datetime) -> None:
    """A word that another agency asked for: kept, passed on, and followed at once; what is older is ignored.

    `told_by` is the agency below that told it, and that is answered when the word is not a yes; empty: it lay in a
    parcel. Raises PermissionError for a word that only this agency could have heard.
    """
    if about.origin_agency == outbox.agency_of(session):
        raise PermissionError("the words of our own nominations are asked for here, not told by others")
    story = await _alone(session, about)
    case = {"origin_agency": about.origin_agency, "nomination_id": about.nomination_id}
    key = case | {"person_id": receipt.person_id, "told_by": told_by}
    known = await session.get(HeardWord, key)
    told = receipt.model_dump() | {"unit_id": about.unit_id, "story_id": about.story_id}
    if known is None:
        known = HeardWord.model_validate({"agency": outbox.agency_of(session), **key, **told})
        session.add(known)
    elif rules.is_newer(receipt.said_at, receipt.word is not Word.GIVEN, known.said_at, known.refusing):
        known.sqlmodel_update(told)
    else:
        return
    await session.flush()
    await audit.record(session, SYSTEM, f"word.{receipt.word}", receipt.consent_id)
    if not told_by or await session.get(Referrer, case | {"from_agency": told_by}) is not None:
        await _follow(session, known, story, at=at)


async def _follow(session: AsyncSession, told: HeardWord, story: Story | None, *, at: datetime) -> None:
    """Holders hear a word that counts, our story goes where it belongs, who told it is answered."""
    about, receipt = About.model_validate(told.model_dump()), Receipt.model_validate(told.model_dump())
    if told.told_by:
        await _pass_on(session, about, receipt, at=at)
    if story is not None:
        await stories.settle(session, story, at=at, by=SYSTEM)
    if told.told_by and told.refusing:
        shown = story is not None and story.published_at is not None
        us = outbox.agency_of(session)
        answer = Answer(consent_id=receipt.consent_id, by_agency=us, shown=shown, done_at=at)
        _answer(session, about, answer, to_agency=told.told_by, at=at)


async def take_answer(session: AsyncSession, about: About, answer: Answer, *, told_by: str, at: datetime) -> None:
    """An agency above acted on a word taken back: kept where the word was asked for, else passed on downward.

    `told_by` is the agency that says so. Raises PermissionError when this one never handed the case to it.
    """
    us = outbox.agency_of(session)
    case = {"origin_agency": about.origin_agency, "nomination_id": about.nomination_id}
    if await session.get(Holder, case | {"to_agency": told_by}) is None:
        raise PermissionError(f"{told_by} does not have this case from us")
    if about.origin_agency != us:
        asked = select(col(HeardWord.told_by)).where(
            col(HeardWord.agency) == us, col(HeardWord.consent_id) == answer.consent_id, col(HeardWord.told_by) != ""
        )
        for below in await session.scalars(asked.order_by(col(HeardWord.told_by))):
            _answer(session, about, answer, to_agency=below, at=at)
    elif await session.get(Consent, answer.consent_id) is not None:
        row = insert(WithdrawalAnswer).values(agency=us, **answer.model_dump())
        await session.execute(row.on_conflict_do_nothing())
        await audit.record(session, SYSTEM, "withdrawal.answered", answer.consent_id)


async def _known(session: AsyncSession, about: About, story: Story | None) -> list[tuple[About, Receipt]]:
    """Every word of a case that can be passed on: our own nomination's, or what was told here."""
    if about.origin_agency == outbox.agency_of(session):
        if story is None:
            return []
        own = about.model_copy(update={"story_id": story.id})
        answered = select(Consent).where(col(Consent.story_id) == story.id, col(Consent.state) != ConsentState.ASKED)
        return [(own, _receipt_of(one)) for one in await session.scalars(answered.order_by(col(Consent.relation)))]
    told = await standing.heard(session, about.origin_agency, about.nomination_id)
    return [
        (About.model_validate(one.model_dump()), Receipt.model_validate(one.model_dump()))
        for one in told
        if one.story_id is not None
    ]


def _receipt_of(consent: Consent) -> Receipt:
    word = {"consent_id": consent.id, "word": consent.state.value, "said_at": consent.answered_at}
    return Receipt.model_validate(consent.model_dump() | word)


async def _pass_on(session: AsyncSession, about: About, receipt: Receipt, *, at: datetime) -> None:
    holders = select(col(Holder.to_agency)).where(
        col(Holder.origin_agency) == about.origin_agency, col(Holder.nomination_id) == about.nomination_id
    )
    for holder in await session.scalars(holders.order_by(col(Holder.to_agency))):
        _say(session, about, receipt, to_agency=holder, at=at)


def _say(session: AsyncSession, about: About, receipt: Receipt, *, to_agency: str, at: datetime) -> None:
    told = about.model_dump() | receipt.model_dump() | {"to_agency": to_agency, "occurred_at": at}
    outbox.record(session, ConsentPassedOn.model_validate(told))


def _answer(session: AsyncSession, about: About, answer: Answer, *, to_agency: str, at: datetime) -> None:
    told = about.model_dump() | answer.model_dump() | {"to_agency": to_agency, "occurred_at": at}
    outbox.record(session, WithdrawalAnswered.model_validate(told))


async def _alone(session: AsyncSession, about: About) -> Story | None:
    """Hold the words of a case until the transaction ends: none that is said while a holder is noted is lost.

    The story is locked first, wherever there is one: who answers a link holds it already.
    """
    story = await stories.find(session, origin_agency=about.origin_agency, nomination_id=about.nomination_id)
    key = f"{about.origin_agency}:{about.nomination_id}"
    await session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    return story
