"""Who signed in, and who signed out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.tables import Account
from shared import audit, outbox
from shared.audit import Actor
from shared.events import SessionEnded
from shared.identity import ended


async def note_account(
    session: AsyncSession,
    *,
    agency: str,
    identity: str,
    name: str,
    email: str,
    roles: Sequence[dict[str, Any]],
    at: datetime,
) -> None:
    """Remember somebody as the provider described them just now."""
    told = {"name": name, "email": email, "roles": list(roles), "seen_at": at}
    account = insert(Account).values(identity=identity, agency=agency, **told)
    await session.execute(account.on_conflict_do_update(index_elements=["identity"], set_=told))
    await audit.record(session, Actor(identity, "person"), "account.signed_in", identity)


async def end_session(session: AsyncSession, *, session_id: str, at: datetime) -> None:
    """Note that a session is over, and say so; saying it twice changes nothing."""
    if await ended.end(session, session_id, at):
        outbox.record(session, SessionEnded(session_id=session_id, occurred_at=at))
