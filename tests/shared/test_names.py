"""Vietnamese text as it is stored, searched and sorted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.names import folded, lines, normal, sort_key, title_key

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Nguyễn   Thị\tÁnh ", "Nguyễn Thị Ánh"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Ánh"), "Nguyễn Thị Ánh"),
        ("Trần\0 Bình\x07", "Trần Bình"),
        ("một\u00a0hai\nba", "một hai ba"),
        ("Nguyễn\u200b Thị\u00ad Ánh\ufeff", "Nguyễn Thị Ánh"),
        ("Lê \u202eVăn\u202c \u2067Ba\u2069\u200f", "Lê Văn Ba"),
        ("Cô giáo 👩\u200d🏫 ❤\ufe0f", "Cô giáo 👩\u200d🏫 ❤\ufe0f"),
        ("", ""),
    ],
)
def test_text_of_one_line_is_stored_normal(typed: str, stored: str) -> None:
    assert normal(typed) == stored


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  đoạn một \r\n\r\n  đoạn  hai\0\n\n", "đoạn một\n\nđoạn hai"),
        ("\n\n", ""),
        ("một\rhai", "một\nhai"),
    ],
)
def test_text_of_several_lines_keeps_them(typed: str, stored: str) -> None:
    assert lines(typed) == stored


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("Đặng Thị Thu Hà", "dang thi thu ha"),
        ("ĐỖ QUỐC VIỆT", "do quoc viet"),
        ("Ưng Hoàng Phước", "ung hoang phuoc"),
        ("lớp 8A", "lop 8a"),
    ],
)
def test_text_is_searched_without_marks(name: str, searched: str) -> None:
    assert (folded(name), folded(unicodedata.normalize("NFD", name))) == (searched, searched)


def test_people_are_sorted_by_given_name_then_middle_then_family() -> None:
    right = [
        "Trần Văn An",
        "Lê Thị Ánh",
        "Nguyễn Thị Ánh",
        "Phạm Ân",
        "Bùi Dũng",
        "Bùi Đức",
        "Ngô Mai Lan",
        "Ngô Minh Lan",
        "Hồ Tư",
        "Hồ Từ",
        "Hồ Tử",
        "Hồ Tữ",
        "Hồ Tứ",
        "Hồ Tự",
    ]
    assert sorted(sorted(right), key=sort_key) == right


def test_titles_sort_by_their_words_as_they_are_read() -> None:
    right = ["Áo ấm mùa đông", "Dạy tốt – Học tốt", "Đổi mới sáng tạo", "Mỗi thầy cô", "Người tốt – Việc tốt"]
    assert sorted(sorted(right), key=title_key) == right


@given(st.text(max_size=40))
def test_any_text_can_be_kept_searched_and_sorted(text: str) -> None:
    kept = normal(text)
    assert normal(kept) == kept
    assert "\0" not in kept + folded(text) + lines(text)
    assert sort_key(text) == sort_key(unicodedata.normalize("NFD", text))
