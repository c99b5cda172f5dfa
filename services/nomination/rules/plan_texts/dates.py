"""Days and months that a text names."""

import re
from collections.abc import Iterator
from datetime import date

from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text

_MONTH = r"th[a-z]ng"
_FULL = re.compile(
    rf"(?<![\d/])(\d{{1,2}})\s*/\s*(\d{{1,2}})\s*/\s*(\d{{4}})(?!\d)"
    rf"|(?<![\d/])(\d{{1,2}})\s+{_MONTH}\s+(\d{{1,2}})\s+n[a-z]m\s+(\d{{4}})(?!\d)"
)
_YEARLY = re.compile(
    rf"(?<![\d/.,])(\d{{1,2}})\s*/\s*(\d{{1,2}})(?![\d/]|\s*/|[.,]\d)"
    rf"|(?<![\d/])(\d{{1,2}})\s+{_MONTH}\s+(\d{{1,2}})(?!\d|\s*/|\s+n[a-z]m\s+\d)"
)
_MONTHS = re.compile(
    rf"\bv[a-z]o\s+{_MONTH}\s+\d{{1,2}}(?:\s*(?:,|va)\s*{_MONTH}\s+\d{{1,2}})*(?!\s+n[a-z]m\s+\d|\d|/)"
)
_BEFORE = re.compile(r"tr[a-z]{2,3}[ce]\s+(?:ngay\s+)?$")


def first_date(text: Text, start: int, end: int) -> tuple[date, int, int] | None:
    """The first full date there, and where it begins and ends. A date that cannot be is none."""
    for found in _FULL.finditer(text.mended, start, end):
        day, month, year = (int(one) for one in found.groups() if one)
        try:
            return date(year, month, day), found.start(), found.end()
        except ValueError:
            continue
    return None


def issued_on(text: Text, head_end: int) -> list[Finding]:
    """The day that stands above the title."""
    found = first_date(text, 0, head_end)
    if found is None:
        return []
    return [Finding(What.ISSUED_ON, f"{found[0]:%d/%m/%Y}", found[1], found[2], sure=not text.damaged, day=found[0])]


def days(text: Text) -> Iterator[Finding]:
    """Days that come back every year, such as 30/11; `word` is "before" for a deadline."""
    seen = set()
    for found in _YEARLY.finditer(text.mended):
        day, month = (int(one) for one in found.groups() if one)
        if not _is_day(day, month) or (day, month) in seen:
            continue
        seen.add((day, month))
        word = "before" if _BEFORE.search(text.mended[max(0, found.start() - 20) : found.start()]) else "on"
        start, end = text.sentence(found.start())
        told = text.part(start, end)
        yield Finding(
            What.DAY,
            f"{day}/{month}",
            found.start(),
            found.end(),
            sure=not text.damaged,
            number=day,
            word=word,
            more=(str(month), told),
        )


def months(text: Text) -> Iterator[Finding]:
    """Months in which something is due every year."""
    seen = set()
    for found in _MONTHS.finditer(text.mended):
        for one in re.finditer(r"\d{1,2}", found[0]):
            month = int(one[0])
            if 1 <= month <= 12 and month not in seen:
                seen.add(month)
                place = found.start() + one.start()
                told = text.part(*text.sentence(place))
                yield Finding(
                    What.MONTH, str(month), place, place + len(one[0]), not text.damaged, number=month, more=(told,)
                )


def _is_day(day: int, month: int) -> bool:
    try:
        date(2024, month, day)  # a leap year: the 29th of February comes back too
    except ValueError:
        return False
    return True
