"""A paper's text as it is searched: without marks, and with what a bad scan does to letters undone.

Both forms are as long as the text, so a place found in one is the place in the text itself.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_MIXED = re.compile(r"[a-z]*[0-9][a-z0-9]*[a-z][a-z0-9]*|[a-z]+[0-9][a-z0-9]*")
_LETTERS = str.maketrans("1640", "loao")
"""What a scan reads a letter as: l, ố, á, o."""
_DAMAGE = re.compile(r"\b[a-z]*[a-z][146][a-z]+\b|\b[146][a-z]+\b|[a-z]&|&\s[a-z]|\bc6\b|\bs6\b|\bt6\b")
_BADLY = 0.01
"""The share of damaged words from which on a text counts as a bad scan."""


@dataclass(frozen=True)
class Text:
    """A text in NFC, as it was pasted."""

    raw: str

    @classmethod
    def of(cls, text: str) -> "Text":
        """A text in whatever form it came; emphasis marks of Markdown become spaces."""
        plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        return cls(re.sub(r"[*_]", " ", plain.replace("\xa0", " ").replace("\x0c", "\n")))

    @cached_property
    def folded(self) -> str:
        """In small letters without marks."""
        return "".join(map(_fold, self.raw))

    @cached_property
    def mended(self) -> str:
        """Folded, with digits inside words as the letters that they were."""
        return _MIXED.sub(lambda found: found[0].translate(_LETTERS), self.folded)

    @cached_property
    def damaged(self) -> bool:
        """Whether it looks like a bad scan, in which nothing is certain."""
        words = len(self.folded.split())
        return words > 0 and len(_DAMAGE.findall(self.folded)) / words > _BADLY

    def part(self, start: int, end: int) -> str:
        """A part on one line, without space around it."""
        return " ".join(self.raw[start:end].split())

    def lines(self) -> Iterator[tuple[int, int]]:
        """Where each line begins and ends, without the space around it; empty ones too."""
        for line in re.finditer(r"[^\n]*", self.raw):
            begun = line.start() + len(line[0]) - len(line[0].lstrip())
            yield begun, max(begun, line.start() + len(line[0].rstrip()))

    def sentence(self, place: int) -> tuple[int, int]:
        """Where the sentence around a place begins and ends; a line's end does not end it, an empty line does."""
        ends = r"[.;:](?=\s)|\n\s*\n|\n\s*[-–+]\s"
        begun = max((found.end() for found in re.finditer(ends, self.raw[:place])), default=0)
        after = re.search(ends, self.raw[place:])
        return begun, place + after.start() if after else len(self.raw)


def skeleton(text: str) -> str:
    """What is left to compare two wordings by: letters without marks, one space between words."""
    mended = Text.of(text).mended
    return " ".join(re.sub(r"[^a-z0-9]+", " ", mended).split())


def _fold(sign: str) -> str:
    if sign in "đĐ":
        return "d"
    plain = unicodedata.normalize("NFD", sign)[0].lower()
    return plain if len(plain) == 1 else sign
