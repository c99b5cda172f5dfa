"""The parts of one service process as every process makes them, around a line's databases and broker."""

import asyncio
import os
import sys
from datetime import date
from pathlib import Path
from typing import Any

import httpx2

from deploy import topics
from deploy.local.kafka import ADMIN
from shared import runtime, web
from shared.database import Database
from shared.events import SERVICES
from shared.federation import Federation, owned_topics
from shared.runtime import Runtime
from shared.settings import Settings
from tests.support import toy
from tests.support.databases import PASSWORD
from tests.support.line import Line, write_secret

FEDERATION = """
version = 1
name = "test"

[[agency]]
id = "{agency}"
name = "Phòng Giáo dục và Đào tạo thử nghiệm"
short = "Thử nghiệm"
mark = "TN"
tier = "district"
line = "administrative"
from = 2020-01-01
"""


def settings_of(line: Line, folder: Path) -> dict[str, str]:
    """The settings of a service of a line's agency, but for its database."""
    federation = folder / "federation.toml"
    federation.write_text(FEDERATION.format(agency=line.agency))
    return {
        "agency": line.agency,
        "federation": str(federation),
        "database_password_file": str(write_secret(folder / "database.password", PASSWORD)),
        "kafka_servers": line.kafka.address,
        "kafka_user": ADMIN,
        "kafka_password_file": str(write_secret(folder / "kafka.password", line.kafka.secrets[ADMIN])),
        "objects": str(folder),
        "secrets": str(folder),
    }


class Operator:
    """Runs commands of a toy service, each in a process of its own."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = {f"GUONGSANG_{name.upper()}": value for name, value in settings.items()}

    async def start(self, database: Database, *words: str) -> asyncio.subprocess.Process:
        """The command at work."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.toy_service", database.speaker.service, *words),
            env=os.environ | self._settings | {"GUONGSANG_DATABASE_URL": database.url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def run(self, database: Database, *words: str) -> tuple[int, str]:
        """The exit code and what was printed."""
        child = await self.start(database, *words)
        printed, _ = await child.communicate()
        return child.returncode or 0, printed.decode().strip()


def build(line: Line, service: str, folder: Path, **settings: Any) -> Runtime:
    """A service around the database that says (nomination) or that hears (any other)."""
    database = line.said if service == "nomination" else line.heard
    told = {**settings_of(line, folder), "database_url": database.url, **settings}
    return runtime.build(service, Path("services", service), Settings(**told), toy.HANDLERS)


def make_topics(line: Line, federation: Federation, today: date, agency: str | None = None) -> None:
    """All topics of an agency, the line's without one, as `deploy.topics` would make them."""
    owner = agency or line.agency
    wanted = [one for service in SERVICES for one in owned_topics(federation, owner, service, today)]
    missing = tuple(one for one in wanted if one.name != line.topic)
    topics.apply(line.kafka.admin(), topics.Difference(missing, add=(), remove=(), recounts=(), authorizer=True))


def client(parts: Runtime) -> httpx2.AsyncClient:
    """Somebody at the port of this process, which a test starts and stops itself."""
    transport = httpx2.ASGITransport(web.make_app(parts, work=False))
    return httpx2.AsyncClient(transport=transport, base_url="http://service")
