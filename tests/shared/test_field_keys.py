"""Fields that are kept sealed: what opens, and what does not."""

from pathlib import Path
from uuid import UUID

import pytest

from shared.field_keys import KEYS_FILE, CannotOpen, FieldKeys, Place, new_key
from shared.settings import BadSettings

pytestmark = pytest.mark.unit

PLACE = Place("particulars", "sealed", UUID(int=1))
OLD, NEW = new_key("1"), new_key("2")


def keys(folder: Path, *lines: str) -> FieldKeys:
    (folder / KEYS_FILE).write_text("\n".join(lines))
    return FieldKeys.from_file(folder)


def test_the_same_text_is_sealed_otherwise_each_time_and_opens(tmp_path: Path) -> None:
    ring = keys(tmp_path, OLD)
    first, second = ring.seal("Kinh", PLACE), ring.seal("Kinh", PLACE)
    assert (first != second, ring.open(first, PLACE), ring.open(second, PLACE)) == (True, "Kinh", "Kinh")
    assert b"Kinh" not in first


@pytest.mark.parametrize(
    "place",
    [
        Place("particulars", "sealed", UUID(int=2)),
        Place("particulars", "other", UUID(int=1)),
        Place("persons", "sealed", UUID(int=1)),
    ],
)
def test_a_value_that_was_moved_does_not_open(tmp_path: Path, place: Place) -> None:
    ring = keys(tmp_path, OLD)
    with pytest.raises(CannotOpen):
        ring.open(ring.seal("Kinh", PLACE), place)


def test_a_value_that_was_changed_anywhere_does_not_open(tmp_path: Path) -> None:
    ring = keys(tmp_path, OLD)
    sealed = ring.seal("Kinh", PLACE)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(CannotOpen):
            ring.open(changed, PLACE)
    for end in range(len(sealed)):
        with pytest.raises(CannotOpen):
            ring.open(sealed[:end], PLACE)


def test_the_newest_key_seals_and_an_older_one_still_opens(tmp_path: Path) -> None:
    before = keys(tmp_path, OLD).seal("Kinh", PLACE)
    both = keys(tmp_path, "# từ tháng này", NEW, "", OLD)
    after = both.seal("Kinh", PLACE)
    assert (both.open(before, PLACE), both.open(after, PLACE), after.startswith(both.mark)) == ("Kinh", "Kinh", True)
    with pytest.raises(CannotOpen, match="not here"):
        keys(tmp_path, NEW).open(before, PLACE)


@pytest.mark.parametrize(
    "lines", [(), ("# none",), ("1",), ("1 c2hvcnQ=",), (OLD, OLD), ("1 ~",), (new_key("a:b"),), ("1 a b",)]
)
def test_keys_that_are_none_stop_the_start(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(BadSettings, match=r"field\.keys"):
        keys(tmp_path, *lines)


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="no field keys can be read"):
        FieldKeys.from_file(tmp_path)
