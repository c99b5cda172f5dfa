"""`python -m services.<name> …`: the commands that every service has."""

import asyncio
import gc
import json
import sys
import tomllib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from aiokafka.errors import KafkaError
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared import logs, migrate, parked, runtime, settings
from shared.database import Database
from shared.federation import BadFederation
from shared.identity.sessions import BadSessionKey
from shared.inbox import Handlers, Kind, operating
from shared.outbox.lease import LeaseLost
from shared.outbox.log import OlderCopy, TopicMissing
from shared.outbox.rebase import RelayAtWork, rebase
from shared.outbox.recording import raw_connection
from shared.outbox.relay import LogLost
from shared.resigning import NotThisKey, Task, check_key, sign_anew
from shared.runtime import Runtime
from shared.settings import BadSettings
from shared.signatures import NoSigningKey, Signer

BAD_SETTINGS = 2
Application = Callable[[Runtime, bool], FastAPI]
Loader = Callable[[Runtime, AsyncSession, dict[str, Any]], Awaitable[None]]
Files = Annotated[list[Path] | None, typer.Argument(help="what to enter afterwards, as `load` does (TOML)")]


def make_runtime(service: str, folder: Path, handlers: Handlers) -> Runtime:
    """The parts of a service for a command; bad settings end the process with exit code 2 and say what to mend."""
    try:
        found = settings.read()
        logs.set_up(service=service, agency=found.agency, level=found.log_level)
        return runtime.build(service, folder, found, handlers)
    except (BadSettings, BadFederation) as error:
        typer.echo(f"{service}: {error}", err=True)
        raise typer.Exit(BAD_SETTINGS) from None


def make_commands(
    service: str, folder: Path, handlers: Handlers, application: Application, loader: Loader | None = None
) -> typer.Typer:
    """The command line of a service.

    `application(runtime, work)` builds its web application; `loader(runtime, session, content)` enters what a TOML file
    holds: plans, rules, whatever the service begins with.
    """
    commands = typer.Typer(
        help=f"Gương Sáng: the {service} service.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    def make() -> Runtime:
        return make_runtime(service, folder, handlers)

    @commands.callback()
    def remember(context: typer.Context) -> None:
        # The commands of `parked` are the same for every service: they find theirs here.
        context.obj = make

    @commands.command("all")
    def everything() -> None:
        """Serve pages, relay events and hear them, in one process."""
        _serve(make(), application, work=True)

    @commands.command()
    def web() -> None:
        """Serve pages only."""
        _serve(make(), application, work=False)

    @commands.command()
    def worker() -> None:
        """Relay and hear only; serves nothing but /livez, /readyz and /metrics behind its port."""
        _serve(make(), application, work=True)

    _add_schema(commands, make, folder, loader)

    @commands.command()
    def status() -> None:
        """Say what stands aside and how far the outbox is."""
        parts = make()
        asyncio.run(_status(parts))

    @commands.command("rebase")
    def rebase_now() -> None:
        """Let a restored database speak again: a dump in another cluster, or an older copy. Stop the service first."""
        parts = make()
        asyncio.run(_rebase(parts))

    commands.command("sign-anew")(sign_anew_now)
    commands.add_typer(parked.commands, name="parked")
    return commands


def sign_anew_now(
    context: typer.Context,
    key: Annotated[str, typer.Option(help="the key that is revoked, such as hcm/review/1")],
    since: Annotated[
        datetime | None,
        typer.Option(help="only what was recorded since this day; all without it", formats=["%Y-%m-%d"]),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count; the service may run")] = False,
) -> None:
    """Sign what a revoked key signed with today's key, and send it again. Stop the service first.

    First enter the new key and the old one's `revoked_at` in the federation file. Neighbours refuse what arrives under
    the old key; they take what comes again unless they know it already. Ended half way, run it again: it does the rest.
    """
    parts: Runtime = context.obj()
    owner = parts.settings.agency, parts.service
    signer = Signer(lambda: parts.federation, *owner, parts.settings.secrets, parts.clock)
    try:
        new = check_key(parts.federation, signer, owner, key)
        task = Task.of(key, parts.relay.topics, since.date() if since else None)
        asyncio.run(_sign_anew(parts, task, new, dry_run=dry_run))
    except (NotThisKey, NoSigningKey, RelayAtWork, TopicMissing, OlderCopy, LogLost, LeaseLost) as error:
        typer.echo(f"{parts.service}: {error}", err=True)
        raise typer.Exit(1) from None
    except (KafkaError, TimeoutError) as error:
        typer.echo(f"{parts.service}: {type(error).__name__} {error}: run it again, it does the rest", err=True)
        raise typer.Exit(1) from None


async def _sign_anew(parts: Runtime, task: Task, new: str, *, dry_run: bool) -> None:
    try:
        async with parts.database.reading() as session:
            counts = await task.count(await raw_connection(session))
        if not counts:
            typer.echo(f"nothing to do: no event that left the agency is signed with {task.key_id}")
            return
        for topic, count in counts.items():
            typer.echo(f"{topic}: {count}")
        if dry_run:
            typer.echo(f"nothing was done; {new} would sign {sum(counts.values())} event(s)")
            return
        done = await sign_anew(parts.database, parts.relay.access, task, actor=parked.OPERATOR, tell=typer.echo)
        typer.echo(f"signed anew with {new} and sent again: {done}")
    finally:
        await parts.database.close()


def _add_schema(commands: typer.Typer, make: Callable[[], Runtime], folder: Path, loader: Loader | None) -> None:
    """The commands that change what lies in the database before the service runs."""

    @commands.command("migrate")
    def migrate_now(files: Files = None) -> None:
        """Bring the database to the newest schema, then enter these files."""
        parts = make()
        migrate.upgrade_now(parts.settings.database_url, parts.settings.database_password(), folder)
        if files:
            _load(parts, loader, files)

    if loader is not None:

        @commands.command()
        def load(files: Annotated[list[Path], typer.Argument(help="TOML files", exists=True)]) -> None:
            """Enter what these files hold; what was entered before stays as it is."""
            _load(make(), loader, files)

    @commands.command()
    def migration(sentence: str) -> None:
        """Write a new migration from the tables (for developers)."""
        parts = make()
        asyncio.run(migrate.revise(parts.settings.database_url, parts.settings.database_password(), folder, sentence))


def _load(parts: Runtime, loader: Loader | None, files: Sequence[Path]) -> None:
    async def enter(content: dict[str, Any]) -> None:
        try:
            async with parts.database.transaction() as session:
                assert loader is not None, "this service enters no files"
                await loader(parts, session, content)
        finally:
            await parts.database.close()

    for file in files:
        try:
            asyncio.run(enter(tomllib.loads(file.read_text())))
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            typer.echo(f"{file}: cannot be entered: {error}", err=True)
            raise typer.Exit(BAD_SETTINGS) from None


def _serve(parts: Runtime, application: Application, *, work: bool) -> None:
    try:
        served = application(parts, work)
    except (BadSettings, BadSessionKey) as error:
        typer.echo(f"{parts.service}: {error}", err=True)
        raise typer.Exit(BAD_SETTINGS) from None
    config = uvicorn.Config(
        served,
        host=parts.settings.host,
        port=parts.settings.port,
        log_config=None,
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips=parts.settings.proxies,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    freeze_started()

    async def serve() -> None:
        async def leave() -> None:
            await parts.given_up.wait()
            server.should_exit = True

        leaving = asyncio.create_task(leave())
        await server.serve()
        leaving.cancel()

    asyncio.run(serve())
    if parts.given_up.is_set() or not server.started:
        sys.exit(1)


def freeze_started() -> None:
    """Leave what was made so far out of every later garbage collection: it lives as long as the process.

    A collection that goes through all of it stops every request; at fifty desk lists a second that was the difference
    between 20 and 200 milliseconds for the slowest twentieth.
    """
    gc.collect()
    gc.freeze()


async def _status(parts: Runtime) -> None:
    async with parts.database.reading() as session:
        aside = await operating.list_set_aside(session, limit=10_000)
        connection = await session.connection()
        relay = await connection.exec_driver_sql(
            """select (select count(*) from outbox o where (o.position, o.id) > (r.position, r.id)) as unsent, epoch
                 from relay r"""
        )
        row = relay.mappings().one()
    counts = {str(kind): sum(one.kind is kind for one in aside) for kind in Kind}
    await parts.database.close()
    federation = {"version": parts.federation.version, "sha256": parts.federation.sha256}
    typer.echo(json.dumps({**row, "set_aside": counts, "federation": federation}))


async def _rebase(parts: Runtime) -> None:
    database = Database(
        parts.database.url, password=parts.database.password, speaker=parts.database.speaker, elsewhere=True
    )
    try:
        done = await rebase(database, parts.relay.access, parts.relay.topics, actor=parked.OPERATOR)
    except (RelayAtWork, TopicMissing, KafkaError) as error:
        typer.echo(f"{parts.service}: {error}", err=True)
        raise typer.Exit(1) from None
    finally:
        await database.close()
        await parts.database.close()
    typer.echo("\n".join(done.lines()))
