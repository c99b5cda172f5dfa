"""Signing in, in tests: the real embedded provider as a process, and an agency's application with a few routes."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI
from lxml import html
from starlette.requests import Request
from starlette.responses import Response

from shared.clock import Clock
from shared.identity.guard import SignedIn, protect
from shared.identity.people import Person
from shared.identity.provider import Provider
from shared.identity.sessions import SessionMinter, SessionReader, make_session_keys
from shared.identity.sign_in import SignIn, Visit, sign_in_routes
from shared.pages import make_pages

REPOSITORY = Path(__file__).parents[2]
ADDRESS = "https://tan-binh.localhost"
BACK = f"{ADDRESS}/vao/xong"
SAME_ORIGIN = {"sec-fetch-site": "same-origin", "origin": ADDRESS}
OFFICER = {"role": "officer", "unit": None, "from": "2024-01-01", "until": None}
CHAIR = {"role": "chair", "unit": None, "from": "2023-01-01", "until": "2024-06-01"}
ACCOUNTS = [{"sub": "can-bo", "name": "Nguyễn Thị Ánh", "agency": "tan-binh", "roles": [OFFICER, CHAIR]}]


@contextmanager
def running_provider(folder: Path, redirect: str = ADDRESS) -> Iterator[str]:
    """A running provider's public address; it is reached by 127.0.0.1."""
    accounts = folder / "accounts.json"
    accounts.write_text(json.dumps(ACCOUNTS))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://id.localhost:{port}"
    given = ["--port", str(port), "--accounts", str(accounts), "--issuer", address, "--client", f"tan-binh={redirect}"]
    running = subprocess.Popen(
        [sys.executable, "-m", "deploy.identity_provider", *given],
        cwd=REPOSITORY,
        env=os.environ | {"GUONGSANG_ENVIRONMENT": "local"},
    )
    try:
        while running.poll() is None:
            try:
                httpx2.get(f"http://127.0.0.1:{port}/jwks", trust_env=False)
                break
            except httpx2.TransportError:
                time.sleep(0.05)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=20)


def provider_at(issuer: str, id_: str = "", name: str = "") -> Provider:
    """The agency's side of a running provider."""
    back = f"{BACK}/{id_}" if id_ else BACK
    return Provider(issuer, "tan-binh", back, issuer.replace("id.localhost", "127.0.0.1"), id=id_, name=name)


class Desk:
    """An agency's application with one page, one act, and what signing out revoked."""

    def __init__(self, folder: Path, providers: Sequence[Provider], clock: Clock, **more: Any) -> None:
        make_session_keys(folder / "session.key", [folder / "session.pub"])
        self.revoked: list[str] = []
        self.visits: dict[str, Visit] = {}
        self.minter = SessionMinter.from_file(folder / "session.key", "tan-binh", clock)
        self.reader = SessionReader.from_file(folder / "session.pub", "tan-binh", clock, self.is_revoked)
        self.provider = providers[0]
        self.app = FastAPI(telemetry={"auto_configure": False})
        self.pages = make_pages(folder, agency="Phòng GDĐT quận Tân Bình", clock=clock)
        self.pages.mount(self.app)
        self.app.include_router(sign_in_routes(SignIn(providers, self.minter, self.reader, self, **more)))
        self.app.get("/viec")(self.work)
        self.app.get("/api/v1/notification/me")(self.me)
        self.app.post("/xet-duyet/ho-so/TB-24-0001/ket-luan")(self.decide)
        self.app.post("/api/v1/review/decisions")(self.decide)
        self.app.post("/door/review/parcels")(self.deposit)
        protect(self.app, sessions=self.reader, address=ADDRESS)

    async def is_revoked(self, session_id: str) -> bool:
        return session_id in self.revoked

    async def open(self, visit: Visit, *, instead_of: str | None) -> Visit:
        self.visits[visit.session_id] = visit
        if instead_of:
            await self.end(instead_of)
        return visit

    async def see(self, person: Person) -> Visit | None:
        return self.visits.get(person.session_id)

    async def end(self, session_id: str) -> None:
        self.visits.pop(session_id, None)
        self.revoked.append(session_id)

    async def work(self, request: Request, person: SignedIn) -> Response:
        return self.pages.error(request, 200, f"Việc của {person.name}")

    async def me(self, person: SignedIn) -> dict[str, Any]:
        return {"identity": person.identity, "name": person.name, "agency": person.agency, "roles": person.roles}

    async def decide(self, person: SignedIn, role: str, on: date) -> dict[str, Any]:
        acting = person.acting_as(role, on=on)
        return {"acting": acting.role, "name": acting.role_name}

    async def deposit(self) -> dict[str, bool]:
        return {"stored": True}


async def choose(browser: httpx2.AsyncClient, elsewhere: httpx2.AsyncClient, begin: str = "/vao") -> str:
    """Start at the agency, pick the account at the provider: the path that the provider sends the browser back to."""
    started = await browser.get(begin)
    away = urlsplit(started.headers["location"])
    assert f"{away.scheme}://{away.netloc}{away.path}" == f"http://{elsewhere.headers['host']}/authorize"
    page = html.fromstring((await elsewhere.get(f"/authorize?{away.query}")).text)
    order = page.xpath("//input[@name='order']/@value")[0]
    chosen = await elsewhere.post("/choose", data={"order": order, "account": "can-bo"})
    back = urlsplit(chosen.headers["location"])
    assert f"{back.scheme}://{back.netloc}" == ADDRESS
    return f"{back.path}?{back.query}"


def at(issuer: str) -> httpx2.AsyncClient:
    """The same browser at a provider's pages."""
    inside = issuer.replace("id.localhost", "127.0.0.1")
    return httpx2.AsyncClient(base_url=inside, headers={"host": urlsplit(issuer).netloc}, trust_env=False)


async def sign_in(browser: httpx2.AsyncClient, issuer: str, begin: str = "/vao?noi=so") -> httpx2.Response:
    """Sign in there; where that led."""
    async with at(issuer) as elsewhere:
        came = await browser.get(await choose(browser, elsewhere, begin))
    assert came.status_code == 303
    return came


def cookies_of(response: httpx2.Response) -> dict[str, str]:
    """Each cookie set by the response: its name and its attributes."""
    lines = [line.partition("=") for line in response.headers.get_list("set-cookie")]
    return {name: rest.partition("; ")[2] for name, _, rest in lines}
