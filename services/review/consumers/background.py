"""What review does apart from any request: bringing a case to a parent's door, giving publishing its material."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import handing_on, referrals
from services.review.actions.honours import HAND_ON
from services.review.queries import packing
from services.review.rules import Referral
from shared import door, parcels
from shared.events import Sealed
from shared.jobs import GiveUp
from shared.outbox import clock_of
from shared.runtime import Runtime


def add_jobs(runtime: Runtime) -> None:
    """Register the jobs of this service."""

    async def send(payload: dict[str, Any]) -> None:
        row_id = UUID(payload["row_id"])
        async with runtime.database.reading() as session:
            found = await packing.find_referral(session, row_id)
        if found.row.state is not Referral.SENDING:
            return
        sealed = found.sealed or await _store(runtime, found)
        try:
            await door.send(runtime, found.row.other, sealed)
        except (door.DoorRefused, door.NoAddress) as error:
            raise GiveUp(str(error)) from None
        async with runtime.database.transaction() as session:
            await referrals.note_sent(session, row_id=row_id, at=runtime.clock.now())

    async def not_sent(session: AsyncSession, payload: dict[str, Any], reason: str) -> None:
        at = clock_of(session).now()
        await referrals.give_up(session, row_id=UUID(payload["row_id"]), reason=reason, at=at)

    async def forget(payload: dict[str, Any]) -> None:
        await parcels.forget(runtime.objects, runtime.service, UUID(payload["parcel_id"]))

    async def hand_on(payload: dict[str, Any]) -> None:
        case_id = UUID(payload["case_id"])
        async with runtime.database.reading() as session:
            manifest = await packing.material_of(session, case_id)
        material = await parcels.store(
            runtime.objects,
            runtime.federation,
            agency=runtime.agency.id,
            owner=runtime.service,
            reader="publishing",
            manifest=manifest,
            files={},
            on=runtime.clock.today(),
        )
        async with runtime.database.transaction() as session:
            await handing_on.give_material(session, case_id=case_id, material=material, at=runtime.clock.now())

    runtime.jobs.add(referrals.SEND, send, pauses=door.LINK_PAUSES, longest=door.LONGEST, on_failure=not_sent)
    runtime.jobs.add(referrals.FORGET, forget)
    runtime.jobs.add(HAND_ON, hand_on)


async def _store(runtime: Runtime, found: packing.ToRefer) -> Sealed:
    """Pack a case for the parent's council, once: every further try sends the parcel that was stored first."""
    sealed = await parcels.store(
        runtime.objects,
        runtime.federation,
        agency=runtime.agency.id,
        owner=runtime.service,
        reader=runtime.service,
        to_agency=found.row.other,
        manifest=found.manifest,
        files=await packing.files_of(runtime, found.manifest),
        on=runtime.clock.today(),
    )
    async with runtime.database.transaction() as session:
        return await referrals.note_parcel(session, row_id=found.row.id, sealed=sealed)
