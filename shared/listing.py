"""Lists: what was asked for in the address, and one page of rows by keyset.

A service says what a list is (`ListKind`), its query gives the rows, `Listing` is what the page shows and `lists.html`
lays out. The address holds it all (`?trang-thai=open&xep=cu&sau=…`): a filtered list can be kept as a bookmark and sent
to somebody. The same list as a file: `shared.spreadsheets`.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from shared.formats import number
from shared.language import translate
from shared.looks import CATEGORIES, STATES

ColumnLike = Any
"""A column of a row class, as `sqlmodel.col` gives it: its type says nothing of what is asked of it here."""
PAGE = 50
MOST_COUNTED = 1000
"""Beyond that a list says «hơn 1.000»: counting 100,000 rows would cost more than the page. As a file it is written by
a run (`shared.running`): nobody waits for it at an open page."""


@dataclass(frozen=True)
class Link:
    """A cell that leads to its row's page; `ours`: its words are ours, to be translated."""

    text: str
    href: str
    ours: bool = False


@dataclass(frozen=True)
class Tag:
    """A cell that shows a state: `family` and `name` as in `shared.looks.STATES`."""

    family: str
    name: str


@dataclass(frozen=True)
class Said:
    """A cell with words of ours, to be translated; anything else is data."""

    text: str


Cell = str | int | date | datetime | Link | Tag | Said | None


@dataclass(frozen=True)
class Column:
    """A column: its label; `sort` names the two orders that its heading offers (ascending, descending)."""

    label: str
    sort: tuple[str, str] | None = None
    minor: bool = False
    number: bool = False


@dataclass(frozen=True)
class Filter:
    """A choice in the address: its name there, its label, and (value, label) of what may be chosen."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


def state_filter(family: str, states: type[StrEnum]) -> Filter:
    """The choice by state, in the words of `shared.looks.STATES`."""
    return Filter("trang-thai", "Tình trạng", tuple((one.value, STATES[family][one.value].label) for one in states))


CATEGORY_FILTER = Filter("loai", "Loại", tuple((one.value, label) for one, label in CATEGORIES.items()))


@dataclass(frozen=True)
class Order:
    """An order of rows: the column that decides, which way, and how the order is called."""

    column: ColumnLike
    descending: bool
    label: str


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list; whatever it says that the list does not know counts for nothing."""

    path: str
    order: str
    chosen: Mapping[str, str]
    after: tuple[Any, UUID] | None
    spreadsheet: bool
    kept: Mapping[str, str] = field(default_factory=dict)
    """What else the list's addresses carry: what was searched for."""
    chunk: int = 0
    """For a run, which takes one piece of the list after the other: how many rows a piece has."""

    @classmethod
    def of(
        cls,
        request: Request,
        orders: Mapping[str, Order],
        filters: Sequence[Filter],
        kept: Mapping[str, str] | None = None,
    ) -> "Asked":
        """Read the address. The first order is the usual one."""
        return cls.read(request.url.path, request.query_params, orders, filters, kept)

    @classmethod
    def read(
        cls,
        path: str,
        query: Mapping[str, str],
        orders: Mapping[str, Order],
        filters: Sequence[Filter],
        kept: Mapping[str, str] | None = None,
    ) -> "Asked":
        """The same of an address that was kept: its path and what its query says."""
        order = query.get("xep", "")
        chosen = {
            one.name: query[one.name] for one in filters if query.get(one.name) in {value for value, _ in one.options}
        }
        return cls(
            path,
            order if order in orders else next(iter(orders)),
            chosen,
            _read_cursor(query.get("sau", "")),
            query.get("dang") == "xlsx",
            kept or {},
        )

    def address(self, **changed: str | None) -> str:
        """The list's address with something changed; None takes a part away. The place in the list is never kept."""
        parts: dict[str, str | None] = {**self.kept, **self.chosen, "xep": self.order, **changed}
        query = urlencode({name: value for name, value in parts.items() if value})
        return f"{self.path}?{query}" if query else self.path


@dataclass(frozen=True)
class Rows:
    """One page of what a query found, how many there are in all (at most `MOST_COUNTED` + 1), and where it goes on."""

    found: Sequence[Any]
    total: int
    following: str | None
    last: tuple[Any, UUID] | None = None
    """The place after which the next piece begins; none: this was the last one."""
    cut: bool = False
    """Whether there is more than was looked at: a search stops where it would take too long."""


def chosen(query: Any, asked: Asked, columns: Mapping[str, ColumnLike]) -> Any:
    """The query with what was chosen; `columns` says by filter's name what decides."""
    for name, value in asked.chosen.items():
        query = query.where(columns[name] == value)
    return query


async def page_of(
    session: AsyncSession, query: Any, asked: Asked, orders: Mapping[str, Order], key: ColumnLike
) -> Rows:
    """The rows of one page in the order asked for; `key` is the id that makes the order complete.

    For a spreadsheet the first `MOST_COUNTED` rows, without pages. Of a piece's list, all rows are counted, once.
    """
    order = orders[asked.order]
    total = 0
    if not (asked.chunk and asked.after):
        keys = query.with_only_columns(key)
        counted = keys if asked.chunk else keys.limit(MOST_COUNTED + 1)
        total = await session.scalar(select(func.count()).select_from(counted.subquery())) or 0
    turned = [order.column.desc(), key.desc()] if order.descending else [order.column.asc(), key.asc()]
    limit = asked.chunk or (MOST_COUNTED if asked.spreadsheet else PAGE)
    paged = query.add_columns(order.column.label("_place"), key.label("_key")).order_by(*turned).limit(limit + 1)
    if asked.after and not asked.spreadsheet:
        place = tuple_(order.column, key)
        paged = paged.where(place < asked.after if order.descending else place > asked.after)
    found = list(await session.execute(paged))
    last = (found[limit - 1][-2], found[limit - 1][-1]) if len(found) > limit else None
    following = asked.address(sau=_cursor(*last)) if last and not asked.spreadsheet else None
    return Rows([row[:-2] for row in found[:limit]], total, following, last)


@dataclass(frozen=True)
class Reader:
    """For whom a list is read: a person, the units that the list's act reaches for them (None: all), what else is open
    to them, and how agencies are called."""

    agency: str
    identity: str
    units: frozenset[UUID] | None
    opens: Callable[[str], bool]
    short_name: Callable[[str], str]


@dataclass(frozen=True)
class ListKind:
    """One list of a service: where it lies, whose it is, how its rows are found and what they show.

    `file` names its spreadsheet.
    """

    path: str
    act: str
    caption: str
    file: str
    orders: Mapping[str, Order]
    filters: Sequence[Filter]
    columns: Sequence[Column]
    find: Callable[[AsyncSession, Reader, Asked], Awaitable[Rows]]
    row: Callable[[Reader, Any], Sequence[Cell]]

    def listing(self, reader: Reader, asked: Asked, rows: Rows) -> "Listing":
        """What its page shows."""
        return Listing(
            self.caption, asked, self.orders, self.filters, self.columns, rows, lambda row: self.row(reader, row)
        )


@dataclass(frozen=True)
class Listing:
    """A list as its page shows it. `make_row` turns one row of the query into cells, as many as `columns`."""

    caption: str
    asked: Asked
    orders: Mapping[str, Order]
    filters: Sequence[Filter]
    columns: Sequence[Column]
    rows: Rows
    make_row: Callable[[Any], Sequence[Cell]]
    cells: Sequence[Sequence[Cell]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", [tuple(self.make_row(row)) for row in self.rows.found])

    @property
    def counted(self) -> str:
        """«1–50 trong 160»."""
        if self.rows.total > MOST_COUNTED:
            return translate("{shown} dòng trên trang này, hơn {most} dòng tất cả", shown=len(self.cells), most="1.000")
        if self.rows.cut:
            least = number(self.rows.total)
            return translate("{shown} dòng trên trang này, ít nhất {all} dòng tất cả", shown=len(self.cells), all=least)
        return translate("{shown} dòng trên trang này, {all} dòng tất cả", shown=len(self.cells), all=self.rows.total)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What is chosen, each with the address without it."""
        return list(zip(told(self.asked, self.filters), map(self._without, self.asked.chosen), strict=True))

    def _without(self, name: str) -> str:
        return self.asked.address(**{name: None})


def told(asked: Asked, filters: Sequence[Filter]) -> list[str]:
    """What is chosen, in words: «Tình trạng: Đã rút»."""
    labels = {(one.name, value): label for one in filters for value, label in one.options}
    heads = {one.name: one.label for one in filters}
    return [f"{translate(heads[name])}: {translate(labels[name, value])}" for name, value in asked.chosen.items()]


def _cursor(place: Any, key: UUID) -> str:
    kind = "t" if isinstance(place, datetime) else "d" if isinstance(place, date) else "s"
    word = {kind: place.isoformat() if kind in "td" else str(place)}
    return base64.urlsafe_b64encode(json.dumps([word, str(key)]).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[Any, UUID] | None:
    if not text:
        return None
    try:
        word, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if "t" in word:
            return datetime.fromisoformat(word["t"]), UUID(key)
        if "d" in word:
            return date.fromisoformat(word["d"]), UUID(key)
        return str(word["s"]), UUID(key)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
