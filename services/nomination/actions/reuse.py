"""The rules by which an achievement is not used again."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.plans import Agency
from services.nomination.rules.reuse import ReuseKind
from services.nomination.tables import ReuseRule
from shared import audit
from shared.audit import Actor


async def enter_reuse_rules(
    session: AsyncSession, agency: Agency, *, rules: Sequence[Mapping[str, Any]], by: Actor
) -> int:
    """Enter rules as a file says them; how many are new or other than before.

    A rule of that kind and first day that stands here already is replaced: often it ends, or is confirmed, later.
    """
    changed = 0
    for told in rules:
        rule = ReuseRule.model_validate({"agency": agency.id, **told, "kind": ReuseKind(told["kind"])})
        first = col(ReuseRule.kind) == rule.kind, col(ReuseRule.valid_from) == rule.valid_from
        known = await session.scalar(
            select(ReuseRule).where(col(ReuseRule.agency) == agency.id, *first).with_for_update()
        )
        says = rule.model_dump(exclude={"id"})
        if known is not None and known.model_dump(exclude={"id"}) == says:
            continue
        if known is None:
            session.add(rule)
        else:
            known.sqlmodel_update(says)
        await session.flush()
        await audit.record(session, by, "reuse_rule.entered", f"{rule.kind}@{rule.valid_from}")
        changed += 1
    return changed
