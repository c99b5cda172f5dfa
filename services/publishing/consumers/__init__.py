"""What publishing hears, each event translated into one action."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.actions import stories
from services.publishing.rules import HonourState
from shared import parcels
from shared.events import (
    ExemplarHonoured,
    HonourHeld,
    HonourResumed,
    HonourRevoked,
    SessionEnded,
    StoryMaterialGiven,
)
from shared.identity.ended import on_session_ended
from shared.inbox import Handlers
from shared.outbox import agency_of

MATERIAL = "material"


async def on_exemplar_honoured(session: AsyncSession, event: ExemplarHonoured) -> None:
    """A story may be told of it."""
    story = await stories.begin(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        code=event.code,
        category=event.category,
        at=event.occurred_at,
    )
    decision = {
        "number": event.decision_number,
        "date": event.decision_date.isoformat(),
        "form": event.form,
        "level": event.level,
    }
    await stories.note_honour(session, story, honour_id=event.honour_id, decision=decision, at=event.occurred_at)


async def on_story_material_given(session: AsyncSession, event: StoryMaterialGiven) -> None:
    """What may be told is on its way; it may come before the honour itself."""
    story = await stories.begin(
        session,
        agency=agency_of(session),
        nomination_id=event.nomination_id,
        origin_agency=event.origin_agency,
        unit_id=event.unit_id,
        code=event.code,
        category=event.category,
        at=event.occurred_at,
    )
    about = {"story_id": str(story.id)}
    await parcels.expect(session, event.material, owner=event.said_by, purpose=MATERIAL, about=about)


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
    SessionEnded: on_session_ended,
}
