"""The reads of notifying."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.notification.rules import Channel
from services.notification.tables import Contact, File, Message, Request


@dataclass(frozen=True)
class Asked:
    """A request with what its letter needs."""

    request: Request
    contact: Contact
    code: str


async def list_messages(session: AsyncSession, *, agency: str, recipient: str, limit: int = 50) -> Sequence[Message]:
    """A person's inbox, newest first."""
    return list(
        await session.scalars(
            select(Message)
            .where(
                col(Message.agency) == agency,
                col(Message.recipient) == recipient,
                col(Message.channel) == Channel.IN_APP,
            )
            .order_by(col(Message.id).desc())
            .limit(limit)
        )
    )


async def count_unread(session: AsyncSession, *, agency: str, recipient: str) -> int:
    """How many messages the person has not seen."""
    return (
        await session.scalar(
            select(func.count()).where(
                col(Message.agency) == agency,
                col(Message.recipient) == recipient,
                col(Message.channel) == Channel.IN_APP,
                col(Message.read_at).is_(None),
            )
        )
        or 0
    )


async def get_message(session: AsyncSession, message_id: UUID) -> Message:
    """One message. Raises NoResultFound."""
    return await session.get_one(Message, message_id)


async def get_request(session: AsyncSession, consent_id: UUID) -> Asked:
    """A request, locked, with contact and code. Raises NoResultFound."""
    row = await session.execute(
        select(Request, Contact, col(File.code))
        .join(Contact, col(Contact.person_id) == col(Request.person_id))
        .join(File, col(File.nomination_id) == col(Request.nomination_id))
        .where(col(Request.consent_id) == consent_id)
        .with_for_update(of=Request)
    )
    return Asked(*row.one())
