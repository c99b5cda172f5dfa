"""Units through time: how one is called from a day on, and under which it stands."""

import re
from collections.abc import Collection
from datetime import date
from uuid import UUID

from services.nomination.rules import FieldRefusal, Refusal
from shared.wording import say

CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
BAD_CODE = "Mã gồm chữ thường không dấu, số và dấu gạch nối. Ví dụ: thcs-hoa-mai."
CODE_TAKEN = "Mã này đã có ở một đơn vị khác, hiện nay hoặc vào một thời kỳ khác."
LONGEST = {"code": 30, "name": 200, "kind": 60, "paper": 200, "line": 60, "external_ref": 60}


class BadName(FieldRefusal):
    """A unit cannot be called so from that day; `field` is the form's field it is about."""

    problem = "bad-unit-name"


class BadUnit(FieldRefusal):
    """There can be no such unit; `field` is the form's field it is about."""

    problem = "bad-unit"


class BadEdge(FieldRefusal):
    """A unit cannot stand there; `field` is the form's field it is about."""

    problem = "bad-edge"


class BadEnd(FieldRefusal):
    """A unit cannot end so; `field` is the form's field it is about."""

    problem = "bad-end"


class NameTold(Refusal):
    """The name is in force already."""

    problem = "name-in-force"


def check_name(
    code: str,
    name: str,
    kind: str,
    paper: str,
    since: date,
    *,
    now: tuple[str, str, str],
    last: date,
    taken: Collection[date],
    code_taken: bool,
) -> None:
    """Whether a unit whose code, name and kind are `now` may have these from `since` on; no code: it stays.

    `last`: the first day of the name that is in force; `taken`: the first days of all its names; `code_taken`: another
    unit has that code, had it or will. Raises BadName.
    """
    for field, told in _faults(code, name, kind, paper).items():
        raise BadName(field, told)
    if code and not CODE.fullmatch(code):
        raise BadName("code", BAD_CODE)
    if code_taken:
        raise BadName("code", CODE_TAKEN)
    if (code or now[0], name, kind) == now:
        raise BadName("name", "Đơn vị đang có đúng mã, tên và loại này.")
    if since in taken:
        raise BadName("since", "Đơn vị đã có một lần đổi tên từ ngày này. Hãy bỏ lần đó trước.")
    if since <= last:
        raise BadName("since", say("Hãy chọn một ngày sau {day:%d/%m/%Y}, ngày tên đang dùng có hiệu lực.", day=last))


def check_unit(code: str, name: str, kind: str) -> None:
    """Whether a unit can be entered so. Raises BadUnit."""
    for field, told in unit_faults(code, name, kind).items():
        raise BadUnit(field, told)


def unit_faults(code: str, name: str, kind: str) -> dict[str, str]:
    """What is wrong with a unit that would be entered so, by field."""
    faults = _faults(code, name, kind)
    if not CODE.fullmatch(code):
        faults["code"] = BAD_CODE
    return faults


def check_edge(child: UUID, parent: UUID, line: str, *, below: Collection[UUID]) -> None:
    """Whether a unit may stand under another; `below`: the units below it in whatever line. Raises BadEdge."""
    if child == parent:
        raise BadEdge("parent", "Một đơn vị không thể thuộc chính mình.")
    if parent in below:
        raise BadEdge("parent", "Đơn vị này đang ở dưới đơn vị đang xem. Hãy chọn đơn vị khác.")
    if not line or len(line) > LONGEST["line"]:
        raise BadEdge("line", "Hãy chọn thuộc theo hệ nào.")


def check_end(since: date, day: date, *, open_work: bool, successor: bool) -> None:
    """Whether a unit that exists `since` a day may end on `day`. Raises BadEnd."""
    if day <= since:
        raise BadEnd("day", say("Hãy chọn một ngày sau {day:%d/%m/%Y}, ngày đơn vị bắt đầu có.", day=since))
    if open_work and not successor:
        raise BadEnd("successor", "Đơn vị còn việc đang làm. Hãy chọn đơn vị nhận việc.")


def _faults(code: str, name: str, kind: str, paper: str = "") -> dict[str, str]:
    words = {"code": code, "name": name, "kind": kind, "paper": paper}
    faults: dict[str, str] = {}
    for field, text in words.items():
        if len(text) > LONGEST[field]:
            faults[field] = say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=LONGEST[field])
    if len(name) < 2:
        faults["name"] = "Hãy ghi tên đơn vị."
    if not kind:
        faults["kind"] = "Hãy ghi loại đơn vị."
    return faults
