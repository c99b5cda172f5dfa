"""What a text lists: movements, categories, and to whom it is sent."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text, skeleton
from services.nomination.rules.plan_texts.words import CATEGORIES, MOVEMENTS, PURPOSES

_QUOTED = re.compile(r"[“\"”]([^“”\"\n][^“”\"]{4,120})[”\"“]")
_LEADS_IN = re.compile(r"(?:phong\s+tr[a-z]{1,2}o|v[a-z]n\s+d[a-z]ng|thi\s+dua)[^.;“”\"]{0,40}$")
_IS_A_PAPER = re.compile(r"(?:\ban|k[e&]{1,2}\s*ho[a-z]ch|m[a-z]c\s+ti[a-z]u|chu[a-z]{1,2}ng\s+trinh)\s*$")
_NEAR = 0.8
"""From which likeness on a quoted name is a known movement's."""
_RECIPIENTS = re.compile(r"^\s*n[a-z]i\s+nh[a-z]n\s*:?", re.MULTILINE)
_PURPOSE = re.compile(r"\(\s*(?:d[a-z]\s+)?([^)]+?)\s*\)\s*$")
_FILE = re.compile(r"^l[a-z]{2}\s*:?\s*")


def movements(text: Text) -> Iterator[Finding]:
    """Names in quotation marks that a text calls movements or campaigns, each once."""
    seen = set()
    last_end, last_taken = 0, False
    for found in _QUOTED.finditer(text.raw):
        name = " ".join(found[1].split())
        known = _known(name)
        before = text.mended[max(0, found.start() - 80) : found.start()]
        follows = last_taken and re.fullmatch(r"[\s,]*(va\s+)?", text.mended[last_end : found.start()]) is not None
        taken = not _IS_A_PAPER.search(before) and (bool(known) or follows or _LEADS_IN.search(before) is not None)
        last_end, last_taken = found.end(), taken
        told = known if known and text.damaged else name
        if taken and skeleton(told) not in seen:
            seen.add(skeleton(told))
            yield Finding(What.MOVEMENT, told, found.start(1), found.end(1), sure=bool(known))


def _known(name: str) -> str:
    plain = skeleton(name)
    return max(
        (one for one in MOVEMENTS if SequenceMatcher(None, plain, skeleton(one)).ratio() >= _NEAR),
        key=lambda one: SequenceMatcher(None, plain, skeleton(one)).ratio(),
        default="",
    )


def categories(text: Text, body: int) -> Iterator[Finding]:
    """Which of the five categories it speaks of."""
    for word, pattern in CATEGORIES.items():
        found = pattern.search(text.mended, body)
        if found:
            yield Finding(What.CATEGORY, text.part(*found.span()), *found.span(), sure=not text.damaged, word=word)


def recipients(text: Text) -> Iterator[Finding]:
    """To whom it is sent, and for what; those who keep it on file are among them."""
    told = list(_RECIPIENTS.finditer(text.mended))
    if not told:
        return
    begun = told[-1]  # the words may stand in the text too
    listed = False
    for start, end in text.lines():
        if start < begun.end() or start == end:
            continue
        bullet = re.match(r"[-–+]\s*", text.raw[start:end])
        if bullet is None:
            if listed:
                return
            continue
        listed = True
        yield _recipient(text, start + bullet.end(), end)


def _recipient(text: Text, start: int, end: int) -> Finding:
    told = text.part(start, end).rstrip(" ;,.")
    folded = Text.of(told).mended
    filed = _FILE.match(folded)
    if filed:
        return Finding(What.RECIPIENT, told[filed.end() :], start, end, not text.damaged, word="file")
    purpose = _PURPOSE.search(folded)
    word = next((word for sign, word in PURPOSES.items() if purpose and purpose[1].startswith(sign)), "")
    name = told[: purpose.start()].rstrip() if purpose and word else told
    return Finding(What.RECIPIENT, name, start, end, not text.damaged, word=word)
