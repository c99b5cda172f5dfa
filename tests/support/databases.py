"""Databases for tests: each a clone of a template that was built once per run."""

import secrets
from pathlib import Path
from typing import ClassVar

from sqlalchemy import MetaData
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from deploy.local.postgres import Postgres
from shared import migrate
from shared.clock import Clock, FixedClock
from shared.database import Database
from shared.outbox import Speaker, archive
from tests.support.signing import sign_as

PASSWORD = "for tests only"


def speaker(agency: str, service: str, clock: Clock | None = None) -> Speaker:
    """A service that signs with its first key."""
    return Speaker(agency, service, clock or Clock(), sign_as(f"{agency}/{service}/1"))


class Databases:
    """Clones databases and closes what it handed out."""

    _templates: ClassVar[dict[tuple[int, str], str]] = {}

    def __init__(self, postgres: Postgres) -> None:
        self.postgres = postgres
        self._made: list[str] = []
        self._open: list[Database] = []

    async def service(self, name: str, *, agency: str = "tan-binh", clock: Clock | None = None) -> Database:
        """A database of a service, as its migrations build it."""
        return await self._clone(f"services/{name}", speaker(agency, name, clock or FixedClock()))

    async def earlier(self, name: str, revision: str, *, agency: str = "tan-binh") -> Database:
        """A database of a service as it was at a revision of its schema, without rows."""
        made = f"test_{secrets.token_hex(6)}"
        await self.postgres.ensure_login("tests", PASSWORD)
        await self.postgres.ensure_database(made, "tests")
        self._made.append(made)
        await migrate.upgrade(self.postgres.url(made, "tests"), PASSWORD, Path(f"services/{name}"), revision)
        who = speaker(agency, name, FixedClock())
        return self.keep(Database(self.postgres.url(made, "tests"), password=PASSWORD, speaker=who))

    async def core(self, metadata: MetaData, *, agency: str, service: str = "nomination") -> Database:
        """A database with these tables, which hold those of outbox, inbox and audit."""
        return await self._clone(metadata, speaker(agency, service))

    async def again(self, database: Database, *, service: str | None = None) -> Database:
        """A second way into the same database, as another process would have it."""
        who = database.speaker if service is None else speaker(database.speaker.agency, service)
        return self.keep(Database(database.url, password=PASSWORD, speaker=who))

    async def copy(self, database: Database) -> Database:
        """A copy of a database as it is now, as a backup would restore it (sessions of the original are ended)."""
        await database.close()
        return await self._from(database.url.rsplit("/", 1)[1], database.speaker)

    async def close(self) -> None:
        """Close and drop what was made."""
        for database in self._open:
            await database.close()
        connection = await self.postgres.connect()
        for name in self._made:
            await connection.execute(f"drop database {name} with (force)")
        await connection.close()

    async def _clone(self, source: str | MetaData, speaker: Speaker) -> Database:
        key = (self.postgres.port, source if isinstance(source, str) else str(id(source)))
        if key not in self._templates:
            self._templates[key] = await self._template(source)
        return await self._from(self._templates[key], speaker)

    async def _from(self, template: str, speaker: Speaker) -> Database:
        name = f"test_{secrets.token_hex(6)}"
        connection = await self.postgres.connect()
        await connection.execute(f"create database {name} template {template} owner tests strategy file_copy")
        await connection.close()
        self._made.append(name)
        return self.keep(Database(self.postgres.url(name, "tests"), password=PASSWORD, speaker=speaker))

    async def _template(self, source: str | MetaData) -> str:
        name = f"template_{secrets.token_hex(6)}"
        await self.postgres.ensure_login("tests", PASSWORD)
        await self._patience()
        await self.postgres.ensure_database(name, "tests")
        url = self.postgres.url(name, "tests")
        if isinstance(source, str):
            await migrate.upgrade(url, PASSWORD, Path(source))
            return name
        engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            connect_args={"password": PASSWORD},
            poolclass=NullPool,
        )
        async with engine.begin() as connection:
            await connection.run_sync(source.create_all)
            await connection.exec_driver_sql(
                "insert into relay (system_identifier) select system_identifier::text from pg_control_system()"
            )
        await engine.dispose()
        database = Database(url, password=PASSWORD, speaker=Speaker("template", "nomination", Clock()))
        raw = await database.connect()
        await archive.ensure_partitions(raw, Clock().real())
        await raw.close()
        await database.close()
        return name

    async def _patience(self) -> None:
        """A machine that stands still for seconds ends no test's transaction; a service's own login is stricter."""
        connection = await self.postgres.connect()
        await connection.execute("alter role tests set idle_in_transaction_session_timeout = '20s'")
        await connection.close()

    def keep(self, database: Database) -> Database:
        self._open.append(database)
        return database
