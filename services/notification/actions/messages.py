"""Messages: one per event, person and channel; mail leaves by a job and keeps its id however often it is sent."""

from datetime import datetime
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from uuid_utils.compat import uuid7

from services.notification.actions import links
from services.notification.actions.accounts import list_held
from services.notification.rules import NOTICES, Channel, MessageState, is_told
from services.notification.tables import File, LateNotice, Message, Request, Task
from shared import audit, jobs, outbox
from shared.audit import Actor
from shared.clock import local_date
from shared.events import MessageFailed

MAIL = "mail"


async def note_file(session: AsyncSession, *, agency: str, nomination_id: UUID, code: str, unit_id: UUID) -> None:
    """Remember a file's code and unit; what came before it can be told, and asked, now."""
    row = insert(File).values(nomination_id=nomination_id, agency=agency, code=code, unit_id=unit_id)
    new = await session.scalar(row.on_conflict_do_nothing().returning(col(File.nomination_id)))
    if new is None:
        return
    late = await session.scalars(select(LateNotice).where(col(LateNotice.nomination_id) == nomination_id))
    for one in late.all():
        await announce(
            session, agency=agency, event_id=one.event_id, notice=one.notice, nomination_id=nomination_id, at=one.at
        )
        await session.delete(one)
    await links.release(session, col(Request.nomination_id) == nomination_id)


async def move_file(session: AsyncSession, *, agency: str, nomination_id: UUID, code: str, unit_id: UUID) -> None:
    """A file is another unit's from now on, and so is whatever waits about it."""
    await note_file(session, agency=agency, nomination_id=nomination_id, code=code, unit_id=unit_id)
    await session.execute(update(File).where(col(File.nomination_id) == nomination_id).values(unit_id=unit_id))
    about = (col(Task.agency) == agency, col(Task.code) == code)
    await session.execute(update(Task).where(*about).values(unit_id=unit_id))


async def unit_of(session: AsyncSession, nomination_id: UUID, told: UUID) -> UUID:
    """Whose a file is: as is known of it, for what other services tell may be older; else as was `told`."""
    file = await session.get(File, nomination_id)
    return file.unit_id if file else told


async def announce(
    session: AsyncSession, *, agency: str, event_id: UUID, notice: str, nomination_id: UUID, at: datetime
) -> int:
    """Tell everybody whose role makes it theirs; returns how many people. Of a file not heard of yet, later."""
    file = await session.get(File, nomination_id)
    if file is None:
        late = insert(LateNotice).values(
            event_id=event_id, notice=notice, agency=agency, nomination_id=nomination_id, at=at
        )
        await session.execute(late.on_conflict_do_nothing())
        return 0
    kind, today = NOTICES[notice], local_date(at).isoformat()
    told = 0
    for account, held in await list_held(session, agency=agency):
        if is_told(held, kind, str(file.unit_id), today):
            told += 1
            await tell(session, agency, event_id, account.identity, notice=notice, code=file.code, at=at)
            if account.email:
                await send(
                    session,
                    agency,
                    event_id,
                    account.identity,
                    account.email,
                    subject=kind.subject.format(code=file.code),
                    body=kind.body.format(code=file.code),
                    path=kind.path.format(code=quote(file.code, safe="")),
                    at=at,
                )
    return told


async def tell(
    session: AsyncSession, agency: str, event_id: UUID, recipient: str, *, notice: str, code: str, at: datetime
) -> None:
    """Lay one message into a person's inbox, once: its kind and what it is about, not its words."""
    new = insert(Message).values(
        id=uuid7(),
        agency=agency,
        event_id=event_id,
        recipient=recipient,
        channel=Channel.IN_APP,
        address="",
        notice=notice,
        code=code,
        subject="",
        body="",
        path=NOTICES[notice].path.format(code=quote(code, safe="")),
        at=at,
        state=MessageState.SENT,
    )
    await session.execute(new.on_conflict_do_nothing())


async def send(
    session: AsyncSession,
    agency: str,
    event_id: UUID,
    recipient: str,
    address: str,
    *,
    subject: str,
    body: str,
    path: str,
    at: datetime,
) -> None:
    """Write one letter, once, and queue it."""
    new = insert(Message).values(
        id=uuid7(),
        agency=agency,
        event_id=event_id,
        recipient=recipient,
        channel=Channel.EMAIL,
        address=address,
        notice="",
        code="",
        subject=subject,
        body=body,
        path=path,
        at=at,
        state=MessageState.QUEUED,
    )
    written = await session.scalar(new.on_conflict_do_nothing().returning(col(Message.id)))
    if written is not None:
        await jobs.enqueue(session, MAIL, {"message_id": str(written)}, key=f"{MAIL}:{written}")


async def note_sent(session: AsyncSession, *, message_id: UUID) -> None:
    """The relay took the mail."""
    message = await session.get_one(Message, message_id, with_for_update=True)
    message.state = MessageState.SENT
    await audit.record(session, Actor("system:jobs", "system"), "message.sent", message_id)


async def note_failed(session: AsyncSession, *, message_id: UUID, at: datetime) -> None:
    """The mail could not be sent, however often it was tried: say so, somebody has to act."""
    message = await session.get_one(Message, message_id, with_for_update=True)
    message.state = MessageState.FAILED
    outbox.record(session, MessageFailed(message_id=message_id, channel=message.channel, occurred_at=at))
    await audit.record(session, Actor("system:jobs", "system"), "message.failed", message_id)


async def mark_read(session: AsyncSession, *, agency: str, recipient: str, at: datetime) -> None:
    """The person has seen the inbox."""
    await session.execute(
        update(Message)
        .where(
            col(Message.agency) == agency,
            col(Message.recipient) == recipient,
            col(Message.channel) == Channel.IN_APP,
            col(Message.read_at).is_(None),
        )
        .values(read_at=at)
    )
