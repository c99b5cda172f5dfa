"""What `python -m services.nomination` can do, and what its `load` enters."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.nomination.actions import criteria, plans, reuse, supervision, units, working_days
from services.nomination.app import build
from services.nomination.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands
from shared.runtime import Runtime

PACK = ("pack", "title", "based_on", "since", "scales", "papers", "removes", "confirmed")
"""What a file says of a pack beside its criteria."""


async def load(runtime: Runtime, session: AsyncSession, content: dict[str, Any]) -> None:
    """Enter units, a plan with its rounds and targets, a criteria pack, words, rules, a checklist or working days."""
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
    await supervision.enter_checklist(session, agency, points=content.get("check", []), by=by)


main = make_commands("nomination", Path(__file__).parent, HANDLERS, build, load)
