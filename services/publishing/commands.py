"""What `python -m services.publishing` can do, and what its `load` enters."""

from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.publishing.actions import consents, deliveries
from services.publishing.app import build
from services.publishing.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands
from shared.runtime import Runtime


async def load(runtime: Runtime, session: AsyncSession, content: dict[str, Any]) -> None:
    """Enter consent rules and channels."""
    by = Actor("system:command-line", "administrator")
    for rule in content.get("consent_rule", []):
        await consents.enter_rule(session, agency=runtime.agency.id, by=by, **rule)
    for channel in content.get("channel", []):
        await deliveries.enter_channel(session, agency=runtime.agency.id, by=by, **channel)


main = make_commands("publishing", Path(__file__).parent, HANDLERS, build, load)
