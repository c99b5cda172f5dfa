"""Puts the nomination service together; no logic."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from uuid import UUID

from fastapi import FastAPI

from services.nomination import api, pages
from services.nomination.consumers.background import add_jobs
from services.nomination.consumers.receivers import RECEIVERS
from services.nomination.queries import packing
from services.nomination.queries.units import units_below
from shared import door, running
from shared.fence import lifted
from shared.field_keys import FieldKeys
from shared.identity import ended
from shared.identity.allowed import Below
from shared.identity.guard import protect
from shared.identity.sessions import PUBLIC_FILE, SessionReader
from shared.links import Links
from shared.parcels import ParcelReader, sweep_hourly
from shared.runtime import Runtime
from shared.web import make_app


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of nomination; `work`: relay and hear in the same process."""
    app = make_app(runtime, work=work)
    settings = runtime.settings
    is_ended = ended.ended_in(runtime.database)
    sessions = SessionReader.from_file(settings.secrets / PUBLIC_FILE, settings.agency, runtime.clock, is_ended)
    protect(
        app,
        sessions=sessions,
        address=settings.address,
        database=runtime.database,
        rate_scale=settings.rate_scale,
    )
    app.state.below = _below(runtime)
    app.state.links = Links.from_file(settings.secrets)
    app.state.field_keys = FieldKeys.from_file(settings.secrets)
    # Routes are tried in turn: a call of the API shall not try all the pages first.
    app.include_router(api.router)
    app.include_router(pages.router)
    ended.sweep_hourly(runtime.jobs, runtime.database, runtime.clock)
    running.join(app, runtime, "/de-cu", pages.LISTS)
    add_jobs(runtime)
    app.include_router(door.router, prefix=door.path(runtime.service))
    fetch = partial(door.fetch, runtime)
    ParcelReader(runtime.database, runtime.objects, settings.secrets, RECEIVERS, fetch).join(runtime.jobs)
    sweep_hourly(runtime.jobs, runtime.database, runtime.objects, runtime.clock, wanted=packing.wanted)
    door.join(runtime)
    return app


def _below(runtime: Runtime) -> Below:
    async def below(units: frozenset[UUID], on: date) -> Mapping[UUID, frozenset[UUID]]:
        with lifted():
            async with runtime.database.reading() as session:
                return await units_below(session, agency=runtime.settings.agency, units=units, on=on)

    return below
