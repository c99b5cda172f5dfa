"""When two subjects may be one, judged by what tells them from others."""

import unicodedata
from uuid import UUID

import pytest

from services.nomination.rules.subjects import Who, Why, likeness, same_key, standing, weight
from shared.names import folded, sort_key
from tests.support import factories as make

pytestmark = pytest.mark.unit


def who(name: str, category: str = "teacher", unit: UUID = make.SCHOOL, born: int | None = None, ref: str = "") -> Who:
    key = same_key(category, "exemplar", folded(name))
    return Who(key, folded(name), sort_key(name), unit, born, ref)


ANH = who("Lê Thị Ánh")
CASES: tuple[tuple[Who, Who, tuple[Why, ...]], ...] = (
    (ANH, who("Lê Thị Ánh"), (Why.NAME, Why.UNIT)),
    (ANH, who(unicodedata.normalize("NFD", "LÊ Thị Ánh"), "manager", make.OTHER_SCHOOL), (Why.NAME,)),
    (ANH, who("Le Thi Anh", unit=make.OTHER_SCHOOL), (Why.MARKS,)),
    (ANH, who("Ánh Lê Thị"), (Why.UNIT, Why.ORDER)),
    (ANH, who("Lê Thị Ảnh", "pupil"), ()),
    (ANH, who("Lê Văn Ánh"), ()),
    (who("Lê Thị Ánh", born=1980), who("Lê Thị Ánh", born=1980), (Why.BORN, Why.NAME, Why.UNIT)),
    (who("Lê Thị Ánh", born=1980), who("Lê Thị Ánh", born=1981), ()),
    (who("Lê Thị Ánh", born=1980), who("Lê Thị Ánh"), (Why.NAME, Why.UNIT)),
    (who("Lê Thị Ánh", ref="79-1"), who("Trần Thị Bé", ref="79-1", unit=make.OTHER_SCHOOL), (Why.REFERENCE,)),
    (who("Lê Thị Ánh", ref="79-1"), who("Lê Thị Ánh", ref="79-2"), ()),
)


@pytest.mark.parametrize(("one", "other", "whys"), CASES)
def test_two_may_be_one_by_what_tells_them_from_others(one: Who, other: Who, whys: tuple[Why, ...]) -> None:
    assert likeness(one, other) == likeness(other, one) == whys


def test_what_speaks_more_for_it_weighs_more() -> None:
    told = [
        (Why.MERGED,),
        (Why.REFERENCE,),
        (Why.FILE, Why.NAME),
        (Why.BORN, Why.NAME, Why.UNIT),
        (Why.NAME, Why.UNIT),
        (Why.MARKS,),
        (Why.ORDER,),
    ]
    assert [weight(one) for one in told] == sorted(map(weight, told), reverse=True)


def test_signs_and_order_of_words_make_no_difference_and_what_somebody_is_does() -> None:
    keys = {name: same_key("collective", "exemplar", folded(name)) for name in ("Tổ Văn - Sử", "tổ  Sử – Văn")}
    assert set(keys.values()) == {"collective: su to van"}
    assert same_key("teacher", "model", "doc sach") == same_key("collective", "model", "doc sach") == "model: doc sach"


def test_the_last_of_a_row_of_merges_stands_for_all() -> None:
    one, two, three, four = (UUID(int=number) for number in range(1, 5))
    assert standing({one: two, two: three, four: three}) == {one: three, two: three, four: three}
    assert standing({two: three, four: three}) == {two: three, four: three}
    assert standing({}) == {}
