"""Reading a plan's text: what it says, where it says it, and how certain that is.

Nothing is taken over from here without a person who looked at it.
"""

from collections.abc import Sequence

from services.nomination.rules.plan_texts import criteria as of_criteria
from services.nomination.rules.plan_texts import dates, identity, lists, oddities, symbols
from services.nomination.rules.plan_texts import targets as of_targets
from services.nomination.rules.plan_texts.criteria import Known
from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text

__all__ = ["Finding", "Known", "Text", "What", "read"]


def read(text: Text, pack: Sequence[Known]) -> list[Finding]:
    """All that is found in a plan's text; `pack` are the criteria that are known."""
    head, found = identity.head(text)
    found += symbols.own_number(text, head.end)
    found += dates.issued_on(text, head.end)
    found += identity.issuer(text, head)
    found += identity.period(text)
    found += symbols.grounds(text, head.body)
    found += lists.movements(text)
    found += lists.categories(text, head.body)
    found += of_criteria.criteria(text, head.body, pack)
    found += of_targets.targets(text)
    found += dates.days(text)
    found += dates.months(text)
    found += lists.recipients(text)
    return found + list(oddities.oddities(text, found))
