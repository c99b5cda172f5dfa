"""`python -m services.<name> parked …`: what an operator does with records that were set aside."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from shared.audit import Actor
from shared.inbox import Kind, operating
from shared.inbox.operating import NotPossible
from shared.runtime import Runtime

OPERATOR = Actor("system:command-line", "operator")
Number = Annotated[int, typer.Argument(help="the number that `list` shows")]
Reason = Annotated[str, typer.Option(help="why; it is kept in the audit")]

commands = typer.Typer(
    help="What could not take effect: list, show, replay, discard, skip a gap.", no_args_is_help=True
)


def _act(context: typer.Context, work: Callable[[Runtime], Awaitable[str]]) -> None:
    """Do it with the service's parts and print the outcome; what cannot be done ends with exit code 1 and says why."""
    make: Callable[[], Runtime] = context.obj
    parts = make()

    async def run() -> str:
        try:
            return await work(parts)
        finally:
            await parts.database.close()

    try:
        typer.echo(asyncio.run(run()))
    except (LookupError, NotPossible) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@commands.command("list")
def list_all(
    context: typer.Context, kind: Annotated[Kind | None, typer.Option(help="only of this kind")] = None
) -> None:
    """One line per record, oldest first."""

    async def work(parts: Runtime) -> str:
        async with parts.database.reading() as session:
            rows = await operating.list_set_aside(session, kinds=[kind] if kind else list(Kind), limit=1000)
        lines = [f"{r.id}\t{r.kind}\t{r.since:%Y-%m-%d %H:%M:%S}\t{r.type}\t{r.key}\t{r.reason}" for r in rows]
        return "\n".join(lines) or "nothing is set aside"

    _act(context, work)


@commands.command()
def show(context: typer.Context, number: Number) -> None:
    """One record with its body (ids only)."""

    async def work(parts: Runtime) -> str:
        async with parts.database.reading() as session:
            rows = await operating.list_set_aside(session, after=number - 1, limit=1)
        if not rows or rows[0].id != number:
            raise LookupError(f"nothing is set aside under {number}")
        return json.dumps({name: str(value) for name, value in vars(rows[0]).items()}, ensure_ascii=False, indent=2)

    _act(context, work)


@commands.command()
def replay(context: typer.Context, number: Number) -> None:
    """Handle it again, and what waits behind it."""

    async def work(parts: Runtime) -> str:
        left = await operating.replay(parts.database, parts.hearing, number, actor=OPERATOR)
        if left:
            raise NotPossible(f"it failed again and stays: {left}")
        return "it took effect"

    _act(context, work)


@commands.command()
def discard(context: typer.Context, number: Number, reason: Reason) -> None:
    """Give it up: it counts as seen and frees what waits behind it."""

    async def work(parts: Runtime) -> str:
        await operating.discard(parts.database, parts.hearing, number, actor=OPERATOR, reason=reason)
        return "discarded"

    _act(context, work)


@commands.command("skip-gap")
def skip_gap(context: typer.Context, number: Number, reason: Reason) -> None:
    """Give up what is missing before a waiting record."""

    async def work(parts: Runtime) -> str:
        first, last = await operating.skip_gap(parts.database, parts.hearing, number, actor=OPERATOR, reason=reason)
        return f"{first} to {last} were given up"

    _act(context, work)
