"""When two subjects may be one, and which of them stands for all once they were merged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.nomination.rules import FieldRefusal
from services.nomination.rules.criteria import Form

_WORD = re.compile(r"[^\W_]+")


class Verdict(StrEnum):
    """What was said of two subjects that may be one. In the order of their letters they stand in lists."""

    ASKED = "asked"
    """Nothing yet."""
    MERGED = "merged"
    PARTED = "parted"
    """They are two, and nobody is asked again."""


class Why(StrEnum):
    """Why two may be one."""

    MERGED = "merged"
    REFERENCE = "reference"
    FILE = "file"
    BORN = "born"
    NAME = "name"
    UNIT = "unit"
    MARKS = "marks"
    """The names differ in their marks only."""
    ORDER = "order"
    """The names have the same words in another order."""


WEIGHTS = {
    Why.MERGED: 100,
    Why.REFERENCE: 50,
    Why.FILE: 20,
    Why.BORN: 10,
    Why.NAME: 5,
    Why.UNIT: 4,
    Why.MARKS: 2,
    Why.ORDER: 1,
}


class BadMerge(FieldRefusal):
    """Two subjects cannot be made one, or two, as was asked."""

    problem = "bad-merge"


class BadSubject(FieldRefusal):
    """A dossier cannot begin about that subject."""

    problem = "bad-subject"


@dataclass(frozen=True)
class Who:
    """A subject by what tells it from others; `marked` is its name's sorting key, in which marks count."""

    key: str
    folded: str
    marked: str
    unit_id: UUID
    born: int | None = None
    reference: str = ""


def same_key(category: str, form: str, folded: str) -> str:
    """By which those that may be one are found: what they are, and the words of the name in any order, without marks.

    A pupil is no teacher of the same name; among the grown-ups somebody's post may change.
    """
    kind = "grown-up" if category in ("manager", "teacher", "staff") else category
    words = sorted(_WORD.findall(folded))
    return " ".join([f"{Form.MODEL if form == Form.MODEL else kind}:", *words])


def likeness(one: Who, other: Who) -> tuple[Why, ...]:
    """Why two may be one, the strongest reason first; nothing: they are two."""
    if one.reference and other.reference:
        if one.reference != other.reference:
            return ()
    elif one.key != other.key or (one.born and other.born and one.born != other.born):
        return ()
    found = {
        Why.REFERENCE: bool(one.reference) and one.reference == other.reference,
        Why.BORN: one.born is not None and one.born == other.born,
        Why.NAME: one.marked == other.marked,
        Why.UNIT: one.unit_id == other.unit_id,
        Why.MARKS: one.marked != other.marked and one.folded == other.folded,
        Why.ORDER: one.folded != other.folded and one.key == other.key,
    }
    return tuple(why for why, holds in found.items() if holds)


def weight(whys: tuple[Why, ...]) -> int:
    """How much speaks for it."""
    return sum(WEIGHTS[why] for why in whys)


def check_alike(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Whether two of these categories and forms can be one at all. Raises BadMerge."""
    kinds = {(category == "collective", form == Form.MODEL) for category, form in (one, other)}
    if len(kinds) > 1:
        raise BadMerge("stands", "Một người, một tập thể và một mô hình không thể là một.")


def standing(into: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Of each that was merged, the one that stands in the end; `into`: with which it was merged, by its own id."""
    found = {}
    for merged in into:
        stands = into[merged]
        while stands in into:
            stands = into[stands]
        found[merged] = stands
    return found
