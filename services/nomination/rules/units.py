"""Units through time: how one is called from a day on, and under which it stands."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from services.nomination.rules import Refusal
from shared.wording import say

CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST = {"code": 30, "name": 200, "kind": 60, "paper": 200, "line": 60}


class BadName(Refusal):
    """A unit cannot be called so from that day; `field` is the form's field it is about."""

    problem = "bad-unit-name"

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class BadUnit(Refusal):
    """There can be no such unit; `field` is the form's field it is about."""

    problem = "bad-unit"

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class BadEdge(Refusal):
    """A unit cannot stand there; `field` is the form's field it is about."""

    problem = "bad-edge"

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class NameTold(Refusal):
    """The name is in force already."""

    problem = "name-in-force"


def check_name(
    name: str, kind: str, paper: str, since: date, *, now: tuple[str, str], last: date, taken: Collection[date]
) -> None:
    """Whether a unit that is called and of the kind `now` may be called `name` from `since` on.

    `last`: the first day of the name that is in force; `taken`: the first days of all its names. Raises BadName.
    """
    _check_words(name, kind, {"paper": paper}, BadName)
    if (name, kind) == now:
        raise BadName("name", "Đơn vị đang có đúng tên và loại này.")
    if since in taken:
        raise BadName("since", "Đơn vị đã có một lần đổi tên từ ngày này. Hãy bỏ lần đó trước.")
    if since <= last:
        raise BadName("since", say("Hãy chọn một ngày sau {day:%d/%m/%Y}, ngày tên đang dùng có hiệu lực.", day=last))


def check_unit(code: str, name: str, kind: str) -> None:
    """Whether a unit can be entered so. Raises BadUnit."""
    if not CODE.fullmatch(code):
        raise BadUnit("code", "Mã gồm chữ thường không dấu, số và dấu gạch nối. Ví dụ: thcs-hoa-mai.")
    _check_words(name, kind, {"code": code}, BadUnit)


def check_edge(child: UUID, parent: UUID, line: str, *, below: Collection[UUID]) -> None:
    """Whether a unit may stand under another; `below`: the units below it in whatever line. Raises BadEdge."""
    if child == parent:
        raise BadEdge("parent", "Một đơn vị không thể thuộc chính mình.")
    if parent in below:
        raise BadEdge("parent", "Đơn vị này đang ở dưới đơn vị đang xem. Hãy chọn đơn vị khác.")
    if not line or len(line) > LONGEST["line"]:
        raise BadEdge("line", "Hãy chọn thuộc theo hệ nào.")


def _check_words(name: str, kind: str, more: Mapping[str, str], error: type[BadName | BadUnit]) -> None:
    if len(name) < 2:
        raise error("name", "Hãy ghi tên đơn vị.")
    if not kind:
        raise error("kind", "Hãy ghi loại đơn vị.")
    for field, text in {"name": name, "kind": kind, **more}.items():
        if len(text) > LONGEST[field]:
            raise error(field, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field]))
