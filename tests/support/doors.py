"""Review services of several agencies with real doors between them, each over a socket of its own."""

import asyncio
import contextlib
import hashlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

import httpx2
import uvicorn
from cryptography.hazmat.primitives import serialization
from fastapi import FastAPI
from pyrage import x25519
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import door, parcels
from shared import runtime as runtimes
from shared.clock import FixedClock
from shared.door import tokens
from shared.door.tokens import Act
from shared.events import Sealed
from shared.federation import Federation
from shared.identity.sessions import PRIVATE_FILE, PUBLIC_FILE, make_session_keys
from shared.jobs import Jobs
from shared.parcels import FileEntry, Manifest, Opened, ParcelReader, ParcelState
from shared.parcels.moving import IDENTITIES
from shared.runtime import Runtime
from shared.settings import Settings
from tests.support.databases import PASSWORD, Databases
from tests.support.signing import FILE, key_entry, private_key

CHILD, SIBLING, PARENT = "tan-binh", "go-vap", "hcm"
CLOCK = FixedClock()
QUICK = (timedelta(milliseconds=10),) * 3
PAPER = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
_SIBLING = """
[[agency]]
id = "go-vap"
name = "Phòng Giáo dục và Đào tạo quận Gò Vấp"
short = "Gò Vấp"
mark = "GV"
tier = "district"
line = "administrative"
from = 2020-01-01
[[edge]]
child = "go-vap"
parent = "hcm"
line = "administrative"
from = 2020-01-01
"""


@dataclass
class Roads:
    """The federation file that all of them read, and the ports at which they listen."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    identities: dict[str, x25519.Identity] = field(default_factory=dict)
    keys: dict[str, dict[str, str]] = field(default_factory=dict)
    """Dates of signing keys by key id: `{"retired_at": "2024-10-01"}`."""
    edge_ends: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / "federation.toml"

    def write(self) -> None:
        """Write the file as things stand."""
        content = FILE.read_text() + _SIBLING
        for agency in self.ports:
            content = content.replace(f'id = "{agency}"\n', f'id = "{agency}"\naddress = "{self.address(agency)}"\n', 1)
        for (child, parent), until in self.edge_ends.items():
            edge = re.compile(rf'(child = "{child}"\nparent = "{parent}"\n.*\nfrom = .*\n)(until = .*\n)?')
            content = edge.sub(rf"\g<1>until = {until}\n", content)
        for key_id, dates in self.keys.items():
            content += key_entry(key_id, **{"since": "2020-01-01", **dates})
        for name, identity in self.identities.items():
            agency, service, _ = name.split("/")
            fields = {"id": name, "agency": agency, "service": service, "public": str(identity.to_public())}
            content += "\n[[recipient]]\nfrom = 2000-01-01\n" + "".join(f'{k} = "{v}"\n' for k, v in fields.items())
        self.path.write_text(content)
        Federation.load(self.path)

    def address(self, agency: str) -> str:
        """Where an agency listens, by a name that no resolver knows."""
        return f"http://{agency}.localhost:{self.ports[agency]}"


@dataclass
class House:
    """The review service of one agency. `taken`: what its receiver was handed."""

    agency: str
    runtime: Runtime
    app: FastAPI
    folder: Path
    taken: list[tuple[dict[str, Any], Opened]] = field(default_factory=list)

    @property
    def objects(self) -> Path:
        """The folder of its object store."""
        return self.folder / "objects"

    def files(self) -> set[str]:
        """What lies in its store."""
        return {str(one.relative_to(self.objects)) for one in self.objects.rglob("*") if one.is_file()}

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """What its database answers."""
        async with self.runtime.database.reading() as session:
            return [dict(row) for row in (await session.execute(text(query))).mappings()]

    async def store(self, to: str, content: bytes = PAPER) -> Sealed:
        """A parcel of one paper in its store, sealed to another agency's review."""
        made, files = parcel_of(content)
        place = self.runtime.objects, self.runtime.federation, self.agency, "review", "review"
        return await parcels.store(*place, made, files, CLOCK.today(), to_agency=to)

    async def put(self, content: bytes) -> Sealed:
        """Whatever bytes lie in its store as a parcel, as the event about it would describe them."""
        sealed = described(content)
        await self.runtime.objects.put(parcels.path_of("review", sealed.parcel_id), content)
        return sealed

    def token(self, to: str, act: Act, sealed: Sealed) -> str:
        """A token of this service."""
        key_id = f"{self.agency}/review/1"
        own, now = f"{self.agency}/review", CLOCK.real()
        return tokens.make((key_id, private_key(key_id)), own, f"{to}/review", act, sealed, now)

    async def expect(self, sealed: Sealed, **where: Any) -> None:
        """Note a parcel as its consumer would."""
        async with self.runtime.database.transaction() as session:
            await parcels.expect(session, sealed, purpose="referral", about={"case_id": UUID(int=7)}, **where)

    async def take(self, session: AsyncSession, about: dict[str, Any], opened: Opened) -> None:
        """Its receiver."""
        self.taken.append((about, opened))

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Its worker takes parcels."""

        async def fetch(agency: str, sealed: Sealed) -> bytes:
            return await door.fetch(self.runtime, agency, sealed)

        made = Jobs(self.runtime.database, poll=timedelta(seconds=0.2))
        secrets, receivers = self.runtime.settings.secrets, {"referral": self.take}
        reader = ParcelReader(self.runtime.database, self.runtime.objects, secrets, receivers, fetch)
        reader.join(made, pauses=QUICK)
        self.runtime.database.on_jobs[:] = [made.bell.ring]
        task = asyncio.create_task(made.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await made.bell.close()

    async def until(self, state: ParcelState) -> tuple[UUID, str | None]:
        """Wait for its one parcel to reach a state; its id and why it failed."""
        async with asyncio.timeout(30):
            while True:
                async with self.runtime.database.reading() as session:
                    found = await parcels.listed(session, self.agency, state)
                if found:
                    return found[0].sealed.parcel_id, found[0].reason
                await asyncio.sleep(0.02)

    async def bring(self, sealed: Sealed, content: bytes, token: str, **headers: str) -> httpx2.Response:
        """Somebody brings this to its door, without a connection between."""
        named = {"authorization": f"Bearer {token}", "content-type": "application/octet-stream", **headers}
        told = [(name.encode(), value.encode("latin-1")) for name, value in named.items()]
        async with self.client() as somebody:
            return await somebody.put(f"/door/review/parcels/{sealed.parcel_id}", content=content, headers=told)

    async def ask(self, sealed: Sealed, token: str) -> httpx2.Response:
        """Somebody asks for this at its door, without a connection between."""
        async with self.client() as somebody:
            told = {"authorization": f"Bearer {token}"}
            return await somebody.get(f"/door/review/parcels/{sealed.parcel_id}", headers=told)

    def client(self) -> httpx2.AsyncClient:
        """Somebody at its door, without a connection between."""
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url="http://door")

    @contextlib.asynccontextmanager
    async def listening(self, port: int) -> AsyncIterator[int]:
        """It listens at a port of this machine."""
        async with listening(self.app, port) as place:
            yield place


def parcel_of(content: bytes = PAPER) -> tuple[Manifest, dict[str, bytes]]:
    """Manifest and files of a parcel with one paper."""
    sha256 = hashlib.sha256(content).hexdigest()
    entry = FileEntry(name="hồ sơ.pdf", type="application/pdf", size=len(content), sha256=sha256)
    return Manifest(ids={"case_id": str(UUID(int=7))}, files=(entry,)), {sha256: content}


def described(content: bytes) -> Sealed:
    """What an event says of a ciphertext."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Sealed(parcel_id=uuid4(), sha256=sha256, size=len(content), recipient="hcm/review/1")


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def listening(app: Any, port: int, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[int]:
    """An ASGI application behind a real server."""
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, access_log=False, lifespan=lifespan))
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
        if task.done():
            task.result()
    try:
        yield port
    finally:
        server.should_exit = server.force_exit = True
        await task


async def make_house(databases: Databases, roads: Roads, agency: str, **more: Any) -> House:
    """An agency's review with a database, a store, a signing key and an identity; `more` are settings."""
    folder = roads.folder / agency
    secret = folder / "secrets"
    secret.mkdir(parents=True)
    (folder / "objects").mkdir()
    name = f"{agency}/review/1"
    roads.keys.setdefault(name, {})
    roads.identities[name] = x25519.Identity.generate()
    roads.ports.setdefault(agency, free_port())
    roads.write()
    encoding = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (secret / "signing-1.pem").write_bytes(private_key(name).private_bytes(*encoding))
    (secret / IDENTITIES).write_text(str(roads.identities[name]))
    (secret / "database.password").write_text(PASSWORD)
    make_session_keys(secret / PRIVATE_FILE, [secret / PUBLIC_FILE])
    database = await databases.service("review", agency=agency)
    settings: dict[str, Any] = {
        "agency": agency,
        "federation": roads.path,
        "environment": "local",
        "address": roads.address(agency),
        "database_url": database.url,
        "database_password_file": secret / "database.password",
        "kafka_servers": "127.0.0.1:9",
        "objects": str(folder / "objects"),
        "secrets": secret,
        **more,
    }
    handlers = import_module("services.review.consumers").HANDLERS
    made = runtimes.build("review", Path("services/review"), Settings(**settings), handlers)
    await made.database.close()
    made = replace(made, clock=CLOCK, database=database, jobs=Jobs(database))
    return House(agency, made, import_module("services.review.app").build(made, False), folder)
