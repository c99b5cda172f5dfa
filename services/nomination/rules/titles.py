"""Titles by which people are spoken of: they come and go, and by them one person would be two."""

# Not «Ông»: there are families of that name.
TITLES = (
    ("nhà", "giáo", "nhân", "dân"),
    ("nhà", "giáo", "ưu", "tú"),
    ("cô", "giáo"),
    ("thầy", "giáo"),
    ("nhà", "giáo"),
    ("cô",),
    ("thầy",),
    ("em",),
    ("ths",),
    ("ts",),
    ("pgs",),
    ("gs",),
    ("pgs.ts",),
    ("gs.ts",),
    ("nsưt",),
    ("nsnd",),
)
"""How a title is written, word by word, the longer ones first."""
SHORTEST = 2
"""So many words a name has at least: what is left of it otherwise is no name, so it was no title."""


def split_title(name: str) -> tuple[str, str]:
    """The title that a name was written with, empty for none, and the name: «Cô Lê Thị Ánh» is «Cô», «Lê Thị Ánh»."""
    words = name.split()
    kept = words
    while found := next((one for one in TITLES if _begins(kept, one)), None):
        kept = kept[len(found) :]
    return " ".join(words[: len(words) - len(kept)]), " ".join(kept)


def _begins(words: list[str], title: tuple[str, ...]) -> bool:
    beginning = tuple(word.lower().rstrip(".") for word in words[: len(title)])
    return beginning == title and len(words) - len(title) >= SHORTEST
