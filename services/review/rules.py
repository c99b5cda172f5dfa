"""States and decisions of reviewing: pure, with clock and ids as arguments."""

from enum import StrEnum


class State(StrEnum):
    """Where a case is."""

    NEW = "new"
    CHECKING = "checking"


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"
