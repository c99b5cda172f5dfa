"""What may be typed to break a page, a feed, a mail or a spreadsheet, and what readers make of the answers.

What a reader is told of an answer can be compared: elements and attributes, kinds of cells, keys of JSON, and which
texts show whole (`tests.support.playing`).
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import httpx2
from openpyxl import load_workbook

from shared.names import normal
from shared.spreadsheets import XLSX
from tests.support.site import ADDRESS

CORPUS = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]><script>alert(1)</script><![CDATA[",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    '" autofocus onfocus=alert(1) x="',
    "javascript:alert(1)",
    "</title></textarea></style><script>alert(1)</script>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    '<a href="javascript:alert(1)">a</a>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
    '<xi:include href="file:///etc/passwd" parse="text"/>',
    "a\u2028b\u2029c\u0085d",
    "\u202egnp.exe\u202c \u200b\ufeff",
    '\\u003cscript\\u003e \\" \\',
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>",
    "<style>*{background:url(//evil.example)}</style>",
    "a\x01b\x0bc\x7f",
    "Ằ Ẵ Ộ Ự 👩🏽‍🏫 <b>đậm</b>",
)
"""One fault each; what reads them is told apart by `Read` and by the readers of feeds."""
FORMULAS = ("=1+1 ", "+1 ", "-1 ", "@SUM(1) ", "\t=1 ", "\r=1 ", '=HYPERLINK("//evil.example") ')
"""What makes a spreadsheet take a cell for a formula."""
LINKS = {"href", "src", "action", "formaction", "data-from", "data-save", "data", "poster", "xlink:href"}


BUNDLES = tuple(begun + " ".join(CORPUS[number :: len(FORMULAS)]) for number, begun in enumerate(FORMULAS))
"""The whole corpus in as many texts, each begun as a formula and short enough for a name."""
PLAIN = "Lời thường của một người. "
SOME = 2
"""So many of them are enough where the same template shows them all: each has elements and quotation marks."""


@dataclass
class Texts:
    """The texts of one play, each known again by its mark: bad ones, or plain ones to compare with."""

    hostile: bool
    given: dict[str, str] = field(default_factory=dict)

    def __call__(self, name: str, number: int = 0, most: int = 200) -> str:
        """The text that is typed into the field `name`, which takes so many letters, of the thing of that number."""
        begun = BUNDLES[number] if self.hostile else PLAIN
        return self._keep(f"{name}/{number}", begun[: most - 6])

    def whole(self, name: str) -> str:
        """All of them in one text."""
        return self._keep(f"{name}/all", " ".join(BUNDLES) if self.hostile else PLAIN)

    def in_path(self, name: str, number: int = 0) -> str:
        """A short text without slashes and quotation marks: part of an address, a file's name, a question."""
        begun = BUNDLES[number].translate(str.maketrans('/\\"', "∕＼”"))[:90] if self.hostile else PLAIN
        return self._keep(f"{name}/{number}", begun)

    def _keep(self, mark: str, begun: str) -> str:
        return self.given.setdefault(mark, f"{begun}⟦{len(self.given)}⟧")

    def shown_in(self, told: str) -> frozenset[str]:
        """The marks of the texts that a reader is told whole."""
        there = _letters(told)
        return frozenset(mark for mark, text in self.given.items() if _letters(text) in there)


@lru_cache(maxsize=2000)
def _letters(text: str) -> str:
    """What is left of a text wherever it is kept: not all places take every blank."""
    return "".join(normal(text).split())


class Read(HTMLParser):
    """What a browser makes of a page: elements with their attributes, what a person reads, where it leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: list[tuple[str, ...]] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.targets: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.data: list[str] = []
        """What script elements hold."""
        self.text: list[str] = []
        self._in_script = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.shape.append((tag, *(name for name, _ in attrs)))
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value for _, value in attrs if value]
        self.targets += [value or "" for name, value in attrs if name in LINKS]
        if tag == "script":
            self.scripts.append(dict(attrs))
            self._in_script = True

    def handle_endtag(self, tag: str) -> None:
        """Note where it ends."""
        self.shape.append(("/" + tag,))
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        """Note what a person, or a script, reads."""
        (self.data if self._in_script else self.text).append(data)

    def handle_comment(self, data: str) -> None:
        """No page of ours has one."""
        self.shape.append(("<!--",))


def strange(targets: Sequence[str]) -> list[str]:
    """The targets that lead away from the agency, or are no addresses."""
    targets = [one.removeprefix(ADDRESS) for one in targets]
    return [one for one in targets if re.search(r"[\\\x00-\x20]", one) or not re.match(r"(?:/(?!/)|#|\?|$)", one)]


@dataclass(frozen=True)
class Seen:
    """What came of one request: all but the texts themselves."""

    status: int
    headers: tuple[str, ...]
    shape: tuple[object, ...]
    shown: frozenset[str]
    strange: tuple[str, ...] = ()

    def differs(self, other: "Seen") -> dict[str, tuple[Any, Any]]:
        """What is not alike, as short as a person wants to read it."""
        pairs = [(ours, theirs) for ours, theirs in zip(self.shape, other.shape, strict=False) if ours != theirs]
        told: dict[str, tuple[Any, Any]] = {
            "status": (self.status, other.status),
            "headers": (self.headers, other.headers),
            "size": (len(self.shape), len(other.shape)),
            "shape": pairs[0] if pairs else ("", ""),
            "shown": (self.shown - other.shown, other.shown - self.shown),
            "strange": (self.strange, other.strange),
        }
        return {name: (ours, theirs) for name, (ours, theirs) in told.items() if ours != theirs}


def seen(answer: httpx2.Response, texts: Texts) -> Seen:
    """An answer as its reader takes it."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    headers = tuple(sorted(answer.headers))
    if kind == "text/html":
        read = Read(answer.text)
        told = "".join(read.text) + " " + " ".join(read.values)
        code = [] if read.scripts == [{"type": "application/ld+json"}] else [one for one in read.data if one.strip()]
        away = (*strange(read.targets), *code)
        return Seen(answer.status_code, headers, tuple(read.shape), texts.shown_in(told), away)
    if kind == XLSX:
        (sheet,) = load_workbook(io.BytesIO(answer.content)).worksheets
        cells = [cell for row in sheet.rows for cell in row]
        shape = tuple((cell.coordinate, cell.data_type, cell.hyperlink is None) for cell in cells)
        return Seen(answer.status_code, headers, shape, texts.shown_in("\n".join(str(cell.value) for cell in cells)))
    if kind in ("application/json", "application/problem+json"):
        keys, words = [], []
        for place, value in _leaves(answer.json()):
            keys.append((place, type(value)))
            words.append(str(value))
        return Seen(answer.status_code, headers, tuple(keys), texts.shown_in("\n".join(words)))
    return Seen(answer.status_code, headers, (kind,), texts.shown_in(answer.text))


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        for name, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(one, f"{place}/{name}")
    else:
        yield place, value
