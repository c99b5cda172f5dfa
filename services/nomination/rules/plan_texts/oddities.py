"""What a person should look at before anything is taken over."""

import re
from collections.abc import Iterator, Sequence

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text

_TELEPHONE = re.compile(
    r"\b(?:s[a-z]\s+)?di[a-z]{1,2}n\s+tho[a-z]i\b|\bsdt\b|(?<!\d)0\d{2,3}[ .]?\d{3}[ .]?\d{3,4}(?!\d)"
)


def oddities(text: Text, findings: Sequence[Finding]) -> Iterator[Finding]:
    """An unreadable number, a sign that is not its issuer's, somebody's telephone number: each kind once."""
    for one in findings:
        if one.what is What.NUMBER and one.word == "unreadable":
            yield Finding(What.ODD, one.value, one.start, one.end, sure=True, word="number")
        if one.what is What.GROUND and one.word == "symbol":
            yield Finding(What.ODD, one.value, one.start, one.end, sure=True, word="symbol", more=one.more[:1])
    found = _TELEPHONE.search(text.mended)
    if found:
        yield Finding(What.ODD, text.part(*found.span()), *found.span(), sure=True, word="phone")
