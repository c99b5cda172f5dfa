"""How people are named: by family and given name."""

from services.nomination.rules import FieldRefusal
from services.nomination.rules.titles import split_title
from shared.wording import say


class NameWithTitle(FieldRefusal):
    """A person's name was written with a title before it."""

    problem = "name-with-title"


def check_name(name: str) -> None:
    """Raises NameWithTitle."""
    title, bare = split_title(name)
    if title:
        raise NameWithTitle("name", say("Hãy ghi họ và tên, không kèm «{title}»: {name}.", title=title, name=bare))
