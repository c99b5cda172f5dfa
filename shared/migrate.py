"""The body of every service's `migrations/env.py`, and the two commands that use it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import MetaData
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.fence import UNFENCED
from shared.outbox import archive

# A migration that waits for a lock makes everybody behind it wait too: give up early, try again later.
_LIMITS = "set lock_timeout = '4s'; set statement_timeout = '30s'"


def run(context: Any, metadata: MetaData) -> None:
    """What an `env.py` does: migrate on the connection that the command opened. `context` is `alembic.context`."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_ours,
        render_item=_render,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Partitions and the job queue's own tables are not declared by us."""
    return not (kind == "table" and name is not None and name.startswith(("outbox_2", "pgqueuer")))


def _render(kind: str, thing: Any, _autogenerate: Any) -> str | Literal[False]:
    """SQLModel's own types are plain SQLAlchemy ones in a migration, so that it needs no import."""
    if kind == "type" and type(thing).__module__.startswith("sqlmodel"):
        if type(thing).__name__ == "UTCDateTime":
            return "sa.DateTime(timezone=True)"
        return f"sa.String(length={thing.length})" if getattr(thing, "length", None) else "sa.String()"
    return False


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config


async def upgrade(url: str, password: str | None, folder: Path, to: str = "head") -> None:
    """Bring a database to the newest schema, or `to` an earlier one, and make the outbox's coming partitions.

    `url` is `postgresql://user@host:port/database`; `folder` holds the service's `migrations/`.
    """
    await _with_connection(url, password, folder, lambda config: command.upgrade(config, to))
    engine = _engine(url, password)
    try:
        async with engine.connect() as connection:
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await archive.ensure_partitions(raw, datetime.now(UTC))
    finally:
        await engine.dispose()


async def revise(url: str, password: str | None, folder: Path, sentence: str) -> None:
    """Write a new migration from the difference between the tables and the database (for developers)."""
    await _with_connection(
        url, password, folder, lambda config: command.revision(config, message=sentence, autogenerate=True)
    )


async def differences(url: str, password: str | None, folder: Path) -> str | None:
    """What a new migration would have to do; none when tables and database agree."""
    try:
        await _with_connection(url, password, folder, command.check)
    except CommandError as error:
        return str(error)
    return None


async def _with_connection(url: str, password: str | None, folder: Path, act: Any) -> None:
    engine = _engine(url, password)

    def work(connection: Connection) -> None:
        for limit in _LIMITS.split("; "):
            connection.exec_driver_sql(limit)
        connection.commit()
        config = _config(folder)
        config.attributes["connection"] = connection
        act(config)

    try:
        async with engine.connect() as connection:
            await connection.run_sync(work)
            await connection.commit()
    finally:
        await engine.dispose()


def _engine(url: str, password: str | None) -> Any:
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={"server_settings": UNFENCED} | ({"password": password} if password else {}),
        poolclass=NullPool,
    )


def upgrade_now(url: str, password: str | None, folder: Path) -> None:
    """`upgrade` for a command line."""
    asyncio.run(upgrade(url, password, folder))
