"""What an award's form asks of a person beside the dossier: only where a form needs it, and shown to few.

Which form asks for what, from when until when and by which decree is dated data.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from services.nomination.rules import FieldRefusal, State
from services.nomination.rules.papers import CLOSED
from shared.wording import say

LONGEST = 300
"""Characters of one value."""


class BadParticular(FieldRefusal):
    """A form or a value cannot be; `field` names which."""

    problem = "bad-particular"


@dataclass(frozen=True)
class Ask:
    """One field of a form: its word in data, how it reads, and why it is asked."""

    field: str
    label: str
    why: str


def asks_of(told: Collection[Mapping[str, str]]) -> tuple[Ask, ...]:
    """The fields of a form as its row has them. Raises ValueError when one is told twice, TypeError, KeyError."""
    asks = tuple(Ask(**one) for one in told)
    if len({ask.field for ask in asks}) < len(asks):
        raise ValueError("a form asks for a field once")
    return asks


def check_keeps(state: State) -> None:
    """Whether particulars are kept in a dossier: what was put away needs none. Raises BadParticular."""
    if state in CLOSED:
        raise BadParticular("form", "Hồ sơ đã khép lại nên không ghi thông tin riêng nữa.")


def is_for(category: str, categories: Collection[str], valid_from: date, valid_to: date | None, on: date) -> bool:
    """Whether a form is for such a subject on that day."""
    return category in categories and valid_from <= on and (valid_to is None or on < valid_to)


def check_values(asks: Collection[Ask], values: Mapping[str, str]) -> None:
    """Whether these values can be kept: asked for by the form, and not too long. Raises BadParticular."""
    asked = {ask.field for ask in asks}
    for field, text in values.items():
        if field not in asked:
            raise BadParticular("form", "Mẫu vừa được đổi. Hãy xem lại các mục rồi lưu.")
        if len(text) > LONGEST:
            raise BadParticular(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST))
