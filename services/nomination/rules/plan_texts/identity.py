"""What a paper is: its kind, title, issuer and time."""

import re
from dataclasses import dataclass

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text
from services.nomination.rules.plan_texts.words import HOLDERS, KINDS

_BODY = re.compile(
    r"\s*(?:can c[a-z]{1,3}\b|th[a-z]{1,3}c hi[a-z]{1,2}n\b|thi hanh\b|k[a-z]nh gui|[ivx1|l]{1,4}\.|[a-d]\.\s)"
)
"""How the line begins that follows a title."""
_LONGEST_TITLE = 6
_PERIOD = re.compile(
    r"\bgi[a-z]{1,2}i doan\s+(\d{4})\s*[-–]\s*(\d{4})"
    r"|\bt[a-z] n[a-z]m (\d{4}) den n[a-z]m (\d{4})"
    r"|\bn[a-z]m\s+(?:hoc\s+)?(\d{4})\s*[-–]\s*(\d{4})"
)
_ISSUED = re.compile(r"(?:ban\s+hanh|x[a-z]y\s+d[a-z]{1,2}ng)\s+(?:k[e&]{1,2}\s*ho[a-z]ch|hu[a-z]{1,2}ng\s+d[a-z]n)")


@dataclass(frozen=True)
class Head:
    """Where what stands above the title ends, and where the text below it begins."""

    end: int
    body: int


def head(text: Text) -> tuple[Head, list[Finding]]:
    """The head of the paper, with its kind and title. Without a line that names its kind there is neither."""
    lines = list(text.lines())
    for number, (start, end) in enumerate(lines):
        kind = KINDS.get(" ".join(text.folded[start:end].split()))
        if kind is None:
            continue
        found = [Finding(What.KIND, text.part(start, end), start, end, sure=True, word=kind)]
        title = _title(text, lines[number + 1 :])
        if title is None:
            return Head(start, end), found
        found.append(title)
        return Head(start, title.end), found
    return Head(0, 0), []


def _title(text: Text, lines: list[tuple[int, int]]) -> Finding | None:
    taken: list[tuple[int, int]] = []
    for start, end in lines:
        if start == end:
            continue
        if (
            len(taken) == _LONGEST_TITLE
            or _BODY.match(text.folded[start:end])
            or _ISSUED.search(text.mended[start:end])
        ):
            break
        taken.append((start, end))
    if not taken:
        return None
    place = taken[0][0], taken[-1][1]
    return Finding(What.TITLE, text.part(*place), *place, sure=not text.damaged)


def issuer(text: Text, head_: Head) -> list[Finding]:
    """Who issues it: whoever "ban hành Kế hoạch" or "xây dựng Kế hoạch", first below the title."""
    for found in _ISSUED.finditer(text.mended, head_.body):
        start = _name(text, head_.body, found.start())
        name = re.sub(r"\s*\([^)]*\)", "", text.part(start, found.start()))
        if not name or not name[0].isupper():
            continue
        return [Finding(What.ISSUER, name, start, found.start(), sure=not text.damaged)]
    return []


def _name(text: Text, first: int, end: int) -> int:
    """Where the name begins that ends there; one that is broken over the end of a line begins in the line before."""
    before = text.raw[first:end]
    whole = first + max((one.end() for one in re.finditer(r"[,;.]\s+|\n\s*\n", before)), default=0)
    last = first + max((one.end() for one in re.finditer(r"\n(?=[A-ZĐ])", before)), default=0)
    broken = HOLDERS.match(text.folded, whole) and not HOLDERS.match(text.folded, last)
    return whole if broken else max(whole, last)


def period(text: Text) -> list[Finding]:
    """From which year to which."""
    found = _PERIOD.search(text.mended)
    if found is None:
        return []
    first, last = (one for one in found.groups() if one)
    return [Finding(What.PERIOD, f"{first}-{last}", found.start(), found.end(), sure=first <= last, more=(first, last))]
