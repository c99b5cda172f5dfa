"""What a dossier rests on, what of others was honoured, and the rules of today: columns for the query that finds these
others, so that it stays one."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from services.nomination.queries import Dossier
from services.nomination.rules import State
from services.nomination.rules.reuse import Honoured, Proof, Resting, ReuseKind, Rule, proof_of
from services.nomination.tables import Claim, Evidence, Nomination, ReuseRule, Round, Step
from shared.clock import local_date

STANDING = ("honoured", "held", "resumed", "revoked")
"""The steps that say how an honour stands."""


def resting(dossier: Dossier) -> Resting:
    """What a dossier rests on."""
    evidence = (proof for answer in dossier.answers for proof in answer.evidence)
    proofs = _proofs((one.kind, one.sha256, one.fields) for one in evidence)
    return Resting(proofs, set(dossier.links), dossier.round.kind)


def _proofs(told: Iterable[tuple[str, str | None, dict[str, str]]]) -> frozenset[Proof]:
    return frozenset(proof for one in told if (proof := proof_of(*one)))


def honour_columns(agency: str, today: date) -> list[ColumnElement[Any]]:
    """How a nomination's honour stands and what it rests on, and the rules of today; `honoured_in`, `rules_in` read
    them. The query holds its round, too.
    """
    here = col(Nomination.id)
    of_it = col(Step.nomination_id) == here
    last = select(col(Step.what)).where(of_it, col(Step.what).in_(STANDING)).order_by(col(Step.at).desc()).limit(1)
    since = select(func.min(col(Step.at))).where(of_it, col(Step.what) == "honoured")
    proof = func.jsonb_build_array(col(Evidence.kind), col(Evidence.sha256), col(Evidence.fields))
    proofs = (
        select(func.jsonb_agg(proof))
        .join(Claim, col(Claim.id) == col(Evidence.claim_id))
        .where(col(Claim.nomination_id) == here, col(Nomination.state) == State.HONOURED)
    )
    ends = or_(col(ReuseRule.valid_to).is_(None), col(ReuseRule.valid_to) > today)
    told = col(ReuseRule.kind), col(ReuseRule.blocks), col(ReuseRule.basis), col(ReuseRule.confirmed)
    rule = func.jsonb_build_array(*told, col(ReuseRule.years))
    rules = select(func.jsonb_agg(aggregate_order_by(rule, col(ReuseRule.kind), col(ReuseRule.valid_from)))).where(
        col(ReuseRule.agency) == agency, col(ReuseRule.valid_from) <= today, ends
    )
    named = {"stands": last, "since": since, "proofs": proofs, "rules": rules}
    return [query.scalar_subquery().label(name) for name, query in named.items()]


def honoured_in(row: RowMapping) -> Honoured | None:
    """The nomination of a row, if it was honoured and still is."""
    nomination, round = row[Nomination.__name__], row[Round.__name__]
    if nomination.state is not State.HONOURED or row["stands"] == "revoked":
        return None
    since: datetime = row["since"] or nomination.started_at
    rests = Resting(_proofs(row["proofs"] or ()), (), round.kind)
    return Honoured(nomination.id, nomination.code, local_date(since), rests)


def rules_in(row: RowMapping) -> list[Rule]:
    """The rules of the day that such columns tell of."""
    return [Rule(ReuseKind(kind), *more) for kind, *more in row["rules"] or ()]
