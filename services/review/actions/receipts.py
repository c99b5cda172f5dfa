"""What the people concerned said about being shown: kept to travel with the dossier when it is referred."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.review.tables import Receipt
from shared.events import ConsentAnswered, Word


async def note_answer(session: AsyncSession, *, agency: str, event: ConsentAnswered) -> None:
    """Keep a person's answer as a receipt, to be sent along when the case is referred."""
    if event.relation is None or event.text_version is None or event.text_sha256 is None or event.method is None:
        return  # said before receipts were: what it does not tell cannot be vouched for
    values = {
        "word": Word.GIVEN if event.given else Word.REFUSED,
        "purposes": event.purposes,
        "text_version": event.text_version,
        "text_sha256": event.text_sha256,
        "method": event.method,
        "said_at": event.occurred_at,
        "person_id": event.person_id,
        "relation": event.relation,
    }
    belongs = {"agency": agency, "nomination_id": event.nomination_id, "origin_agency": event.origin_agency}
    new = insert(Receipt).values(consent_id=event.consent_id, **belongs, **values)
    await session.execute(new.on_conflict_do_update(index_elements=["consent_id"], set_=values))


async def note_withdrawal(session: AsyncSession, *, consent_id: UUID, at: datetime) -> None:
    """The person took the word back."""
    known = update(Receipt).where(col(Receipt.consent_id) == consent_id)
    await session.execute(known.values(word=Word.WITHDRAWN, said_at=at))
