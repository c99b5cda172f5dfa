"""Puts the publishing service together; no logic."""

from fastapi import FastAPI

from services.publishing import pages
from services.publishing.consumers.background import add_jobs
from services.publishing.consumers.receivers import RECEIVERS
from services.publishing.pages.kept import Kept
from shared import running
from shared.components import add_components_page
from shared.identity import ended
from shared.identity.guard import protect
from shared.identity.sessions import PUBLIC_FILE, SessionReader
from shared.links import Links
from shared.parcels import ParcelReader
from shared.runtime import Runtime
from shared.web import make_app


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of publishing; `work`: relay and hear in the same process.

    Raises BadSessionKey, and BadSettings without the agency's link key.
    """
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
    app.state.links = Links.from_file(settings.secrets)
    app.include_router(pages.router)
    ended.sweep_hourly(runtime.jobs, runtime.database, runtime.clock)
    running.join(app, runtime, "/lan-toa", pages.LISTS)
    add_components_page(app, settings)
    app.add_middleware(Kept, runtime=runtime)  # outermost: what is kept passes through nothing else
    add_jobs(runtime)
    ParcelReader(runtime.database, runtime.objects, settings.secrets, RECEIVERS).join(runtime.jobs)
    return app
