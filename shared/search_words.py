"""By which words a thing is found: one row per thing and word, without marks to look it up, with marks to rank it.

There are no trigram or full-text indexes: row-level security (`shared.fence`) keeps PostgreSQL from using an index
whose operator is not leakproof, and of those for text only =, < and ≥ are. A B-tree over single words needs no more.
"""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, MetaData, PrimaryKeyConstraint, Table, Text, Uuid, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import column, table

from shared.names import folded, normal, word_key
from shared.outbox import agency_of

_WORD = re.compile(r"[a-z]{1,8}-\d{2}(?:-\d*)?(?![^\W_])|[^\W_]+")
_CODE = re.compile(r"[a-z]+-\d{2}-\d{4,}")
_DASHES = re.compile(r"[\u2010-\u2015]")

WORDS = table(
    "search_words",
    *(column(name, kind) for name, kind in (("agency", Text), ("word", Text), ("thing", Uuid), ("marked", Text))),
    column("unit_id", Uuid),
)


def add_tables(metadata: MetaData) -> None:
    """Declare `search_words`: one row per thing and word. `unit_id`: to whose unit the thing belongs, if to one."""
    made = Table(
        "search_words",
        metadata,
        Column("agency", Text, nullable=False),
        Column("thing", Uuid, nullable=False),
        Column("word", Text(collation="C"), nullable=False, comment="without marks"),
        Column("marked", Text(collation="C"), nullable=False, comment="letters and tones as sorting has them"),
        Column("unit_id", Uuid),
        PrimaryKeyConstraint("agency", "thing", "word", "marked"),
    )
    # All that a search and the fence ask for lies in the index.
    Index(None, made.c.agency, made.c.word, made.c.thing, made.c.marked, postgresql_include=["unit_id"])


@dataclass(frozen=True)
class Word:
    """A word as it is looked up, and as it is written."""

    folded: str
    marked: str


def words_of(*texts: str | None) -> list[Word]:
    """The words of texts, each once, in their order; signs between them count for nothing.

    A code, whole or begun (TB-24-0143, TB-24), is one word: thousands share its parts.
    """
    found = (_WORD.findall(_DASHES.sub("-", normal(text).lower())) for text in texts if text)
    return list(dict.fromkeys(Word(folded(word)[:64], word_key(word)[:200]) for one in found for word in one))


async def enter(session: AsyncSession, thing: UUID, *texts: str | None, unit_id: UUID | None = None) -> None:
    """Let a thing be found by the words of these texts too."""
    rows = rows_of(agency_of(session), thing, *texts, unit_id=unit_id)
    if rows:
        await session.execute(insert(WORDS).on_conflict_do_nothing(), rows)


async def enter_anew(session: AsyncSession, thing: UUID, *texts: str | None, unit_id: UUID | None = None) -> None:
    """Let a thing be found by the words of these texts and by no others. Words that stay are left alone: a long text is
    saved again and again while it is typed.
    """
    agency = agency_of(session)
    here = WORDS.c.agency == agency, WORDS.c.thing == thing
    known = {
        (word, marked, unit)
        for word, marked, unit in await session.execute(
            select(WORDS.c.word, WORDS.c.marked, WORDS.c.unit_id).where(*here)
        )
    }
    wanted = {(row["word"], row["marked"], unit_id): row for row in rows_of(agency, thing, *texts, unit_id=unit_id)}
    gone = [(word, marked) for word, marked, _unit in known - wanted.keys()]
    if gone:
        await session.execute(delete(WORDS).where(*here, tuple_(WORDS.c.word, WORDS.c.marked).in_(gone)))
    new = [row for key, row in wanted.items() if key not in known]
    if new:
        await session.execute(insert(WORDS).on_conflict_do_nothing(), new)


async def forget(session: AsyncSession, thing: UUID) -> None:
    """Let a thing be found no more: whoever erases it erases its words."""
    await session.execute(delete(WORDS).where(WORDS.c.agency == agency_of(session), WORDS.c.thing == thing))


def rows_of(agency: str, thing: UUID, *texts: str | None, unit_id: UUID | None = None) -> list[dict[str, Any]]:
    """The rows by which a thing is found, for `insert into search_words`: of a code its number alone will do, too."""
    whole = {"agency": agency, "thing": thing, "unit_id": unit_id}
    words = words_of(*texts)
    apart = [text.split("-") for text in (word.folded for word in words) if "-" in text]
    parts = words_of(*(" ".join(one[-1:] if _CODE.fullmatch("-".join(one)) else one) for one in apart))
    return [{**whole, "word": word.folded, "marked": word.marked} for word in dict.fromkeys([*words, *parts])]
