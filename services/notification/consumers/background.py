"""What notification does apart from any request: sending mail, minting links."""

from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import aiosmtplib
from sqlalchemy.ext.asyncio import AsyncSession

from services.notification import queries
from services.notification.actions import messages
from services.notification.actions.links import LINK
from services.notification.actions.messages import MAIL
from services.notification.rules import CONSENT_BODY, CONSENT_SUBJECT, MessageState
from services.notification.tables import Message
from shared.clock import local_date
from shared.jobs import GiveUp
from shared.links import Links
from shared.names import normal
from shared.runtime import Runtime

CONSENT = "consent"
LINK_LIVES = timedelta(days=3650)
"""An answer is wanted by a day, which publishing knows; the same link takes it back at any time after."""


def add_jobs(runtime: Runtime, links: Links) -> None:
    """Register the jobs of this service."""

    async def mail(payload: dict[str, Any]) -> None:
        message_id = UUID(payload["message_id"])
        async with runtime.database.reading() as session:
            message = await queries.get_message(session, message_id)
        if message.state is not MessageState.QUEUED:
            return
        if runtime.settings.smtp is None:
            raise GiveUp("no mail relay is set (GUONGSANG_SMTP)")
        host, _, port = runtime.settings.smtp.partition(":")
        await aiosmtplib.send(
            letter(message, runtime.settings.address), hostname=host, port=int(port or 25), timeout=10
        )
        async with runtime.database.transaction() as session:
            await messages.note_sent(session, message_id=message_id)

    async def mail_failed(session: AsyncSession, payload: dict[str, Any], _reason: str) -> None:
        await messages.note_failed(session, message_id=UUID(payload["message_id"]), at=runtime.clock.now())

    async def link(payload: dict[str, Any]) -> None:
        async with runtime.database.transaction() as session:
            found = await queries.get_request(session, UUID(payload["consent_id"]))
            if found.request.sent:
                return
            # The token lives on the real clock; the date in the letter is the domain's.
            token = links.mint(CONSENT, found.request.consent_id, runtime.clock.real() + LINK_LIVES)
            await messages.send(
                session,
                runtime.agency.id,
                found.request.event_id,
                f"person:{found.request.person_id}",
                found.contact.email,
                subject=CONSENT_SUBJECT.format(code=found.code),
                body=CONSENT_BODY.format(
                    agency=runtime.agency.name,
                    until=f"{local_date(found.request.expires_at):%d/%m/%Y}",
                    link=f"{runtime.settings.address}/dong-y/{token}",
                ),
                path="",
                at=runtime.clock.now(),
            )
            found.request.sent = True

    runtime.jobs.add(MAIL, mail, on_failure=mail_failed)
    runtime.jobs.add(LINK, link)


def letter(message: Message, address: str) -> EmailMessage:
    """A message as mail. Its Message-ID is the message's own: a second try is the same letter.

    Its subject is one line, whatever codes from elsewhere held. Raises ValueError for an address of several.
    """
    mail = EmailMessage()
    host = address.split("//", 1)[1].split(":", 1)[0]
    mail["From"] = f"Gương Sáng <khong-tra-loi@{host}>"
    mail["To"] = message.address
    mail["Subject"] = normal(message.subject)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = f"<{message.id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.body + (f"\n\nXem: {address}{message.path}\n" if message.path else "\n"))
    return mail
