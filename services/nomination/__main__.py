"""`python -m services.nomination all | web | worker | migrate | status | parked … | load FILE …`."""

import asyncio
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from services.nomination.actions import plans
from services.nomination.app import build
from services.nomination.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands, make_runtime
from shared.runtime import Runtime

FOLDER = Path(__file__).parent
main = make_commands("nomination", FOLDER, HANDLERS, build)


@main.command()
def load(files: Annotated[list[Path], typer.Argument(help="plans, criteria or units (TOML)", exists=True)]) -> None:
    """Enter plans, criteria and units from files; what was entered before stays as it is."""
    runtime = make_runtime("nomination", FOLDER, HANDLERS)
    for file in files:
        try:
            asyncio.run(_load(runtime, tomllib.loads(file.read_text())))
        except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
            typer.echo(f"{file}: cannot be entered: {error}", err=True)
            raise typer.Exit(2) from None


async def _load(runtime: Runtime, content: dict[str, Any]) -> None:
    agency = plans.Agency(runtime.agency.id, runtime.agency.mark)
    by, at = Actor("system:command-line", "administrator"), runtime.clock.now()
    async with runtime.database.transaction() as session:
        for unit in content.get("unit", []):
            await plans.open_unit(session, agency, at=at, by=by, **unit)
        if "plan" in content:
            await plans.enter_plan(session, agency, plan=content["plan"], rounds=content.get("round", []), by=by)
        if "criterion" in content:
            await plans.enter_criteria(session, agency, pack=content["pack"], criteria=content["criterion"], by=by)
    await runtime.database.close()


if __name__ == "__main__":
    main()
