"""What a rule says to a person: a Vietnamese sentence with named gaps, kept apart from its values for translation.

Pure: the one module of `shared` that rules may import.
"""


class Said(str):
    """A finished Vietnamese sentence that remembers its wording and its values; else a plain string."""

    __slots__ = ("gaps", "wording")
    wording: str
    gaps: dict[str, object]

    def __str__(self) -> str:
        """Itself, so that `str(error)` keeps what it remembers."""
        return self


def say(wording: str, /, **values: object) -> Said:
    """The sentence `wording` with its gaps `{name}` filled. Raises KeyError when a gap has no value."""
    said = Said(wording.format(**values))
    said.wording, said.gaps = wording, values
    return said
