"""Texts of plans: kept as they came, and made into a draft of what a person confirmed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions import plans
from services.nomination.actions.plans import Agency
from services.nomination.rules import Refusal
from services.nomination.tables import PlanText
from shared import audit
from shared.audit import Actor
from shared.wording import say

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


async def draft(
    session: AsyncSession,
    agency: Agency,
    *,
    text_id: UUID,
    plan: Mapping[str, Any],
    rounds: Sequence[dict[str, Any]],
    targets: Sequence[dict[str, Any]],
    at: datetime,
    by: Actor,
) -> str:
    """Begin a plan with what was confirmed of its text; the code of its draft. A second time the same one is found."""
    found = await session.execute(select(PlanText).where(col(PlanText.id) == text_id).with_for_update())
    text = found.scalar_one()
    if not text.plan:
        made = await plans.draft_plan(
            session, agency, plan=dict(plan), rounds=rounds, targets=targets, at=at, by=by, id=text_id
        )
        text.plan = made.code
    return text.plan
