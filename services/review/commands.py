"""What `python -m services.review` can do, and what its `load` enters."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.review.actions import cases
from services.review.app import build
from services.review.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands
from shared.runtime import Runtime


async def load(runtime: Runtime, session: AsyncSession, content: dict[str, Any]) -> None:
    """Enter rule sets."""
    by = Actor("system:command-line", "administrator")
    for rule_set in content.get("rule_set", []):
        await cases.enter_rule_set(session, agency=runtime.agency.id, by=by, **rule_set)


main = make_commands("review", Path(__file__).parent, HANDLERS, build, load)
