"""How values are written for readers: days, times, numbers and sizes, and what somebody wrote in Vietnamese."""

from datetime import date, datetime

from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

from shared.clock import VIETNAM, local_date
from shared.language import VIETNAMESE, language, translate


def day(value: date) -> str:
    """20/11/2026; an instant becomes its date in Vietnam."""
    return _day(value).strftime("%d/%m/%Y")


def read_day(text: str) -> date | None:
    """The inverse of `day`, as people type it: 5/9/2024, 05-09-2024; none when it is no day."""
    try:
        day, month, year = (int(part) for part in text.strip().replace("-", "/").split("/"))
        return date(year, month, day)
    except ValueError:
        return None


def day_in_words(value: date) -> str:
    """«ngày 05 tháng 02 năm 2026»: days below 10 and the months 1 and 2 carry a zero (Decree 30/2020, annex I)."""
    on = _day(value)
    month = f"{on.month:02}" if on.month < 3 else str(on.month)
    return translate("ngày {day:02} tháng {month} năm {year}", day=on.day, month=month, year=on.year)


def moment(value: datetime) -> str:
    """14:05 20/11/2026 in Vietnam. Raises ValueError for an instant without a zone."""
    return _local(value).strftime("%H:%M %d/%m/%Y")


def time_of_day(value: datetime) -> str:
    """14:05 in Vietnam. Raises ValueError for an instant without a zone."""
    return _local(value).strftime("%H:%M")


def number(value: float) -> str:
    """1.234,5; in English 1,234.5"""
    return format_decimal(value, locale=language())


def percent(value: float) -> str:
    """66,7% of 0.6667."""
    return format_percent(value, format="#,##0.#%", locale=language())


def file_size(size: int) -> str:
    """A number of bytes as B, kB or MB: 1,4 MB."""
    for unit, step in (("MB", 1_000_000), ("kB", 1_000)):
        if size >= step:
            return f"{format_decimal(size / step, format='#,##0.#', locale='vi')} {unit}"
    return f"{size} B"


def _day(value: date) -> date:
    return local_date(_local(value)) if isinstance(value, datetime) else value


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be shown")
    return value.astimezone(VIETNAM)


def in_vietnamese(text: object) -> object:
    """What somebody wrote, marked as Vietnamese on a page in another language (WCAG 2.2, 3.1.2)."""
    if text is None or text == "" or language() == VIETNAMESE:
        return text
    return Markup('<span lang="vi">{}</span>').format(escape(str(text)))
