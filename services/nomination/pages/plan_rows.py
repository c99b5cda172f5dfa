"""The forms of a plan's entries: its grounds, rounds, targets, deadlines and recipients, one at a time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from services.nomination.pages.plan_forms import Text, Typed, month_day, month_day_shown
from services.nomination.rules.plan_content import Authority, BadPart, Duty, Purpose
from services.nomination.rules.rounds import MOST_GRACE, Kind, SharedDays, windows_of
from services.nomination.rules.targets import Bound, Counted, Per, check_target
from shared.formats import read_day
from shared.wording import say

CLOCK = re.compile(r"(\d{1,2})\s*[:hg]\s*(\d{2})?")
"""17:00, 17h00, 17h."""


@dataclass
class RowTyped(Typed):
    """An entry; `row` is its place when it is there already."""

    row: Text = ""

    @property
    def place(self) -> int | None:
        """Which entry is written anew; None: a new one."""
        return int(self.row) if self.row.isdecimal() and len(self.row) < 4 else None


@dataclass
class Ground(RowTyped):
    """A paper that the plan rests on."""

    number: Text = ""
    issued: Text = ""
    issuer: Text = ""
    title: Text = ""
    line: Text = ""
    note: Text = ""
    confirmed: Text = ""

    def read(self) -> dict[str, Any]:
        """The entry. Raises BadPart."""
        if self.line:
            self.word("line", Authority, "Hãy chọn hệ trong danh sách.")
        found = {"title": self.text("title", must="Hãy ghi trích yếu: văn bản nói về việc gì.")}
        found |= {name: self.text(name) for name in ("number", "issuer", "line", "note")}
        return found | {"date": self.day("issued"), "confirmed": bool(self.confirmed)}

    @classmethod
    def shown(cls, entry: Mapping[str, Any], day: Any) -> dict[str, Any]:
        """An entry as the form shows it; `day` writes a day."""
        return {**entry, "issued": day(entry["date"])}


@dataclass
class Window(RowTyped):
    """A round."""

    name: Text = ""
    kind: Text = ""
    opens_on: Text = ""
    closes_on: Text = ""
    hour: Text = ""
    each: Text = ""
    grace: Text = ""
    note: Text = ""
    confirmed: Text = ""

    def read(self) -> dict[str, Any]:
        """The entry. Raises BadPart."""
        kind = self.word("kind", Kind, "Hãy chọn loại đợt.")
        found: dict[str, Any] = {
            "name": self.text("name", must="Hãy ghi tên đợt."),
            "kind": kind.value,
            "opens_on": self.day("opens_on", must=True),
            "note": self.text("note"),
            "confirmed": bool(self.confirmed),
            "grace_days": self._grace(),
        }
        closes_on = self.day("closes_on", must=kind is not Kind.STANDING)
        if closes_on and closes_on < found["opens_on"]:
            raise BadPart("closes_on", "Ngày đóng phải từ ngày mở trở đi.")
        if closes_on:
            found["closes_on"] = closes_on
        if self.hour.strip():
            found["closes_at"] = self._hour()
        return found | ({"each": self._each(found)} if kind is Kind.SEMESTER else {})

    def _grace(self) -> int:
        typed = self.grace.strip() or "0"
        if not typed.isdecimal() or int(typed) > MOST_GRACE:
            raise BadPart("grace", say("Hãy ghi số ngày làm việc, từ 0 đến {most}.", most=MOST_GRACE))
        return int(typed)

    def _hour(self) -> str:
        typed = CLOCK.fullmatch(self.hour.strip().lower())
        if typed is None or int(typed[1]) > 23 or int(typed[2] or 0) > 59:
            raise BadPart("hour", "Hãy ghi giờ và phút. Ví dụ: 17:00.")
        return time(int(typed[1]), int(typed[2] or 0)).isoformat("minutes")

    def _each(self, found: Mapping[str, Any]) -> list[dict[str, str]]:
        """The windows of each year, checked against each other."""
        wrong = "Hãy ghi mỗi dòng một khoảng trong năm. Ví dụ: 01/05 - 31/05."
        try:
            spans = [line.replace("–", "-").split("-") for line in self.lines("each")]
            each = [{"opens": month_day(first), "closes": month_day(last)} for first, last in spans]
            first, last = (read_day(getattr(self, name)) for name in ("opens_on", "closes_on"))
            assert first is not None
            windows_of(found["name"], Kind.SEMESTER, first, last, each)
        except SharedDays:
            raise BadPart("each", "Hai khoảng trong năm trùng ngày nhau. Hãy sửa một khoảng.") from None
        except ValueError:
            raise BadPart("each", wrong) from None
        return each

    @classmethod
    def shown(cls, entry: Mapping[str, Any], day: Any) -> dict[str, Any]:
        """An entry as the form shows it; `day` writes a day. A window that came from a semester is one of its own."""
        each = "\n".join(
            f"{month_day_shown(one['opens'])} - {month_day_shown(one['closes'])}" for one in entry.get("each", ())
        )
        kind = entry.get("kind", Kind.WINDOW)
        return {
            **entry,
            "kind": Kind.WINDOW if kind == Kind.SEMESTER and not each else kind,
            "opens_on": day(entry["opens_on"]),
            "closes_on": day(entry.get("closes_on", "")),
            "hour": entry.get("closes_at", ""),
            "grace": entry.get("grace_days", 0) or "",
            "each": each,
        }


@dataclass
class Asked(RowTyped):
    """A target."""

    bound: Text = ""
    count: Text = ""
    counted: Text = ""
    per: Text = ""
    unit_kind: Text = ""
    warns_only: Text = ""
    note: Text = ""
    confirmed: Text = ""

    def read(self) -> dict[str, Any]:
        """The entry. Raises BadPart."""
        bound = self.word("bound", Bound, "Hãy chọn ít nhất hay nhiều nhất.")
        counted = self.word("counted", Counted, "Hãy chọn đếm gì.")
        per = self.word("per", Per, "Hãy chọn tính theo đợt hay theo năm.")
        typed = self.count.strip()
        if not typed.isdecimal() or not 1 <= int(typed) <= 10_000:
            raise BadPart("count", "Hãy ghi một số, từ 1 trở lên.")
        try:
            check_target(bound, int(typed), counted)
        except ValueError:
            raise BadPart("counted", "«Nhiều nhất» chỉ đếm hồ sơ của từng đơn vị.") from None
        kind = self.text("unit_kind")
        return {
            "bound": bound.value,
            "number": int(typed),
            "counted": counted.value,
            "per": per.value,
            "warns_only": bool(self.warns_only) and bound is Bound.AT_MOST,
            "note": self.text("note"),
            "confirmed": bool(self.confirmed),
        } | ({"unit_kind": kind} if kind else {})

    @classmethod
    def shown(cls, entry: Mapping[str, Any], _day: Any) -> dict[str, Any]:
        """An entry as the form shows it."""
        return {"confirmed": True, **entry, "count": entry["number"]}


@dataclass
class Deadline(RowTyped):
    """By when something is done."""

    what: Text = ""
    who: Text = ""
    duty: Text = ""
    when: Text = ""
    note: Text = ""
    confirmed: Text = ""

    def read(self) -> dict[str, Any]:
        """The entry. Raises BadPart."""
        found = {"what": self.text("what", must="Hãy ghi việc phải làm."), "who": self.text("who")}
        duty = self.word("duty", Duty, "Hãy chọn loại việc.")
        each, on = self._when()
        more = {"note": self.text("note"), "confirmed": bool(self.confirmed)}
        return found | more | {"duty": duty.value, "each": each, "on": on}

    def _when(self) -> tuple[str, str]:
        """The day of each year, or the day."""
        typed = self.when.strip()
        if not typed:
            return "", ""
        if (found := read_day(typed)) is not None:
            return "", found.isoformat()
        try:
            return month_day(typed), ""
        except ValueError:
            raise BadPart("when", "Hãy ghi ngày. Ví dụ: 30/10 nếu năm nào cũng vậy, hoặc 30/10/2024.") from None

    @classmethod
    def shown(cls, entry: Mapping[str, Any], day: Any) -> dict[str, Any]:
        """An entry as the form shows it; `day` writes a day."""
        return {**entry, "when": month_day_shown(entry["each"]) or day(entry["on"])}


@dataclass
class Recipient(RowTyped):
    """Who is sent the plan, and what for."""

    who: Text = ""
    purpose: Text = ""
    note: Text = ""

    def read(self) -> dict[str, Any]:
        """The entry. Raises BadPart."""
        found = {"who": self.text("who", must="Hãy ghi nơi nhận."), "note": self.text("note")}
        return found | {"purpose": self.word("purpose", Purpose, "Hãy chọn gửi để làm gì.").value}

    @classmethod
    def shown(cls, entry: Mapping[str, Any], _day: Any) -> dict[str, Any]:
        """An entry as the form shows it."""
        return dict(entry)


AnyRow = Ground | Window | Asked | Deadline | Recipient
