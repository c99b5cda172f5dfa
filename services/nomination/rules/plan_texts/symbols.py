"""Numbers and signs of papers, and the papers that a plan rests on."""

import re
from collections.abc import Iterator
from datetime import date

from services.nomination.rules.plan_texts.dates import first_date
from services.nomination.rules.plan_texts.finding import Finding, What
from services.nomination.rules.plan_texts.text import Text
from services.nomination.rules.plan_texts.words import MATTERS, SIGNERS, SIGNS

_SIGN = re.compile(r"(?<![\w/:.])(\d{1,5})\s*([/-])\s*([a-z]{2,8})\s*([-–/])\s*([a-z]{2,10})\b")
_HEAD_SIGN = re.compile(r"(?:so|se|no)?\s*:?\s*([0-9][0-9a-z:.,]*)\s*/\s*([a-z]{2,8})\s*[-–]\s*([a-z]{2,10})\b")
_JOINED = re.compile(r"\s+va\s+(?:[a-z]+\s+){1,4}so\s*$")
"""What stands between a paper and the number of the next, in mended text: «và Kế hoạch số»."""
_CLOSE = 60
"""So many signs behind its number a paper's date begins at most."""


def own_number(text: Text, head_end: int) -> list[Finding]:
    """The plan's own number, above its title: certain, or unreadable (then `word` says so)."""
    for found in _HEAD_SIGN.finditer(text.folded, 0, head_end):
        if not _capitals(text.raw[found.start(2) : found.end(2)]):
            continue
        number, kind, signer = found[1], _sign(text, found, 2), _sign(text, found, 3)
        place = found.start(1), found.end()
        if number.isdecimal():
            return [Finding(What.NUMBER, f"{number}/{kind}-{signer}", *place, sure=not text.damaged)]
        told = f"{text.raw[found.start(1) : found.end(1)]}/{kind}-{signer}"
        return [Finding(What.NUMBER, told, *place, sure=False, word="unreadable")]
    return []


def grounds(text: Text, head_end: int) -> Iterator[Finding]:
    """Each paper that is named below the title, once: number, day, who issued it and what it is about."""
    seen = set()
    signs = [found for found in _SIGN.finditer(text.folded, head_end) if _capitals(text.raw[found.start(3) :])]
    for found in signs:
        number = f"{found[1]}{found[2]}{_sign(text, found, 3)}{found[4].replace('–', '-')}{_sign(text, found, 5)}"
        if number in seen:
            continue
        seen.add(number)
        day, end = _day(text, found.end())
        issuer, title = _who(text, end)
        yield Finding(
            What.GROUND,
            number,
            found.start(),
            end,
            sure=day is not None and not text.damaged,
            day=day,
            word="" if _fits(number, issuer) else "symbol",
            more=(issuer, title),
        )


def _day(text: Text, place: int) -> tuple[date | None, int]:
    found = first_date(text, place, place + _CLOSE)
    between = text.folded[place : found[1]] if found else ""
    return (found[0], found[2]) if found and re.fullmatch(r"[\s,]*(ngay\s+)?", between) else (None, place)


def _who(text: Text, place: int) -> tuple[str, str]:
    """Who issued it, and what it is about, as far as that stands behind its day."""
    stop = _stop(text, place)
    matter = MATTERS.search(text.mended, place, stop)
    begins = matter.start() if matter else stop
    who = re.match(
        r"\s*,?\s*(?:của|cua|cia|ctia|ciia|cuia)\s+(.+?)(?=\s+(?:về|vé|ve)(?:\s|$)|[,;.]|$)",
        text.raw[place:begins],
        re.DOTALL,
    )
    issuer = " ".join(who[1].split()) if who else ""
    after = place + (who.end() if who else 0)
    about = r"\s+" if after == begins else r"\s*,?\s*(?:về|vé|ve)\s+(?:việc\s+|viéc\s+)?"
    what = re.match(rf"{about}(.+?)(?=[,;]|$)", text.raw[after:stop], re.DOTALL)
    return issuer, " ".join(what[1].split()) if what else ""


def _stop(text: Text, place: int) -> int:
    """Where what is said of the paper before that place ends at the latest: its sentence, or the paper joined to it."""
    _, stop = text.sentence(place)
    following = _SIGN.search(text.folded, place, stop)
    joined = _JOINED.search(text.mended[place : following.start()]) if following else None
    return place + joined.start() if joined else stop


def _fits(number: str, issuer: str) -> bool:
    """Whether whoever is said to have issued it signs like that; nothing is said without a name."""
    begins = SIGNERS.get(re.split(r"[-/]", number)[-1])
    if begins is None or not issuer:
        return True
    return Text.of(issuer).folded.startswith(begins)


def _sign(text: Text, found: re.Match[str], group: int) -> str:
    raw = text.raw[found.start(group) : found.end(group)]
    return SIGNS.get(raw.upper(), raw)


def _capitals(raw: str) -> bool:
    return raw[:2].isupper()
