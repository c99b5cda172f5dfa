"""What publishing does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.actions import stories
from services.publishing.consumers import MATERIAL
from shared.outbox import clock_of
from shared.parcels import Opened, Receivers


async def take_material(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """What may be told of an honoured exemplar."""
    at = clock_of(session).now()
    await stories.take_material(session, story_id=UUID(about["story_id"]), fields=opened.manifest.fields, at=at)


RECEIVERS: Receivers = {MATERIAL: take_material}
