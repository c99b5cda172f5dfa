"""A service's real application over ASGI: its pages as somebody in a role sees them, in a real browser's manner."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from fastapi import FastAPI
from pyrage import x25519

from deploy.local.federation_file import as_toml
from shared import runtime as runtimes
from shared.clock import Clock, FixedClock
from shared.database import Database
from shared.events import SERVICES
from shared.federation import Federation, Recipient
from shared.field_keys import KEYS_FILE, new_key
from shared.identity.form_tokens import FIELD, FORM_COOKIE, masked, new_value
from shared.identity.people import Role
from shared.identity.sessions import COOKIE, PRIVATE_FILE, PUBLIC_FILE, SessionMinter, make_session_keys
from shared.jobs import Jobs
from shared.links import KEY_FILE, Links
from shared.parcels.moving import IDENTITIES
from shared.runtime import Runtime
from shared.settings import Settings
from tests.support import compiled
from tests.support.databases import PASSWORD, Databases

ADDRESS = "https://tan-binh.localhost"
ISSUER = "https://id"
SAME_ORIGIN = {"sec-fetch-site": "same-origin", "origin": ADDRESS}


class Tab(httpx2.AsyncClient):
    """A browser whose forms carry what our pages put into them."""

    value = new_value()

    async def request(self, method: str, url: Any, **more: Any) -> httpx2.Response:
        """One request; a form that is sent with a session carries the browser's value."""
        told = self.headers.get("cookie", "")
        if COOKIE in told and FORM_COOKIE not in told:
            self.headers["cookie"] = f"{told}; {FORM_COOKIE}={self.value}"
        if method == "POST" and more.get("json") is None and more.get("content") is None and "/api/" not in str(url):
            value = self.value if COOKIE in told else self.cookies.get(FORM_COOKIE)
            more["data"] = ({FIELD: masked(value)} if value else {}) | dict(more.get("data") or {})
        return await super().request(method, url, **more)


@dataclass
class Site:
    """One service's application with what stands around it."""

    service: str
    app: FastAPI
    runtime: Runtime
    folder: Path
    minter: SessionMinter

    @property
    def database(self) -> Database:
        """The service's database."""
        return self.runtime.database

    @property
    def links(self) -> Links:
        """The agency's one-time links."""
        return Links.from_file(self.folder / "secrets")

    def client(self, headers: dict[str, str]) -> httpx2.AsyncClient:
        """A browser with these headers; what the application raises is an answer, as behind a server."""
        transport = httpx2.ASGITransport(self.app, raise_app_exceptions=False)
        return Tab(transport=transport, base_url=ADDRESS, headers=SAME_ORIGIN | headers)

    def anybody(self) -> httpx2.AsyncClient:
        """Somebody who is not signed in."""
        return self.client({})

    def token(self, *roles: str, unit: UUID | None = None, subject: str = "", email: str = "") -> str:
        """A session of a person in these roles, for one unit or for the whole agency."""
        held = [Role(role, unit) for role in roles]
        name = subject or "-".join(roles) or "ai-do"
        return self.minter.session(issuer=ISSUER, subject=name, name=f"Người {name}", roles=held, email=email)

    def signed_in(
        self, *roles: str, unit: UUID | None = None, subject: str = "", email: str = ""
    ) -> httpx2.AsyncClient:
        """A person in these roles."""
        return self.client({"cookie": f"{COOKIE}={self.token(*roles, unit=unit, subject=subject, email=email)}"})

    async def close(self) -> None:
        """Close what is open."""
        await self.database.close()


async def make_site(
    databases: Databases,
    service: str,
    folder: Path,
    *,
    agency: str = "tan-binh",
    clock: Clock | None = None,
    change: Callable[[dict[str, Any]], None] = lambda _settings: None,
) -> Site:
    """The application of a service as its `build(runtime, work=False)` makes it; `change` bends its settings."""
    clock = clock or FixedClock()
    database = await databases.service(service, agency=agency, clock=clock)
    make_secrets(folder)
    settings = settings_of(folder, database) | {"agency": agency}
    change(settings)
    handlers = import_module(f"services.{service}.consumers").HANDLERS
    made = runtimes.build(service, Path("services", service), Settings(**settings), handlers)
    await made.database.close()
    made = replace(made, clock=clock, database=database, jobs=Jobs(database))
    app = import_module(f"services.{service}.app").build(made, False)
    compiled.share(service, app)
    minter = SessionMinter.from_file(folder / "secrets" / PRIVATE_FILE, agency, clock)
    return Site(service, app, made, folder, minter)


def make_secrets(folder: Path) -> None:
    """Keys, an object store, and a federation file in which every service can be written to."""
    secret = folder / "secrets"
    secret.mkdir(exist_ok=True)
    (folder / "objects").mkdir(exist_ok=True)
    make_session_keys(secret / PRIVATE_FILE, [secret / PUBLIC_FILE])
    (secret / KEY_FILE).write_text(secrets.token_urlsafe(32))
    (secret / KEYS_FILE).write_text(new_key("1"))
    identity = x25519.Identity.generate()
    (secret / IDENTITIES).write_text(str(identity))
    (secret / "database.password").write_text(PASSWORD)
    federation = Federation.load(Path("deploy/federations/2023.toml"))
    readers = tuple(
        Recipient.model_validate(
            {
                "id": f"tan-binh/{service}/1",
                "agency": "tan-binh",
                "service": service,
                "public": str(identity.to_public()),
                "from": federation.agency("tan-binh").since,
            }
        )
        for service in SERVICES
    )
    (folder / "federation.toml").write_text(as_toml(federation.model_copy(update={"recipients": readers})))


def settings_of(folder: Path, database: Database) -> dict[str, Any]:
    """The settings of a service whose database that is; nothing listens at its broker's address."""
    return {
        "agency": "tan-binh",
        "federation": folder / "federation.toml",
        "environment": "local",
        "address": ADDRESS,
        "database_url": database.url,
        "database_password_file": folder / "secrets" / "database.password",
        "kafka_servers": "127.0.0.1:9",
        "objects": str(folder / "objects"),
        "secrets": folder / "secrets",
        "identity_provider": "http://id.localhost:9",
    }


def text_of(answer: httpx2.Response) -> str:
    """What a page says, without tags, in one line."""
    body = answer.text[answer.text.find("<main") :].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def problem_of(answer: httpx2.Response) -> dict[str, Any]:
    """A problem+json without what differs from call to call; its correlation id is the header's."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.content)
    assert told.pop("correlation_id") == answer.headers["x-correlation-id"]
    return told


@asynccontextmanager
async def working(site: Site) -> AsyncIterator[None]:
    """A worker that does the jobs which wait."""
    task = asyncio.create_task(site.runtime.jobs.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


Sites = Callable[..., Awaitable[Site]]


async def sites_in(databases: Databases, folder: Path) -> AsyncIterator[Sites]:
    """For a fixture: makes sites of any service, closed after the test."""
    made: list[Site] = []

    async def make(service: str, **more: Any) -> Site:
        home = folder / f"{service}-{len(made)}"
        home.mkdir()
        made.append(await make_site(databases, service, home, **more))
        return made[-1]

    yield make
    for site in made:
        await site.close()
