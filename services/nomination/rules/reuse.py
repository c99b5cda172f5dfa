"""One achievement, one award: what a dossier may not rest on again. When that is forbidden is dated data.

The code knows the kinds of such rules; from when, until when and by which law each is in force, and whether it stops
somebody or warns, stands in rows. A rule that nobody has confirmed only warns.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.nomination.rules import Refusal
from services.nomination.rules.criteria import EvidenceKind
from services.nomination.rules.rounds import Kind
from shared.wording import say

Proof = tuple[str, ...]
"""By which a piece of evidence is known again: a file by what it holds, a paper by number and date, a page by its
address."""


class ReuseKind(StrEnum):
    """What a rule forbids."""

    EVIDENCE = "same-evidence-honoured"
    """The same evidence stands behind a dossier of the same subject that was honoured."""
    SUDDEN = "sudden-deed-reused"
    """What was honoured as a sudden deed is the ground of a dossier of another round."""


REUSED = {
    ReuseKind.EVIDENCE: "Minh chứng này đã được khen ở một hồ sơ khác của cùng đối tượng.",
    ReuseKind.SUDDEN: "Kết quả khen đột xuất không được dùng lại cho hồ sơ của đợt thường kỳ.",
}


class AchievementReused(Refusal):
    """What the dossier rests on was honoured already, and a confirmed rule forbids to use it again."""

    problem = "achievement-reused"


@dataclass(frozen=True)
class Rule:
    """A rule as it is in force on a day; `years`: how long after the honour it forbids, none: for ever."""

    kind: ReuseKind
    blocks: bool
    basis: str
    confirmed: bool
    years: int | None = None


@dataclass(frozen=True)
class Resting:
    """What a dossier rests on: its proofs, other dossiers, and what kind of round it is for."""

    proofs: Collection[Proof]
    dossiers: Collection[UUID]
    round: Kind

    @property
    def files(self) -> list[str]:
        """The files among its proofs, by sha256."""
        return [proof[1] for proof in self.proofs if proof[0] == EvidenceKind.FILE]


@dataclass(frozen=True)
class Honoured:
    """A dossier of the same subject that was honoured, on which day, and what it rests on."""

    id: UUID
    code: str
    on: date
    rests: Resting


@dataclass(frozen=True)
class Reused:
    """A rule that a dossier meets, and the honoured dossier."""

    rule: Rule
    code: str

    @property
    def stops(self) -> bool:
        """Whether the dossier cannot be handed in."""
        return self.rule.blocks and self.rule.confirmed


def proof_of(kind: str, sha256: str | None, fields: Mapping[str, str]) -> Proof | None:
    """By which a piece of evidence is known again; none: it cannot be."""
    if sha256:
        return EvidenceKind.FILE, sha256
    if kind == EvidenceKind.DECISION and fields.get("number"):
        return EvidenceKind.DECISION, "".join(fields["number"].casefold().split()), fields.get("date", "")
    if kind == EvidenceKind.LINK and fields.get("link"):
        return EvidenceKind.LINK, fields["link"]
    return None


def find_reused(rules: Iterable[Rule], own: Resting, honoured: Iterable[Honoured], today: date) -> list[Reused]:
    """Which rules of today a dossier meets, by which honoured dossiers."""
    before = list(honoured)
    return [
        Reused(rule, one.code)
        for rule in rules
        for one in before
        if _meets(rule.kind, own, one) and (rule.years is None or today <= _later(one.on, rule.years))
    ]


def _meets(kind: ReuseKind, own: Resting, one: Honoured) -> bool:
    same = not set(own.proofs).isdisjoint(one.rests.proofs)
    if kind is ReuseKind.EVIDENCE:
        return same
    sudden = one.rests.round is Kind.STANDING and own.round is not Kind.STANDING
    return sudden and (same or one.id in own.dossiers)


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year + years, day=28)


def check_reused(found: Iterable[Reused]) -> None:
    """Raises AchievementReused."""
    for one in found:
        if one.stops:
            told = "{what} Hồ sơ đã được khen: {code}. Căn cứ: {basis}."
            raise AchievementReused(say(told, what=say(REUSED[one.rule.kind]), code=one.code, basis=one.rule.basis))
