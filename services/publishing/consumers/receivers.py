"""What publishing does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.actions import receipts, stories
from services.publishing.actions.receipts import About, Receipt
from services.publishing.consumers import MATERIAL, REFERRED_MATERIAL
from services.publishing.tables import Story
from shared.outbox import clock_of
from shared.parcels import Opened, Receivers


async def take_material(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """What may be told of an honoured exemplar."""
    at = clock_of(session).now()
    await stories.take_material(session, story_id=UUID(about["story_id"]), fields=opened.manifest.fields, at=at)


async def take_referred_material(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """What may be told of an exemplar from below, and everybody's word as it was known when it was handed on."""
    story_id = UUID(about["story_id"])
    story = await session.get_one(Story, story_id)
    at, case = clock_of(session).now(), About.model_validate(story.model_dump())
    for told in opened.manifest.fields["consents"]:
        await receipts.take(session, case, Receipt.model_validate(told), at=at)
    await stories.take_material(session, story_id=story_id, fields=opened.manifest.fields, at=at)


RECEIVERS: Receivers = {MATERIAL: take_material, REFERRED_MATERIAL: take_referred_material}
