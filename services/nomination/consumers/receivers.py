"""What nomination does with parcels that were sent to it."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import hearing, reports_between
from services.nomination.consumers import REASONS, REPORT, REPORT_REASONS
from shared.parcels import Opened, Receivers


async def take_reasons(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """Why a dossier came back."""
    await hearing.take_reason(
        session,
        nomination_id=UUID(about["nomination_id"]),
        revision=int(about["revision"]),
        reason=str(opened.manifest.fields["reason"]),
    )


async def take_report(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """The words of a report from below."""
    fields = opened.manifest.fields
    await reports_between.take_words(
        session,
        report_id=UUID(about["report_id"]),
        version=int(about["version"]),
        title=str(fields["title"]),
        words=fields["words"],
    )


async def take_report_reasons(session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
    """Why our report came back."""
    reason = str(opened.manifest.fields["reason"])
    await reports_between.take_reason(session, report_id=UUID(about["report_id"]), reason=reason)


RECEIVERS: Receivers = {REASONS: take_reasons, REPORT: take_report, REPORT_REASONS: take_report_reasons}
