"""Searching in one box: what was asked, with or without marks, what has these words, and the page that shows it.

A thing is found (`shared.search_words`) that has all the words asked for, in any order; the last one may be unfinished.
What has them with the very marks comes first. Each service answers for its own things and by its own rights.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Uuid, and_, case, column, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared import lists
from shared.listing import MOST_COUNTED, Asked, ColumnLike, Listing, Order, Rows, page_of
from shared.names import normal
from shared.pages import Pages
from shared.policy import Rights
from shared.search_words import WORDS, Word, words_of

LONGEST = 200
"""Letters of a question; longer ones are refused, not cut."""
MOST_WORDS = 8
"""Of a question: each costs a look into the index. Further words do not count, and the page says so."""
NEAREST = "sat"
"""The name of the only order: exact marks first."""
MOST_FOUND = MOST_COUNTED
"""Things that a desk's search looks at. Where more has the words, the page says so and asks for more of them."""
TOO_MANY = "Rất nhiều kết quả; hãy gõ thêm chữ để tìm chính xác hơn."
_LAST = "\U0010ffff"
"""Comes after every letter in the collation "C"."""
_NUMBERS = ARRAY(Integer)
_PLAN_ANEW = text("select set_config('plan_cache_mode', 'force_custom_plan', true)")
"""How common its words are decides how a question is best answered: until the transaction ends, no plan is reused."""
_CODE = re.compile(r"[A-Z]{1,8}-\d{2}-\d{4,}")


@dataclass(frozen=True)
class Sought:
    """What was asked: the text as typed, its words, and the code if it is one."""

    text: str
    words: tuple[Word, ...]

    @classmethod
    def of(cls, request: Request) -> "Sought":
        """Read `?q=`."""
        return cls.read(request.query_params.get("q", ""))

    @classmethod
    def read(cls, typed: str) -> "Sought":
        """What somebody typed."""
        text = normal(typed)
        return cls(text, tuple(words_of(_code_in(text) or text[:LONGEST])))

    @property
    def code(self) -> str | None:
        """The code, when the whole question is one, however it was typed: tb 24 0001."""
        return _code_in(self.text)

    @property
    def too_long(self) -> bool:
        """Whether it is longer than anybody's question."""
        return len(self.text) > LONGEST

    @property
    def can_be_found(self) -> bool:
        """Whether there is something to look for."""
        return bool(self.words) and not self.too_long

    @property
    def cut(self) -> bool:
        """Whether not all of its words count."""
        return len(self.words) > MOST_WORDS

    def found(self, agency: str) -> Any:
        """A subquery of all that has the words, as `Found.table` is one of the first of it. Needs words."""
        query, first = self._having(agency)
        return query.group_by(first.c.thing).subquery("found")

    async def look(self, session: AsyncSession, agency: str, units: Collection[UUID] | None = None) -> "Found":
        """The first things of these units (None: of all) that have all the words. Needs words.

        PostgreSQL walks along the first word and stops: a name that everybody has costs no more among a million things
        than among a thousand. Of a word that is not finished, whole words come first.
        """
        await session.execute(_PLAN_ANEW)
        query, first = self._having(agency)
        if units is not None:
            query = query.where(first.c.unit_id.in_(units))
        place = first.c.word, first.c.thing
        rows = list(await session.execute(query.group_by(*place).order_by(*place).limit(MOST_FOUND + 1)))
        marks: dict[UUID, tuple[int, int]] = {}
        for thing, exact, whole in rows[:MOST_FOUND]:
            known = marks.get(thing, (0, 0))
            marks[thing] = max(known[0], exact), max(known[1], whole)
        return Found(marks, len(rows) > MOST_FOUND)

    def _having(self, agency: str) -> tuple[Any, Any]:
        """What has all the words, to be grouped, and the words' table for the first."""
        asked = self.words[:MOST_WORDS]
        parts = [WORDS.alias(f"w{number}") for number in range(len(asked))]
        exact = [
            func.max(case((part.c.marked == word.marked, 1), else_=0)) for part, word in zip(parts, asked, strict=True)
        ]
        first, final = parts[0], parts[len(asked) - 1]
        whole = func.max(case((final.c.word == asked[-1].folded, 1), else_=0))
        source: Any = first
        for part, word in zip(parts[1:], asked[1:], strict=True):
            last = word is self.words[-1]
            source = source.join(
                part, and_(part.c.agency == agency, part.c.thing == first.c.thing, _is(part, word, last))
            )
        query = (
            select(
                first.c.thing,
                (func.least(*exact) if len(exact) > 1 else exact[0]).label("exact"),
                whole.label("whole"),
            )
            .select_from(source)
            .where(first.c.agency == agency, _is(first, asked[0], len(self.words) == 1))
        )
        return query, first

    def asked(self, request: Request, orders: Mapping[str, Order]) -> Asked:
        """What the address asks of the list of what was found."""
        return Asked.of(request, orders, (), kept={"q": self.text})


@dataclass(frozen=True)
class Found:
    """What has all the words, as far as it was looked at: of each thing whether it has them with the very marks, and
    whether none only begins so. `cut`: there is more.
    """

    marks: Mapping[UUID, tuple[int, int]]
    cut: bool

    @property
    def table(self) -> Any:
        """The same to be joined: (thing, exact, whole)."""
        exact, whole = ([one[place] for one in self.marks.values()] for place in (0, 1))
        return (
            func.unnest(literal(list(self.marks), ARRAY(Uuid)), literal(exact, _NUMBERS), literal(whole, _NUMBERS))
            .table_valued(column("thing", Uuid), column("exact", Integer), column("whole", Integer))
            .render_derived("found")
        )


def nearest(found: Any, place: ColumnLike, *, descending: bool = False) -> dict[str, Order]:
    """The only order of what was `found`: the very marks first, then whole words, then by `place`, a text."""
    first, then, last = ("2", "1", "0") if descending else ("0", "1", "2")
    rank = case((found.c.exact == 1, first), (found.c.whole == 1, then), else_=last)
    return {NEAREST: Order(rank.concat(place), descending, "Sát nhất trước")}


def _code_in(text: str) -> str | None:
    code = re.sub(r"[\s_\u2010-\u2015-]+", "-", text).upper()
    return code if _CODE.fullmatch(code) else None


def _is(part: Any, word: Word, unfinished: bool) -> Any:
    if unfinished:
        return and_(part.c.word >= word.folded, part.c.word < word.folded + _LAST)
    return part.c.word == word.folded


@dataclass(frozen=True)
class Finding:
    """A query for what has the words of a question, with its order and the id that makes the order complete.

    `cut`: there is more than it brings.
    """

    query: Any
    orders: Mapping[str, Order]
    key: ColumnLike
    cut: bool = False

    async def rows(self, session: AsyncSession, asked: Asked) -> Rows:
        """One page of it."""
        return replace(await page_of(session, self.query, asked, self.orders, self.key), cut=self.cut)

    async def count(self, session: AsyncSession) -> str:
        """How many there are: at most «1000+»."""
        some = self.query.with_only_columns(self.key).limit(MOST_COUNTED + 1).subquery()
        total = await session.scalar(select(func.count()).select_from(some)) or 0
        return f"{min(total, MOST_COUNTED)}{'+' if self.cut or total > MOST_COUNTED else ''}"


@dataclass(frozen=True)
class Place:
    """A service's search: who may ask it, where it lies, what it is called."""

    act: str
    path: str
    label: str


PLACES = (
    Place("nomination.read", "/de-cu/tim", "Đề cử"),
    Place("case.read", "/xet-duyet/tim", "Xét duyệt"),
    Place("story.read", "/lan-toa/tim", "Lan tỏa"),
    Place("message.read", "/thong-bao/tim", "Thông báo"),
)
"""Each answered by its own service and its own rights, in the menu's order."""


def show(
    request: Request, pages: Pages, rights: Rights, sought: Sought, listing: Listing | None, *, hint: str, file: str
) -> Response:
    """The page of what was found; `listing` is None when nothing was looked for. `hint` says by what one can search."""
    errors = {"q": "Câu hỏi dài quá 200 chữ cái. Hãy rút ngắn lại."} if sought.too_long else {}
    tabs = [
        (place, f"{place.path}?q={quote(sought.text)}" if sought.can_be_found else place.path)
        for place in PLACES
        if rights.opens(place.act)
    ]
    context: dict[str, Any] = {
        "sought": sought,
        "tabs": tabs,
        "path": request.url.path,
        "hint": hint,
        "most": MOST_WORDS,
        "too_many": TOO_MANY if listing is not None and listing.rows.cut else "",
    }
    if listing is None:
        return pages.render(
            request, "search.html", status_code=422 if errors else 200, listing=None, errors=errors, **context
        )
    return lists.show(request, listing, "search.html", file=file, errors={}, **context)


def counted(total: str) -> PlainTextResponse:
    """How many were found, as the other services' pages fetch it for their tabs."""
    return PlainTextResponse(total, headers={"Cache-Control": "private, no-store"})
