"""Who signs in here, in which sessions, and which roles this agency gives them by itself."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.rules import Held
from services.notification.tables import Account, Grant, Session
from shared import audit, outbox
from shared.audit import Actor
from shared.events import SessionEnded
from shared.identity import ended


class OwnRole(Exception):
    """Nobody gives a role to themselves."""


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


async def open_session(
    session: AsyncSession, *, agency: str, session_id: str, identity: str, browser: str, ends: datetime, real: datetime
) -> None:
    """Remember a session; those of the same person that are past their end are forgotten. `real` is real time."""
    await session.execute(
        delete(Session).where(
            col(Session.agency) == agency, col(Session.identity) == identity, col(Session.ends_at) <= real
        )
    )
    session.add(
        Session(
            agency=agency,
            id=session_id,
            identity=identity,
            browser=browser,
            began_at=real,
            seen_at=real,
            ends_at=ends,
        )
    )


async def end_session(session: AsyncSession, *, session_id: str, at: datetime) -> None:
    """Note that a session is over, and say so; saying it twice changes nothing."""
    await session.execute(delete(Session).where(col(Session.id) == session_id))
    if await ended.end(session, session_id, at):
        outbox.record(session, SessionEnded(session_id=session_id, occurred_at=at))


async def end_sessions(
    session: AsyncSession,
    *,
    agency: str,
    actor: Actor,
    identity: str,
    at: datetime,
    but: str | None = None,
    only: str | None = None,
) -> int:
    """End the sessions of a person: all, all but one, or one alone; returns how many."""
    theirs = select(col(Session.id)).where(col(Session.agency) == agency, col(Session.identity) == identity)
    if only is not None:
        theirs = theirs.where(col(Session.id) == only)
    found = [each for each in await session.scalars(theirs.order_by(col(Session.id)).with_for_update()) if each != but]
    for each in found:
        await end_session(session, session_id=each, at=at)
    if found:
        await audit.record(session, actor, "sessions.ended", identity)
    return len(found)


async def grant(
    session: AsyncSession,
    *,
    agency: str,
    actor: Actor,
    identity: str,
    role: str,
    unit_id: UUID | None,
    since: date | None,
    until: date | None,
    at: datetime,
) -> UUID:
    """Give somebody a role, which counts when their session is next renewed, or they sign in; returns the grant's id.

    Raises OwnRole.
    """
    if actor.identity == identity:
        raise OwnRole
    given = Grant(
        agency=agency,
        identity=identity,
        role=role,
        unit_id=unit_id,
        since=since,
        until=until,
        granted_by=actor.identity,
        granted_at=at,
    )
    session.add(given)
    await session.flush()
    await audit.record(session, actor, "role.granted", given.id)
    return given.id


async def revoke(session: AsyncSession, *, agency: str, actor: Actor, grant_id: UUID, at: datetime) -> bool:
    """Take a role back at once: every session that could still show it ends, and all services are told.

    False when there is no such grant, or it was taken back before.
    """
    given = await session.get(Grant, grant_id, with_for_update=True)
    if given is None or given.agency != agency or given.revoked_at is not None:
        return False
    given.revoked_by, given.revoked_at = actor.identity, at
    await audit.record(session, actor, "role.revoked", grant_id)
    await session.execute(select(Account).where(col(Account.identity) == given.identity).with_for_update())
    await end_sessions(session, agency=agency, actor=actor, identity=given.identity, at=at)
    return True


async def list_held(session: AsyncSession, *, agency: str) -> Sequence[tuple[Account, Sequence[Held]]]:
    """Everybody with every role: what the provider names and what was given here."""
    given: dict[str, list[Held]] = {}
    grants = select(Grant).where(col(Grant.agency) == agency, col(Grant.revoked_at).is_(None))
    for one in await session.scalars(grants):
        given.setdefault(one.identity, []).append(
            Held(
                one.role,
                str(one.unit_id) if one.unit_id else None,
                one.since.isoformat() if one.since else None,
                one.until.isoformat() if one.until else None,
            )
        )
    accounts = await session.scalars(select(Account).where(col(Account.agency) == agency))
    return [
        (
            account,
            [
                *(Held(r["role"], r.get("unit"), r.get("from"), r.get("until")) for r in account.roles),
                *given.get(account.identity, ()),
            ],
        )
        for account in accounts
    ]
