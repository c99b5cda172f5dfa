"""What nomination does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import hearing
from services.nomination.consumers import REASONS
from shared.parcels import Opened, Receivers


async def take_reasons(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """Why a dossier came back."""
    await hearing.take_reason(
        session,
        nomination_id=UUID(about["nomination_id"]),
        revision=int(about["revision"]),
        reason=str(opened.manifest.fields["reason"]),
    )


RECEIVERS: Receivers = {REASONS: take_reasons}
