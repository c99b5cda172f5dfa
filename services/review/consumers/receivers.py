"""What review does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import cases, referrals
from services.review.consumers import DOSSIER, REASONS, REFERRAL
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


async def take_reasons(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """Why a parent gave a case back."""
    reason = str(opened.manifest.fields["reason"])
    await referrals.take_reason(session, row_id=UUID(about["row_id"]), reason=reason)


RECEIVERS: Receivers = {DOSSIER: take_dossier, REFERRAL: take_dossier, REASONS: take_reasons}
