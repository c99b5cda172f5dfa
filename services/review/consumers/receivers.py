"""What review does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import cases
from services.review.consumers import DOSSIER
from shared.parcels import Opened, Receivers


async def take_dossier(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """A dossier for the council; its files lie in review's own part of the store already."""
    await cases.take_dossier(
        session,
        case_id=UUID(about["case_id"]),
        revision=int(about["revision"]),
        content=opened.manifest.fields,
        files=[file.model_dump() for file in opened.manifest.files],
    )


RECEIVERS: Receivers = {DOSSIER: take_dossier}
