"""What notification does with parcels that were sent to it."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.notification.actions import links
from services.notification.consumers import CONTACTS
from shared.outbox import agency_of
from shared.parcels import Opened, Receivers


async def take_contacts(session: AsyncSession, _about: dict[str, Any], opened: Opened) -> None:
    """How the people concerned are reached."""
    await links.take_contacts(session, agency=agency_of(session), persons=opened.manifest.fields["persons"])


RECEIVERS: Receivers = {CONTACTS: take_contacts}
