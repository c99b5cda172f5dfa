"""Puts the notification service together; no logic."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from services.notification import pages
from services.notification.actions import accounts
from services.notification.consumers.background import add_jobs
from services.notification.consumers.receivers import RECEIVERS
from shared.fence import public
from shared.identity.ended import ended_in
from shared.identity.guard import protect
from shared.identity.people import Role
from shared.identity.provider import Provider
from shared.identity.sessions import PRIVATE_FILE, PUBLIC_FILE, SessionMinter, SessionReader
from shared.identity.sign_in import name_of, sign_in_routes
from shared.links import Links
from shared.parcels import ParcelReader
from shared.runtime import Runtime
from shared.settings import BadSettings
from shared.web import make_app


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of notification; `work`: relay and hear in the same process.

    Raises BadSettings without an identity provider or link key, BadSessionKey without the session keys.
    """
    settings = runtime.settings
    if settings.identity_provider is None:
        raise BadSettings("GUONGSANG_IDENTITY_PROVIDER: nobody could sign in without an OIDC provider")

    async def end(session_id: str) -> None:
        async with runtime.database.transaction() as session:
            await accounts.end_session(session, session_id=session_id, at=runtime.clock.now())

    async def seen(issuer: str, claims: dict[str, Any], roles: Sequence[Role]) -> None:
        async with runtime.database.transaction() as session:
            await accounts.note_account(
                session,
                agency=settings.agency,
                identity=f"{issuer}|{claims['sub']}",
                name=name_of(claims),
                email=str(claims.get("email") or ""),
                roles=[role.as_claim() for role in roles],
                at=runtime.clock.now(),
            )

    app = make_app(runtime, work=work)
    sessions = SessionReader.from_file(
        settings.secrets / PUBLIC_FILE, settings.agency, runtime.clock, ended_in(runtime.database)
    )
    protect(app, sessions=sessions, address=settings.address)
    app.include_router(pages.router)
    add_jobs(runtime, Links.from_file(settings.secrets))
    ParcelReader(runtime.database, runtime.objects, settings.secrets, RECEIVERS).join(runtime.jobs)
    app.include_router(
        sign_in_routes(
            provider=Provider(
                settings.identity_provider,
                client_id=settings.agency,
                redirect_uri=settings.address + "/vao/xong",
                backchannel=settings.identity_provider_backchannel,
            ),
            minter=SessionMinter.from_file(settings.secrets / PRIVATE_FILE, settings.agency, runtime.clock),
            reader=sessions,
            revoke=end,
            seen=seen,
        ),
        dependencies=[public()],
    )
    return app
