"""What nomination does apart from any request: it hands on what an honour sets free, lets days come, and looks
for subjects that may be one."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.nomination.actions import (
    due_reports,
    handing_on,
    intakes,
    leads,
    open_work,
    plan_texts,
    plans,
    reports,
    subjects,
    unit_ends,
    units,
)
from services.nomination.consumers import HAND_ON, bringing
from services.nomination.queries import packing
from services.nomination.queries.kept_files import needed_files
from shared import uploads
from shared.runtime import Runtime


def add_jobs(runtime: Runtime) -> None:
    """Register the jobs of this service."""

    async def hand_on(payload: dict[str, Any]) -> None:
        nomination_id = UUID(payload["nomination_id"])
        async with runtime.database.reading() as session:
            found = await packing.find_for_packing(session, nomination_id)
        material = await packing.seal(runtime, packing.material_of(found), "publishing")
        contacts = await packing.seal(runtime, packing.contacts_of(found), "notification")
        async with runtime.database.transaction() as session:
            await handing_on.hand_on(
                session,
                nomination_id=nomination_id,
                honour_id=UUID(payload["honour_id"]),
                material=material,
                contacts=contacts,
                at=runtime.clock.now(),
            )

    runtime.jobs.add(HAND_ON, hand_on)

    bringing.add_jobs(runtime)

    async def hand_on_report(payload: dict[str, Any]) -> None:
        async with runtime.database.transaction() as session:
            report_id, at = UUID(payload["report_id"]), runtime.clock.now()
            await open_work.hand_on_report(session, report_id=report_id, at=at)

    runtime.jobs.add(reports.HAND_ON, hand_on_report)

    async def let_days_come() -> None:
        at, today = runtime.clock.now(), runtime.clock.today()
        async with runtime.database.transaction() as session:
            await units.tell_names(session, at=at, today=today)
        async with runtime.database.transaction() as session:
            await unit_ends.carry_out_due(session, at=at, today=today)
        async with runtime.database.transaction() as session:
            await intakes.tidy(session, at - intakes.KEPT)
            await plan_texts.tidy(session, at - plan_texts.KEPT)
            await leads.forget_contacts(session, at - leads.CONTACT_KEPT)
        await _call_for_reports(runtime, at, today)

    async def sweep_files() -> None:
        await uploads.sweep(runtime.database, runtime.objects, runtime.clock.real(), needed=needed_files())

    async def look_for_others() -> None:
        agency, more = plans.Agency(runtime.agency.id, runtime.agency.mark), True
        while more:
            async with runtime.database.transaction() as session:
                more = await subjects.look_for_others(session, agency)

    runtime.jobs.every_hour(let_days_come)
    runtime.jobs.every_hour(look_for_others)
    runtime.jobs.every_hour(sweep_files)


async def _call_for_reports(runtime: Runtime, at: datetime, today: date) -> None:
    """Call for what is due soon; what is settled since is called for no more."""
    for step in (due_reports.call, due_reports.settle):
        more = True
        while more:
            async with runtime.database.transaction() as session:
                more = await step(session, runtime.agency.id, at=at, today=today)
