"""The jobs that bring a report's words to the agency above."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import reports_between
from services.nomination.actions.reports import BRING
from services.nomination.queries import packing
from services.nomination.rules.reports import ReportState
from services.nomination.tables import Report
from shared import door, parcels
from shared.events import Sealed
from shared.jobs import GiveUp
from shared.outbox import clock_of
from shared.runtime import Runtime


def add_jobs(runtime: Runtime) -> None:
    """Register them."""

    async def bring(payload: dict[str, Any]) -> None:
        report_id = UUID(payload["report_id"])
        async with runtime.database.reading() as session:
            report = await session.get_one(Report, report_id)
        if report.state is not ReportState.SENDING:
            return
        sealed = Sealed.model_validate(report.parcel) if report.parcel else await _store(runtime, report)
        try:
            await door.send(runtime, report.to_agency, sealed)
        except (door.DoorRefused, door.NoAddress) as error:
            raise GiveUp(str(error)) from None
        async with runtime.database.transaction() as session:
            await reports_between.note_brought(session, report_id=report_id, at=runtime.clock.now())

    async def not_brought(session: AsyncSession, payload: dict[str, Any], reason: str) -> None:
        at = clock_of(session).now()
        await reports_between.give_up(session, report_id=UUID(payload["report_id"]), reason=reason, at=at)

    async def forget(payload: dict[str, Any]) -> None:
        await parcels.forget(runtime.objects, runtime.service, UUID(payload["parcel_id"]))

    runtime.jobs.add(BRING, bring, pauses=door.LINK_PAUSES, longest=door.LONGEST, on_failure=not_brought)
    runtime.jobs.add(reports_between.FORGET, forget)


async def _store(runtime: Runtime, report: Report) -> Sealed:
    """Pack a report's words for the agency above, once: every further try brings the parcel that was stored first."""
    sealed = await parcels.store(
        runtime.objects,
        runtime.federation,
        agency=runtime.agency.id,
        owner=runtime.service,
        reader=runtime.service,
        to_agency=report.to_agency,
        manifest=packing.report_manifest(report),
        files={},
        on=runtime.clock.today(),
    )
    async with runtime.database.transaction() as session:
        return await reports_between.note_parcel(session, report_id=report.id, sealed=sealed)
