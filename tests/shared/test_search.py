"""What was asked and by which words things are found: with and without marks, codes whole and begun."""

import unicodedata
from urllib.parse import urlencode
from uuid import UUID

import pytest
from starlette.requests import Request

from shared.search import LONGEST, Sought
from shared.search_words import rows_of, words_of

pytestmark = pytest.mark.unit


def asked(text: str) -> Sought:
    return Sought.of(Request({"type": "http", "path": "/tim", "query_string": urlencode({"q": text}).encode()}))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Ái", "nguyễn  thị ái"),
        ("Hòa thủy khóe", "Hoà thuỷ khoé"),
        ("Đặng Ân", unicodedata.normalize("NFD", "Đặng Ân")),
        ("Tổ Toán - Tin", "«Tổ Toán/Tin»"),
    ],
)
def test_the_same_words_however_they_are_written(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nguyễn Thị Ái", ["nguyen", "thi", "ai"]),
        ("TB-24-0143", ["tb-24-0143"]),
        ("tb-24", ["tb-24"]),
        ("152/QĐ-UBND", ["152", "qd", "ubnd"]),
        ("Lớp 12-A, khối-12", ["lop", "12", "a", "khoi", "12"]),
        ("%_'\\;--", []),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert [word.folded for word in words_of(text)] == list(dict.fromkeys(words))


def test_a_thing_is_found_by_its_code_and_by_its_number_alone() -> None:
    rows = rows_of("tan-binh", UUID(int=1), "TB-24-0143", "Ái")
    assert [row["word"] for row in rows] == ["tb-24-0143", "ai", "0143"]


@pytest.mark.parametrize("typed", ["TB-24-0143", "tb 24 0143", " tb–24–0143 ", "tb_24_0143"])
def test_a_code_is_known_however_it_was_typed(typed: str) -> None:
    assert (asked(typed).code, [word.folded for word in asked(typed).words]) == ("TB-24-0143", ["tb-24-0143"])


def test_what_cannot_be_looked_for() -> None:
    told = {text: (asked(text).can_be_found, asked(text).too_long) for text in ("", " ", "?!", "a" * LONGEST)}
    assert told == {"": (False, False), " ": (False, False), "?!": (False, False), "a" * LONGEST: (True, False)}
    assert (asked("a" * (LONGEST + 1)).can_be_found, asked("a" * (LONGEST + 1)).too_long) == (False, True)
    assert asked("mot hai ba bon nam sau bay tam chin").cut
