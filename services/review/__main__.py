"""`python -m services.review all | web | worker | migrate | status | parked … | load FILE …`."""

import asyncio
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from services.review.actions import cases
from services.review.app import build
from services.review.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands, make_runtime
from shared.runtime import Runtime

FOLDER = Path(__file__).parent
main = make_commands("review", FOLDER, HANDLERS, build)


@main.command()
def load(files: Annotated[list[Path], typer.Argument(help="rule sets (TOML)", exists=True)]) -> None:
    """Enter rule sets from files; what was entered before stays as it is."""
    runtime = make_runtime("review", FOLDER, HANDLERS)
    for file in files:
        try:
            asyncio.run(_load(runtime, tomllib.loads(file.read_text())))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            typer.echo(f"{file}: cannot be entered: {error}", err=True)
            raise typer.Exit(2) from None


async def _load(runtime: Runtime, content: dict[str, Any]) -> None:
    by = Actor("system:command-line", "administrator")
    async with runtime.database.transaction() as session:
        for rule_set in content.get("rule_set", []):
            await cases.enter_rule_set(session, agency=runtime.agency.id, by=by, **rule_set)
    await runtime.database.close()


if __name__ == "__main__":
    main()
