"""Texts of plans, kept as they came."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules import Refusal
from services.nomination.tables import PlanText
from shared import audit
from shared.audit import Actor
from shared.wording import say

KEPT = timedelta(days=30)
"""How long a text waits for somebody to confirm what it says; it may name people, and hold their numbers."""
MOST_TEXT = 200_000
"""The longest text that is read, in letters: some eighty pages."""
LEAST_TEXT = 10


class BadText(Refusal):
    """There is no text to read, or too much of it."""

    problem = "bad-plan-text"


async def enter(
    session: AsyncSession, agency: Agency, *, text: str, file_name: str, at: datetime, by: Actor
) -> PlanText:
    """Keep a plan's text to be read. Raises BadText."""
    text = text.replace("\0", "")
    if len(text.strip()) < LEAST_TEXT:
        raise BadText("Chưa có văn bản để đọc. Hãy dán nội dung kế hoạch, hoặc chọn tệp có chữ (không phải ảnh chụp).")
    if len(text) > MOST_TEXT:
        raise BadText(say("Văn bản dài quá {most} chữ cái. Hãy bỏ phần phụ lục.", most=MOST_TEXT))
    kept = PlanText(agency=agency.id, text=text, file_name=file_name, entered_by=by.identity, at=at)
    session.add(kept)
    await session.flush()
    await audit.record(session, by, "plan_text.entered", kept.id)
    return kept


async def tidy(session: AsyncSession, before: datetime) -> int:
    """Forget texts that were entered before a moment; the plans that were made of them stay. How many."""
    found = await session.execute(delete(PlanText).where(col(PlanText.at) < before).returning(col(PlanText.id)))
    return len(found.all())
