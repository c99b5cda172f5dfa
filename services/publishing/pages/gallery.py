"""Lists of stories: what an address asks for, and the links that ask for more or less."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from services.publishing.actions.stories import SLUGS
from services.publishing.queries.public import Group, Wanted
from shared.events import Category
from shared.looks import CATEGORIES
from shared.names import folded, normal, sort_key
from shared.search import Sought

PAGE = 24
MOST_WORDS = 8
LONGEST = 200
KIND, UNIT, YEAR, WORDS, NUMBER = "loai", "don-vi", "nam", "q", "trang"
_KINDS = {slug: category for category, slug in SLUGS.items()}


@dataclass(frozen=True)
class Choice:
    """What a list is of, as its address says it; empty means all."""

    kind: str = ""
    unit: str = ""
    year: str = ""
    words: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: QueryParams) -> "Choice":
        """What a query asks for; what no list could be of is not asked."""
        kind, unit, year = (query.get(name, "") for name in (KIND, UNIT, YEAR))
        number = query.get(NUMBER, "")
        return cls(
            kind=kind if kind in _KINDS else "",
            unit=unit if re.fullmatch(r"[a-z0-9-]{1,200}", unit) else "",
            year=year if re.fullmatch(r"[12][0-9]{3}", year) else "",
            words=normal(query.get(WORDS, ""))[:LONGEST],
            page=int(number) if re.fullmatch(r"[1-9][0-9]{0,3}", number) else 1,
        )

    def address(self, path: str) -> str:
        """The one address of this list at that path."""
        asked = {KIND: self.kind, UNIT: self.unit, YEAR: self.year, WORDS: self.words}
        asked |= {NUMBER: str(self.page) if self.page > 1 else ""}
        told = urlencode({name: value for name, value in asked.items() if value})
        return path + (f"?{told}" if told else "")

    def wanted(self, groups: Iterable[Group]) -> Wanted:
        """The same as a query takes it; `groups` tell the units' names."""
        units = {one.unit for one in groups if slug_of(one.unit) == self.unit} if self.unit else None
        return Wanted(
            _KINDS.get(self.kind),
            None if units is None else tuple(sorted(units)),
            int(self.year) if self.year else None,
            self.sought,
        )

    @property
    def sought(self) -> Sought | None:
        """What is searched for; none when there is nothing to look for."""
        sought = Sought.read(self.words)
        return sought if sought.can_be_found else None


def slug_of(unit: str) -> str:
    """A unit's name in an address."""
    return "-".join(re.findall(r"[^\W_]+", folded(unit)))


@dataclass(frozen=True)
class Door:
    """A link to a narrower list, and how many stories stand behind it; `ours`: its label is a word of the product."""

    label: str
    href: str
    count: int
    ours: bool = False
    chosen: bool = False


@dataclass(frozen=True)
class Chip:
    """A condition of a list, and the address of the list without it."""

    label: str
    href: str
    ours: bool = False


def fitting(groups: Iterable[Group], choice: Choice) -> int:
    """How many stories of these groups a list has."""
    return sum(one.count for one in groups if _fits(one, choice))


def _fits(one: Group, choice: Choice) -> bool:
    return (
        (not choice.kind or SLUGS[one.category] == choice.kind)
        and (not choice.unit or slug_of(one.unit) == choice.unit)
        and (not choice.year or str(one.year) == choice.year)
    )


def kinds(groups: Sequence[Group], choice: Choice, path: str) -> list[Door]:
    """By kind, in the order of the categories; each count keeps to the list's other conditions."""
    counts = Counter[str]()
    for one in groups:
        if _fits(one, replace(choice, kind="")):
            counts[SLUGS[one.category]] += one.count
    return [
        Door(CATEGORIES[category], _narrow(choice, path, kind=slug), counts[slug], True, slug == choice.kind)
        for category, slug in SLUGS.items()
        if counts[slug]
    ]


def units(groups: Sequence[Group], choice: Choice, path: str) -> list[Door]:
    """By unit, in the order of their names."""
    counts, names = Counter[str](), dict[str, str]()
    for one in groups:
        if one.unit and _fits(one, replace(choice, unit="")):
            slug = slug_of(one.unit)
            counts[slug] += one.count
            names[slug] = min(names.get(slug, one.unit), one.unit)
    found = sorted(names, key=lambda slug: (sort_key(names[slug]), slug))
    return [Door(names[s], _narrow(choice, path, unit=s), counts[s], False, s == choice.unit) for s in found]


def years(groups: Sequence[Group], choice: Choice, path: str) -> list[Door]:
    """By year of publication, the newest first."""
    counts = Counter[str]()
    for one in groups:
        if _fits(one, replace(choice, year="")):
            counts[str(one.year)] += one.count
    found = sorted(counts, reverse=True)
    return [Door(year, _narrow(choice, path, year=year), counts[year], False, year == choice.year) for year in found]


def chips(groups: Sequence[Group], choice: Choice, path: str) -> list[Chip]:
    """The list's conditions, each with the way to do without."""
    names = {slug_of(one.unit): one.unit for one in groups}
    told: list[Chip] = []
    if choice.words:
        told.append(Chip(f"«{choice.words}»", _narrow(choice, path, words="")))
    if choice.kind:
        told.append(Chip(CATEGORIES[_KINDS[choice.kind]], _narrow(choice, path, kind=""), True))
    if choice.unit:
        told.append(Chip(names.get(choice.unit, choice.unit), _narrow(choice, path, unit="")))
    if choice.year:
        told.append(Chip(choice.year, _narrow(choice, path, year="")))
    return told


def turned(choice: Choice, path: str, page: int) -> str:
    """The address of another page of the list."""
    return replace(choice, page=page).address(path)


def _narrow(choice: Choice, path: str, **changes: str) -> str:
    return replace(choice, page=1, **changes).address(path)


def kind_of(category: Category) -> str:
    """A category in an address."""
    return SLUGS[category]
