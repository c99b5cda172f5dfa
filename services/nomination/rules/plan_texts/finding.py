"""What was found in a paper's text."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class What(StrEnum):
    """What a finding is about."""

    KIND = "kind"
    NUMBER = "number"
    ISSUED_ON = "issued_on"
    TITLE = "title"
    ISSUER = "issuer"
    PERIOD = "period"
    GROUND = "ground"
    MOVEMENT = "movement"
    CATEGORY = "category"
    CRITERION = "criterion"
    OWN_CRITERION = "own_criterion"
    TARGET = "target"
    DAY = "day"
    MONTH = "month"
    RECIPIENT = "recipient"
    ODD = "odd"


@dataclass(frozen=True)
class Finding:
    """A thing that a text says, where it says it (`start`, `end`), and whether that is certain.

    `value` is what a person would write; the other fields hold the parts of it that are data: `day` a date, `number`
    a count or a month, `word` one word of a fixed few (a purpose, a bound, a category, what is odd), `more` a further
    text (a ground's issuer and title, a target's time).
    """

    what: What
    value: str
    start: int
    end: int
    sure: bool
    day: date | None = None
    number: int | None = None
    word: str = ""
    more: tuple[str, ...] = ()
