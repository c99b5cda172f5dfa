"""What stands in a dossier beside its claims: columns for the query that reads the dossier, so that it stays one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from services.nomination.rules.papers import Voice
from services.nomination.rules.readiness import Agreement as Answer
from services.nomination.rules.readiness import Beside
from services.nomination.rules.superlatives import Superlative
from services.nomination.tables import Agreement, AwardForm, Boast, Confirmation, Nomination, Opinion, Particular

ZONE = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True)
class Said:
    """An opinion of somebody in a role."""

    id: UUID
    voice: Voice
    who: str
    text: str


@dataclass(frozen=True)
class Asked:
    """The newest question to the nominee: when it was asked, until when it can be answered, and the answer."""

    id: UUID
    asked_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    agreed: bool | None

    @property
    def answer(self) -> Answer:
        """As readiness looks at it."""
        if self.agreed is None:
            return Answer.ASKED
        return Answer.AGREED if self.agreed else Answer.DECLINED


@dataclass(frozen=True)
class Confirmed:
    """The newest confirmation: when, after how many changes of the dossier, and by whom."""

    at: datetime
    edits: int
    by: str


@dataclass(frozen=True)
class Paperwork:
    """The papers of a dossier, and the superlatives that are pointed out in it."""

    opinions: tuple[Said, ...]
    asked: Asked | None
    confirmed: Confirmed | None
    boasts: tuple[Superlative, ...]
    particulars: bool | None = None
    """Whether all that an award's form asks for is written; none: no form is needed."""

    def beside(self, *, edits: int, reachable: bool, left: bool) -> Beside:
        """As readiness looks at a dossier that was changed `edits` times; `left`: an officer of the agency confirms."""
        current = self.confirmed is not None and self.confirmed.edits == edits
        return Beside(
            reachable=reachable,
            opinions=len(self.opinions),
            agreement=self.asked.answer if self.asked else None,
            confirmed=current,
            changed_since=self.confirmed is not None and not current,
            left_to_agency=left,
        )


def paper_columns() -> list[ColumnElement[Any]]:
    """The papers of the nomination that a query is about; `papers_in` reads them.

    The superlatives are those of the day on which the nomination was begun.
    """
    here = col(Nomination.id)
    said = func.jsonb_build_array(col(Opinion.id), col(Opinion.voice), col(Opinion.who), col(Opinion.text))
    opinions = select(func.jsonb_agg(aggregate_order_by(said, col(Opinion.id)))).where(
        col(Opinion.nomination_id) == here
    )
    told = (col(Agreement.id), col(Agreement.asked_at), col(Agreement.expires_at), col(Agreement.answered_at))
    asked = select(func.jsonb_build_array(*told, col(Agreement.agreed))).where(col(Agreement.nomination_id) == here)
    word_of = (col(Confirmation.at), col(Confirmation.edits), col(Confirmation.confirmed_by))
    confirmed = select(func.jsonb_build_array(*word_of)).where(col(Confirmation.nomination_id) == here)
    day = func.date(func.timezone(ZONE, col(Nomination.started_at)))
    word = func.jsonb_build_array(col(Boast.word), col(Boast.but))
    boasts = select(func.jsonb_agg(aggregate_order_by(word, col(Boast.id)))).where(
        col(Boast.agency) == col(Nomination.agency),
        col(Boast.valid_from) <= day,
        or_(col(Boast.valid_to).is_(None), col(Boast.valid_to) > day),
    )
    written = select(func.count()).where(col(Particular.nomination_id) == here).scalar_subquery()
    whole = select(written >= func.jsonb_array_length(col(AwardForm.asks))).where(
        col(AwardForm.id) == col(Nomination.award_form_id)
    )
    named = {
        "opinions": opinions,
        "asked": asked.order_by(col(Agreement.id).desc()).limit(1),
        "confirmed": confirmed.order_by(col(Confirmation.edits).desc()).limit(1),
        "boasts": boasts,
        "particulars": whole,
    }
    return [query.scalar_subquery().label(name) for name, query in named.items()]


def papers_in(row: RowMapping) -> Paperwork:
    """The papers that such columns tell of."""
    asked, confirmed = row["asked"], row["confirmed"]
    return Paperwork(
        tuple(Said(UUID(id), Voice(voice), who, text) for id, voice, who, text in row["opinions"] or ()),
        _asked(*asked) if asked else None,
        Confirmed(datetime.fromisoformat(confirmed[0]), *confirmed[1:]) if confirmed else None,
        tuple(Superlative(word, tuple(but)) for word, but in row["boasts"] or ()),
        row["particulars"],
    )


def _asked(id: str, asked_at: str, expires_at: str, answered_at: str | None, agreed: bool | None) -> Asked:
    answered = datetime.fromisoformat(answered_at) if answered_at else None
    return Asked(UUID(id), datetime.fromisoformat(asked_at), datetime.fromisoformat(expires_at), answered, agreed)
