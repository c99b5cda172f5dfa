"""How a rule of reviewing says no."""


class Refusal(Exception):
    """An act that the rules do not allow; `problem` is its slug, the text is for the person who acts."""

    problem = "refused"


class WrongState(Refusal):
    """The case is not where this act needs it to be."""

    problem = "wrong-state"


class NotReady(Refusal):
    """Sheets or ballot papers are missing."""

    problem = "not-ready"


class AlreadyDone(Refusal):
    """The person has done this before, and it is done once."""

    problem = "already-done"


class BadInput(Refusal):
    """A field is missing or wrong; `field` names it."""

    problem = "bad-input"

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
