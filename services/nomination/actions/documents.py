"""A plan as a document: its rows from what was told, what they say again as one content, and the versions kept."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from services.nomination.actions.rounds import rounds_of
from services.nomination.actions.targets import target_of
from services.nomination.rules.plan_checks import PlanNotReady, Trouble
from services.nomination.rules.plan_content import DAYS, ENTRIES, LISTS, WORDS, complete
from services.nomination.rules.rounds import Kind
from services.nomination.tables import Nomination, Plan, PlanVersion, Round, RoundExtension, Target
from services.nomination.tables.plan_content import of_rows
from shared.audit import Actor
from shared.names import lines, normal
from shared.wording import say


def fill(plan: Plan, told: Mapping[str, Any]) -> None:
    """Let a plan say this: every part that is not told becomes empty. Raises ValueError."""
    whole = complete(told)
    for name in (*WORDS, "cycle_begins"):
        setattr(plan, name, normal(whole[name]))
    plan.number = plan.number or None
    for name in DAYS:
        setattr(plan, name, date.fromisoformat(whole[name]) if whole[name] else None)
    for name in LISTS:
        setattr(plan, name, [normal(one) for one in whole[name] if normal(one)])
    for name in ENTRIES:
        setattr(plan, name, [_tidy(one) for one in whole[name]])


def _tidy(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its words as they are stored; a note may have several lines."""
    return {
        name: (lines if name == "note" else normal)(value) if isinstance(value, str) else value
        for name, value in entry.items()
    }


async def rows_of(session: AsyncSession, plan: Plan) -> tuple[list[Round], list[Target]]:
    """A plan's rounds by their first day, and its targets."""
    rounds = select(Round).where(col(Round.plan_id) == plan.id).order_by(col(Round.opens_on), col(Round.name))
    targets = select(Target).where(col(Target.plan_id) == plan.id).order_by(col(Target.id))
    return list(await session.scalars(rounds)), list(await session.scalars(targets))


async def set_rows(
    session: AsyncSession, plan: Plan, rounds: Sequence[Mapping[str, Any]], targets: Sequence[Mapping[str, Any]]
) -> None:
    """Let a plan have these rounds and targets instead of those it has. Raises PlanNotReady, ValueError."""
    known = {one.name: one for one in (await rows_of(session, plan))[0]}
    for one in rounds:
        found = None if one.get("each") else known.pop(normal(one["name"]), None)
        if found is None:
            session.add_all(rounds_of(plan, _typed(one)))
        else:
            _change(found, plan, _typed(one))
    await _drop(session, list(known.values()))
    await session.execute(delete(Target).where(col(Target.plan_id) == plan.id))
    session.add_all(target_of(plan, one) for one in targets)
    await session.flush()


def _typed(told: Mapping[str, Any]) -> dict[str, Any]:
    """A round as `rounds_of` takes it: with days and hours in place of their text."""
    typed = dict(told) | {"name": normal(told["name"])}
    for name in ("opens_on", "closes_on"):
        if isinstance(typed.get(name), str):
            typed[name] = date.fromisoformat(typed[name]) if typed[name] else None
    if isinstance(typed.get("closes_at"), str):
        typed["closes_at"] = time.fromisoformat(typed["closes_at"]) if typed["closes_at"] else None
    return {name: value for name, value in typed.items() if value is not None}


def _change(row: Round, plan: Plan, told: Mapping[str, Any]) -> None:
    """A round that is there already, as a newer version tells it; an extension beyond its new end still counts."""
    kind = Kind(told.get("kind", row.kind))
    [new] = rounds_of(plan, {**told, "kind": Kind.WINDOW})
    row.kind = kind
    for name in ("opens_on", "closes_on", "closes_at", "grace_days", "confirmed", "note"):
        setattr(row, name, getattr(new, name))
    if row.closes_on is None or (row.extended_to is not None and row.extended_to <= row.closes_on):
        row.extended_to = None


async def _drop(session: AsyncSession, rows: Sequence[Round]) -> None:
    """Take rounds away that a newer version no longer has. Raises PlanNotReady for one in which there are files."""
    ids = [one.id for one in rows]
    used = select(col(Nomination.round_id)).where(col(Nomination.round_id).in_(ids)).distinct()
    kept = set(await session.scalars(used)) if ids else set()
    found = [
        Trouble("dot", say("Đợt «{name}» đã có hồ sơ nên không bỏ và không đổi tên được.", name=one.name))
        for one in rows
        if one.id in kept
    ]
    if found:
        raise PlanNotReady(found)
    await session.execute(delete(RoundExtension).where(col(RoundExtension.round_id).in_(ids)))
    await session.execute(delete(Round).where(col(Round.id).in_(ids)))


async def keep_version(session: AsyncSession, plan: Plan, at: datetime | None, by: Actor | None) -> None:
    """Keep what a plan says as its version; one that is kept already stays as it is."""
    if await session.get(PlanVersion, (plan.id, plan.version)) is not None:
        return
    said = of_rows(plan, *await rows_of(session, plan))
    who = {"issued_by": by.identity, "role": by.role} if by else {}
    session.add(PlanVersion(agency=plan.agency, plan_id=plan.id, version=plan.version, content=said, at=at, **who))
    await session.flush()
