"""Words that claim more than anybody can know: pointed out where nothing stands behind them, never forbidden."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from services.nomination.rules.criteria import EvidenceKind

PROVING = frozenset({EvidenceKind.NUMBER, EvidenceKind.DECISION, EvidenceKind.FILE, EvidenceKind.LINK})
"""Evidence that can carry a superlative: what others can look up."""


@dataclass(frozen=True)
class Superlative:
    """A word, and the turns of phrase in which it does not boast."""

    word: str
    but: tuple[str, ...] = ()


def find(text: str, superlatives: Iterable[Superlative]) -> tuple[str, ...]:
    """The superlatives that stand in a text, in the order of the list, each once."""
    plain = " ".join(unicodedata.normalize("NFC", text).casefold().split())
    return tuple(one.word for one in superlatives if _stands(one.word, _without(plain, one.but)))


def _without(text: str, phrases: Collection[str]) -> str:
    for phrase in phrases:
        text = re.sub(rf"(?<!\w){re.escape(phrase.casefold())}(?!\w)", "…", text)
    return text


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", text) is not None
