"""What `python -m services.notification` can do."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from services.notification.actions import accounts
from services.notification.app import build
from services.notification.consumers import HANDLERS
from shared.audit import Actor
from shared.commands import make_commands
from shared.identity.people import ROLE_NAMES
from shared.runtime import Runtime

main = make_commands("notification", Path(__file__).parent, HANDLERS, build)
OPERATOR = Actor("system:operator", "operator")


@main.command()
def grant(
    context: typer.Context,
    subject: Annotated[str, typer.Argument(help="who: the account's `sub` at the provider")],
    role: Annotated[str, typer.Argument(help=", ".join(ROLE_NAMES))],
    issuer: Annotated[str | None, typer.Option(help="the provider; the first of the settings without it")] = None,
    unit: Annotated[UUID | None, typer.Option(help="for this unit only")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="exclusive")] = None,
) -> None:
    """Give a role, such as the first administrator's; who has it gives further ones, at /viec/quan-tri/nguoi."""
    if role not in ROLE_NAMES:
        raise typer.BadParameter(f"one of {', '.join(ROLE_NAMES)}", param_hint="role")
    if since and until and until <= since:
        raise typer.BadParameter("it must be after --since", param_hint="--until")
    parts: Runtime = context.obj()
    if issuer is None and not parts.settings.providers:
        raise typer.BadParameter("no identity provider is set", param_hint="--issuer")
    identity = f"{issuer or parts.settings.providers[0].issuer}|{subject}"

    async def give() -> UUID:
        try:
            async with parts.database.transaction() as session:
                return await accounts.grant(
                    session,
                    agency=parts.settings.agency,
                    actor=OPERATOR,
                    identity=identity,
                    role=role,
                    unit_id=unit,
                    since=since.date() if since else None,
                    until=until.date() if until else None,
                    at=parts.clock.now(),
                )
        finally:
            await parts.database.close()

    typer.echo(f"{identity} is given {role}: {asyncio.run(give())}")
