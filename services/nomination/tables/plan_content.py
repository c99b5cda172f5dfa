"""What the rows of a plan say, in the one shape of `rules.plan_content`."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.nomination.rules.plan_content import DAYS, ENTRIES, LISTS, WORDS, content, plain
from services.nomination.tables.plans import Plan, Round, Target


def of_rows(plan: Plan, rounds: Sequence[Round], targets: Sequence[Target]) -> dict[str, Any]:
    """What a plan says as it stands."""
    names = (*WORDS, *DAYS, *LISTS, *ENTRIES, "cycle_begins")
    return content(
        {name: getattr(plan, name) for name in names}, list(map(round_told, rounds)), list(map(target_told, targets))
    )


def round_told(row: Round) -> dict[str, Any]:
    """A round as a plan's data says it."""
    days = {"opens_on": row.opens_on, "closes_on": row.closes_on, "closes_at": row.closes_at}
    more = {"grace_days": row.grace_days, "confirmed": row.confirmed, "note": row.note}
    return _said({"name": row.name, "kind": row.kind.value, **days, **more})


def target_told(row: Target) -> dict[str, Any]:
    """A target as a plan's data says it."""
    asked = {"bound": row.bound.value, "number": row.number, "per": row.per.value, "counted": row.counted.value}
    more = {"unit_kind": row.unit_kind, "warns_only": row.warns_only, "confirmed": row.confirmed, "note": row.note}
    return _said(asked | more)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items() if value is not None}
