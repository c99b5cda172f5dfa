"""What a text asks for in numbers."""

import re
from collections.abc import Iterator

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text

_AT_LEAST = re.compile(r"\b[il]t\s+nh[a-z]t\s+(\d{1,4})\b")
_AT_MOST = re.compile(r"\b(?:kh[a-z]ng\s+qu[a-z]|t[a-z]i\s+da|nhi[a-z]{1,2}u\s+nh[a-z]t)\s+(\d{1,4})\b")
_TIMES = re.compile(r"\b(\d{1,3})\s+l[a-z]n\b")
_PATTERNS = (("at_least", _AT_LEAST), ("at_most", _AT_MOST), ("times", _TIMES))
_SEMESTER = re.compile(r"\bh[a-z]c\s+k[a-z]\b")
_NOMINATES = re.compile(r"\bgi[a-z]{1,2}i\s+thi[a-z]{1,2}u\b|\bde\s+cu\b")
_YEAR = re.compile(r"\b(?:h\S{1,2}g|m[a-z]t|m[a-z]{1,2}i)\s+n[a-z]m\b|/\s*n[a-z]m\b")


def targets(text: Text) -> Iterator[Finding]:
    """At least, at most, so often: with its sentence, and the time it is counted in (`more`: semester, year or "").

    Who is to nominate so often each semester hands in at least so many in each of its rounds.
    """
    for bound, pattern in _PATTERNS:
        for found in pattern.finditer(text.mended):
            start, end = text.sentence(found.start())
            around = text.mended[start:end]
            per = "semester" if _SEMESTER.search(around) else "year" if _YEAR.search(around) else ""
            if bound == "times" and per == "semester" and _NOMINATES.search(around):
                bound = "at_least"
            yield Finding(
                What.TARGET,
                text.part(start, end),
                found.start(),
                found.end(),
                sure=bool(per) and not text.damaged,
                number=int(found[1]),
                word=bound,
                more=(per,),
            )
