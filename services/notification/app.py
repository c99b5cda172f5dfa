"""Puts the notification service together; no logic."""

from fastapi import FastAPI

from services.notification import actions, pages, queries
from shared.identity.guard import protect
from shared.identity.provider import Provider
from shared.identity.sessions import PRIVATE_FILE, PUBLIC_FILE, SessionMinter, SessionReader
from shared.identity.sign_in import sign_in_routes
from shared.runtime import Runtime
from shared.settings import BadSettings
from shared.web import make_app


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of notification; `work`: relay and hear in the same process.

    Raises BadSettings without an identity provider, BadSessionKey without the session keys.
    """
    settings = runtime.settings
    if settings.identity_provider is None:
        raise BadSettings("GUONGSANG_IDENTITY_PROVIDER: nobody could sign in without an OIDC provider")

    async def ended(session_id: str) -> bool:
        async with runtime.database.reading() as session:
            return await queries.is_ended(session, session_id)

    async def end(session_id: str) -> None:
        async with runtime.database.transaction() as session:
            await actions.end_session(session, agency=settings.agency, session_id=session_id, at=runtime.clock.real())

    app = make_app(runtime, work=work)
    sessions = SessionReader.from_file(settings.secrets / PUBLIC_FILE, settings.agency, runtime.clock, ended)
    protect(app, sessions=sessions, address=settings.address)
    app.include_router(pages.router)
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
        )
    )
    return app
