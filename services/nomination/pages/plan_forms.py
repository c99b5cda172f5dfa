"""The forms in which a plan is written: what was typed, as a part of the plan, or what is wrong with it."""

from dataclasses import dataclass, fields
from typing import Annotated, Any

from fastapi import Form

from services.nomination.rules.plan_content import BadPart, day_of
from shared.formats import read_day
from shared.names import normal
from shared.wording import say

MOST, MOST_LINES = 500, 50
"""Letters of one line; lines of one list."""
Text = Annotated[str, Form()]


@dataclass
class Typed:
    """A form as it was sent; `version` is that of the draft that the person saw."""

    version: Annotated[int, Form()] = 0

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by their names."""
        return {one.name: str(getattr(self, one.name)) for one in fields(self)}

    def text(self, name: str, *, must: str = "") -> str:
        """A line of text; `must` is what is said when there is none. Raises BadPart."""
        found = normal(getattr(self, name))
        if must and not found:
            raise BadPart(name, must)
        if len(found) > MOST:
            raise BadPart(name, say("Dài quá {most} chữ cái. Hãy viết gọn lại.", most=MOST))
        return found

    def day(self, name: str, *, must: bool = False) -> str:
        """A day as it is kept; nothing when none was typed. Raises BadPart."""
        typed = getattr(self, name).strip()
        found = read_day(typed)
        if found is None and (typed or must):
            raise BadPart(name, "Ngày chưa đúng. Ví dụ: 20/11/2024.")
        return found.isoformat() if found else ""

    def lines(self, name: str) -> list[str]:
        """What was typed line by line. Raises BadPart."""
        found = [normal(one) for one in getattr(self, name).split("\n") if normal(one)]
        if len(found) > MOST_LINES or any(len(one) > MOST for one in found):
            said = "Nhiều nhất {lines} dòng, mỗi dòng {most} chữ cái."
            raise BadPart(name, say(said, lines=MOST_LINES, most=MOST))
        return found

    def word(self, name: str, words: type[Any], said: str) -> Any:
        """One of the words that a field takes. Raises BadPart."""
        try:
            return words(getattr(self, name))
        except ValueError:
            raise BadPart(name, said) from None


def month_day(typed: str) -> str:
    """«31/05» as «05-31». Raises ValueError."""
    day, _, month = typed.strip().replace("-", "/").partition("/")
    found = f"{int(month):02}-{int(day):02}"
    day_of(found, 2024)
    return found


def month_day_shown(kept: str) -> str:
    """«05-31» as «31/05»."""
    month, _, day = kept.partition("-")
    return f"{day}/{month}" if kept else ""


@dataclass
class Paper(Typed):
    """What the paper is."""

    title: Text = ""
    number: Text = ""
    issued_on: Text = ""
    issuer: Text = ""
    signer_post: Text = ""
    period: Text = ""
    starts_on: Text = ""
    ends_on: Text = ""
    cycle_begins: Text = ""

    def read(self) -> dict[str, Any]:
        """The parts of a plan that it says. Raises BadPart."""
        found: dict[str, Any] = {
            "title": self.text("title", must="Hãy ghi tên kế hoạch."),
            "issuer": self.text("issuer", must="Hãy ghi nơi ban hành."),
            "period": self.text("period", must="Hãy ghi giai đoạn."),
        }
        found |= {name: self.text(name) for name in ("number", "signer_post")}
        found |= {name: self.day(name) for name in ("issued_on", "starts_on", "ends_on")}
        if found["starts_on"] and found["ends_on"] and found["ends_on"] < found["starts_on"]:
            raise BadPart("ends_on", "Ngày hết hiệu lực phải sau ngày bắt đầu.")
        try:
            found["cycle_begins"] = month_day(self.cycle_begins) if self.cycle_begins.strip() else ""
        except ValueError:
            raise BadPart("cycle_begins", "Hãy ghi ngày và tháng. Ví dụ: 01/09.") from None
        return found


@dataclass
class Matter(Typed):
    """What it is about, line by line."""

    movements: Text = ""
    subjects: Text = ""
    priorities: Text = ""
    channels: Text = ""
    criteria_pack: Text = ""

    def read(self) -> dict[str, Any]:
        """The parts of a plan that it says. Raises BadPart."""
        lists = {name: self.lines(name) for name in ("subjects", "priorities", "channels")}
        movements = [_movement(one) for one in self.lines("movements")]
        return lists | {"movements": movements, "criteria_pack": self.text("criteria_pack")}


def _movement(line: str) -> dict[str, str]:
    """«name | who launched it»."""
    name, _, issuer = line.partition("|")
    return {"name": name.strip(), "issuer": issuer.strip()}


@dataclass
class Help(Typed):
    """Whom to ask, and what to report by."""

    help_contact: Text = ""
    report_template: Text = ""

    def read(self) -> dict[str, Any]:
        """The parts of a plan that it says. Raises BadPart."""
        return {name: self.text(name) for name in ("help_contact", "report_template")}
