"""Puts the notification service together; no logic."""

from dataclasses import dataclass, replace

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification import pages, queries
from services.notification.actions import accounts
from services.notification.consumers.background import add_jobs
from services.notification.consumers.receivers import RECEIVERS
from shared import running
from shared.fence import public
from shared.identity import ended
from shared.identity.guard import protect
from shared.identity.people import Person, Role
from shared.identity.provider import Provider
from shared.identity.sessions import PRIVATE_FILE, PUBLIC_FILE, SessionMinter, SessionReader
from shared.identity.sign_in import SignIn, Visit, sign_in_routes
from shared.links import Links
from shared.parcels import ParcelReader
from shared.runtime import Runtime
from shared.settings import BadSettings
from shared.web import make_app


@dataclass(frozen=True)
class Book:
    """The register of sessions, in this service's database."""

    runtime: Runtime

    @property
    def _agency(self) -> str:
        return self.runtime.settings.agency

    async def open(self, visit: Visit, *, instead_of: str | None) -> Visit:
        """Remember who signed in, and the session; the one that the browser had ends."""
        clock, identity = self.runtime.clock, f"{visit.issuer}|{visit.subject}"
        async with self.runtime.database.transaction() as session:
            await accounts.note_account(
                session,
                agency=self._agency,
                identity=identity,
                name=visit.name,
                email=visit.email,
                roles=[role.as_claim() for role in visit.roles],
                at=clock.now(),
            )
            await accounts.open_session(
                session,
                agency=self._agency,
                session_id=visit.session_id,
                identity=identity,
                browser=visit.browser,
                ends=visit.ends,
                real=clock.real(),
            )
            if instead_of is not None:
                await accounts.end_session(session, session_id=instead_of, at=clock.now())
            # Behind the account's row lock, which taking a role back waits for: it finds this session and ends it.
            return replace(visit, roles=(*visit.roles, *await self._granted(session, identity)))

    async def end(self, session_id: str) -> None:
        """The session is over, and everybody is told."""
        async with self.runtime.database.transaction() as session:
            await accounts.end_session(session, session_id=session_id, at=self.runtime.clock.now())

    async def see(self, person: Person) -> Visit | None:
        """The session as it stands now, and that it is in use."""
        real, identity = self.runtime.clock.real(), "|".join(person.identity)
        async with self.runtime.database.transaction() as session:
            account = await queries.get_account(session, agency=self._agency, identity=identity)
            found = await queries.get_session(session, agency=self._agency, session_id=person.session_id, real=real)
            if account is None or found is None or found.identity != identity:
                return None
            found.seen_at = real
            named = tuple(Role.from_claim(claim) for claim in account.roles)
            roles = (*named, *await self._granted(session, identity))
            return Visit(found.id, *person.identity, account.name, account.email, roles, found.ends_at, found.browser)

    async def _granted(self, session: AsyncSession, identity: str) -> tuple[Role, ...]:
        grants = await queries.list_grants(session, agency=self._agency, identity=identity)
        return tuple(Role(one.role, one.unit_id, one.since, one.until) for one in grants)


def build(runtime: Runtime, work: bool) -> FastAPI:
    """The web application of notification; `work`: relay and hear in the same process.

    Raises BadSettings without an identity provider or link key, BadSessionKey without the session keys.
    """
    settings = runtime.settings
    if not settings.providers:
        raise BadSettings("GUONGSANG_IDENTITY_PROVIDER: nobody could sign in without an OIDC provider")

    app = make_app(runtime, work=work)
    sessions = SessionReader.from_file(
        settings.secrets / PUBLIC_FILE, settings.agency, runtime.clock, ended.ended_in(runtime.database)
    )
    protect(
        app,
        sessions=sessions,
        address=settings.address,
        database=runtime.database,
        rate_scale=settings.rate_scale,
    )
    app.include_router(pages.router)
    ended.sweep_hourly(runtime.jobs, runtime.database, runtime.clock)
    running.join(app, runtime, "/viec", pages.LISTS)
    add_jobs(runtime, Links.from_file(settings.secrets))
    ParcelReader(runtime.database, runtime.objects, settings.secrets, RECEIVERS).join(runtime.jobs)
    providers = [Provider.of(one, agency=settings.agency, address=settings.address) for one in settings.providers]
    minter = SessionMinter.from_file(settings.secrets / PRIVATE_FILE, settings.agency, runtime.clock)
    ways = SignIn(providers, minter, sessions, Book(runtime), settings.session_idle, settings.session_life)
    app.include_router(sign_in_routes(ways), dependencies=[public()])
    return app
