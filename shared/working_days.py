"""Working days: what a calendar of dated data says of each day, and counting in them.

The data is Vietnamese and comes from outside (`deploy/calendars/`): which days are free beside Saturdays and Sundays,
and which Saturdays are worked instead. What lies outside the known years is refused, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

WEEKEND = (5, 6)
"""Saturday and Sunday, as `date.weekday` counts: the week of 40 hours (Decision 188/1999/QĐ-TTg)."""
LONGEST = 60
"""Days that one entry may span: no holiday is longer, a wrong month or year mostly is."""
_DAY = timedelta(days=1)

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class BadCalendar(ValueError):
    """A calendar's data contradicts itself; the text says which year, which day, and what to mend."""


class BeyondCalendar(LookupError):
    """A day lies in a year that the calendar does not know."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar of working days does not know the year {year}")
        self.year = year


@dataclass(frozen=True)
class Marked:
    """A day that is not as its weekday says: how it is called, which paper says so, whether that was confirmed."""

    day: date
    works: bool
    name: str
    source: str
    confirmed: bool


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: Words | None = None
    confirmed: bool = True


class _Off(_Written):
    first: date
    last: date | None = None
    name: Words


class _Work(_Written):
    day: date
    instead_of: date


class _Year(BaseModel):
    model_config = ConfigDict(extra="forbid")

    year: int = Field(ge=2000, le=2100)
    source: Words
    off: list[_Off] = Field(min_length=1)
    work: list[_Work] = Field(default_factory=list)


def read_year(content: Mapping[str, Any]) -> tuple[int, str, list[Marked]]:
    """A year as a TOML file says it: the year, its source, its marked days in order. Raises BadCalendar."""
    try:
        told = _Year.model_validate(dict(content))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise BadCalendar(f"calendar {content.get('year', '(without a year)')}: {wrong}") from None
    marked: dict[date, Marked] = {}
    for off in told.off:
        for day in _span(told.year, off):
            _put(told.year, marked, Marked(day, False, off.name, off.source or told.source, off.confirmed))
    for work in told.work:
        if work.day.weekday() not in WEEKEND:
            raise BadCalendar(f"calendar {told.year}: {work.day} is worked anyway, it is no Saturday or Sunday")
        instead = marked.get(work.instead_of)
        if instead is None or instead.works:
            raise BadCalendar(
                f"calendar {told.year}: {work.day} is worked instead of {work.instead_of}, which is not off"
            )
        _put(told.year, marked, Marked(work.day, True, instead.name, work.source or told.source, work.confirmed))
    return told.year, told.source, [marked[day] for day in sorted(marked)]


def _span(year: int, off: _Off) -> list[date]:
    length = ((off.last or off.first) - off.first).days + 1
    if not 1 <= length <= LONGEST:
        raise BadCalendar(f"calendar {year}: {off.name} lasts from {off.first} to {off.last}: is a day mistyped?")
    return [off.first + number * _DAY for number in range(length)]


def _put(year: int, marked: dict[date, Marked], one: Marked) -> None:
    if one.day.year != year:
        raise BadCalendar(f"calendar {year}: {one.day} lies in another year")
    if one.day in marked:
        raise BadCalendar(f"calendar {year}: {one.day} stands there twice")
    marked[one.day] = one


@dataclass(frozen=True)
class Calendar:
    """What is known of days: the marked ones of each known year."""

    years: Mapping[int, Mapping[date, Marked]]

    @classmethod
    def of(cls, years: Mapping[int, Sequence[Marked]]) -> "Calendar":
        """A calendar of these years."""
        return cls({year: {one.day: one for one in marked} for year, marked in years.items()})

    def marked(self, day: date) -> Marked | None:
        """What is said of a day, if it is not as its weekday says. Raises BeyondCalendar."""
        if day.year not in self.years:
            raise BeyondCalendar(day.year)
        return self.years[day.year].get(day)

    def is_working_day(self, day: date) -> bool:
        """Whether offices work. Raises BeyondCalendar."""
        marked = self.marked(day)
        return marked.works if marked else day.weekday() not in WEEKEND

    def add(self, day: date, count: int) -> date:
        """The `count`th working day after `day`; 0 is `day` itself. Raises BeyondCalendar, ValueError when negative."""
        if count < 0:
            raise ValueError("working days are added, not taken away")
        while count:
            day += _DAY
            count -= self.is_working_day(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days follow `first` up to `last`, that day included: 0 when it is not later.

        Raises BeyondCalendar.
        """
        return sum(self.is_working_day(first + number * _DAY) for number in range(1, (last - first).days + 1))

    def unconfirmed(self, first: date, last: date) -> list[Marked]:
        """The marked days after `first` up to `last` that nobody has confirmed. Raises BeyondCalendar."""
        days = (first + number * _DAY for number in range(1, (last - first).days + 1))
        return [one for one in map(self.marked, days) if one and not one.confirmed]
