"""Vietnamese text: normal for keeping, folded for search, keyed for sorting (without database extension or ICU)."""

import unicodedata

_ORDER = {letter: f"{place:02}" for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", 1)}
_TONES = {"\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0301": "5", "\u0323": "6"}
_SHAPES = {"\u0306", "\u0302", "\u031b"}


def normal(text: str) -> str:
    """Text of one line as it is stored: NFC, without control characters, outer and repeated blanks gone.

    Gone too is what nobody sees and word processors leave: soft hyphens, zero-width blanks, and marks that turn the
    direction of writing, with which one name can be made to look like another. The joiner of emoji stays.
    """
    kept = (char for char in unicodedata.normalize("NFC", text) if char.isspace() or not _is_unseen(char))
    return " ".join("".join(kept).split())


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf"} and char != "\u200d"


def lines(text: str) -> str:
    """What a person typed over several lines as it is stored: each line normal, blank ones kept between others."""
    return "\n".join(normal(line) for line in text.strip().splitlines())


def folded(text: str) -> str:
    """Text as it is searched: without marks, đ as d, small."""
    marks = unicodedata.normalize("NFD", normal(text).lower().replace("đ", "d"))
    return "".join(c for c in marks if not unicodedata.combining(c))


def sort_key(name: str) -> str:
    """A key that sorts people as Vietnamese readers expect: given name first, then middle, then family name.

    Letters follow a ă â … d đ … o ô ơ … u ư, tones the order of the dictionary (ngang, huyền, hỏi, ngã, sắc, nặng).
    """
    words = normal(name).lower().split(" ")
    ordered = words[-1:] + words[1:-1] + words[:1] if len(words) > 1 else words
    return " ".join(word_key(word) for word in ordered)


def title_key(title: str) -> str:
    """A key that sorts titles by their words as they are read; letters and tones as in `sort_key`."""
    return " ".join(word_key(word) for word in normal(title).lower().split(" "))


def word_key(word: str) -> str:
    """A small word as its letters and tones, apart: where the tone was written («hoà», «hòa») makes no difference."""
    letters: list[str] = []
    tones: list[str] = []
    shaped = ""
    for char in unicodedata.normalize("NFD", word):
        if char in _TONES:
            tones.append(_TONES[char])
        elif char in _SHAPES:
            shaped = unicodedata.normalize("NFC", shaped + char)
            letters[-1:] = [_ORDER.get(shaped, shaped)]
        else:
            shaped = char
            letters.append(_ORDER.get(char, char))
    return "".join(letters) + "." + "".join(tones or ["1"])
