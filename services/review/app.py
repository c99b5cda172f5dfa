"""Puts the review service together; no logic."""

from functools import partial

from fastapi import FastAPI

from services.review import pages
from services.review.consumers.background import add_jobs
from services.review.consumers.receivers import RECEIVERS
from services.review.queries import packing
from shared import door, running
from shared.identity import ended
from shared.identity.guard import protect
from shared.identity.sessions import PUBLIC_FILE, SessionReader
from shared.parcels import ParcelReader, sweep_hourly
from shared.runtime import Runtime
from shared.web import make_app


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of review; `work`: relay and hear in the same process."""
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
    app.include_router(pages.router)
    ended.sweep_hourly(runtime.jobs, runtime.database, runtime.clock)
    running.join(app, runtime, "/xet-duyet", pages.LISTS)
    add_jobs(runtime)
    app.include_router(door.router, prefix=door.path(runtime.service))
    fetch = partial(door.fetch, runtime)
    ParcelReader(runtime.database, runtime.objects, settings.secrets, RECEIVERS, fetch).join(runtime.jobs)
    sweep_hourly(runtime.jobs, runtime.database, runtime.objects, runtime.clock, wanted=packing.wanted)
    door.join(runtime)
    return app
