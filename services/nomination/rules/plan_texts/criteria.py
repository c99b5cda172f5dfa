"""Criteria that a text lists, recognised by the wording of a known pack."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text, skeleton
from services.nomination.rules.plan_texts.words import CATEGORIES

_BULLET = re.compile(r"[-–+•]\s+")
_HEADING = re.compile(r"(?:[0-9]+(?:\.[0-9]+)*\.?|[a-z]\)|[a-e]\.|[ivxl1|]{1,5}\.|n[a-z]i\s+nh[a-z]n\s*:?)\s*")
_LONGEST_HEADING = 60
_LIKE, _SAME = 0.72, 0.93
"""From which likeness on a wording is a known criterion's, and from which on that is certain."""
_STANDARDS = re.compile(r"\bti[a-z]{1,2}u\s+ch[a-z]{1,2}n\b|\bti[a-z]{1,2}u\s+ch[a-z]\b")


@dataclass(frozen=True)
class Known:
    """A criterion of a pack: its category (none: above all) and its words."""

    code: str
    category: str | None
    text: str


@dataclass(frozen=True)
class _Item:
    category: str | None
    start: int
    end: int


def criteria(text: Text, body: int, pack: Sequence[Known]) -> Iterator[Finding]:
    """The pack's criteria that the text names, each once, and the text's own ones among them."""
    wordings = {one.code: skeleton(one.text) for one in pack}
    seen: set[str] = set()
    for item in _items(text, body):
        plain = skeleton(text.raw[item.start : item.end])
        code, likeness = _nearest(plain, item.category, pack, wordings)
        place = item.start, item.end
        if likeness >= _LIKE:
            if code not in seen:
                seen.add(code)
                sure = likeness >= _SAME and not text.damaged
                yield Finding(What.CRITERION, text.part(*place), *place, sure=sure, word=code)
        elif item.category is not None:
            yield Finding(What.OWN_CRITERION, text.part(*place), *place, sure=False, word=item.category)


def _nearest(plain: str, category: str | None, pack: Sequence[Known], wordings: dict[str, str]) -> tuple[str, float]:
    best, likeness = "", 0.0
    for one in pack:
        if one.category not in (None, category):
            continue
        found = _likeness(plain, wordings[one.code], general=one.category is None)
        if found > likeness:
            best, likeness = one.code, found
    return best, likeness


def _likeness(plain: str, wording: str, *, general: bool) -> float:
    """How like two wordings are; the general test stands within longer sentences, so of it the part counts."""
    matcher = SequenceMatcher(None, plain, wording, autojunk=False)
    if not general:
        return matcher.ratio() if matcher.real_quick_ratio() >= _LIKE else 0.0
    same = sum(block.size for block in matcher.get_matching_blocks() if block.size > 2)
    return same / len(wording)


def _items(text: Text, body: int) -> Iterator[_Item]:
    """The items of lists about categories, and of the rest the paragraphs; of each the category it stands under."""
    category: str | None = None
    within = False
    open_: _Item | None = None
    for start, end in text.lines():
        if start < body or start == end:
            continue
        line = text.mended[start:end]
        heading = _HEADING.match(line)
        if heading and end - start <= _LONGEST_HEADING:
            if open_:
                yield open_
            open_ = None
            within = within or _STANDARDS.search(line) is not None
            told = [name for name, pattern in CATEGORIES.items() if pattern.search(line)]
            category = told[0] if len(told) == 1 else None
            continue
        bullet = _BULLET.match(line)
        if open_ and not bullet and _goes_on(text, open_.end, start):
            open_ = _Item(open_.category, open_.start, end)
            continue
        if open_:
            yield open_
        open_ = _Item(category if bullet else None, start + (bullet.end() if bullet else 0), end)
        if not bullet and heading:
            category = None
    if open_:
        yield open_


def _goes_on(text: Text, end: int, start: int) -> bool:
    """Whether a line goes on with what another one broke off, perhaps on the page before."""
    if re.search(r"\n\s*\n", text.raw[end:start]):
        return not re.search(r"[.;:]$", text.raw[:end]) and text.raw[start].islower()
    return True
