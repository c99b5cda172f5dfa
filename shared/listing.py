"""Lists: what was asked for in the address, one page of rows by keyset, and the same list as a spreadsheet.

A service's query gives the rows, `Listing` what the page shows; `lists.html` lays it out. The address holds it all
(`?trang-thai=open&xep=cu&sau=…`): a filtered list can be kept as a bookmark and sent to somebody.
"""

import base64
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from shared.clock import VIETNAM
from shared.language import translate
from shared.looks import CATEGORIES, STATES

ColumnLike = Any
"""A column of a row class, as `sqlmodel.col` gives it: its type says nothing of what is asked of it here."""
PAGE = 50
MOST_COUNTED = 1000
"""Beyond that a list says «hơn 1.000»: counting 100,000 rows would cost more than the page."""
MOST_EXPORTED = 20_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Link:
    """A cell that leads to its row's page."""

    text: str
    href: str


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

    @classmethod
    def of(
        cls,
        request: Request,
        orders: Mapping[str, Order],
        filters: Sequence[Filter],
        kept: Mapping[str, str] | None = None,
    ) -> "Asked":
        """Read the address. The first order is the usual one."""
        query = request.query_params
        order = query.get("xep", "")
        chosen = {
            one.name: query[one.name] for one in filters if query.get(one.name) in {value for value, _ in one.options}
        }
        return cls(
            request.url.path,
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


def chosen(query: Any, asked: Asked, columns: Mapping[str, ColumnLike]) -> Any:
    """The query with what was chosen; `columns` says by filter's name what decides."""
    for name, value in asked.chosen.items():
        query = query.where(columns[name] == value)
    return query


async def page_of(
    session: AsyncSession, query: Any, asked: Asked, orders: Mapping[str, Order], key: ColumnLike
) -> Rows:
    """The rows of one page in the order asked for; `key` is the id that makes the order complete.

    For a spreadsheet the first `MOST_EXPORTED` rows, without pages.
    """
    order = orders[asked.order]
    total = await session.scalar(
        select(func.count()).select_from(query.with_only_columns(key).limit(MOST_COUNTED + 1).subquery())
    )
    turned = [order.column.desc(), key.desc()] if order.descending else [order.column.asc(), key.asc()]
    limit = MOST_EXPORTED if asked.spreadsheet else PAGE
    paged = query.add_columns(order.column.label("_place"), key.label("_key")).order_by(*turned).limit(limit + 1)
    if asked.after and not asked.spreadsheet:
        place = tuple_(order.column, key)
        paged = paged.where(place < asked.after if order.descending else place > asked.after)
    found = list(await session.execute(paged))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    following = asked.address(sau=_cursor(last[-2], last[-1])) if last and not asked.spreadsheet else None
    return Rows([row[:-2] for row in found[:limit]], total or 0, following)


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
        return translate("{shown} dòng trên trang này, {all} dòng tất cả", shown=len(self.cells), all=self.rows.total)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What is chosen, each with the address without it."""
        labels = {(one.name, value): label for one in self.filters for value, label in one.options}
        heads = {one.name: one.label for one in self.filters}
        return [
            (f"{translate(heads[name])}: {translate(labels[name, value])}", self.asked.address(**{name: None}))
            for name, value in self.asked.chosen.items()
        ]

    def spreadsheet(self, *, agency: str, who: str, when: str) -> bytes:
        """The list as xlsx: what it is, who took it out and when in row 1, then the headings, then the rows."""
        book = Workbook(write_only=True)
        sheet = book.create_sheet(translate(self.caption)[:31].replace("/", "-"))
        sheet.freeze_panes = "A3"
        chosen = "; ".join(label for label, _ in self.chips)
        told = [
            translate(self.caption),
            agency,
            chosen,
            translate("Xuất lúc {when}, người xuất: {who}", when=when, who=who),
        ]
        sheet.append([_text(sheet, " · ".join(part for part in told if part))])
        sheet.append([_text(sheet, translate(column.label)) for column in self.columns])
        for row in self.cells:
            sheet.append([_plain(sheet, cell) for cell in row])
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()


def as_file(content: bytes, name: str) -> Response:
    """A spreadsheet as an answer that is kept by nobody on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=XLSX, headers={**headers, "X-Content-Type-Options": "nosniff"})


def _text(sheet: Any, text: str) -> Any:
    """A cell of text, whatever it begins with: a name that begins with «=» is no formula."""
    made = WriteOnlyCell(sheet, value="")
    made.value = "".join(letter for letter in text if letter >= " " or letter in "\n\t")
    made.data_type = "s"
    return made


def _plain(sheet: Any, cell: Cell) -> Any:
    match cell:
        case Link():
            return _text(sheet, cell.text)
        case Tag():
            return _text(sheet, translate(STATES[cell.family][cell.name].label))
        case Said():
            return _text(sheet, translate(cell.text))
        case datetime():
            return cell.astimezone(VIETNAM).replace(tzinfo=None)
        case str():
            return _text(sheet, cell)
    return cell


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
