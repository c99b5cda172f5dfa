"""`python -m services.publishing all | web | worker | migrate | status | parked … | load FILE …`."""

import asyncio
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from services.publishing.actions import consents, deliveries
from services.publishing.app import build
from services.publishing.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands, make_runtime
from shared.runtime import Runtime

FOLDER = Path(__file__).parent
main = make_commands("publishing", FOLDER, HANDLERS, build)


@main.command()
def load(files: Annotated[list[Path], typer.Argument(help="consent rules, channels (TOML)", exists=True)]) -> None:
    """Enter consent rules and channels from files; rules that were entered before stay as they are."""
    runtime = make_runtime("publishing", FOLDER, HANDLERS)
    for file in files:
        try:
            asyncio.run(_load(runtime, tomllib.loads(file.read_text())))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            typer.echo(f"{file}: cannot be entered: {error}", err=True)
            raise typer.Exit(2) from None


async def _load(runtime: Runtime, content: dict[str, Any]) -> None:
    by = Actor("system:command-line", "administrator")
    async with runtime.database.transaction() as session:
        for rule in content.get("consent_rule", []):
            await consents.enter_rule(session, agency=runtime.agency.id, by=by, **rule)
        for channel in content.get("channel", []):
            await deliveries.enter_channel(session, agency=runtime.agency.id, by=by, **channel)
    await runtime.database.close()


if __name__ == "__main__":
    main()
