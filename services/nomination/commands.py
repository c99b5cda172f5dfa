"""What `python -m services.nomination` can do, and what its `load` enters."""

import asyncio
from pathlib import Path
from typing import Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import criteria, particulars, plans, reuse, supervision, units, working_days
from services.nomination.app import build
from services.nomination.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands
from shared.field_keys import CannotOpen, FieldKeys
from shared.runtime import Runtime
from shared.settings import BadSettings

PACK = ("pack", "title", "based_on", "since", "scales", "papers", "removes", "confirmed")
"""What a file says of a pack beside its criteria."""
AT_ONCE = 500
"""Fields that are sealed anew in one transaction."""


async def load(runtime: Runtime, session: AsyncSession, content: dict[str, Any]) -> None:
    """Enter units, a plan with its rounds and targets, a criteria pack, words, rules, forms, checks, working days."""
    agency = plans.Agency(runtime.agency.id, runtime.agency.mark)
    by, at = Actor("system:command-line", "administrator"), runtime.clock.now()
    for unit in content.get("unit", []):
        await units.open_unit(session, agency, at=at, by=by, **unit)
    await working_days.enter_calendar(session, agency, years=content.get("calendar", []), by=by)
    if "plan" in content:
        rounds, targets = content.get("round", []), content.get("target", [])
        await plans.enter_plan(session, agency, plan=content["plan"], rounds=rounds, targets=targets, at=at, by=by)
    if "criterion" in content:
        told = {name: content[name] for name in PACK if name in content}
        await criteria.enter_criteria(session, agency, criteria=content["criterion"], by=by, **told)
    await criteria.enter_boasts(session, agency, boasts=content.get("superlative", []), by=by)
    await reuse.enter_reuse_rules(session, agency, rules=content.get("reuse_rule", []), by=by)
    await particulars.enter_award_forms(session, agency, forms=content.get("award_form", []), by=by)
    await supervision.enter_checklist(session, agency, points=content.get("check", []), by=by)


main = make_commands("nomination", Path(__file__).parent, HANDLERS, build, load)


@main.command("seal-anew")
def seal_anew_now(context: typer.Context) -> None:
    """Seal every field with the newest key of `field.keys`; the service may run. Then older keys can be taken out.

    First put the new key above the old ones, in a line of its own, and start the service anew. Ended half way, run it
    again: it does the rest.
    """
    parts: Runtime = context.obj()
    try:
        done = asyncio.run(_seal_anew(parts, FieldKeys.from_file(parts.settings.secrets)))
    except (BadSettings, CannotOpen) as error:
        typer.echo(f"{parts.service}: {error}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"sealed anew: {done}")


async def _seal_anew(parts: Runtime, keys: FieldKeys) -> int:
    done = 0
    try:
        while True:
            async with parts.database.transaction() as session:
                count = await particulars.seal_anew(session, keys, most=AT_ONCE)
            done += count
            if count < AT_ONCE:
                return done
    finally:
        await parts.database.close()
