"""What publishing hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.actions import elsewhere, following, receipts, stories
from services.publishing.actions.receipts import About, Answer, Receipt
from services.publishing.rules import HonourState
from services.publishing.tables import Story
from shared import parcels
from shared.events import (
    ConsentPassedOn,
    ExemplarHonoured,
    HonourHeld,
    HonourPassedOn,
    HonourResumed,
    HonourRevoked,
    NominationReferred,
    ReferredMaterialGiven,
    SessionEnded,
    StoryMaterialGiven,
    StoryPublished,
    StoryRetracted,
    WithdrawalAnswered,
)
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers, event_id_of, speaker_of
from shared.outbox import agency_of, clock_of

MATERIAL, REFERRED_MATERIAL = "material", "referred-material"


async def _begin(session: AsyncSession, event: ExemplarHonoured | StoryMaterialGiven | ReferredMaterialGiven) -> Story:
    return await stories.begin(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        code=event.code,
        category=event.category,
        at=event.occurred_at,
    )


async def on_exemplar_honoured(session: AsyncSession, event: ExemplarHonoured) -> None:
    """A story may be told of it."""
    story = await _begin(session, event)
    decision = {
        "number": event.decision_number,
        "date": event.decision_date.isoformat(),
        "form": event.form,
        "level": event.level,
    }
    await stories.note_honour(session, story, honour_id=event.honour_id, decision=decision, at=event.occurred_at)


async def on_story_material_given(session: AsyncSession, event: StoryMaterialGiven) -> None:
    """What may be told is on its way; it may come before the honour itself."""
    story = await _begin(session, event)
    about = {"story_id": str(story.id)}
    await parcels.expect(session, event.material, owner=event.said_by, purpose=MATERIAL, about=about)


async def on_referred_material_given(session: AsyncSession, event: ReferredMaterialGiven) -> None:
    """What may be told of an exemplar from below is on its way, with everybody's word as far as it was known."""
    story = await _begin(session, event)
    about = {"story_id": str(story.id)}
    await parcels.expect(session, event.material, owner=event.said_by, purpose=REFERRED_MATERIAL, about=about)


async def on_nomination_referred(session: AsyncSession, event: NominationReferred) -> None:
    """Our own review handed a case on: the parent hears every word about it. Or we got one: we hear its sender's."""
    about, speaker, at = About.model_validate(event.model_dump()), speaker_of(session), clock_of(session).now()
    if speaker == agency_of(session):
        await receipts.note_holder(session, about, to_agency=event.to_agency, at=at)
    elif event.to_agency == agency_of(session):
        await receipts.note_referrer(session, about, from_agency=speaker, at=at)


async def on_consent_passed_on(session: AsyncSession, event: ConsentPassedOn) -> None:
    """A person's word, asked for further down."""
    if event.to_agency != agency_of(session):
        return
    told = event.model_dump()
    about, receipt = About.model_validate(told), Receipt.model_validate(told)
    await receipts.take(session, about, receipt, told_by=speaker_of(session), at=clock_of(session).now())


async def on_withdrawal_answered(session: AsyncSession, event: WithdrawalAnswered) -> None:
    """An agency above acted on a word taken back."""
    if event.to_agency != agency_of(session):
        return
    about, answer = About.model_validate(event.model_dump()), Answer.model_validate(event.model_dump())
    await receipts.take_answer(session, about, answer, told_by=speaker_of(session), at=clock_of(session).now())


async def on_honour_passed_on(session: AsyncSession, event: HonourPassedOn) -> None:
    """How another agency's honour of the same exemplar stands."""
    if event.to_agency != agency_of(session) or event.by_agency == agency_of(session):
        return
    told = elsewhere.heard(session, event.model_dump(), told_by=speaker_of(session))
    await elsewhere.take(session, told, at=clock_of(session).now())


async def on_story_published(session: AsyncSession, event: StoryPublished) -> None:
    """Another agency shows a story."""
    await following.announce(session, event, issuer=speaker_of(session), event_id=event_id_of(session))


async def on_story_retracted(session: AsyncSession, event: StoryRetracted) -> None:
    """Another agency took a story back."""
    await following.drop(session, issuer=speaker_of(session), story_id=event.story_id)


async def on_honour_held(session: AsyncSession, event: HonourHeld) -> None:
    """Nothing of it may be seen for the time being."""
    await stories.move_honour(session, honour_id=event.honour_id, state=HonourState.HELD, at=event.occurred_at)


async def on_honour_resumed(session: AsyncSession, event: HonourResumed) -> None:
    """It counts again."""
    await stories.move_honour(session, honour_id=event.honour_id, state=HonourState.IN_FORCE, at=event.occurred_at)


async def on_honour_revoked(session: AsyncSession, event: HonourRevoked) -> None:
    """It never counts again."""
    await stories.move_honour(session, honour_id=event.honour_id, state=HonourState.REVOKED, at=event.occurred_at)


HANDLERS: Handlers = {
    ExemplarHonoured: on_exemplar_honoured,
    StoryMaterialGiven: on_story_material_given,
    HonourHeld: on_honour_held,
    HonourResumed: on_honour_resumed,
    HonourRevoked: on_honour_revoked,
    ReferredMaterialGiven: on_referred_material_given,
    NominationReferred: on_nomination_referred,
    ConsentPassedOn: on_consent_passed_on,
    WithdrawalAnswered: on_withdrawal_answered,
    HonourPassedOn: on_honour_passed_on,
    StoryPublished: on_story_published,
    StoryRetracted: on_story_retracted,
    SessionEnded: on_session_ended,
}
